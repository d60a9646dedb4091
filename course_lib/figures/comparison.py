"""Several attributions side by side, and how well one of them predicts what removal does.

`comparison_map` draws a row for each token and a column for each method, every column on its own scale: methods have
different units, and only their patterns can be compared. `faithfulness_curves` draws curves over those of random orders.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from course_lib.errors import CourseError
from course_lib.figures.picture import Picture
from course_lib.figures.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    POINTS,
    PURPLE,
    SIGNED_MAP,
    VERMILION,
    label_ticks,
    new_figure,
    signed,
    title_above,
    token_label,
)

if TYPE_CHECKING:
    from course_lib.attribution import Comparison, FaithfulnessCurve

LONGEST = 60  # tokens; beyond that rows are thinner than their labels
LINES = ((VERMILION, "o"), (BLUE, "s"), (GREEN, "^"), (ORANGE, "D"), (PURPLE, "v"))


def comparison_map(comparison: Comparison, *, title: str | None = None) -> Picture:
    """A map with a row per token and a column per method, coloured by the share of each method's largest score.

    Args:
        comparison: what `course_lib.attribution.compare` returned.
        title: the finding; by default each method's strongest token.

    Raises:
        CourseError: when the prompt is too long to be drawn.

    Example:
        >>> comparison_map(compare(removal, gradients))  # doctest: +SKIP
    """
    n = len(comparison.tokens)
    if n > LONGEST:
        raise CourseError(f"{n} rows cannot be told apart.", f"Shorten the prompt to {LONGEST} tokens.")
    shares = comparison.relative().T
    heading = title or strongest(comparison)
    figure, axes = new_figure(height=1.9 + 0.24 * n)
    image = axes.imshow(shares.numpy(), cmap=SIGNED_MAP, vmin=-1, vmax=1, aspect="auto")
    for row, column in ((row, column) for row in range(n) for column in range(len(comparison.names))):
        share, score = float(shares[row, column]), float(comparison.scores[column, row])
        colour = "white" if abs(share) > 0.7 else INK
        axes.text(column, row, signed(score), ha="center", va="center", fontsize=POINTS - 1, color=colour)
    bar = figure.colorbar(image, ax=axes, pad=0.02)
    bar.set_label("share of the method's largest score", fontsize=POINTS)
    bar.ax.tick_params(labelsize=POINTS)
    label_ticks(axes, "x", list(comparison.names), rotation=20)
    label_ticks(axes, "y", [token_label(token) for token in comparison.tokens])
    axes.set_ylabel("token of the prompt", fontsize=POINTS)
    title_above(figure, heading)
    return Picture(figure, heading, comparison.text())


def strongest(comparison: Comparison) -> str:
    """The default title: how many methods agree on the strongest token, and on which."""
    best = [token_label(comparison.tokens[int(row.abs().argmax())]) for row in comparison.scores]
    if len(set(best)) == 1:
        return f"All {len(best)} methods put “{best[0]}” first for “{token_label(comparison.target)}”"
    pairs = ", ".join(f"{name}: “{token}”" for name, token in zip(comparison.names, best, strict=True))
    return f"The methods put different tokens first for “{token_label(comparison.target)}”: {pairs}"


def faithfulness_curves(*curves: FaithfulnessCurve, title: str | None = None) -> Picture:
    """Curves of one kind over the range of random orders.

    Args:
        curves: up to five of `deletion_curve`, or of `insertion_curve`, for the same prompt and target.
        title: the finding; by default the curve that is furthest from random orders.

    Raises:
        CourseError: no curve, more than five, or curves of different kinds.

    Example:
        >>> faithfulness_curves(deletion_curve(model, removal))  # doctest: +SKIP
    """
    if not 1 <= len(curves) <= len(LINES) or len({(curve.kind, curve.unit) for curve in curves}) != 1:
        raise CourseError("These curves do not fit into one picture.", "Give one to five curves of one kind.")
    heading = title or max(curves, key=lambda curve: curve.advantage[0]).finding()
    figure, axes = new_figure(height=3.6)
    first = curves[0]
    random = first.random_values
    axes.fill_between(
        first.shares, random.amin(0), random.amax(0), color=GREY, alpha=0.25, linewidth=0, label="random orders"
    )
    axes.plot(first.shares, random.mean(0), color=GREY, linestyle="--", label="their mean")
    for curve, (colour, marker) in zip(curves, LINES, strict=False):
        axes.plot(curve.shares, curve.values, color=colour, marker=marker, markersize=4, label=curve.method)
    verb = "taken away" if first.kind == "deletion" else "put back"
    axes.set_xlabel(f"share of the units {verb}, most important first", fontsize=POINTS)
    axes.set_ylabel(f"score of the target ({first.unit})", fontsize=POINTS)
    axes.grid(color=GREY, alpha=0.25, linewidth=0.6)
    axes.legend(fontsize=POINTS, frameon=False)
    title_above(figure, heading)
    return Picture(figure, heading, "\n\n".join(curve.text() for curve in curves))
