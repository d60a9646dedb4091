"""Several attributions of one answer, side by side.

Ask three methods which words an answer rests on, and they give three lists. They are allowed to differ: they answer
different questions, in different units. What should make one stop is when a *story* rests on a method that no other
supports. So they belong into one table: one row for each token, one column for each method, and below it how far their
orders agree.

Pitfall: a shared colour scale would let the method with the largest unit look the strongest. Each column is drawn on its
own scale, and only orders are compared. Methods without a sign (saliency) are compared by magnitude.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import torch

from course_lib.attribution.agreement import RankCorrelation, rank_correlation
from course_lib.attribution.result import TokenAttribution
from course_lib.errors import CourseError
from course_lib.render import heat_table, html_table, text_table, visible_token

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Scores of several methods for the same tokens and target.

    Attributes:
        tokens: the text of each prompt token, or unit.
        target: what was explained.
        names: of the methods.
        scores: a row for each method, each in its own unit.
        units: of each method.
        signed: whether a method's scores can be negative.
    """

    tokens: tuple[str, ...]
    target: str
    names: tuple[str, ...]
    scores: Float[Tensor, "method position"]
    units: tuple[str, ...]
    signed: tuple[bool, ...]

    def relative(self) -> Float[Tensor, "method position"]:
        """Scores as shares of each method's largest magnitude: between -1 and 1."""
        return self.scores / self.scores.abs().amax(dim=1, keepdim=True).clamp(min=torch.finfo(torch.float32).tiny)

    def agreement(self, one: int, other: int) -> RankCorrelation:
        """How far two methods order the tokens alike; by magnitude if one of them has no sign.

        Args:
            one: index of a method.
            other: index of another.
        """
        pair = self.scores[[one, other]]
        pair = pair if self.signed[one] and self.signed[other] else pair.abs()
        return rank_correlation(pair[0].tolist(), pair[1].tolist())

    def rows(self) -> list[dict[str, Any]]:
        """One mapping per token: its position, its text, and its score by each method."""
        return [
            {"position": place, "token": visible_token(token)} | dict(zip(self.names, column, strict=True))
            for place, (token, column) in enumerate(zip(self.tokens, self.scores.T.tolist(), strict=True))
        ]

    def agreement_rows(self) -> list[dict[str, Any]]:
        """One mapping per pair of methods: Spearman's correlation with its 95 % interval."""
        return [
            {
                "method": self.names[one],
                "and": self.names[other],
                "compared": "scores" if self.signed[one] and self.signed[other] else "magnitudes",
                "rank correlation": self.agreement(one, other).text(),
            }
            for one, other in combinations(range(len(self.names)), 2)
        ]

    def text(self) -> str:
        """Both tables as plain text."""
        units = "; ".join(f"{name} in {unit}" for name, unit in zip(self.names, self.units, strict=True))
        scores = text_table(self.rows(), title=f"target {self.target!r}: {units}")
        return f"{scores}\n\n{text_table(self.agreement_rows(), title='agreement of the orders')}"

    __str__ = __repr__ = text

    def _repr_html_(self) -> str:
        scores = heat_table(
            self.relative().T.tolist(),
            row_names=self.tokens,
            column_names=self.names,
            label=f"target {self.target!r}: scores as shares of each method's largest",
        )
        return scores + html_table(self.agreement_rows(), caption="Agreement of the orders")


def compare(*results: TokenAttribution, target: int = 0, names: Sequence[str] | None = None) -> Comparison:
    """Lay attributions of the same answer side by side.

    Args:
        results: at least two, by any methods of this room, for the same tokens (or units) and the same target.
        target: which target token, counted from 0.
        names: of the columns; the methods' own when None.

    Raises:
        CourseError: fewer than two results, or they explain different things.

    Example:
        >>> from course_lib import load_model
        >>> from course_lib.attribution import gradient_x_input, removal_attribution, saliency
        >>> model, text = load_model("tiny:0"), ("the cat sat on the", " mat")
        >>> results = [method(model, *text) for method in (removal_attribution, saliency, gradient_x_input)]
        >>> compare(*results).names
        ('each token deleted', 'saliency (l2)', 'gradient × input')
    """
    if len(results) < 2:
        raise CourseError("One attribution has nothing to be compared with.", "Give at least two results.")
    first = results[0]
    for other in results[1:]:
        _check_same(first, other)
    if not 0 <= target < len(first.target_tokens):
        raise CourseError(f"There is no target {target}.", f"Choose from 0 to {len(first.target_tokens) - 1}.")
    columns = tuple(names) if names is not None else tuple(result.method for result in results)
    if len(set(columns)) != len(results):
        raise CourseError(f"Columns need {len(results)} different names, not {list(columns)}.", "Give `names`.")
    return Comparison(
        tokens=first.tokens,
        target=first.target_tokens[target],
        names=columns,
        scores=torch.stack([result.scores[target].float() for result in results]),
        units=tuple(result.unit for result in results),
        signed=tuple(bool(result.settings.get("signed", True)) for result in results),
    )


def given_scores(
    like: TokenAttribution, scores: Sequence[float], method: str, *, unit: str = "arbitrary units", signed: bool = True
) -> TokenAttribution:
    """Scores from elsewhere (attention to each token, a rollout, random numbers) in the shape that `compare` takes.

    Args:
        like: a result for the same prompt and target, whose tokens and ids are taken over.
        scores: one for each token of `like`; they are used for each of its targets.
        method: what they are, in a few words.
        unit: of the scores.
        signed: whether their sign means anything.

    Raises:
        CourseError: not as many scores as tokens.
    """
    row = torch.as_tensor(scores, dtype=torch.float32).cpu()
    if row.shape != (len(like.tokens),):
        raise CourseError(f"{list(row.shape)} scores do not fit {len(like.tokens)} tokens.", "Give one for each token.")
    kept = {key: like.settings[key] for key in IDENTITY if key in like.settings}
    settings = {**kept, "unit": unit, "signed": signed}
    return TokenAttribution(like.tokens, like.target_tokens, row.repeat(len(like.target_tokens), 1), method, settings)


IDENTITY = ("input_ids", "target_ids", "foil_id", "free", "units", "positions", "model", "score")
"""Settings that say which tokens and which target scores belong to."""


def _check_same(one: TokenAttribution, other: TokenAttribution) -> None:
    """Refuse to compare answers to different questions."""
    if one.tokens != other.tokens:
        raise CourseError(
            f"“{one.method}” scores {len(one.tokens)} tokens and “{other.method}” {len(other.tokens)}, or different ones.",
            "Use one prompt; `by_units` adds tokens up to words, `part` cuts the request out of a chat.",
        )
    same_target = one.target_tokens == other.target_tokens
    same_ids = all(one.settings.get(key) == other.settings.get(key) for key in ("target_ids", "foil_id", "model"))
    if not (same_target and same_ids):
        raise CourseError(
            f"“{one.method}” and “{other.method}” explain different targets, or different models.",
            "Give each method the same model, prompt and target.",
        )
