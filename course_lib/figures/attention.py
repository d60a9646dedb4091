"""One attention map: which query looks at which key.

Queries run downwards and keys to the right, both in the order of the text; the empty upper triangle is the future. The
scale begins at 0 and ends at the largest weight *outside the first column*: that column is the attention sink, and on
a scale that contains it everything else is white. Where the sink is off the scale the colour bar ends in an
arrow, and the title says how much it takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from course_lib.attention import sink_mass, strong_connections
from course_lib.errors import CourseError
from course_lib.figures.picture import Picture
from course_lib.figures.style import AMOUNT_MAP, INK, POINTS, WIDTH, label_ticks, new_figure, title_above, token_label
from course_lib.render import visible_token

if TYPE_CHECKING:
    from jaxtyping import Float
    from matplotlib.axes import Axes
    from torch import Tensor

LONGEST = 60
MOST_NUMBERS = 12  # up to this many tokens each cell carries its number
LISTED = 10


def attention_map(attention: Float[Tensor, "query key"], tokens: Sequence[str], title: str | None = None) -> Picture:
    """A heat map of one map of attention weights.

    Args:
        attention: weights between 0 and 1; of one head, or a mean.
        tokens: the text of each position.
        title: the finding; by default the share of the sink.

    Raises:
        CourseError: when the map is not square, does not fit the tokens, or is too large to be drawn.

    Example:
        >>> summary = analyze_attention(model, "The capital of France is")  # doctest: +SKIP
        >>> attention_map(summary.mean, summary.tokens)  # doctest: +SKIP
    """
    n = len(tokens)
    if tuple(attention.shape) != (n, n):
        raise CourseError(
            f"An attention map of shape {list(attention.shape)} does not fit {n} tokens.",
            "Give one map, [query, key], and the tokens of the same text.",
        )
    if not 2 <= n <= LONGEST:
        raise CourseError(f"A map of {n} tokens cannot be read.", f"Give a text of 2 to {LONGEST} tokens.")
    sink = float(sink_mass(attention))
    heading = title or f"The first token takes {sink:.0%} of the attention of the tokens after it"
    figure, axes = new_figure(height=min(1.9 + 0.3 * n, WIDTH))
    top = max(float(attention[:, 1:].max()), 1e-6)
    visible = attention.float().masked_fill(future(n), float("nan"))
    image = axes.imshow(visible.numpy(), cmap=AMOUNT_MAP, vmin=0, vmax=top, aspect="auto")
    beyond = "max" if float(attention.max()) > top else "neither"
    bar = figure.colorbar(image, ax=axes, extend=beyond, shrink=0.8, pad=0.02)
    bar.set_label("attention weight", fontsize=POINTS)
    bar.ax.tick_params(labelsize=POINTS)
    if n <= MOST_NUMBERS:
        write_numbers(axes, attention, top)
    labels = [token_label(token) for token in tokens]
    label_ticks(axes, "y", labels)
    label_ticks(axes, "x", labels, rotation=45 if n <= 24 else 90)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("key: looked at", fontsize=POINTS)
    axes.set_ylabel("query: looking", fontsize=POINTS)
    title_above(figure, heading)
    return Picture(figure, heading, twin(attention, tokens, sink))


def future(n: int) -> Tensor:
    """True where the key comes after the query."""
    import torch

    return torch.ones(n, n, dtype=torch.bool).triu(diagonal=1)


def write_numbers(axes: Axes, attention: Float[Tensor, "query key"], top: float) -> None:
    """The weight in each cell, light on dark and dark on light."""
    for query in range(len(attention)):
        for key in range(query + 1):
            weight = float(attention[query, key])
            colour = "white" if weight > 0.6 * top else INK
            axes.text(key, query, f"{weight:.2f}", ha="center", va="center", fontsize=POINTS - 2, color=colour)


def twin(attention: Float[Tensor, "query key"], tokens: Sequence[str], sink: float) -> str:
    """The map as text: whole for a short text, otherwise the sink and the strongest connections."""
    lines = [f"Mean weight of key 0 over the queries after it: {sink:.3f}"]
    if len(tokens) <= MOST_NUMBERS:
        for query, row in enumerate(attention.tolist()):
            weights = " ".join(f"{weight:.2f}" for weight in row[: query + 1])
            lines.append(f"{query:>2} {visible_token(tokens[query]):<{LISTED + 4}} {weights}")
        return "\n".join(lines)
    lines.append("Strongest connections, as shares of the attention outside key 0 (query 1 has only itself left):")
    for query, key, share in [c for c in strong_connections(attention, 0.0) if c[0] != 1][:LISTED]:
        lines.append(
            f"{query:>2} {visible_token(tokens[query])!r} -> {key:>2} {visible_token(tokens[key])!r}: {share:.3f}"
        )
    return "\n".join(lines)
