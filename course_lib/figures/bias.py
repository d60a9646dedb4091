"""Pronoun gaps beside the labour market: a panel for each model, a point for each occupation, with its interval.

The reader's first question is whether the points lie on a slope, the second which of them do not; so groups of
occupations that are spoken of have a colour and a marker of their own, and the outermost points a name. Both panels
share their axes: the eye can carry a height from one to the other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from course_lib.errors import CourseError
from course_lib.figures.picture import Picture
from course_lib.figures.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    POINTS,
    VERMILION,
    WIDTH,
    printable,
    title_above,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from course_lib.bias import BiasResult

LOOKS = ((VERMILION, "s"), (GREEN, "^"))
NAMED, ROOM = 3, (26.0, 0.42)  # named at either end, where no other name is so near (percent, nats)


def gap_scatter(
    results: Sequence[BiasResult], title: str, *, groups: Mapping[str, Collection[str]] | None = None
) -> Picture:
    """Relative gap of each occupation over the share of women in it.

    Args:
        results: of one or two models, with shares.
        title: the finding.
        groups: up to two groups of occupations that get a colour of their own, by name.

    Raises:
        CourseError: no result or more than two, or no share known.
    """
    shown = dict(groups or {})
    if not 1 <= len(results) <= 2 or any(one.correlation is None for one in results) or len(shown) > len(LOOKS):
        raise CourseError("This cannot be drawn.", "Give one or two results with shares, and at most two groups.")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, 4.3), layout="constrained", facecolor="white")
    panels: Any = figure.subplots(1, len(results), sharex=True, sharey=True, squeeze=False)[0]
    for axes, result in zip(panels, results, strict=True):
        _panel(axes, result, shown)
        axes.set_xlabel("women in the occupation, % (US, 2017)", fontsize=POINTS)
    panels[0].set_ylabel("she  ←   gap less the mean, nats   →  he", fontsize=POINTS)
    if shown:
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(
            handles, labels, loc="outside lower center", ncols=3, fontsize=POINTS, frameon=False, labelcolor=INK
        )
    title_above(figure, title)
    return Picture(figure, title, "\n\n".join(_told(result) for result in results))


def _panel(axes: Axes, result: BiasResult, groups: Mapping[str, Collection[str]]) -> None:
    known = [row for row, share in enumerate(result.shares) if share is not None]
    special = {name for members in groups.values() for name in members}
    parts: list[tuple[str, list[int], str, str]] = [
        ("other occupations", [row for row in known if result.occupations[row] not in special], BLUE, "o")
    ]
    for (name, members), (colour, marker) in zip(groups.items(), LOOKS, strict=False):
        parts.append((name, [row for row in known if result.occupations[row] in members], colour, marker))
    for name, rows, colour, marker in parts:
        gaps = [result.relative[row] for row in rows]
        ends = [[gap.value - gap.low for gap in gaps], [gap.high - gap.value for gap in gaps]]
        axes.errorbar(
            [float(result.shares[row] or 0) for row in rows], [gap.value for gap in gaps], yerr=ends, fmt=marker, color=colour,
            markersize=5, linewidth=0.9, alpha=0.9, label=printable(name),
        )  # fmt: skip
    order = sorted(known, key=lambda row: result.relative[row].value)
    mine = [row for row in known if result.occupations[row] in special]
    placed: list[tuple[float, float]] = []
    for row in [*mine, *order[:NAMED], *reversed(order[-NAMED:])]:
        share, gap = float(result.shares[row] or 0), result.relative[row].value
        if any(abs(share - x) < ROOM[0] and abs(gap - y) < ROOM[1] for x, y in placed):
            continue  # no room for its name; the text twin has it
        placed.append((share, gap))
        axes.annotate(
            printable(result.occupations[row]), (share, gap), textcoords="offset points",
            xytext=(6, 3) if share < 50 else (-6, 3), ha="left" if share < 50 else "right", fontsize=POINTS - 1, color=INK,
        )  # fmt: skip
    axes.axhline(0, color=GREY, linewidth=0.8, linestyle="--")
    axes.set_title(f"{printable(result.model)}\nr = {result.correlation}", fontsize=POINTS, color=INK)
    axes.tick_params(labelsize=POINTS, colors=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color=GREY, alpha=0.25, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlim(-4, 104)


def _told(result: BiasResult) -> str:
    rows = sorted(zip(result.occupations, result.shares, result.relative, strict=True), key=lambda row: row[2].value)
    lines = [f"{name}: {share}% women, gap less the mean {gap}" for name, share, gap in rows]
    return "\n".join([result.summary(), *lines])
