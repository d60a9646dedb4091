"""Two sliders: a threshold for each of two groups. Rates and all gaps follow.

The task to try: make two of the gaps vanish, and then the third. The sliders move independently, so every pair of
thresholds can be reached. All controls work from the keyboard; a notebook executed without a browser keeps the table
of the first state.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from course_lib.errors import CourseError
from course_lib.fairness import fairness_gaps, flagged_by, group_rates
from course_lib.render import html_table, text_table
from course_lib.widgets.explorer import Explorer

COLUMNS = ("selection rate", "true positive rate", "false positive rate", "precision")


class ThresholdExplorer(Explorer):
    """Scores of two groups, and a threshold for each.

    Attributes:
        groups: the two names.
        thresholds: the threshold of each group that is shown now; set them by `show`.
    """

    kind = "thresholds"

    def __init__(
        self, scores: Sequence[float], labels: Sequence[int], group_membership: Sequence[str], start: float
    ) -> None:
        self.groups = list(dict.fromkeys(group_membership))
        if len(self.groups) != 2:
            raise CourseError(f"There are {len(self.groups)} groups.", "Give the people of two groups.")
        self.scores, self.labels, self.members = list(scores), list(labels), list(group_membership)
        self.thresholds: dict[str, float] = dict.fromkeys(self.groups, float(start))

    def state(self) -> tuple[list[dict[str, Any]], dict[str, float | None], float]:
        """Rates of both groups, all gaps, and the accuracy of all decisions."""
        flagged = flagged_by(self.scores, self.members, self.thresholds)
        rates = group_rates(flagged, self.labels, self.members, self.groups)
        right = sum(f == y for f, y in zip(flagged, self.labels, strict=True)) / len(flagged)
        rows: list[dict[str, Any]] = [
            {
                "group": group,
                "threshold": self.thresholds[group],
                **{name: _shown(rates[group][name]) for name in COLUMNS},
            }
            for group in self.groups
        ]
        return rows, fairness_gaps(rates), right

    def rows(self) -> list[dict[str, Any]]:
        """A row for each group."""
        return self.state()[0]

    def text(self) -> str:
        """What is shown now, as a table and a line."""
        rows, gaps, right = self.state()
        return text_table(rows) + "\n" + self._summary(gaps, right)

    def _summary(self, gaps: dict[str, float | None], right: float) -> str:
        return "; ".join(f"{name} {_shown(value)}" for name, value in gaps.items()) + f"; accuracy {right:.2f}"

    def show(self, first: float, second: float) -> None:
        """Show another state, as the sliders do."""
        for group, value in zip(self.groups, (first, second), strict=True):
            self.controls[group].value = value

    def frame(self) -> str:
        """The state as HTML."""
        rows, gaps, right = self.state()
        return f"<div role='status'>{html_table(rows)}<p>{escape(self._summary(gaps, right))}</p></div>"

    def make_controls(self) -> dict[str, Any]:
        """The two sliders by group."""
        import ipywidgets

        low, high = min(self.scores), max(self.scores)
        controls: dict[str, Any] = {
            group: ipywidgets.FloatSlider(
                value=self.thresholds[group],
                min=round(low - 0.01, 2),
                max=round(high + 0.01, 2),
                step=0.01,
                description=group,
                style={"description_width": "140px"},
                continuous_update=False,
            )
            for group in self.groups
        }
        return controls

    def take(self) -> None:
        self.thresholds = {group: float(self.controls[group].value) for group in self.groups}


def _shown(value: float | None) -> str:
    return "none" if value is None else f"{value:.2f}"


def explore_thresholds(
    scores: Sequence[float], labels: Sequence[int], group_membership: Sequence[str], start: float = 0.5
) -> ThresholdExplorer:
    """Two sliders over thresholds; put it on the last line of a cell.

    Args:
        scores: for each person.
        labels: for each person 1 or 0.
        group_membership: for each person one of two groups.
        start: both thresholds at the beginning.

    Raises:
        CourseError: there are more or fewer than two groups.

    Example:
        >>> explore_thresholds([0.9, 0.4, 0.8, 0.1], [1, 0, 1, 0], ["a", "a", "b", "b"]).state()[2]
        1.0
    """
    return ThresholdExplorer(scores, labels, group_membership, start)
