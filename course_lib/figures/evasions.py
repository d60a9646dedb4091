"""What a filter finds in each disguise, before and after normalisation, and what it takes from texts that are in order.

The reader's two questions stand above each other: how much is caught (the further right, the better), and how many
harmless texts are hit (the further left, the better). One column for each kind of thing that is looked for, one row
for each disguise or set of texts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from course_lib.errors import CourseError
from course_lib.figures.picture import Picture
from course_lib.figures.style import BLUE, GREY, INK, POINTS, VERMILION, WIDTH, label_ticks, printable, title_above

if TYPE_CHECKING:
    from course_lib.organisms.resampling import Estimate

    Rows = Mapping[str, tuple[Estimate, Estimate]]

LOOKS = ((VERMILION, "o", -0.16, "text as it stands"), (BLUE, "s", 0.16, "read in all views"))


def evasion_panels(columns: Mapping[str, tuple[Rows, Rows]], title: str) -> Picture:
    """Recall by disguise above false alarms by set of texts.

    Args:
        columns: for each thing that is looked for two tables, recall by disguise and false alarms by set: from a row's name to
            the share without and with normalisation.
        title: the finding.

    Raises:
        CourseError: nothing to draw, or columns with different rows.
    """
    tables = list(columns.values())
    rows = [[list(table) for table in pair] for pair in tables]
    if not tables or any(one != rows[0] for one in rows) or not all(rows[0]):
        raise CourseError("The columns cannot be laid beside each other.", "Give each the same rows, at least one.")
    from matplotlib.figure import Figure

    n_above, n_below = len(rows[0][0]), len(rows[0][1])
    figure = Figure(figsize=(WIDTH, 1.9 + 0.33 * (n_above + n_below)), layout="constrained", facecolor="white")
    grid: Any = figure.subplots(
        2, len(tables), sharex=True, sharey="row", squeeze=False, height_ratios=(n_above, n_below + 0.6)
    )
    for column, (name, pair) in enumerate(columns.items()):
        for row, table in enumerate(pair):
            _panel(grid[row][column], table, first=column == 0)
        grid[0][column].set_title(printable(name), fontsize=POINTS, color=INK)
        grid[1][column].set_xlabel("share, with 95 % interval", fontsize=POINTS)
    for row, words in enumerate(("caught", "false alarms")):
        grid[row][-1].yaxis.set_label_position("right")
        grid[row][-1].set_ylabel(words, fontsize=POINTS, color=INK, rotation=270, labelpad=18)
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=POINTS, frameon=False, labelcolor=INK)
    title_above(figure, title)
    return Picture(figure, title, "\n".join(_lines(columns)))


def _panel(axes: Any, table: Rows, *, first: bool) -> None:
    for index, (colour, marker, shift, name) in enumerate(LOOKS):
        mine = [pair[index] for pair in table.values()]
        ends: Any = [[max(0.0, e.value - e.low) for e in mine], [max(0.0, e.high - e.value) for e in mine]]
        axes.errorbar(
            [e.value for e in mine], [place + shift for place in range(len(mine))], xerr=ends, fmt=marker, color=colour,
            markersize=5, capsize=2.5, linewidth=1.1, label=name, clip_on=False,
        )  # fmt: skip
    if first:
        label_ticks(axes, "y", [printable(name) for name in table])
        axes.set_ylim(len(table) - 0.4, -0.6)
    axes.set_xlim(0, 1)
    axes.tick_params(labelsize=POINTS, colors=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="x", color=GREY, alpha=0.25, linewidth=0.6)
    axes.set_axisbelow(True)


def _lines(columns: Mapping[str, Sequence[Rows]]) -> list[str]:
    made = []
    for name, pair in columns.items():
        for words, table in zip(("caught", "false alarms"), pair, strict=True):
            made += [f"{name}, {words}, {row}: as it stands {a}; normalised {b}" for row, (a, b) in table.items()]
    return made
