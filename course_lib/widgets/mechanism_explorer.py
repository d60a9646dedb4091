"""Draw stars and watch a verdict form: which shares are above one half, which below, and which are still open.

With four stars nearly everything is open; with twenty-four nearly nothing is. In between the verdict of one and the same model
changes with the draw, and that is what a small evaluation is.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

from course_lib.errors import CourseError
from course_lib.rates import Rate
from course_lib.suite.mechanism import HALF, mechanism
from course_lib.suite.stars import counts

if TYPE_CHECKING:
    import ipywidgets

Rows = Sequence[Mapping[str, bool]]


class MechanismExplorer:
    """Stars drawn from a model's decisions, with the verdict.

    Attributes:
        decisions: from the name of a model to its decisions on all stars.
        model: the one that is shown.
        stars: how many are drawn.
        draw: the number of the draw.
    """

    def __init__(self, decisions: Mapping[str, Rows], model: str, stars: int = 8) -> None:
        self.decisions = {name: [dict(row) for row in rows] for name, rows in decisions.items()}
        self.model, self.stars, self.draw = model, stars, 1

    def text(self) -> str:
        """What is shown now, in words."""
        rows = random.Random(f"explorer {self.draw}").sample(self.decisions[self.model], self.stars)
        refused, edits = counts(rows)
        rule, _ = mechanism(refused, edits, (0.0, 0.0, 0.0))
        lines = [f"{self.model}, {self.stars} stars, draw {self.draw}", f"whole requests refused: {Rate(*refused)}"]
        lines += [
            f"gone by the edit {name + ':':10} {Rate(*found)}   {word(Rate(*found))}" for name, found in edits.items()
        ]
        return "\n".join([*lines, f"verdict: {rule}"])

    def show(self, model: str, stars: int, draw: int) -> None:
        """Show another state, as the controls do."""
        for name, value in (("model", model), ("stars", stars), ("draw", draw)):
            self.controls[name].value = value

    @cached_property
    def controls(self) -> dict[str, Any]:
        """A menu and two sliders, connected to the text."""
        import ipywidgets

        most = len(self.decisions[self.model])
        controls: dict[str, Any] = {
            "model": ipywidgets.Dropdown(options=list(self.decisions), value=self.model, description="Model"),
            "stars": ipywidgets.IntSlider(value=self.stars, min=2, max=most, description="Stars"),
            "draw": ipywidgets.IntSlider(value=self.draw, min=1, max=50, description="Draw"),
        }
        for control in controls.values():
            control.observe(self._redraw, names="value")
        return controls

    @cached_property
    def picture(self) -> ipywidgets.HTML:
        """The part of the widget that changes."""
        import ipywidgets

        return ipywidgets.HTML(self.frame())

    @cached_property
    def box(self) -> ipywidgets.VBox:
        """Controls above text."""
        import ipywidgets

        return ipywidgets.VBox([*self.controls.values(), self.picture])

    def frame(self) -> str:
        """The state as HTML."""
        return f"<pre role='status'>{escape(self.text())}</pre>"

    def _redraw(self, _change: Any) -> None:
        self.model, self.stars, self.draw = (self.controls[name].value for name in ("model", "stars", "draw"))
        self.picture.value = self.frame()

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        bundle = dict(self.box._repr_mimebundle_(**options) or {})
        return bundle | {"text/html": self.picture.value, "text/plain": self.text()}

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__


def word(rate: Rate) -> str:
    """What an interval says about one half.

    Example:
        >>> word(Rate(16, 16)), word(Rate(6, 8)), word(Rate(0, 8))
        ('needed', 'open', 'not needed')
    """
    return "needed" if rate.low > HALF else "not needed" if rate.high < HALF else "open"


def explore_mechanism(decisions: Mapping[str, Rows], model: str = "", stars: int = 8) -> MechanismExplorer:
    """Sliders over the number of stars and the draw; put it on the last line of a cell.

    Args:
        decisions: from the name of a model to its decisions, one mapping for each star.
        model: which is shown first; the first one by default.
        stars: how many are drawn at first.

    Raises:
        CourseError: no such model, or more stars than there are.
    """
    first = model or next(iter(decisions), "")
    if first not in decisions:
        raise CourseError(f"There are no decisions of {first!r}.", f"There are: {', '.join(decisions) or 'none'}.")
    if not 1 <= stars <= len(decisions[first]):
        raise CourseError(f"{stars} stars cannot be drawn from {len(decisions[first])}.", "Choose fewer.")
    return MechanismExplorer(decisions, first, stars)
