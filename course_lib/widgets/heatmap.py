"""One attention map as a picture that a widget can swap in a tenth of a second.

The idea: an `<img>` with its data inside needs no second request, keeps its size while the next one arrives, and can
carry its own description (`alt`). Rows are the words that read (queries), columns the words they read from (keys).

The pitfall: a colour scale that adapts to each map makes a faint pattern look as strong as a clear one. The scale here
always runs from 0 to 1, so that two frames can be compared.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING

import torch

from course_lib.widgets.words import shorten

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

CELL = 0.3  # inches per word


class Heatmap:
    """A heatmap of one text, drawn once; each further map only changes the colours.

    Args:
        words: one string per row and column.

    Example:
        >>> Heatmap(["the", "cat"]).html(torch.eye(2), title="Attention, layer 0")[:45]
        '<p style="margin:4px 0"><b>Attention, layer 0'
    """

    def __init__(self, words: Sequence[str]) -> None:
        from matplotlib.figure import Figure

        self.words = tuple(words)
        side = 1.3 + CELL * max(len(words), 6)
        self.figure = Figure(figsize=(side + 0.9, side), dpi=96, layout="constrained")
        axes = self.figure.subplots()
        size = len(words)
        self.image = axes.imshow([[0.0] * size] * size, cmap="cividis", vmin=0, vmax=1)
        labels = [shorten(word, 12) for word in words]
        axes.set_xticks(range(size), labels, rotation=90)
        axes.set_yticks(range(size), labels)
        axes.set_facecolor("#ececec")  # what shows through: keys after the query, which no head may read
        axes.set(xlabel="read from (key)", ylabel="reads (query)")
        self.figure.colorbar(self.image, label="weight", shrink=0.8)
        self.figure.get_layout_engine().set(w_pad=0.1, h_pad=0.1)
        self.figure.draw_without_rendering()
        self.figure.set_layout_engine("none")  # the places are found: finding them again is most of a frame's time

    def html(self, weights: Float[Tensor, "query key"], title: str) -> str:
        """The map as an `<img>` with its data inside; `title` stands above it and begins its description."""
        later = torch.ones_like(weights, dtype=torch.bool).triu(1)
        self.image.set_data(weights.masked_fill(later, float("nan")).numpy())
        data = BytesIO()
        self.figure.savefig(data, format="png")
        alt = escape(f"{title}. Words: {' '.join(self.words)}", quote=True)
        source = f"data:image/png;base64,{b64encode(data.getvalue()).decode()}"
        return f'<p style="margin:4px 0"><b>{escape(title)}</b></p><img alt="{alt}" src="{source}">'
