"""Read the pairs that a training or a test is made of: one principle at a time, with what each deployment makes of it.

A list of principles is an intention, a list of pairs is what is taught. Whoever has read twenty of them knows more about the
training than its loss curve says. Two controls, a menu and a slider; both work from the keyboard. A notebook executed without
a browser keeps the text of the first state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from course_lib.errors import CourseError
from course_lib.widgets.explorer import Explorer

if TYPE_CHECKING:
    from course_lib.constitution.dataset import Pair

ALL = "all principles"


class PairExplorer(Explorer):
    """Pairs, and the margin of each deployment on them.

    Attributes:
        pairs: what is shown.
        margins: for each deployment log p(chosen) - log p(rejected) of each pair, in nats; may be empty.
        principle, place: what is shown now; set them by `show`.
    """

    kind = "pairs"

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
        number = kept[self.place]
        pair = self.pairs[number]
        lines = [
            f"{self.principle}, {self.place + 1} of {len(kept)}; principle: {pair.principle}",
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

    def rows(self) -> list[dict[str, Any]]:
        """One row for each pair of the principle that is shown."""
        return [
            {
                "principle": pair.principle, "kind": pair.kind, "asked": pair.prompt, "chosen": pair.chosen,
                "rejected": pair.rejected, **{name: values[number] for name, values in self.margins.items()},
            }
            for number, pair in ((number, self.pairs[number]) for number in self.kept())
        ]  # fmt: skip

    def show(self, principle: str, place: int) -> None:
        """Show another state, as the controls do."""
        self.set(principle=principle)
        self.set(pair=place)

    def make_controls(self) -> dict[str, Any]:
        """The menu and the slider."""
        import ipywidgets

        wide = {"description_width": "70px"}
        names = [ALL, *dict.fromkeys(pair.principle for pair in self.pairs)]
        return {
            "principle": ipywidgets.Dropdown(options=names, value=self.principle, description="Principle", style=wide),
            "pair": ipywidgets.IntSlider(value=0, min=0, max=len(self.kept()) - 1, description="Pair", style=wide),
        }

    def take(self) -> None:
        """The principle first; the slider then has as many places as there are pairs."""
        self.principle = self.controls["principle"].value
        self.controls["pair"].max = len(self.kept()) - 1
        self.place = self.controls["pair"].value


def explore_pairs(pairs: Sequence[Pair], margins: Mapping[str, Sequence[float]] | None = None) -> PairExplorer:
    """A menu of principles and a slider over their pairs; put it on the last line of a cell.

    Example:
        >>> explore_pairs(held_out_pairs(), {"before": before.margins})  # doctest: +SKIP
    """
    return PairExplorer(pairs, margins or {})
