"""How the marks of a class are spread: one bar for each tenth of the points, untouched notebooks told apart."""

from __future__ import annotations

from collections.abc import Sequence

from course_lib.errors import CourseError
from course_lib.figures.picture import Picture
from course_lib.figures.style import GREY, INK, POINTS, SKY, VERMILION, new_figure, title_above

TENTHS = 10


def mark_bars(points: Sequence[float], possible: float, unreadable: int = 0) -> Picture:
    """The number of learners for each tenth of the points.

    Args:
        points: of the learners whose submission could be read.
        possible: at most.
        unreadable: how many submissions could not be read; drawn as a bar of their own.

    Raises:
        CourseError: there is nobody, or nothing to reach.

    Example:
        >>> print(mark_bars([0, 5, 10, 10], 10).text)
        0 to 9 %: 1
        50 to 59 %: 1
        all points: 2
    """
    from matplotlib.ticker import MaxNLocator

    if possible <= 0 or not (points or unreadable):
        raise CourseError("There are no marks to draw.", "Grade somebody first.")
    counts = counted(points, possible)
    names = [*(f"{10 * tenth} to {10 * tenth + 9} %" for tenth in range(TENTHS)), "all points"]
    figure, axes = new_figure(height=2.6)
    axes.bar(range(TENTHS + 1), counts, color=SKY, width=0.8)
    if unreadable:
        axes.bar([-1.4], [unreadable], color=VERMILION, width=0.8)
    bars = [(place, count) for place, count in enumerate(counts)] + ([(-1.4, unreadable)] if unreadable else [])
    for place, count in bars:
        if count:
            axes.annotate(str(count), (place, count), (0, 2), textcoords="offset points", ha="center", fontsize=POINTS)
    ticks = [*range(TENTHS + 1), *([-1.4] if unreadable else [])]
    labels = [*(str(10 * tenth) for tenth in range(TENTHS)), "all", *(["unreadable"] if unreadable else [])]
    axes.set_xticks(ticks, labels=labels, color=INK)
    axes.set_xlabel("per cent of the points, from", fontsize=POINTS)
    axes.set_ylabel("learners", fontsize=POINTS)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(axis="y", color=GREY, alpha=0.25, linewidth=0.6)
    axes.set_axisbelow(True)
    full = sum(point >= possible for point in points)
    heading = f"{full} of {len(points) + unreadable} have all points, the median is {median(points):g} of {possible:g}"
    title_above(figure, heading)
    lines = [f"{name}: {count}" for name, count in zip(names, counts, strict=True) if count]
    return Picture(figure, heading, "\n".join(lines + ([f"unreadable: {unreadable}"] if unreadable else [])))


def counted(points: Sequence[float], possible: float) -> list[int]:
    """How many learners have each tenth of the points; the last number counts those who have all.

    Example:
        >>> counted([0, 9.99, 10], 10)
        [1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]
    """
    counts = [0] * (TENTHS + 1)
    for point in points:
        counts[TENTHS if point >= possible else min(TENTHS - 1, int(TENTHS * max(0.0, point) / possible))] += 1
    return counts


def median(points: Sequence[float]) -> float:
    """The middle number; 0 when there is none."""
    import statistics

    return float(statistics.median(points)) if points else 0.0
