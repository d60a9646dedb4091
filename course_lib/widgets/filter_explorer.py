"""A value, a disguise, and what the filter sees: each view of the text, what was found in it, and what leaves.

The point to find: the original is never changed by a view; the mask lands on the disguised characters. Two disguises get through.

All controls work from the keyboard; a notebook executed without a browser keeps the text of the first state.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from html import escape
from typing import Any

from course_lib.errors import CourseError
from course_lib.filtering.evasions import EVASIONS
from course_lib.filtering.output import OutputFilter
from course_lib.filtering.views import views
from course_lib.widgets.explorer import Explorer

LONGEST = 300


class FilterExplorer(Explorer):
    """What the filter does with a value in a disguise.

    Attributes:
        output: the filter.
        values: what can be chosen.
        value: the one that is shown.
        evasion: its disguise, a name of `EVASIONS`.
    """

    kind = "filter"

    def __init__(self, output: OutputFilter, values: Sequence[str]) -> None:
        if not values or any(not value or len(value) > LONGEST for value in values):
            raise CourseError("There is nothing to disguise.", f"Give texts of 1 to {LONGEST} characters.")
        self.output, self.values = output, list(values)
        self.value, self.evasion = self.values[0], next(iter(EVASIONS))

    def disguised(self) -> str:
        """A sentence with the value in its disguise."""
        return f"Note: {EVASIONS[self.evasion](self.value, random.Random(0))}, as agreed."

    def text(self) -> str:
        """What is shown now, in words."""
        text = self.disguised()
        result = self.output.filter(text)
        lines = [f"the text:            {visible(text)}"]
        lines += [f"{'as ' + view.name + ':':21}{visible(view.text)}" for view in views(text)[1:]]
        found = [f"{one.kind} ({one.view})" for one in result.findings]
        lines += [
            f"found:               {', '.join(found) or 'nothing'}",
            f"{result.action + ':':21}{visible(result.text)}",
        ]
        return "\n".join(lines)

    def show(self, value: str, evasion: str) -> None:
        """Show another state, as the controls do."""
        if evasion not in EVASIONS:
            raise CourseError(f"There is no disguise {evasion!r}.", f"There are: {', '.join(EVASIONS)}.")
        self.controls["value"].value, self.controls["evasion"].value = value, evasion

    def make_controls(self) -> dict[str, Any]:
        """Two menus by name."""
        import ipywidgets

        controls: dict[str, Any] = {
            "value": ipywidgets.Dropdown(options=self.values, value=self.value, description="value"),
            "evasion": ipywidgets.Dropdown(options=list(EVASIONS), value=self.evasion, description="disguise"),
        }
        return controls

    def frame(self) -> str:
        """The state as HTML."""
        return f"<pre role='status' style='white-space:pre-wrap'>{escape(self.text())}</pre>"

    def take(self) -> None:
        self.value, self.evasion = (self.controls[name].value for name in ("value", "evasion"))


def visible(text: str) -> str:
    """A text with the characters that nobody sees written as their codes.

    Example:
        >>> visible("a\\u200bb")
        'a<U+200B>b'
    """
    return "".join(c if c.isprintable() else f"<U+{ord(c):04X}>" for c in text)


def explore_filter(output: OutputFilter, values: Sequence[str]) -> FilterExplorer:
    """Menus over values and disguises; put it on the last line of a cell."""
    return FilterExplorer(output, values)
