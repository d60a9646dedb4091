"""One attention map as a picture that a widget can change while a key is held down.

A printed figure may take its time; a slider may not. Drawing a heatmap of 14 words with matplotlib took 80 to 140 ms
here and about 300 ms until it stood on the screen. Written directly as SVG the same map takes about one millisecond, is
sharp at every size, and takes its text colour from the notebook's theme.

Rows are the words that read (queries), columns the words they read from (keys). A cell is one blue at an opacity equal
to its weight, so it works on a light and on a dark background, and for every kind of colour vision. The grey triangle
holds the words that come later, which a causal model cannot read. Point at a cell to see its weight.

The pitfall: a colour scale that adapts to each map makes a faint pattern look as strong as a clear one. The scale here
always runs from 0 to 1, so that two frames can be compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from course_lib.widgets.words import shorten

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

CELL, TOP, LEFT, BLUE = 24, 84, 104, "#1769c4"
FAINTEST = 0.005  # a cell below this would be invisible, so it is not drawn


def heatmap_svg(weights: Float[Tensor, "query key"], words: Sequence[str], title: str) -> str:
    """The map as an `<svg>`, `title` above it.

    Args:
        weights: attention between words, each in [0, 1]; keys after the query are not drawn.
        words: one string per row and column.
        title: what is shown; with the words, it is also the picture's description.

    Example:
        >>> import torch
        >>> picture = heatmap_svg(torch.tensor([[1.0, 0.0], [0.75, 0.25]]), ["the", "cat"], "Layer 0")
        >>> '<title>"cat" reads "the": 0.75</title>' in picture
        True
    """
    side = CELL * len(words)
    width, height = LEFT + side + 80, TOP + max(side, 100) + 4
    label = escape(f"{title}. Words: {' '.join(words)}", quote=True)
    return (
        f'<p style="margin:4px 0"><b>{escape(title)}</b></p>'
        f'<svg role="img" aria-label="{label}" viewBox="0 0 {width} {height}" width="{width}" style="max-width:100%" '
        f'font-family="system-ui, sans-serif" font-size="13" fill="currentColor">'
        f"{_labels(words)}{_later_words(len(words))}{_cells(weights, words)}{_scale(side)}</svg>"
    )


def _labels(words: Sequence[str]) -> str:
    """Keys along the top, queries down the left side, and what the two axes are."""
    parts = []
    for index, word in enumerate(words):
        middle, text = CELL * (index + 0.5) + 4, escape(shorten(word, 11))
        parts.append(f'<text x="{LEFT - 6}" y="{TOP + middle}" text-anchor="end">{text}</text>')
        parts.append(f'<text transform="translate({LEFT + middle} {TOP - 6}) rotate(-90)">{text}</text>')
    parts.append(f'<text x="0" y="{TOP - 8}" opacity="0.7">reads ↓ from →</text>')
    return "".join(parts)


def _later_words(size: int) -> str:
    """The grey staircase over the keys that come after each query."""
    steps = "".join(f"v{CELL}h{CELL}" for _ in range(size - 1))
    outline = f"M{LEFT + CELL} {TOP}{steps}V{TOP}z"
    return f'<path d="{outline}" fill="#888" fill-opacity="0.15"><title>later words cannot be read</title></path>'


def _cells(weights: Float[Tensor, "query key"], words: Sequence[str]) -> str:
    """One square per pair, as opaque as its weight, and a frame around all."""
    squares = []
    for query, row in enumerate(weights.tolist()):
        for key, weight in enumerate(row[: query + 1]):
            if weight >= FAINTEST:
                says = escape(f'"{words[query]}" reads "{words[key]}": {weight:.2f}', quote=False)
                place = f'x="{LEFT + CELL * key}" y="{TOP + CELL * query}" width="{CELL}" height="{CELL}"'
                squares.append(f'<rect {place} fill="{BLUE}" fill-opacity="{weight:.2f}"><title>{says}</title></rect>')
    side = CELL * len(words)
    frame = f'<rect x="{LEFT}" y="{TOP}" width="{side}" height="{side}" fill="none" stroke="#888"/>'
    return "".join(squares) + frame


def _scale(side: int) -> str:
    """What the opacities mean, right of the map."""
    left, parts = LEFT + side + 16, []
    for step, weight in enumerate((1.0, 0.75, 0.5, 0.25, 0.0)):
        top = TOP + 20 * step
        square = (
            f'<rect x="{left}" y="{top}" width="16" height="20" fill="{BLUE}" fill-opacity="{weight}" stroke="#888"/>'
        )
        parts.append(f'{square}<text x="{left + 22}" y="{top + 14}">{weight:g}</text>')
    return "".join(parts)
