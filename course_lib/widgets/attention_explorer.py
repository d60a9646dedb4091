"""What does the next head look at? A slider over every attention map of one text.

Three hundred maps on one page are wallpaper. One map that changes under your fingers shows what a printed figure
cannot: which pattern stays from layer to layer, where it starts, and how much of it is the first token.

The idea: the forward pass is the only expensive step, and it yields the maps of all layers and heads at once. So it is
run once, when the explorer is made; each picture is drawn when it is first asked for and kept.

The pitfall: "mean" averages heads that do different things. A strong pattern in one of nine heads is faint in the mean,
and the mean of most layers is dominated by the first token, so look at single heads, with "leave out the first token"
ticked, before you call a layer diffuse.

Four controls: a slider for the layer, a menu for the head, a box for the first token, a field for a text of your own
(Enter runs the model on it). Each has a label beside it and
works from the keyboard (Tab to move on, arrow keys to change, space to tick); a screen reader gets the label with the
menu and the box, and not with the slider, whose handle ipywidgets 8 leaves without a name. Below the picture the
strongest connections stand in words; a notebook executed without a browser keeps that text and the first picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any

import torch

from course_lib.attention import attention_weights, without_sink
from course_lib.errors import CourseError
from course_lib.widgets.drawings import grid_drawing
from course_lib.widgets.explorer import Explorer, own_text
from course_lib.widgets.heatmap import heatmap_svg
from course_lib.widgets.words import merge_pieces, token_ids, words_of

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from course_lib.figures.picture import Picture
    from course_lib.models import LocalModel

MEAN = "mean"
LONGEST = 60  # words


class AttentionExplorer(Explorer):
    """All attention maps of one text, one at a time.

    Attributes:
        words: one string per row and column.
        weights: every map, pieces already merged into words.
        weights_without_sink: the same with the first token left out.
        layer, head, drop_sink: what is shown now; set them by `show`.
    """

    kind = "attention"
    in_a_row = True

    def __init__(self, model: LocalModel, text_or_ids: str | Sequence[int], *, merge_subwords: bool = True) -> None:
        self.model, self.merge_subwords = model, merge_subwords
        self.own_text = text_or_ids if isinstance(text_or_ids, str) else ""
        self.layer, self.head, self.drop_sink = 0, MEAN, False
        self.read(text_or_ids)

    def read(self, text_or_ids: str | Sequence[int]) -> None:
        """Run the model on a text and keep all its maps; the only step that takes time."""
        ids = token_ids(self.model, text_or_ids)
        words, pieces = words_of(self.model, ids.tolist(), self.merge_subwords)
        if len(words) > LONGEST:
            raise CourseError(
                f"A map of {len(words)} words cannot be read.", f"Give a text of at most {LONGEST} words."
            )
        maps = attention_weights(self.model, ids)
        self.words = tuple(words)
        self.weights: Float[Tensor, "layer head query key"] = merge_pieces(maps, pieces)
        self.weights_without_sink: Float[Tensor, "layer head query key"] = merge_pieces(without_sink(maps), pieces)
        self.drawn = lru_cache(maxsize=None)(self._drawn)

    def map(self, layer: int, head: int | str = MEAN, drop_sink: bool = False) -> Float[Tensor, "query key"]:
        """One map: a head's, or the mean over the heads of the layer."""
        n_layers, n_heads = self.weights.shape[:2]
        if not 0 <= layer < n_layers:
            raise CourseError(f"This model has no layer {layer}.", f"Choose a layer from 0 to {n_layers - 1}.")
        if head != MEAN and head not in range(n_heads):
            raise CourseError(f"There is no head {head!r}.", f'Choose "mean" or a head from 0 to {n_heads - 1}.')
        maps = (self.weights_without_sink if drop_sink else self.weights)[layer]
        return maps.mean(0) if head == MEAN else maps[int(head)]

    def frame(self) -> str:
        """What is shown now, as HTML."""
        return str(self.drawn(self.layer, self.head, self.drop_sink))

    def rows(self) -> list[dict[str, Any]]:
        """Every pair of words that can look at each other, with its weight."""
        weights = self.map(self.layer, self.head, self.drop_sink)
        return [
            {"query": query, "query word": self.words[query], "key": key, "key word": self.words[key],
             "weight": float(weights[query, key])}
            for query in range(len(self.words)) for key in range(query + 1)
        ]  # fmt: skip

    def drawing(self) -> Picture:
        """The map as a figure."""
        weights = self.map(self.layer, self.head, self.drop_sink)
        return grid_drawing(weights, self.words, self.title(self.layer, self.head, self.drop_sink), self.text())

    def _drawn(self, layer: int, head: int | str, drop_sink: bool) -> str:
        """The picture and its text as HTML; `drawn` is this function with a memory."""
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
        self.set(layer=layer, head=head, sink=drop_sink)

    def make_controls(self) -> dict[str, Any]:
        """The four controls by name."""
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
            "text": own_text(self.own_text),
        }
        return controls

    def take(self) -> None:
        text = self.controls["text"].value
        if text != self.own_text:
            self.read(text)
            self.own_text = text
        self.layer, self.head = self.controls["layer"].value, self.controls["head"].value
        self.drop_sink = self.controls["sink"].value


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
