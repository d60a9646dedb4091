"""Four sliders: how good a model is, how much better the other one, how often they disagree, and how many items there are.

What to find: leave everything as it is and move *disagree* towards the difference; the paired test needs fewer and
fewer items, the unpaired one does not notice. Then halve the difference.

Nothing is drawn at random. All controls work from the keyboard; a notebook executed without a browser keeps the text
of the first state.
"""

from __future__ import annotations

import math
from html import escape
from statistics import NormalDist
from typing import Any

from course_lib.errors import CourseError
from course_lib.evals.power import items_needed
from course_lib.widgets.explorer import Explorer

LABELS = {"accuracy": "accuracy", "better": "better by", "disagree": "disagree", "items": "items"}


class PowerExplorer(Explorer):
    """Two models and a benchmark of a certain size.

    Attributes:
        accuracy: of the first model.
        better: by how much the second one is better.
        disagree: the share of items on which exactly one of them is right; never below the difference.
        items: how many items the benchmark has.
    """

    kind = "power"

    def __init__(self, accuracy: float, better: float, disagree: float, items: float) -> None:
        if not (0 < accuracy < 1 and 0 < better < 1 - accuracy and 0 < disagree <= 1 and items >= 1):
            raise CourseError(
                "These numbers are no two models.", "Give shares between 0 and 1, and a difference above 0."
            )
        self.accuracy, self.better, self.disagree, self.items = accuracy, better, disagree, items

    def needed(self) -> tuple[int, int]:
        """Items needed for a power of 80 %: unpaired and paired."""
        second = min(self.accuracy + self.better, 0.999)
        gap = second - self.accuracy
        return items_needed(self.accuracy, second, max(self.disagree, gap), 0.8)

    def half_width(self) -> float:
        """Half the width of the 95 % interval of the first model's accuracy (normal approximation)."""
        return NormalDist().inv_cdf(0.975) * math.sqrt(self.accuracy * (1 - self.accuracy) / self.items)

    def text(self) -> str:
        """What is shown now, in words."""
        unpaired, paired = self.needed()
        enough = "enough" if self.items >= paired else "not enough"
        return (
            f"{self.accuracy:.2f} against {min(self.accuracy + self.better, 0.999):.2f}, different answers on "
            f"{max(self.disagree, self.better):.0%} of the items. Items needed: {unpaired:,} for each model where "
            f"each has its own, "
            f"{paired:,} where both have the same. {int(self.items):,} items are {enough} for the paired test; the "
            f"interval of the first "
            f"accuracy alone is ± {self.half_width():.3f}."
        )

    def show(self, accuracy: float, better: float, disagree: float, items: float) -> None:
        """Show another state, as the controls do."""
        wanted = {"accuracy": accuracy, "better": better, "disagree": disagree, "items": items}
        for name, value in wanted.items():
            self.controls[name].value = value

    def make_controls(self) -> dict[str, Any]:
        """The four sliders by name."""
        import ipywidgets

        ends = {"accuracy": (0.05, 0.9, 0.01), "better": (0.005, 0.09, 0.005), "disagree": (0.01, 0.5, 0.01)}
        ends["items"] = (50, 3000, 50)
        controls: dict[str, Any] = {
            name: ipywidgets.FloatSlider(
                value=getattr(self, name), min=ends[name][0], max=ends[name][1], step=ends[name][2], description=label,
                readout_format=".0f" if name == "items" else ".3f", style={"description_width": "80px"},
            )
            for name, label in LABELS.items()
        }  # fmt: skip
        return controls

    def frame(self) -> str:
        """The state as HTML."""
        return f"<p role='status'>{escape(self.text())}</p>"

    def take(self) -> None:
        self.accuracy, self.better, self.disagree, self.items = (self.controls[name].value for name in LABELS)


def explore_power(
    accuracy: float = 0.6, better: float = 0.05, disagree: float = 0.15, items: float = 300
) -> PowerExplorer:
    """Sliders over two models and the size of a benchmark; put it on the last line of a cell.

    Example:
        >>> explore_power(0.6, 0.05, 0.15, 300).needed()
        (1471, 469)
    """
    return PowerExplorer(accuracy, better, disagree, items)
