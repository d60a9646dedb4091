"""Does a method look at the model at all? Take away what the model has learnt, and ask again.

Some methods draw the same picture for a trained model and for noise: they show the prompt, or the architecture, and we
read the model into it. The test: shuffle the weights, a few blocks from the top first, then all, and correlate the scores
with the original ones. A method that explains what was *learnt* has to forget its order. One whose order stays is not
thereby useless, but it says nothing about this model's learning.

The pitfall is the choice of what is correlated. A sign that flips everywhere leaves the magnitudes alone, and magnitudes
often follow position (the last token is near, whatever the weights). Both correlations are given. And a low correlation
is a test passed, not a proof of faithfulness: random numbers pass it too.

Source: Adebayo et al. (2018), *Sanity Checks for Saliency Maps*, arXiv:1810.03292, section 4 (cascading randomisation).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from course_lib.attribution.agreement import rank_correlation
from course_lib.attribution.memory import check_memory
from course_lib.attribution.result import TokenAttribution
from course_lib.errors import CourseError
from course_lib.models.shuffle import block_names, with_shuffled_weights
from course_lib.render import html_table, text_table

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from course_lib.models import LocalModel

Method = Callable[["LocalModel"], TokenAttribution]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False, repr=False)
class RandomisedWeightsCheck:
    """How far a method's order of the tokens survives the loss of what the model learnt.

    Attributes:
        method: the attribution's.
        depths: how many blocks were shuffled, from the top; None is every weight of the model.
        seeds: of the shuffles.
        correlations: Spearman's, of the scores as they are, for the first target token.
        magnitude_correlations: the same for the scores without their signs.
        settings: of the attribution on the model itself.
    """

    method: str
    depths: tuple[int | None, ...]
    seeds: tuple[int, ...]
    correlations: Float[Tensor, "depth seed"]
    magnitude_correlations: Float[Tensor, "depth seed"]
    settings: dict[str, Any]

    def rows(self) -> list[dict[str, Any]]:
        """One mapping per depth: mean, smallest and largest correlation over the seeds."""
        rows: list[dict[str, Any]] = []
        for index, depth in enumerate(self.depths):
            row: dict[str, Any] = {"shuffled": "all weights" if depth is None else f"top {depth} blocks"}
            for name, table in (("scores", self.correlations), ("magnitudes", self.magnitude_correlations)):
                values = table[index]
                row |= {
                    name: float(values.mean()),
                    f"{name} min": float(values.min()),
                    f"{name} max": float(values.max()),
                }
            rows.append(row)
        return rows

    def text(self) -> str:
        """The table as plain text."""
        return text_table(self.rows(), title=self._title())

    __str__ = __repr__ = text

    def _repr_html_(self) -> str:
        return html_table(self.rows(), caption=self._title())

    def _title(self) -> str:
        """What the table shows."""
        shuffles = f"{len(self.seeds)} shuffles"
        return f"{self.method}: rank correlation with the scores after shuffling (mean and range over {shuffles})"


def randomised_weights_check(
    model: LocalModel,
    method: Method,
    *,
    depths: Sequence[int | None] | None = None,
    seeds: Sequence[int] = (0, 1, 2),
    progress: Progress | None = None,
) -> RandomisedWeightsCheck:
    """Compare a method's scores with those it gives after the weights were shuffled.

    Args:
        model: a loaded model; it stays as it is, each shuffle works on a copy.
        method: a function of a model that returns an attribution, prompt and *target* fixed, for example
            `lambda m: saliency(m, "The capital of France is", " Paris")`.
        depths: how many blocks to shuffle, from the top; None stands for every weight, embeddings and head included.
            By default a third of the blocks, two thirds, all of them, and every weight.
        seeds: of the shuffles; the spread over them is shown.
        progress: called with (shuffles done, shuffles in all).

    Raises:
        CourseError: no depth or seed, more blocks than there are, a target that changes with the model, or too little
            memory for a copy.

    Example:
        >>> from course_lib import load_model
        >>> from course_lib.attribution import saliency
        >>> check = randomised_weights_check(load_model("tiny:0"), lambda m: saliency(m, "the cat sat on the", " mat"))
        >>> check.depths, check.correlations.shape
        ((1, 2, None), torch.Size([3, 3]))
    """
    chosen = _depths(model, depths)
    if not seeds or not chosen:
        raise CourseError("A check needs at least one shuffle.", "Give at least one depth and one seed.")
    parameters = sum(weight.numel() * weight.element_size() for weight in model.model.parameters())
    check_memory(model.device, parameters, "Use a smaller model.")
    original = method(model)
    signed, unsigned = torch.zeros(len(chosen), len(seeds)), torch.zeros(len(chosen), len(seeds))
    for row, depth in enumerate(chosen):
        for column, seed in enumerate(seeds):
            again = method(with_shuffled_weights(model, seed, None if depth is None else block_names(model, depth)))
            _check_same_target(original, again)
            before, after = original.scores[0], again.scores[0]
            signed[row, column] = rank_correlation(before.tolist(), after.tolist()).value
            unsigned[row, column] = rank_correlation(before.abs().tolist(), after.abs().tolist()).value
            if progress is not None:
                progress(row * len(seeds) + column + 1, len(chosen) * len(seeds))
    return RandomisedWeightsCheck(original.method, chosen, tuple(seeds), signed, unsigned, dict(original.settings))


def _depths(model: LocalModel, depths: Sequence[int | None] | None) -> tuple[int | None, ...]:
    """The depths asked for, or the usual four (fewer in a small model)."""
    n = model.n_layers
    if depths is None:
        return (*sorted({-(-n // 3), -(-2 * n // 3), n}), None)
    wrong = [depth for depth in depths if depth is not None and not 1 <= depth <= n]
    if wrong:
        raise CourseError(f"{model.name} has {n} blocks, so {wrong} cannot be shuffled.", f"Give 1 to {n}, or None.")
    return tuple(depths)


def _check_same_target(one: TokenAttribution, other: TokenAttribution) -> None:
    """Refuse a method that explains whatever the model happens to say."""
    if one.tokens != other.tokens or one.target_tokens != other.target_tokens:
        raise CourseError(
            f"After the shuffle the method explained {other.target_tokens}, before it {one.target_tokens}.",
            "Give the method a fixed prompt and a fixed target.",
        )
