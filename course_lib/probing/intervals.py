"""How sure an accuracy is when the examples come in pairs: a bootstrap that resamples pairs, not examples.

The prompts are written in pairs: a harmful request and a harmless one in nearly the same words. Two examples of a pair
are not two independent trials, and an interval that counts them as such (Wilson's, on the number of examples) is
wrong. It can err to either side. Where a probe gets both twins right or both wrong, it is too narrow. Where a probe
answers the same for both twins it is right on exactly one of them, every time, and it is too wide; at the embedding,
where the last token is the same in every chat, there is no uncertainty left at all, and the interval is the point 0.5.
Resampling whole pairs keeps together what is dependent, whatever the dependence looks like (the cluster bootstrap;
Field and Welsh 2007, Journal of the Royal Statistical Society B 69).

Two things it cannot do. When every example is right there is nothing to resample and the bootstrap answers [1, 1]; a
Wilson interval on the number of *pairs* stands in there, and at 0. And it takes the fitted probes as they are: it says
how the count would vary with other test pairs, not how it would vary with probes trained on other pairs, so that it is
a little too narrow for the whole procedure.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from course_lib.rates import Rate

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int
    from torch import Tensor

    Pairs = Sequence[Hashable] | Int[Tensor, " example"]

DRAWS = 2000


@dataclass(repr=False, frozen=True)
class HeldOutAccuracy:
    """One accuracy with its interval.

    Attributes:
        accuracy: the share of held-out examples that were right.
        low: lower end of the 95 % interval over pairs.
        high: its upper end.
        n: examples.
        n_pairs: pairs, the independent units behind the interval.
        settings: every choice that changes the numbers.
    """

    accuracy: float
    low: float
    high: float
    n: int
    n_pairs: int
    settings: dict[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        """The number, its interval and what it was counted on."""
        return f"{self.accuracy:.2f} [{self.low:.2f}, {self.high:.2f}] on {self.n} examples in {self.n_pairs} pairs"

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<p>{self.text()}</p>"


def pair_numbers(pairs: Pairs) -> np.ndarray:
    """Each example's pair as a number from 0, in order of first appearance.

    A tensor is turned into plain numbers first: its elements are tensors, each of them different from every other as a
    key, and all pairs would silently fall apart.

    Example:
        >>> pair_numbers(["b", "a", "b"]).tolist()
        [0, 1, 0]
    """
    known: dict[Hashable, int] = {}
    plain = pairs if isinstance(pairs, Sequence) else pairs.tolist()
    return np.array([known.setdefault(pair, len(known)) for pair in plain])


def pair_bootstrap(
    right: Bool[Tensor, "layer example"], pairs: Pairs, *, seed: int = 0, draws: int = DRAWS
) -> tuple[Float[Tensor, " layer"], Float[Tensor, " layer"]]:
    """The 95 % percentile interval of each layer's accuracy under resampling of pairs.

    Args:
        right: whether each held-out prediction was right.
        pairs: which pair each example belongs to.
        seed: of the resampling.
        draws: how many resamples.

    Returns:
        Lower and upper ends. Where all or none are right: Wilson's interval with pairs as trials.

    Example:
        >>> low, high = pair_bootstrap(torch.ones(1, 6).bool(), "aabbcc")
        >>> round(low.item(), 3), high.item()
        (0.439, 1.0)
    """
    numbers = pair_numbers(pairs)
    n_pairs = int(numbers.max()) + 1
    member = np.eye(n_pairs)[numbers]  # [example, pair]
    right_in_pair, size_of_pair = right.numpy().astype(float) @ member, member.sum(axis=0)
    drawn = np.random.default_rng(seed).multinomial(n_pairs, np.full(n_pairs, 1 / n_pairs), size=draws)
    resampled = (right_in_pair @ drawn.T) / (drawn @ size_of_pair)  # [layer, draw]
    low, high = np.quantile(resampled, [0.025, 0.975], axis=1)
    low = np.where(right.all(dim=1), Rate(n_pairs, n_pairs).low, low)
    high = np.where(right.any(dim=1), high, Rate(0, n_pairs).high)
    return torch.tensor(low).float(), torch.tensor(high).float()
