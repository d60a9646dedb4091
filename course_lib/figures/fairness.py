"""What can be had together: the curve of two fairness metrics while a fixed number of flags is shared out between two groups.

The left panel is the plane of the theorem. Its origin is where both notions hold: equalised odds on one axis,
predictive parity on the other. The right panel shows what each point costs in accuracy. Faint lines are bootstrap
draws of the same people; a curve that misses the origin by more than they spread misses it for a reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from course_lib.errors import CourseError
from course_lib.figures.picture import Picture
from course_lib.figures.style import BLUE, GREY, INK, POINTS, VERMILION, WIDTH, signed, title_above

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from course_lib.fairness import TradeOff

COLOURS = (VERMILION, BLUE)
MARKERS = ("o", "s", "^", "D", "v")


def fairness_trade_off(
    curves: Mapping[str, TradeOff],
    marks: Mapping[str, int],
    title: str,
    *,
    draws: Mapping[str, Sequence[TradeOff]] | None = None,
    reach: float = 0.6,
) -> Picture:
    """Two panels over one or two curves.

    Args:
        curves: by name; the first one is the one that `marks` are about.
        marks: name and point of places on the first curve, at most five.
        title: the finding.
        draws: bootstrap draws of the curves, by the same names.
        reach: how far the axes go, from 0 to 1.

    Raises:
        CourseError: no curve, more than two, or more than five marks.
    """
    if not 1 <= len(curves) <= len(COLOURS) or len(marks) > len(MARKERS):
        raise CourseError(
            f"{len(curves)} curves and {len(marks)} marks do not fit.", "Give one or two curves and at most five marks."
        )
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, 4.4), layout="constrained", facecolor="white")
    left, right = figure.subplots(1, 2)
    for (name, curve), colour, dashes in zip(curves.items(), COLOURS, ("-", "--"), strict=False):
        for drawn in (draws or {}).get(name, ()):
            left.plot(drawn.equalised_odds, drawn.precision, color=colour, alpha=0.06, linewidth=1)
            right.plot(drawn.equalised_odds, drawn.accuracy, color=colour, alpha=0.06, linewidth=1)
        left.plot(curve.equalised_odds, curve.precision, dashes, color=colour, linewidth=1.8, label=name)
        right.plot(curve.equalised_odds, curve.accuracy, dashes, color=colour, linewidth=1.8)
    first = next(iter(curves.values()))
    for (name, point), marker in zip(marks.items(), MARKERS, strict=False):
        odds = first.equalised_odds[point]
        style = {"color": INK, "marker": marker, "markersize": 7, "linestyle": "none", "markeredgecolor": "white"}
        left.plot([odds], [first.precision[point]], label=name, zorder=5, **style)
        right.plot([odds], [first.accuracy[point]], zorder=5, **style)
    everything = [*curves.values(), *(one for found in (draws or {}).values() for one in found)]
    _dress(left, right, reach, everything)
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=POINTS, frameon=False)
    title_above(figure, title)
    return Picture(figure, title, "\n".join(_lines(curves, marks)))


def _dress(left: Axes, right: Axes, reach: float, everything: Sequence[TradeOff]) -> None:
    left.axhline(0, color=GREY, linewidth=0.8)
    left.plot([0], [0], marker="*", markersize=13, color=GREY, clip_on=False, linestyle="none", zorder=6)
    left.annotate("both hold", (0, 0), (6, -13), textcoords="offset points", fontsize=POINTS, color=INK)
    for axes, name in ((left, "precision"), (right, "accuracy")):
        seen = [
            value
            for one in everything
            for odds, value in zip(one.equalised_odds, getattr(one, name), strict=True)
            if odds <= reach
        ] + ([0.0] if name == "precision" else [])
        margin = 0.05 * (max(seen) - min(seen)) + 0.01
        axes.set_ylim(min(seen) - margin, max(seen) + margin)
    left.set_ylabel("predictive parity: difference of precision", fontsize=POINTS)
    right.set_ylabel("accuracy", fontsize=POINTS)
    for axes in (left, right):
        axes.set_xlim(0, reach)
        axes.set_xlabel("equalised odds: larger of two gaps", fontsize=POINTS)
        axes.tick_params(labelsize=POINTS, colors=INK)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color=GREY, alpha=0.2, linewidth=0.6)
        axes.set_axisbelow(True)


def _lines(curves: Mapping[str, TradeOff], marks: Mapping[str, int]) -> list[str]:
    """The text twin: the marks, and the point of each curve that is nearest to both."""
    first = next(iter(curves.values()))
    lines = [f"{name}: {_point(first, point)}" for name, point in marks.items()]
    lines += [f"{name}, nearest to both: {_point(curve, curve.nearest)}" for name, curve in curves.items()]
    return lines


def _point(curve: TradeOff, point: int) -> str:
    return (
        f"flagged {curve.flagged_first[point]:.2f} of the first group and {curve.flagged_second[point]:.2f} of the second; "
        f"equalised odds {curve.equalised_odds[point]:.2f}, precision {signed(curve.precision[point], plus=True)}, "
        f"accuracy {curve.accuracy[point]:.2f}"
    )
