"""Comprehensiveness and sufficiency: is the rationale needed, and is it enough?

Take the few highest-scored units of a prompt as the *rationale*, the reason for the answer. DeYoung et al. ask two
questions about it, in probability p of the target:

    comprehensiveness = p(whole prompt) − p(prompt without the rationale)      needed: high is faithful
    sufficiency       = p(whole prompt) − p(rationale alone)                   enough: low is faithful

averaged over rationales of several sizes: the top 1, 5, 10, 20 and 50 percent of the units, at least one unit each.

The pitfall is to read them alone: without any word a short prompt suffers, and no half of it suffices. So random
rationales of the same sizes are measured beside them. Source: DeYoung et al. (2020), *ERASER*, arXiv:1911.03429.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import torch

from course_lib.attribution.orders import mean_interval, random_orders, ranked_game
from course_lib.attribution.result import TokenAttribution
from course_lib.errors import CourseError
from course_lib.rates import Rate
from course_lib.render import html_table, text_table

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from course_lib.models import LocalModel

Kind = Literal["comprehensiveness", "sufficiency"]
SHARES = (0.01, 0.05, 0.1, 0.2, 0.5)


@dataclass(frozen=True, eq=False, repr=False)
class RationaleScore:
    """What the target loses without the rationale, or with nothing but it.

    Attributes:
        kind, method: which of the two, and of which attribution.
        shares: of the units that are the rationale.
        drops: the loss of the target for each share.
        random_drops: the same for random rationales of the same sizes.
        unit: "probability" or "logits".
        settings: everything that changes the numbers.
    """

    kind: Kind
    method: str
    shares: tuple[float, ...]
    drops: Float[Tensor, " share"]
    random_drops: Float[Tensor, "draw share"]
    unit: str
    settings: dict[str, Any]

    @property
    def value(self) -> float:
        """The mean over the shares."""
        return float(self.drops.mean())

    @property
    def chance(self) -> tuple[float, float, float]:
        """The same for random rationales: mean, and the ends of its 95 % interval."""
        return mean_interval(self.random_drops.mean(dim=1).tolist())

    @property
    def beaten(self) -> Rate:
        """The share of random rationales that are less faithful."""
        others = self.random_drops.mean(dim=1)
        worse = others < self.value if self.kind == "comprehensiveness" else others > self.value
        return Rate(int(worse.sum()), len(worse))

    def rows(self) -> list[dict[str, Any]]:
        """One mapping per share: the size of the rationale, and its loss beside that of random ones."""
        rows: list[dict[str, Any]] = []
        for index, share in enumerate(self.shares):
            mean, low, high = mean_interval(self.random_drops[:, index].tolist())
            chance = {"random": mean, "random low": low, "random high": high}
            count = self.settings["rationale_sizes"][index]
            rows.append({"share": share, "units": count, "loss": float(self.drops[index]), **chance})
        return rows

    def finding(self) -> str:
        """The result in a sentence."""
        mean, low, high = self.chance
        return (
            f"{self.kind} of {self.method}: {self.value:.3f} in {self.unit}; random rationales {mean:.3f} "
            f"[{low:.3f}, {high:.3f}]; better than {self.beaten}"
        )

    def text(self) -> str:
        """The shares as a table, and the finding above it."""
        return text_table(self.rows(), title=self.finding())

    __str__ = __repr__ = text

    def _repr_html_(self) -> str:
        return html_table(self.rows(), caption=self.finding())


def comprehensiveness(
    model: LocalModel,
    attribution: TokenAttribution,
    *,
    target: int | None = None,
    shares: Sequence[float] = SHARES,
    replacement_id: int | None = None,
    hold: Sequence[int] | None = None,
    draws: int = 20,
    seed: int = 0,
    batch_tokens: int | None = None,
) -> RationaleScore:
    """What the target's probability (a contrast: its logits) loses without the highest-scored units; high is faithful.

    Args:
        model: the model that the attribution explains.
        attribution: a result of this room, or `given_scores`.
        target: which target token; all of them together, as one phrase, when None.
        shares: of the units, above 0 and at most 1.
        replacement_id: the token that stands in for each that is gone; None deletes.
        hold: positions that always stay. If None the first, and all that the attribution left alone.
        draws: random rationales to compare with.
        seed: of the random rationales.
        batch_tokens: most tokens in one pass; 384 on a CPU if None.

    Raises:
        CourseError: shares outside (0, 1], or as for `deletion_curve`.

    Example:
        >>> from course_lib import load_model
        >>> from course_lib.attribution import removal_attribution
        >>> model = load_model("tiny:0")
        >>> comprehensiveness(model, removal_attribution(model, "the cat sat on the", " mat")).unit
        'probability'
    """
    options = (target, shares, replacement_id, hold, draws, seed, batch_tokens)
    return _rationale_score("comprehensiveness", model, attribution, *options)


def sufficiency(
    model: LocalModel,
    attribution: TokenAttribution,
    *,
    target: int | None = None,
    shares: Sequence[float] = SHARES,
    replacement_id: int | None = None,
    hold: Sequence[int] | None = None,
    draws: int = 20,
    seed: int = 0,
    batch_tokens: int | None = None,
) -> RationaleScore:
    """What the target's probability loses when only the highest-scored units are left; low is faithful.

    Arguments, result and errors are those of `comprehensiveness`.

    Example:
        >>> from course_lib import load_model
        >>> from course_lib.attribution import saliency
        >>> model = load_model("tiny:0")
        >>> sufficiency(model, saliency(model, "the cat sat on the", " mat")).kind
        'sufficiency'
    """
    options = (target, shares, replacement_id, hold, draws, seed, batch_tokens)
    return _rationale_score("sufficiency", model, attribution, *options)


def _rationale_score(
    kind: Kind,
    model: LocalModel,
    attribution: TokenAttribution,
    target: int | None,
    shares: Sequence[float],
    replacement_id: int | None,
    hold: Sequence[int] | None,
    draws: int,
    seed: int,
    batch_tokens: int | None,
) -> RationaleScore:
    """Either of the two, and the same for random rationales, all texts in one go."""
    if not shares or not all(0 < share <= 1 for share in shares):
        raise CourseError(f"{list(shares)} are no shares of a prompt.", "Give numbers above 0 and at most 1.")
    game, order, row = ranked_game(model, attribution, target, replacement_id, hold, batch_tokens)
    n = len(order)
    sizes = [max(1, math.ceil(round(share * n, 9))) for share in shares]
    orders = torch.cat([order[None], random_orders(n, draws, seed)])
    rationale = orders.argsort(dim=1)[:, None, :] < torch.tensor(sizes)[None, :, None]
    present = ~rationale if kind == "comprehensiveness" else rationale
    values = game.values(torch.cat([torch.ones(1, n, dtype=torch.bool), present.flatten(0, 1)]))
    numbers = values.sum(dim=1) if row is None else values[:, row]
    probability = game.question.score == "log_prob"
    numbers = numbers.exp() if probability else numbers
    drops = (numbers[0] - numbers[1:]).reshape(draws + 1, -1)
    settings = game.settings() | {"draws": draws, "seed": seed, "target": row, "rationale_sizes": sizes}
    unit = "probability" if probability else "logits"
    return RationaleScore(kind, attribution.method, tuple(shares), drops[0], drops[1:], unit, settings)
