"""What a token attribution is once it has been computed: scores, the tokens they belong to, and how they were made.

A table of numbers without the tokens cannot be read, and without its settings it cannot be trusted: deletion and
replacement, logits and log-probabilities give different numbers under the same name. So the three travel together.

Every method of this room returns this one type, so that `compare` can lay any of them side by side. What some methods
know beyond that has a place of its own: an interval where scores were sampled, and `notes` where the numbers need a
sentence, above all the sentence that they did not converge.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING, Any

from course_lib.render import text_table, token_strip, visible_token

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor


@dataclass(repr=False, frozen=True, eq=False)
class TokenAttribution:
    """One score for every pair of a target token and a prompt token.

    Attributes:
        tokens: the text of each prompt token.
        target_tokens: the text of each target token.
        scores: positive where the prompt token speaks for the target token; float32, on the CPU.
        method: the question that was asked, in a few words.
        settings: every choice that changes the numbers, and the token ids.
        intervals: lower and upper end for each score; None where the scores were computed, not sampled.
        notes: sentences without which the scores should not be read; shown below them.
    """

    tokens: tuple[str, ...]
    target_tokens: tuple[str, ...]
    scores: Float[Tensor, "target position"]
    method: str
    settings: dict[str, Any] = field(default_factory=dict)
    intervals: Float[Tensor, "end target position"] | None = None
    notes: tuple[str, ...] = ()

    @property
    def unit(self) -> str:
        """What one point of score is: a nat of log probability or a logit, unless the method says otherwise."""
        otherwise = "logits" if self.settings.get("score") in ("logit", "logit_difference") else "nats"
        return str(self.settings.get("unit", otherwise))

    def top(self, k: int = 5, target: int = 0) -> list[tuple[int, str, float]]:
        """The `k` prompt tokens with the largest scores by magnitude: (position, token, score), strongest first.

        Args:
            k: how many; all of them when the prompt is shorter.
            target: which target token, counted from 0; negative numbers count from the end.
        """
        row = self.scores[target].tolist()
        order = sorted(range(len(row)), key=lambda position: (-abs(row[position]), position))
        return [(position, self.tokens[position], row[position]) for position in order[:k]]

    def part(self, start: int, stop: int) -> TokenAttribution:
        """The same scores for the prompt tokens `start` to `stop - 1` only, such as the request within a chat template."""
        before = self.settings.get("positions", [0])[0]  # where this result begins, if it is itself a part
        settings = {**self.settings, "positions": [before + start, before + stop]}
        intervals = None if self.intervals is None else self.intervals[:, :, start:stop]
        scores = self.scores[:, start:stop]
        return replace(self, tokens=self.tokens[start:stop], scores=scores, settings=settings, intervals=intervals)

    def whole_target(self) -> TokenAttribution:
        """All target tokens taken as one phrase: their scores added up.

        With log probabilities this is exact: the log probability of a phrase is the sum over its tokens, each given the
        ones before it. The ends of intervals are added up as well, which makes them wider than they need to be.
        """
        scores = self.scores.sum(dim=0, keepdim=True)
        intervals = None if self.intervals is None else self.intervals.sum(dim=1, keepdim=True)
        return replace(self, target_tokens=("".join(self.target_tokens),), scores=scores, intervals=intervals)

    def text(self) -> str:
        """The scores as plain text: a line per prompt token, a column per target token."""
        rows: list[dict[str, Any]] = [
            {"position": position, "token": visible_token(token)} for position, token in enumerate(self.tokens)
        ]
        for index, token in enumerate(self.target_tokens):
            heading = f"{index} {visible_token(token)!r}"
            columns = {heading: self.scores[index]}
            if self.intervals is not None:
                columns |= {f"{index} low": self.intervals[0, index], f"{index} high": self.intervals[1, index]}
            for name, column in columns.items():
                for row, value in zip(rows, column.tolist(), strict=True):
                    row[name] = value
        return "\n".join([text_table(rows, title=f"{self.method}, in {self.unit}"), *self.notes])

    def to_dict(self) -> dict[str, Any]:
        """The whole result as numbers, strings and lists, ready for JSON."""
        return {
            "tokens": list(self.tokens),
            "target_tokens": list(self.target_tokens),
            "scores": self.scores.tolist(),
            "method": self.method,
            "settings": dict(self.settings),
            "intervals": None if self.intervals is None else self.intervals.tolist(),
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """A strip of coloured tokens for each target token, all on one scale, and the notes below."""
        scale = float(self.scores.abs().max())
        strips = [
            token_strip(self.tokens, row, label=f"{self.method}: target {token!r}, in {self.unit}", scale=scale)
            for token, row in zip(self.target_tokens, self.scores.tolist(), strict=True)
        ]
        return "".join([*strips, *(f"<div>{escape(note)}</div>" for note in self.notes)])
