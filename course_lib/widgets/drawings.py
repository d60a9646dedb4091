"""What an explorer shows, as a figure that can be saved: a list of words, bars, or a grid."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from course_lib.figures.attention import future
from course_lib.figures.picture import Picture
from course_lib.figures.style import (
    AMOUNT_MAP,
    BLUE,
    INK,
    ORANGE,
    POINTS,
    SKY,
    VERMILION,
    WIDTH,
    label_ticks,
    new_figure,
    printable,
    signed,
    title_above,
    token_label,
)

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

LINE, MOST_LINES = 100, 60
PARTS = (SKY, ORANGE, VERMILION)


def text_drawing(text: str) -> Picture:
    """Words as a picture; the first line is the title."""
    first, *rest = text.splitlines() or [""]
    lines = [part for line in rest for part in textwrap.wrap(line, LINE, drop_whitespace=False) or [""]][:MOST_LINES]
    figure, axes = new_figure(height=0.7 + 0.14 * len(lines) + 0.2 * (len(first) // 70))
    axes.set_axis_off()
    words = axes.text(
        0, 1, "\n".join(map(printable, lines)), va="top", family="monospace", fontsize=POINTS - 2, color=INK,
        transform=axes.transAxes,
    )  # fmt: skip
    words.set_parse_math(False)
    title_above(figure, first)
    return Picture(figure, first, text)


def bars_drawing(title: str, names: Sequence[str], values: Sequence[float], unit: str, text: str) -> Picture:
    """A horizontal bar for each value with its number; above zero in one colour, below in another."""
    figure, axes = new_figure(height=1.2 + 0.22 * len(names))
    axes.barh(range(len(names)), values, color=[VERMILION if value >= 0 else BLUE for value in values])
    axes.invert_yaxis()
    label_ticks(axes, "y", [printable(name) for name in names])
    for place, value in enumerate(values):
        axes.annotate(
            signed(value), (value, place), xytext=(3 if value >= 0 else -3, 0), textcoords="offset points", va="center",
            ha="left" if value >= 0 else "right", fontsize=POINTS, color=INK,
        )  # fmt: skip
    axes.margins(x=0.15)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_xlabel(unit, fontsize=POINTS)
    title_above(figure, title)
    return Picture(figure, title, text)


def stacked_drawing(
    title: str, counts: Mapping[str, Sequence[int]], parts: Sequence[str], unit: str, text: str
) -> Picture:
    """For each kind one bar, cut into parts, each with its number where it has room."""
    figure, axes = new_figure(height=1.5 + 0.35 * len(counts))
    left = [0] * len(counts)
    widest = max(sum(row) for row in counts.values())
    for place, (part, colour) in enumerate(zip(parts, PARTS, strict=False)):
        values = [row[place] for row in counts.values()]
        axes.barh(range(len(counts)), values, left=left, color=colour, edgecolor="white", label=part)
        for at, (start, value) in enumerate(zip(left, values, strict=True)):
            if value > 0.04 * widest:
                axes.text(start + value / 2, at, str(value), ha="center", va="center", fontsize=POINTS, color=INK)
        left = [start + value for start, value in zip(left, values, strict=True)]
    axes.invert_yaxis()
    label_ticks(axes, "y", list(counts))
    axes.set_xlabel(unit, fontsize=POINTS)
    axes.legend(ncols=len(parts), fontsize=POINTS, loc="lower left", bbox_to_anchor=(0, 1), frameon=False)
    title_above(figure, title)
    return Picture(figure, title, text)


def grid_drawing(weights: Float[Tensor, "query key"], words: Sequence[str], title: str, text: str) -> Picture:
    """A map of weights from 0 to 1 between words; what reads stands at the left, what is read below."""
    figure, axes = new_figure(height=min(1.9 + 0.3 * len(words), WIDTH))
    seen = weights.float().masked_fill(future(len(words)), float("nan"))
    image = axes.imshow(seen.numpy(), cmap=AMOUNT_MAP, vmin=0, vmax=1, aspect="auto")
    figure.colorbar(image, ax=axes, shrink=0.8, pad=0.02).set_label("attention weight", fontsize=POINTS)
    labels = [token_label(word) for word in words]
    label_ticks(axes, "y", labels)
    label_ticks(axes, "x", labels, rotation=45 if len(words) <= 24 else 90)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    title_above(figure, title)
    return Picture(figure, title, text)
