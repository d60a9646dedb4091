"""What does the next head look at? A slider over every attention map of one text.

Three hundred maps on one page are wallpaper. One map that changes under your fingers shows what a printed figure
cannot: which pattern stays from layer to layer, where it starts, and how much of it is the first token.

The idea: the forward pass is the only expensive step, and it yields the maps of all layers and heads at once. So it is
run once, when the explorer is made; each picture is drawn when it is first asked for and kept.

The pitfall: "mean" averages heads that do different things. A strong pattern in one of nine heads is faint in the mean,
and the mean of most layers is dominated by the first token, so look at single heads, with "leave out the first token"
ticked, before you call a layer diffuse.

Three controls: a slider for the layer, a menu for the head, a box for the first token. Each has a label beside it and
works from the keyboard (Tab to move on, arrow keys to change, space to tick); a screen reader gets the label with the
menu and the box, and not with the slider, whose handle ipywidgets 8 leaves without a name. Below the picture the
strongest connections stand in words; a notebook executed without a browser keeps that text and the first picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from html import escape
from typing import TYPE_CHECKING, Any

import torch

from course_lib.attention import attention_weights, without_sink
from course_lib.errors import CourseError
from course_lib.widgets.heatmap import heatmap_svg
from course_lib.widgets.words import merge_pieces, token_ids, words_of

if TYPE_CHECKING:
    import ipywidgets
    from jaxtyping import Float
    from torch import Tensor

    from course_lib.models import LocalModel

MEAN = "mean"


class AttentionExplorer:
    """All attention maps of one text, one at a time.

    Attributes:
        words: one string per row and column.
        weights: every map, pieces already merged into words.
        weights_without_sink: the same with the first token left out.
        layer, head, drop_sink: what is shown now; set them by `show`.
    """

    def __init__(self, model: LocalModel, text_or_ids: str | Sequence[int], *, merge_subwords: bool = True) -> None:
        ids = token_ids(model, text_or_ids)
        words, pieces = words_of(model, ids.tolist(), merge_subwords)
        maps = attention_weights(model, ids)
        self.words = tuple(words)
        self.weights: Float[Tensor, "layer head query key"] = merge_pieces(maps, pieces)
        self.weights_without_sink: Float[Tensor, "layer head query key"] = merge_pieces(without_sink(maps), pieces)
        self.layer, self.head, self.drop_sink = 0, MEAN, False
        self.frame = lru_cache(maxsize=None)(self._frame)

    def map(self, layer: int, head: int | str = MEAN, drop_sink: bool = False) -> Float[Tensor, "query key"]:
        """One map: a head's, or the mean over the heads of the layer."""
        n_layers, n_heads = self.weights.shape[:2]
        if not 0 <= layer < n_layers:
            raise CourseError(f"This model has no layer {layer}.", f"Choose a layer from 0 to {n_layers - 1}.")
        if head != MEAN and head not in range(n_heads):
            raise CourseError(f"There is no head {head!r}.", f'Choose "mean" or a head from 0 to {n_heads - 1}.')
        maps = (self.weights_without_sink if drop_sink else self.weights)[layer]
        return maps.mean(0) if head == MEAN else maps[int(head)]

    def _frame(self, layer: int, head: int | str, drop_sink: bool) -> str:
        """The picture and its text as HTML; `frame` is this function with a memory."""
        title = self.title(layer, head, drop_sink)
        weights = self.map(layer, head, drop_sink)
        picture = heatmap_svg(weights, self.words, title)
        lines = "".join(f"<li>{escape(line)}</li>" for line in self._sentences(weights))
        return f'{picture}<div role="status"><ol style="margin:4px 0;line-height:1.5">{lines}</ol></div>'

    def title(self, layer: int, head: int | str, drop_sink: bool) -> str:
        """What a map is called."""
        which = "mean over heads" if head == MEAN else f"head {head}"
        return f"Attention, layer {layer}, {which}" + (", first token left out" if drop_sink else "")

    def _sentences(self, weights: Float[Tensor, "query key"], count: int = 4) -> list[str]:
        """The strongest connections of one map in words, each word's weight on itself left out."""
        others = weights * (1 - torch.eye(len(self.words)))
        order = others.flatten().argsort(descending=True, stable=True)[:count].tolist()
        spots = [divmod(spot, len(self.words)) for spot in order]
        return [
            f'"{self.words[query]}" (word {query}) reads "{self.words[key]}" (word {key}): {others[query, key]:.2f}'
            for query, key in spots
            if others[query, key] > 0
        ]

    def text(self) -> str:
        """What is shown now, in words."""
        weights = self.map(self.layer, self.head, self.drop_sink)
        lines = [self.title(self.layer, self.head, self.drop_sink), " ".join(self.words)]
        return "\n".join(lines + [f"  {line}" for line in self._sentences(weights)])

    def show(self, layer: int, head: int | str = MEAN, drop_sink: bool = False) -> None:
        """Show another map, as the controls do."""
        self.map(layer, head, drop_sink)
        controls = self.controls
        with self.box.hold_sync():
            controls["layer"].value, controls["head"].value = layer, head
            controls["sink"].value = drop_sink

    @cached_property
    def controls(self) -> dict[str, Any]:
        """The three controls by name, connected to the picture."""
        import ipywidgets

        n_layers, n_heads = self.weights.shape[:2]
        wide = {"description_width": "60px"}
        controls: dict[str, Any] = {
            "layer": ipywidgets.IntSlider(
                value=self.layer, min=0, max=n_layers - 1, description="Layer", style=wide, tooltip="Layer"
            ),
            "head": ipywidgets.Dropdown(
                options=[MEAN, *range(n_heads)], value=self.head, description="Head", style=wide, tooltip="Head"
            ),
            "sink": ipywidgets.Checkbox(value=self.drop_sink, description="leave out the first token", indent=False),
        }
        for control in controls.values():
            control.observe(self._redraw, names="value")
        return controls

    @cached_property
    def picture(self) -> ipywidgets.HTML:
        """The part of the widget that changes."""
        import ipywidgets

        return ipywidgets.HTML(self.frame(self.layer, self.head, self.drop_sink))

    @cached_property
    def box(self) -> ipywidgets.VBox:
        """Controls above picture."""
        import ipywidgets

        return ipywidgets.VBox([ipywidgets.HBox(list(self.controls.values())), self.picture])

    def _redraw(self, _change: Any) -> None:
        self.layer, self.head = self.controls["layer"].value, self.controls["head"].value
        self.drop_sink = self.controls["sink"].value
        self.picture.value = self.frame(self.layer, self.head, self.drop_sink)

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        bundle = dict(self.box._repr_mimebundle_(**options) or {})
        return bundle | {"text/html": self.picture.value, "text/plain": self.text()}

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__


def explore_attention(
    model: LocalModel,
    text_or_ids: str | Sequence[int],
    *,
    layer: int = 0,
    head: int | str = MEAN,
    drop_sink: bool = False,
    merge_subwords: bool = True,
) -> AttentionExplorer:
    """A slider over every attention map of `text_or_ids`; put it on the last line of a cell.

    Args:
        model: a loaded model.
        text_or_ids: the text or its token ids.
        layer: the layer shown first.
        head: the head shown first, or `"mean"`.
        drop_sink: whether the first token is left out at first.
        merge_subwords: show words in place of the pieces that the tokenizer made.

    Raises:
        CourseError: for a layer or head that the model does not have, or an empty text.

    Example:
        >>> from course_lib import load_model
        >>> explore_attention(load_model("default"), "The cat sat on the mat.", layer=5)  # doctest: +SKIP
    """
    explorer = AttentionExplorer(model, text_or_ids, merge_subwords=merge_subwords)
    explorer.show(layer, head, drop_sink)
    return explorer
