"""A value, a disguise, and what the filter sees: each view of the text, what was found in it, and what leaves.

The point to find: the original is never changed by a view; the mask lands on the disguised characters. Two disguises get through.

All controls work from the keyboard; a notebook executed without a browser keeps the text of the first state.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

from course_lib.errors import CourseError
from course_lib.filtering.evasions import EVASIONS
from course_lib.filtering.output import OutputFilter
from course_lib.filtering.views import views

if TYPE_CHECKING:
    import ipywidgets

LONGEST = 300


class FilterExplorer:
    """What the filter does with a value in a disguise.

    Attributes:
        output: the filter.
        values: what can be chosen.
        value: the one that is shown.
        evasion: its disguise, a name of `EVASIONS`.
    """

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

    @cached_property
    def controls(self) -> dict[str, Any]:
        """Two menus by name, connected to the text."""
        import ipywidgets

        controls: dict[str, Any] = {
            "value": ipywidgets.Dropdown(options=self.values, value=self.value, description="value"),
            "evasion": ipywidgets.Dropdown(options=list(EVASIONS), value=self.evasion, description="disguise"),
        }
        for control in controls.values():
            control.observe(self._redraw, names="value")
        return controls

    @cached_property
    def picture(self) -> ipywidgets.HTML:
        """The part of the widget that changes."""
        import ipywidgets

        return ipywidgets.HTML(self.frame())

    def frame(self) -> str:
        """The state as HTML."""
        return f"<pre role='status' style='white-space:pre-wrap'>{escape(self.text())}</pre>"

    @cached_property
    def box(self) -> ipywidgets.VBox:
        """Menus above text."""
        import ipywidgets

        return ipywidgets.VBox([*self.controls.values(), self.picture])

    def _redraw(self, _change: Any) -> None:
        self.value, self.evasion = (self.controls[name].value for name in ("value", "evasion"))
        self.picture.value = self.frame()

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        bundle = dict(self.box._repr_mimebundle_(**options) or {})
        return bundle | {"text/html": self.picture.value, "text/plain": self.text()}

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__


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
