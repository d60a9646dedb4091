"""Three sliders: how common a refusal is, and how often a judge notices one or imagines one. Agreement and kappa follow.

The point to find: move the share of refusals towards zero and leave the judge as it is. The agreement rises, and kappa falls.

Nothing is drawn at random: the four cells of the table are the expected ones. All controls work from the keyboard; a notebook
executed without a browser keeps the text of the first state.
"""

from __future__ import annotations

from html import escape
from typing import Any

from course_lib.errors import CourseError
from course_lib.widgets.explorer import Explorer

LABELS = {"common": "refusals", "found": "noticed", "imagined": "imagined"}


class JudgeExplorer(Explorer):
    """A judge with known errors, on answers of which a known share are refusals.

    Attributes:
        common: share of the answers that are refusals.
        found: share of the refusals that the judge notices.
        imagined: share of the other answers that the judge takes for refusals.
    """

    kind = "judge"

    def __init__(self, common: float, found: float, imagined: float) -> None:
        if not all(0 <= value <= 1 for value in (common, found, imagined)):
            raise CourseError("A share lies between 0 and 1.", "Give three such numbers.")
        self.common, self.found, self.imagined = common, found, imagined

    def agreement(self) -> float:
        """The share of answers on which the judge is right."""
        return self.common * self.found + (1 - self.common) * (1 - self.imagined)

    def kappa(self) -> float | None:
        """Cohen's kappa with the truth; None where chance alone gives full agreement."""
        says = self.common * self.found + (1 - self.common) * self.imagined
        chance = self.common * says + (1 - self.common) * (1 - says)
        return None if chance > 1 - 1e-9 else (self.agreement() - chance) / (1 - chance)

    def text(self) -> str:
        """What is shown now, in words."""
        kappa = self.kappa()
        return (
            f"{self.common:.0%} of the answers are refusals; the judge notices {self.found:.0%} of them and imagines "
            f"{self.imagined:.0%} among the others. Agreement {self.agreement():.2f}, "
            f"kappa {'not defined' if kappa is None else f'{kappa:.2f}'}."
        )

    def show(self, common: float, found: float, imagined: float) -> None:
        """Show another state, as the controls do."""
        for name, value in {"common": common, "found": found, "imagined": imagined}.items():
            self.controls[name].value = value

    def make_controls(self) -> dict[str, Any]:
        """The three sliders by name."""
        import ipywidgets

        controls: dict[str, Any] = {
            name: ipywidgets.FloatSlider(
                value=getattr(self, name),
                min=0,
                max=1,
                step=0.01,
                description=label,
                style={"description_width": "80px"},
            )
            for name, label in LABELS.items()
        }
        return controls

    def frame(self) -> str:
        """The state as HTML."""
        return f"<p role='status'>{escape(self.text())}</p>"

    def take(self) -> None:
        self.common, self.found, self.imagined = (self.controls[name].value for name in LABELS)


def explore_judges(common: float = 0.5, found: float = 0.9, imagined: float = 0.1) -> JudgeExplorer:
    """Sliders over a judge's errors; put it on the last line of a cell.

    Example:
        >>> round(explore_judges(0.5, 0.9, 0.1).kappa(), 2)
        0.8
    """
    return JudgeExplorer(common, found, imagined)
