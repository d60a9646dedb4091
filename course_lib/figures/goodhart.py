"""The Goodhart curve: what the choice was made by, and what it was meant to get, against how far it moved the policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    VERMILION,
    WIDTH,
    signed,
    title_above,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from course_lib.alignment import GoodhartCurve
    from course_lib.organisms.resampling import Estimate

LINES = ((VERMILION, "o"), (BLUE, "s"), (GREEN, "^"), (ORANGE, "D"), (PURPLE, "v"))


def goodhart_curves(
    curves: Sequence[GoodhartCurve],
    title: str | None = None,
    *,
    points: Mapping[str, tuple[float, Estimate]] | None = None,
) -> Picture:
    """Proxy reward on the left, true reward on the right, both against the divergence; bands are 95 % over requests.

    Args:
        curves: one for each proxy, at most five, for the same n.
        title: the finding; by default where the true reward of each proxy is highest.
        points: further policies in the right panel: a name, its divergence in nats and its true reward.

    Raises:
        CourseError: no curve, more than five, or curves for different n.

    Example:
        >>> goodhart_curves([goodhart_curve("words", pool.words, pool.true_rewards)])  # doctest: +SKIP
    """
    if not 1 <= len(curves) <= len(LINES) or len({curve.sizes for curve in curves}) != 1:
        raise CourseError("These curves do not fit into one picture.", "Give one to five curves for the same n.")
    from matplotlib.figure import Figure

    heading = title or finding(curves)
    figure = Figure(figsize=(WIDTH, 3.7), layout="constrained", facecolor="white")
    left, right = figure.subplots(1, 2)
    for curve, (colour, marker) in zip(curves, LINES, strict=False):
        for axes, values in ((left, curve.proxy), (right, curve.true)):
            axes.plot(curve.kl, [e.value for e in values], color=colour, marker=marker, markersize=4, label=curve.name)
            axes.fill_between(curve.kl, [e.low for e in values], [e.high for e in values], color=colour, alpha=0.15)
    for name, (kl, estimate) in (points or {}).items():
        below, above = [[estimate.value - estimate.low], [estimate.high - estimate.value]]
        right.errorbar([kl], [estimate.value], yerr=[below, above], fmt="*", color=INK, markersize=9, capsize=3)
        right.annotate(
            name, (kl, estimate.value), xytext=(6, 5), textcoords="offset points", fontsize=POINTS, color=INK
        )
    _dress(left, "proxy reward (sd of the pool)")
    _dress(right, "true reward")
    left.legend(fontsize=POINTS, frameon=False)
    figure.supxlabel("log n − (n−1)/n, nats: how far best of n moves the policy, at most", fontsize=POINTS)
    title_above(figure, heading)
    tables = [curve.text() for curve in curves]
    tables += [f"{name}: divergence {kl:.1f} nats, true reward {value}" for name, (kl, value) in (points or {}).items()]
    return Picture(figure, heading, "\n\n".join(tables))


def _dress(axes: Axes, label: str) -> None:
    axes.set_ylabel(label, fontsize=POINTS)
    axes.tick_params(labelsize=POINTS, colors=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color=GREY, alpha=0.25, linewidth=0.6)
    axes.set_axisbelow(True)


def finding(curves: Sequence[GoodhartCurve]) -> str:
    """The default title: the n with the highest true reward for each proxy, and what is left of it at the largest n."""
    words = []
    for curve in curves:
        best, last = curve.true[curve.best].value, curve.true[-1].value
        words.append(f"by {curve.name} highest at n = {curve.sizes[curve.best]} ({signed(best)}), then {signed(last)}")
    return f"True reward of best of n: {'; '.join(words)}"
