"""Two sliders for the thresholds of a guardrail, and what they do to each kind of prompt, counted while you move them.

The point to find: there is no place for the sliders at which all rows are good. Whatever saves lookalikes lets harm
pass; what is in between goes to review, and somebody has to do that.

All controls work from the keyboard; a notebook executed without a browser keeps the text of the first state.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from course_lib.errors import CourseError
from course_lib.widgets.drawings import stacked_drawing
from course_lib.widgets.explorer import Explorer

if TYPE_CHECKING:
    from course_lib.figures.picture import Picture

WORDS = ("allowed", "reviewed", "blocked")


class GuardrailExplorer(Explorer):
    """Scores of prompts of several kinds, and two thresholds.

    Attributes:
        scores: of each prompt.
        kinds: what kind each prompt is.
        review_at: the score from which prompts are reviewed; never above `block_at`.
        block_at: the score from which they are blocked.
    """

    kind = "guardrail"

    def __init__(self, scores: Sequence[float], kinds: Sequence[str], review_at: float, block_at: float) -> None:
        if len(scores) != len(kinds) or not len(scores):
            raise CourseError("There is no score for every prompt.", "Give as many scores as kinds.")
        self.scores, self.kinds = [float(score) for score in scores], list(kinds)
        self.block_at = min(max(block_at, 0.0), 1.0)
        self.review_at = min(max(review_at, 0.0), self.block_at)

    def counts(self) -> dict[str, tuple[int, int, int]]:
        """By kind: how many prompts are allowed, reviewed, blocked."""
        found: dict[str, list[int]] = {kind: [0, 0, 0] for kind in dict.fromkeys(self.kinds)}
        for score, kind in zip(self.scores, self.kinds, strict=True):
            found[kind][(score >= self.review_at) + (score >= self.block_at)] += 1
        return {kind: (row[0], row[1], row[2]) for kind, row in found.items()}

    def rows(self) -> list[dict[str, Any]]:
        """A row for each kind of prompt."""
        thresholds = {"review from": self.review_at, "block from": self.block_at}
        return [
            {"kind": kind, **dict(zip(WORDS, row, strict=True)), **thresholds} for kind, row in self.counts().items()
        ]

    def drawing(self) -> Picture:
        """The table as a figure: for each kind of prompt how many are allowed, reviewed, blocked."""
        said = f"Review from {self.review_at:.2f}, block from {self.block_at:.2f}"
        return stacked_drawing(said, self.counts(), WORDS, "prompts", self.text())

    def text(self) -> str:
        """What is shown now, in words."""
        rows = [
            f"{kind}: " + ", ".join(f"{count} {word}" for count, word in zip(row, WORDS, strict=True))
            for kind, row in self.counts().items()
        ]
        return f"Review from {self.review_at:.2f}, block from {self.block_at:.2f}. " + "; ".join(rows) + "."

    def frame(self) -> str:
        """The state as HTML: a table."""
        heads = "".join(f"<th scope='col'>{word}</th>" for word in WORDS)
        rows = "".join(
            f"<tr><th scope='row' style='text-align:left'>{escape(kind)}</th>"
            + "".join(f"<td style='text-align:right'>{count} of {sum(row)}</td>" for count in row)
            + "</tr>"
            for kind, row in self.counts().items()
        )
        said = f"review from {self.review_at:.2f}, block from {self.block_at:.2f}"
        return (
            f"<div role='status'><table style='color:inherit'><caption>{said}</caption>"
            f"<tr><th></th>{heads}</tr>{rows}</table></div>"
        )

    def show(self, review_at: float, block_at: float) -> None:
        """Show another state, as the controls do."""
        self.controls["block"].value = block_at
        self.controls["review"].value = review_at

    def make_controls(self) -> dict[str, Any]:
        """The two sliders by name."""
        import ipywidgets

        controls: dict[str, Any] = {
            name: ipywidgets.FloatSlider(
                value=value, min=0, max=1, step=0.01, description=f"{name} from",
                style={"description_width": "90px"},
            )
            for name, value in (("review", self.review_at), ("block", self.block_at))
        }  # fmt: skip
        return controls

    def take(self) -> None:
        self.block_at = self.controls["block"].value
        self.review_at = min(self.controls["review"].value, self.block_at)


def explore_guardrail(
    scores: Sequence[float], kinds: Sequence[str], review_at: float = 0.4, block_at: float = 0.8
) -> GuardrailExplorer:
    """Sliders over a guardrail's thresholds; put it on the last line of a cell.

    Example:
        >>> explore_guardrail([0.1, 0.9], ["harmless", "harmful"]).counts()["harmful"]
        (0, 0, 1)
    """
    return GuardrailExplorer(scores, kinds, review_at, block_at)
