"""What happens if I patch here? A slider over layers and a menu of what is patched.

A finished map shows where somebody else has looked. Here one row of it is computed when it is asked for, so the learner
predicts, looks, and predicts again. A row costs some passes of the model, and is kept.

The pitfall is the row seen alone: a recovery of a half may be half of the name or no name at all. The two ends are
therefore in the title, and the bars are not clipped.

A slider for the layer, a menu for the site; both have labels and work from the keyboard. A notebook executed without a
browser keeps the first picture and its text.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any, get_args

from course_lib.errors import CourseError
from course_lib.patching import PatchingMap, patching_map
from course_lib.patching.pairs import Sites
from course_lib.render import format_number, text_table, visible_token
from course_lib.widgets.drawings import bars_drawing
from course_lib.widgets.explorer import Explorer

if TYPE_CHECKING:
    from course_lib.figures.picture import Picture
    from course_lib.models import LocalModel
    from course_lib.patching.metrics import MetricLike

ROW, BAR, MIDDLE = 20, 110, 330  # pixels


class PatchingExplorer(Explorer):
    """One row of a patching map at a time.

    Attributes:
        layer, sites: what is shown now; set them by `show`.
    """

    kind = "patching"
    in_a_row = True

    def __init__(
        self, model: LocalModel, clean: str, corrupted: str, metric: MetricLike, layer: int, sites: Sites
    ) -> None:
        self.model, self.texts, self.metric = model, (clean, corrupted), metric
        self.row = lru_cache(maxsize=None)(self._row)
        self.layer, self.sites = layer, sites
        self.row(layer, sites)  # bad texts are refused here

    def _row(self, layer: int, sites: Sites) -> PatchingMap:
        """The map of one layer; `row` is this function with a memory."""
        return patching_map(self.model, *self.texts, self.metric, sites, layers=[layer])

    def names(self, found: PatchingMap) -> list[str]:
        """What each bar is called."""
        return [f"head {head}" for head in found.columns] if found.sites == "heads" else found.column_names()

    def frame(self) -> str:
        """The bars as an inline SVG, with the numbers beside them."""
        found = self.row(self.layer, self.sites)
        names, values = self.names(found), found.recovery[0].tolist()
        height, scale = ROW * (len(names) + 1), BAR / max(1.0, *(abs(value) for value in values))
        lines = [f'<line x1="{MIDDLE}" y1="0" x2="{MIDDLE}" y2="{height}" stroke="#767676"/>']
        for place, (name, value) in enumerate(zip(names, values, strict=True)):
            top, width = ROW * place, abs(value) * scale
            left = MIDDLE - (width if value < 0 else 0)
            colour = "#D55E00" if value >= 0 else "#0072B2"
            lines += [
                f'<text x="180" y="{top + 14}" text-anchor="end">{escape(name)}</text>',
                f'<rect x="{left:.1f}" y="{top + 3}" width="{width:.1f}" height="{ROW - 6}" fill="{colour}"/>',
                f'<text x="{MIDDLE + BAR + 55}" y="{top + 14}" text-anchor="end">{value:.2f}</text>',
            ]
        title = escape(self.title(found))
        size = f'width="520" height="{height}" role="img" aria-label="{title}"'
        return f'<p>{title}</p><svg {size} font-size="12" font-family="sans-serif">{"".join(lines)}</svg>'

    def title(self, found: PatchingMap) -> str:
        """What is drawn."""
        ends = f"0 is {format_number(found.corrupted)}, 1 is {format_number(found.clean)}"
        return f"Recovery when {self.sites} of layer {self.layer} are patched, one at a time; {ends} logits"

    def show(self, layer: int, sites: Sites = "residual") -> None:
        """Show another row, as the controls do."""
        self.row(layer, sites)
        self.set(layer=layer, sites=sites)

    def rows(self) -> list[dict[str, Any]]:
        """A row for each bar."""
        found = self.row(self.layer, self.sites)
        pairs = zip(self.names(found), found.recovery[0].tolist(), strict=True)
        return [{"patched": visible_token(name), "recovery": value} for name, value in pairs]

    def text(self) -> str:
        """What is shown now, as a table."""
        return text_table(self.rows(), title=self.title(self.row(self.layer, self.sites)))

    def drawing(self) -> Picture:
        """The bars as a figure."""
        found = self.row(self.layer, self.sites)
        unit = "recovery: 0 as corrupted, 1 as clean"
        return bars_drawing(self.title(found), self.names(found), found.recovery[0].tolist(), unit, self.text())

    def make_controls(self) -> dict[str, Any]:
        """The two controls by name."""
        import ipywidgets

        wide = {"description_width": "60px"}
        last = self.model.n_layers - 1
        controls: dict[str, Any] = {
            "layer": ipywidgets.IntSlider(
                value=self.layer, min=0, max=last, description="Layer", style=wide, continuous_update=False
            ),
            "sites": ipywidgets.Dropdown(options=get_args(Sites), value=self.sites, description="Patch", style=wide),
        }
        return controls

    def take(self) -> None:
        self.layer, self.sites = self.controls["layer"].value, self.controls["sites"].value


def explore_patching(
    model: LocalModel,
    texts: Sequence[str],
    metric: MetricLike,
    *,
    layer: int = 0,
    sites: Sites = "residual",
) -> PatchingExplorer:
    """A slider over the layers of a patching map; put it on the last line of a cell.

    Args:
        model: a loaded model.
        texts: the clean and the corrupted text, of as many tokens.
        metric: as in `patching_map`.
        layer: the layer shown first.
        sites: what is patched first: "residual", "attention", "mlp" or "heads".

    Raises:
        CourseError: not two texts, or what `patching_map` raises.

    Example:
        >>> from course_lib import load_model
        >>> texts = "Mary gave the book to", "John gave the book to"
        >>> explore_patching(load_model("tiny:0"), texts, " John").layer
        0
    """
    if isinstance(texts, str) or len(texts) != 2:
        raise CourseError("Patching takes two texts.", "Give (clean text, corrupted text).")
    return PatchingExplorer(model, texts[0], texts[1], metric, layer, sites)
