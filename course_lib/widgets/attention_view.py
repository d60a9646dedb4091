"""What is left of a view when the browser is closed?

An attention view is a page with scripts. A screen reader, a printed copy, a diff and a test see nothing of it. So the
result object keeps three things together: the page, the weights and words that it draws, and the settings that made
them. `text()` says in words what the lines in the picture say, and a notebook shows it folded below the view.

The page goes into an `<iframe srcdoc>` with `sandbox="allow-scripts"`: its scripts run, but they can neither read nor
change the notebook around it. JupyterLab keeps the frame only in trusted output, that is, in a notebook which you have
run yourself; in one from somebody else the text below it remains.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor


@dataclass(frozen=True, repr=False)
class AttentionView:
    """A bertviz view, what it shows, and how it was made.

    Attributes:
        kind: `"head_view"` or `"model_view"`.
        words: one string per row and column of a map.
        weights: the weights as drawn, rounded; `layers` and `heads` name the first two axes.
        layers: the layers shown.
        heads: the heads shown.
        sink_dropped: whether the first key was left out before merging.
        page: a complete HTML page that draws the view without a network.
        width, height: largest width of the frame in the notebook and its height, in pixels.
    """

    kind: str
    words: tuple[str, ...]
    weights: Float[Tensor, "layer head query key"]
    layers: tuple[int, ...]
    heads: tuple[int, ...]
    sink_dropped: bool
    page: str
    width: int
    height: int

    @property
    def n_bytes(self) -> int:
        """Size of what a notebook stores for this view."""
        return len(self._repr_html_().encode())

    def strongest(self, count: int = 8) -> list[tuple[int, int, int, int, float]]:
        """`(layer, head, query, key, weight)` of the largest weights, largest first.

        Left out are the first word, where most heads park attention, and each word's weight on itself.
        """
        rest = self.weights * (1 - torch.eye(len(self.words), dtype=self.weights.dtype))
        rest[..., 0] = 0.0
        order = torch.argsort(rest.flatten(), descending=True, stable=True)[:count]
        spots = [torch.unravel_index(i, rest.shape) for i in order]
        found = [(int(layer), int(head), int(q), int(k)) for layer, head, q, k in spots]
        return [
            (self.layers[layer], self.heads[head], q, k, float(rest[layer, head, q, k]))
            for layer, head, q, k in found
            if rest[layer, head, q, k] > 0
        ]

    def text(self, count: int = 8) -> str:
        """The view in words: what is shown, the share of the first word, and the strongest connections."""
        first = self.words[0]
        share = (
            f'The first token is left out, which most heads use as a resting place for attention ("{first}").'
            if self.sink_dropped
            else f'Mean weight on the first word, "{first}": {float(self.weights[..., 0].mean()):.2f}.'
        )
        lines = [f"Attention of {_named('layer', self.layers)}, {_named('head', self.heads)}: {' '.join(self.words)}"]
        lines += [share, "Strongest connections between different words:"]
        for layer, head, query, key, weight in self.strongest(count):
            where = f'"{self.words[query]}" (word {query}) reads "{self.words[key]}" (word {key})'
            lines.append(f"  layer {layer} head {head}: {where}  {weight:.2f}")
        return "\n".join(lines)

    def save(self, path: str | Path) -> Path:
        """Write the page as an HTML file that opens in any browser, and return its path."""
        path = Path(path)
        path.write_text(self.page, encoding="utf-8")
        return path

    def _repr_html_(self) -> str:
        title = escape(self.text(3), quote=True).replace("\n", " ")
        page = self.page.replace("&", "&amp;").replace('"', "&quot;")
        size = f"width:100%;max-width:{self.width}px;height:{self.height}px"
        return (
            f'<iframe srcdoc="{page}" sandbox="allow-scripts" title="{title}" '
            f'style="{size};border:1px solid #8888;border-radius:4px">'
            f"</iframe><details><summary>The same as text</summary><pre>{escape(self.text())}</pre></details>"
        )

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__


def _named(noun: str, numbers: tuple[int, ...]) -> str:
    """`"layer 3"`, `"layers 3, 5"`, `"layers 0 to 29"`."""
    if len(numbers) == 1:
        return f"{noun} {numbers[0]}"
    if len(numbers) > 2 and numbers == tuple(range(numbers[0], numbers[-1] + 1)):
        return f"{noun}s {numbers[0]} to {numbers[-1]}"
    return f"{noun}s {', '.join(map(str, numbers))}"
