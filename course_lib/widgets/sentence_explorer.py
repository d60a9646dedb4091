"""Choose which sentences count and how p-values are corrected, and watch which occupations are called biased.

The point to find: with two sentences next to nothing is certain, with the wrong two something else is found than with
all, and without a correction the list is longer. Whoever chooses after looking can have almost any list.

Nothing is asked of the model: the gaps are there already. A list that takes several choices (with Ctrl or Shift, also
from the keyboard) and a menu; a notebook executed without a browser keeps the text of the first state.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from course_lib.bias.groups import correlation
from course_lib.bias.measure import LEVEL, over_sentences
from course_lib.bias.multiple import adjust_p_values
from course_lib.errors import CourseError
from course_lib.widgets.explorer import Explorer

if TYPE_CHECKING:
    from course_lib.bias import BiasResult

CORRECTIONS: dict[str, Callable[[Sequence[float]], Sequence[float]]] = {
    "false discovery rate": lambda p_values: adjust_p_values(p_values)[1],
    "family-wise (Holm)": lambda p_values: adjust_p_values(p_values)[0],
    "none": lambda p_values: p_values,
}


class SentenceExplorer(Explorer):
    """A result with some of its sentences and one of the corrections.

    Attributes:
        chosen: the numbers of the sentences that count, at least two.
        correction: a key of `CORRECTIONS`.
    """

    kind = "sentences"

    def __init__(self, result: BiasResult) -> None:
        if len(result.templates) < 3:
            raise CourseError("There is nothing to choose from.", "Give a result with three sentences or more.")
        self.result, self.gaps = result, np.array(result.gaps)
        self.chosen, self.correction = tuple(range(len(result.templates))), "false discovery rate"

    def flagged(self) -> dict[str, list[str]]:
        """The occupations that stand out now, by pronoun."""
        gaps = self.gaps[:, list(self.chosen)]
        means, p_values = over_sentences(gaps - gaps.mean(axis=0))
        adjusted = CORRECTIONS[self.correction](p_values)
        found = [(n, m.value) for n, m, p in zip(self.result.occupations, means, adjusted, strict=True) if p <= LEVEL]
        return {"she": [name for name, mean in found if mean < 0], "he": [name for name, mean in found if mean > 0]}

    def text(self) -> str:
        """What is shown now, in words."""
        if len(self.chosen) < 2:
            return "Choose at least two sentences: with one there is no spread, and no interval."
        flagged = self.flagged()
        known = [share for share in self.result.shares if share is not None]
        beside = ""
        if len(known) == len(self.result.shares):
            found = correlation(self.gaps[:, list(self.chosen)].mean(axis=1).tolist(), known)
            beside = f" Correlation with the share of women {found}."
        listed = "; ".join(f"{word}: {', '.join(names) or 'none'}" for word, names in flagged.items())
        count = sum(map(len, flagged.values()))
        return (
            f"{len(self.chosen)} of {len(self.result.templates)} sentences, correction: {self.correction}. "
            f"{count} of {len(self.result.occupations)} "
            f"occupations stand out ({listed}).{beside}"
        )

    def show(self, chosen: Sequence[int], correction: str = "false discovery rate") -> None:
        """Show another state, as the controls do."""
        self.controls["correction"].value, self.controls["sentences"].value = correction, tuple(chosen)

    def make_controls(self) -> dict[str, Any]:
        """List and menu by name."""
        import ipywidgets

        options = [(text.replace("{occupation}", "…"), number) for number, text in enumerate(self.result.templates)]
        wide = {"width": "420px"}
        controls: dict[str, Any] = {
            "sentences": ipywidgets.SelectMultiple(
                options=options, value=self.chosen, rows=len(options), description="Sentences", layout=wide
            ),
            "correction": ipywidgets.Dropdown(
                options=list(CORRECTIONS), value=self.correction, description="Correction", layout=wide
            ),
        }
        return controls

    def frame(self) -> str:
        """The state as HTML."""
        return f"<p role='status'>{escape(self.text())}</p>"

    def take(self) -> None:
        self.chosen, self.correction = self.controls["sentences"].value, self.controls["correction"].value


def explore_sentences(result: BiasResult) -> SentenceExplorer:
    """A list of sentences and a menu of corrections; put it on the last line of a cell.

    Raises:
        CourseError: the result has fewer than three sentences.

    Example:
        >>> explore_sentences(result)  # doctest: +SKIP
    """
    return SentenceExplorer(result)
