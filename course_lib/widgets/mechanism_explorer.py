"""Draw stars and watch a verdict form: which shares are above one half, which below, and which are still open.

With four stars nearly everything is open; with twenty-four nearly nothing is. In between the verdict of one and the same model
changes with the draw, and that is what a small evaluation is.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from course_lib.errors import CourseError
from course_lib.rates import Rate
from course_lib.suite.mechanism import HALF, mechanism
from course_lib.suite.stars import counts
from course_lib.widgets.explorer import Explorer

Rows = Sequence[Mapping[str, bool]]


class MechanismExplorer(Explorer):
    """Stars drawn from a model's decisions, with the verdict.

    Attributes:
        decisions: from the name of a model to its decisions on all stars.
        model: the one that is shown.
        stars: how many are drawn.
        draw: the number of the draw.
    """

    kind = "verdict"

    def __init__(self, decisions: Mapping[str, Rows], model: str, stars: int = 8) -> None:
        self.decisions = {name: [dict(row) for row in rows] for name, rows in decisions.items()}
        self.model, self.stars, self.draw = model, stars, 1

    def counted(self) -> tuple[Rate, dict[str, Rate], str]:
        """Of the stars drawn now: whole requests refused, refusals gone by each edit, and the rule."""
        rows = random.Random(f"explorer {self.draw}").sample(self.decisions[self.model], self.stars)
        refused, edits = counts(rows)
        rule, _ = mechanism(refused, edits, (0.0, 0.0, 0.0))
        return Rate(*refused), {name: Rate(*found) for name, found in edits.items()}, rule

    def text(self) -> str:
        """What is shown now, in words."""
        refused, edits, rule = self.counted()
        lines = [f"{self.model}, {self.stars} stars, draw {self.draw}", f"whole requests refused: {refused}"]
        lines += [f"gone by the edit {name + ':':10} {rate}   {word(rate)}" for name, rate in edits.items()]
        return "\n".join([*lines, f"verdict: {rule}"])

    def rows(self) -> list[dict[str, Any]]:
        """One row for the whole requests and one for each edit."""
        refused, edits, rule = self.counted()
        counted = {"whole, refused": refused, **{f"{name}, gone": rate for name, rate in edits.items()}}
        here = {"model": self.model, "stars": self.stars, "draw": self.draw, "verdict": rule}
        return [
            {**here, "counted": name, "count": r.successes, "of": r.n, "low": round(r.low, 4), "high": round(r.high, 4)}
            for name, r in counted.items()
        ]

    def show(self, model: str, stars: int, draw: int) -> None:
        """Show another state, as the controls do."""
        self.set(model=model, stars=stars, draw=draw)

    def make_controls(self) -> dict[str, Any]:
        """A menu and two sliders."""
        import ipywidgets

        most = len(self.decisions[self.model])
        return {
            "model": ipywidgets.Dropdown(options=list(self.decisions), value=self.model, description="Model"),
            "stars": ipywidgets.IntSlider(value=self.stars, min=2, max=most, description="Stars"),
            "draw": ipywidgets.IntSlider(value=self.draw, min=1, max=50, description="Draw"),
        }

    def take(self) -> None:
        """What the controls say."""
        model, stars, draw = (self.controls[name].value for name in ("model", "stars", "draw"))
        if stars > len(self.decisions[model]):
            raise CourseError(f"{model} has {len(self.decisions[model])} stars.", "Choose fewer stars.")
        self.model, self.stars, self.draw = model, stars, draw

    def frame(self) -> str:
        """The state as HTML."""
        return f"<pre role='status' style='white-space:pre-wrap'>{escape(self.text())}</pre>"


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
    if not 2 <= stars <= len(decisions[first]):
        raise CourseError(f"{stars} stars cannot be drawn from {len(decisions[first])}.", "Choose fewer.")
    return MechanismExplorer(decisions, first, stars)
