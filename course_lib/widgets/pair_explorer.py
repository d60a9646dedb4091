"""Read the pairs that a training or a test is made of: one principle at a time, with what each deployment makes of it.

A list of principles is an intention, a list of pairs is what is taught. Whoever has read twenty of them knows more about the
training than its loss curve says. Two controls, a menu and a slider; both work from the keyboard. A notebook executed without
a browser keeps the text of the first state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

from course_lib.errors import CourseError

if TYPE_CHECKING:
    import ipywidgets

    from course_lib.constitution.dataset import Pair

ALL = "all principles"


class PairExplorer:
    """Pairs, and the margin of each deployment on them.

    Attributes:
        pairs: what is shown.
        margins: for each deployment log p(chosen) - log p(rejected) of each pair, in nats; may be empty.
        principle, place: what is shown now; set them by `show`.
    """

    def __init__(self, pairs: Sequence[Pair], margins: Mapping[str, Sequence[float]]) -> None:
        if not pairs or any(len(values) != len(pairs) for values in margins.values()):
            raise CourseError(
                "Pairs and margins do not belong together.", "Give at least one pair, and a margin for each."
            )
        self.pairs, self.margins = list(pairs), {name: list(values) for name, values in margins.items()}
        self.principle, self.place = ALL, 0

    def kept(self) -> list[int]:
        """The numbers of the pairs that rest on the principle."""
        return [n for n, pair in enumerate(self.pairs) if self.principle in (ALL, pair.principle)]

    def text(self) -> str:
        """What is shown now, in words."""
        kept = self.kept()
        number = kept[min(self.place, len(kept) - 1)]
        pair = self.pairs[number]
        lines = [
            f"{self.principle}, {min(self.place, len(kept) - 1) + 1} of {len(kept)}; principle: {pair.principle}",
            f"asked ({pair.kind}): {pair.prompt}",
            f"chosen: {pair.chosen}",
            f"rejected: {pair.rejected}",
        ]
        if self.margins:
            shown = ", ".join(f"{name} {values[number]:+.1f}" for name, values in self.margins.items())
            lines.append(f"margin in nats: {shown}")
        return "\n".join(lines)

    def frame(self) -> str:
        """The state as HTML."""
        return f"<p role='status' style='white-space:pre-wrap'>{escape(self.text())}</p>"

    def show(self, principle: str, place: int) -> None:
        """Show another state, as the controls do."""
        self.controls["principle"].value = principle
        self.controls["pair"].value = place

    @cached_property
    def controls(self) -> dict[str, Any]:
        """The menu and the slider, connected to the text."""
        import ipywidgets

        wide = {"description_width": "70px"}
        names = [ALL, *dict.fromkeys(pair.principle for pair in self.pairs)]
        controls: dict[str, Any] = {
            "principle": ipywidgets.Dropdown(options=names, value=self.principle, description="Principle", style=wide),
            "pair": ipywidgets.IntSlider(value=0, min=0, max=len(self.kept()) - 1, description="Pair", style=wide),
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

    def _redraw(self, _change: Any) -> None:
        self.principle = self.controls["principle"].value
        self.controls["pair"].max = len(self.kept()) - 1
        self.place = self.controls["pair"].value
        self.picture.value = self.frame()

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        bundle = dict(self.box._repr_mimebundle_(**options) or {})
        return bundle | {"text/html": self.picture.value, "text/plain": self.text()}

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__


def explore_pairs(pairs: Sequence[Pair], margins: Mapping[str, Sequence[float]] | None = None) -> PairExplorer:
    """A menu of principles and a slider over their pairs; put it on the last line of a cell.

    Example:
        >>> explore_pairs(held_out_pairs(), {"before": before.margins})  # doctest: +SKIP
    """
    return PairExplorer(pairs, margins or {})
