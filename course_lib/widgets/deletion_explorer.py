"""Take tokens away yourself: a slider along the deletion curve of any method on any of a few prompts.

A curve says that the answer fell from -1 to -9; it does not show *which half-sentence* stood there when it fell. Here the
text is drawn at every step, with what is gone struck through, beside the probability of the answer. All numbers come from
the tables of a survey, so nothing is computed while the slider moves.

The pitfall is to move only the slider. Change the method at the same step: the same number of tokens is gone, others.

Three controls with labels: two menus and a slider; all work from the keyboard. A notebook executed without a browser keeps
the text of the first state.
"""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, Any

from course_lib.render import visible_token
from course_lib.widgets.explorer import Explorer

if TYPE_CHECKING:
    from course_lib.attribution.survey import Survey


class DeletionExplorer(Explorer):
    """One prompt, one method, so many tokens gone.

    Attributes:
        survey: prompts, methods and tables.
        prompt, method, step: what is shown now; set them by `show`.
    """

    kind = "deletion"

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self.prompt, self.method, self.step = 0, next(iter(survey.scores)), 1

    def gone(self) -> set[int]:
        """The units that are gone now."""
        table = self.survey.tables[self.prompt]
        scores = self.survey.scores[self.method][self.prompt]
        order = sorted(table.players, key=lambda unit: -float(scores[unit]))
        return set(order[: self.step])

    def rows(self) -> list[dict[str, Any]]:
        """The whole curve: a row for each number of tokens gone."""
        table = self.survey.tables[self.prompt]
        curve = table.deletion(self.survey.scores[self.method][self.prompt]).tolist()
        chance = table.random_curve().tolist()
        return [
            {"deleted": step, "log probability": value, "random orders": other}
            for step, (value, other) in enumerate(zip(curve, chance, strict=True))
        ]

    def log_prob(self) -> float:
        """The log probability of the answer now."""
        return float(self.survey.tables[self.prompt].deletion(self.survey.scores[self.method][self.prompt])[self.step])

    def text(self) -> str:
        """What is shown now, in words; what is gone stands in brackets."""
        table, gone = self.survey.tables[self.prompt], self.gone()
        words = "".join(f"[{unit}]" if place in gone else unit for place, unit in enumerate(table.units))
        probability = math.exp(self.log_prob())
        return (
            f"{self.method}, {self.step} of {len(table.players)} gone: {words} → {table.target!r} {probability:.3f} "
            f"(log probability {self.log_prob():.2f}; random orders on average {float(table.random_curve()[self.step]):.2f})"
        )

    def show(self, prompt: int, method: str, step: int) -> None:
        """Show another state, as the controls do; `step` is cut to what the prompt has."""
        step = min(step, len(self.survey.tables[prompt].players))
        self.controls["prompt"].value, self.controls["method"].value = prompt, method
        self.controls["step"].value = step

    def frame(self) -> str:
        """The state as HTML: the text with what is gone struck through, and the sentence."""
        table, gone = self.survey.tables[self.prompt], self.gone()
        pieces = [escape(visible_token(unit)) for unit in table.units]
        drawn = [f"<del style='opacity:.45'>{text}</del>" if i in gone else text for i, text in enumerate(pieces)]
        return (
            f"<p style='font-size:120%;white-space:pre-wrap'>{''.join(drawn)} → <b>{escape(table.target)}</b></p>"
            f"<p role='status'>{escape(self.text())}</p>"
        )

    def make_controls(self) -> dict[str, Any]:
        """The three controls by name."""
        import ipywidgets

        wide = {"description_width": "70px"}
        prompts = [("".join(table.units), index) for index, table in enumerate(self.survey.tables)]
        controls: dict[str, Any] = {
            "prompt": ipywidgets.Dropdown(options=prompts, value=self.prompt, description="Prompt", style=wide),
            "method": ipywidgets.Dropdown(
                options=list(self.survey.scores), value=self.method, description="Method", style=wide
            ),
            "step": ipywidgets.IntSlider(
                value=self.step, min=0, max=self._steps(), description="Deleted", style=wide, tooltip="Tokens deleted"
            ),
        }
        return controls

    def _steps(self) -> int:
        return len(self.survey.tables[self.prompt].players)

    def take(self) -> None:
        self.prompt, self.method = self.controls["prompt"].value, self.controls["method"].value
        self.controls["step"].max = self._steps()  # lowers the value as well, where it has become too large
        self.step = self.controls["step"].value


def explore_deletion(survey: Survey) -> DeletionExplorer:
    """A slider along every deletion curve of a survey; put it on the last line of a cell.

    Example:
        >>> explore_deletion(method_survey(model, SHORT_PROMPTS))  # doctest: +SKIP
    """
    return DeletionExplorer(survey)
