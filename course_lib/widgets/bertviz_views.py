"""Which head connects which words? bertviz views that draw offline and stay small.

A map of attention weights answers for one head. bertviz lays all heads over each other as lines between two columns of
words (`head_view`), or as a wall of small pictures, layers by heads (`model_view`), and lets you point and click.

Handed a whole model it has two habits that hurt in a notebook: it loads its scripts from the network, and it writes
every weight of every layer with all its digits, twice: 74 MB for 100 tokens of a model with 30 layers of 9 heads. Here
bertviz still does the drawing. This module decides what it is given: chosen layers and heads, whole words in place of
pieces, three decimals; `bertviz_scripts` supplies the scripts. A view that would still be too large is refused, with
the number of layers that would fit.

The pitfall when reading a view: lines say where a head looks, not what it does with what it finds, and in most layers
the thickest lines end at the first token, where heads park attention that they do not use (Xiao et al. 2023,
"Efficient Streaming Language Models with Attention Sinks"). `drop_sink=True` takes that token out of the picture.
See also Jain and Wallace (2019), "Attention is not Explanation", and the reply by Wiegreffe and Pinter (2019).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from course_lib.attention import attention_weights, without_sink
from course_lib.errors import CourseError
from course_lib.widgets.attention_view import AttentionView
from course_lib.widgets.bertviz_scripts import standalone_page
from course_lib.widgets.size_limit import if_it_fits, refuse_if_hopeless
from course_lib.widgets.words import merge_pieces, shorten, token_ids, words_of

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from course_lib.models import LocalModel

MODEL_VIEW_MAX_HEIGHT = 640
HEAD_VIEW_CAPTION = (
    "Left: the word that reads. Right: the words it reads from. Point at a word to see its lines only. "
    "Each square is a head: click to hide or show it, double-click to see it alone."
)
MODEL_VIEW_CAPTION = (
    "Each small picture is one head: the word that reads on its left side, the words it reads from on its right. "
    "Click one to enlarge it, click it again to put it away."
)


@dataclass(frozen=True)
class _Drawing:
    """What bertviz is asked to draw; the first two axes of `weights` are `layers` and `heads`."""

    words: tuple[str, ...]
    weights: Float[Tensor, "layer head query key"]
    layers: tuple[int, ...]
    heads: tuple[int, ...]


def head_view(
    model: LocalModel,
    text_or_ids: str | Sequence[int],
    *,
    layers: Sequence[int] | None = None,
    heads: Sequence[int] | None = None,
    decimals: int = 3,
    merge_subwords: bool = True,
    drop_sink: bool = False,
    max_bytes: int = 2_000_000,
) -> AttentionView:
    """Lines between words, one colour per head, one layer at a time.

    Args:
        model: a loaded model.
        text_or_ids: the text (write a chat with `model.chat` first) or its token ids.
        layers: layers to choose from in the view; all when None.
        heads: heads to show; all when None.
        decimals: digits kept of each weight.
        merge_subwords: show words in place of the pieces that the tokenizer made (see `words.merge_pieces`).
        drop_sink: leave out the first token and share its weight out over the others of each row.
        max_bytes: the largest output to put into a notebook.

    Raises:
        CourseError: for a layer or head that the model does not have, an empty text, or a view over `max_bytes`.

    Example:
        >>> from course_lib import load_model
        >>> view = head_view(load_model("default"), "The cat sat on the mat.", layers=[5])  # doctest: +SKIP
    """
    drawing = _prepare(model, text_or_ids, layers, heads, decimals, merge_subwords, drop_sink, max_bytes)
    numbers = "".join(f"<span>{head}</span>" for head in drawing.heads)
    page = standalone_page(
        _bertviz_head_view(drawing),
        title="Attention, one layer at a time",
        caption=HEAD_VIEW_CAPTION,
        head_numbers=f'<div class="head-numbers">{numbers}</div>',
    )
    view = _view("head_view", drawing, drop_sink, page, 700, height=150 + round(22.5 * len(drawing.words)))
    return if_it_fits(view, max_bytes)


def model_view(
    model: LocalModel,
    text_or_ids: str | Sequence[int],
    *,
    layers: Sequence[int] | None = None,
    heads: Sequence[int] | None = None,
    decimals: int = 3,
    merge_subwords: bool = True,
    drop_sink: bool = False,
    max_bytes: int = 2_000_000,
) -> AttentionView:
    """A wall of small pictures, one row per layer and one column per head; a click enlarges one.

    Arguments and errors as in `head_view`.
    """
    drawing = _prepare(model, text_or_ids, layers, heads, decimals, merge_subwords, drop_sink, max_bytes)
    page = standalone_page(
        _bertviz_model_view(drawing, model.n_heads),
        title="Attention of many layers and heads",
        caption=MODEL_VIEW_CAPTION,
    )
    height = min(MODEL_VIEW_MAX_HEIGHT, _wall_height(drawing, model.n_heads))
    return if_it_fits(_view("model_view", drawing, drop_sink, page, 1010, height), max_bytes)


def _prepare(
    model: LocalModel,
    text_or_ids: str | Sequence[int],
    layers: Sequence[int] | None,
    heads: Sequence[int] | None,
    decimals: int,
    merge_subwords: bool,
    drop_sink: bool,
    max_bytes: int,
) -> _Drawing:
    """One forward pass, then: choose, drop the sink, merge pieces, round."""
    layers, heads = _chosen("layer", layers, model.n_layers), _chosen("head", heads, model.n_heads)
    ids = token_ids(model, text_or_ids)
    words, pieces = words_of(model, ids.tolist(), merge_subwords)
    refuse_if_hopeless(len(layers), len(heads), len(words), max_bytes)
    weights = attention_weights(model, ids)[list(layers)][:, list(heads)].double()
    weights = merge_pieces(without_sink(weights) if drop_sink else weights, pieces)
    return _Drawing(tuple(words), _rounded(weights, decimals), tuple(layers), tuple(heads))


def _rounded(weights: Float[Tensor, "*axes"], decimals: int) -> Float[Tensor, "*axes"]:
    """Rounded so that Python writes each number short (`weights.round(decimals=3)` gives 0.35000000000000003)."""
    scale = 10.0**decimals
    return (weights.double() * scale).round() / scale


def _chosen(noun: str, wanted: Sequence[int] | None, available: int) -> tuple[int, ...]:
    """The wanted layers or heads, each once; all of them when None."""
    chosen = tuple(dict.fromkeys(int(number) for number in (range(available) if wanted is None else wanted)))
    wrong = [number for number in chosen if not 0 <= number < available]
    if wrong or not chosen:
        problem = f"This model has no {noun} {wrong[0]}." if wrong else f"No {noun} was chosen."
        raise CourseError(problem, f"Choose {noun}s from 0 to {available - 1}.")
    return chosen


def _bertviz_head_view(drawing: _Drawing) -> str:
    """What bertviz makes of the chosen heads, numbered from 0 (it cannot leave heads out)."""
    from bertviz import head_view as draw

    by_layer: list[Tensor | None] = [None] * (max(drawing.layers) + 1)
    for layer, weights in zip(drawing.layers, drawing.weights, strict=True):
        by_layer[layer] = weights[None]
    words = [shorten(word, 13) for word in drawing.words]
    return str(draw(by_layer, words, include_layers=list(drawing.layers), html_action="return").data)


def _bertviz_model_view(drawing: _Drawing, n_heads: int) -> str:
    """What bertviz makes of the chosen layers and heads, in a wall that has room for `n_heads` columns."""
    from bertviz import model_view as draw

    size = len(drawing.words)
    by_layer = [torch.zeros(1, n_heads, size, size, dtype=drawing.weights.dtype)] * (max(drawing.layers) + 1)
    for layer, weights in zip(drawing.layers, drawing.weights, strict=True):
        by_layer[layer] = torch.zeros_like(by_layer[layer])
        by_layer[layer][0, list(drawing.heads)] = weights
    html = draw(
        by_layer,
        [shorten(word, 10) for word in drawing.words],
        display_mode="light",
        include_layers=list(drawing.layers),
        include_heads=list(drawing.heads),
        html_action="return",
    )
    return str(html.data)


def _wall_height(drawing: _Drawing, n_heads: int) -> int:
    """Height in pixels that `model_view.js` computes for its drawing, plus the caption."""
    rows = len(drawing.layers) * (len(drawing.words) * 7 * 12 / n_heads + 10) + 38
    enlarged = len(drawing.words) * 18 + 55
    return 90 + round(max(rows, enlarged))


def _view(kind: str, drawing: _Drawing, drop_sink: bool, page: str, width: int, height: int) -> AttentionView:
    return AttentionView(
        kind, drawing.words, drawing.weights, drawing.layers, drawing.heads, drop_sink, page, width, height
    )
