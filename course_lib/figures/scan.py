"""A scanned folder as a grid: a row for each file, a column for each check, and the word in the cell.

The level is written in each cell and not only coloured. An empty cell means that the check does not apply to this file, which is
something else than a pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from course_lib.errors import CourseError
from course_lib.figures.picture import Picture
from course_lib.figures.style import (
    INK,
    ORANGE,
    POINTS,
    SKY,
    VERMILION,
    label_ticks,
    new_figure,
    printable,
    title_above,
)

if TYPE_CHECKING:
    from course_lib.artefacts import FolderScan

CHECKS = ("imports", "header", "hash", "template")
COLOURS = {"pass": "#EEF3F6", "note": SKY, "look": ORANGE, "alarm": VERMILION}
LONGEST = 34


def scan_grid(scan: FolderScan, title: str | None = None) -> Picture:
    """The loudest level of each check of each file.

    Args:
        scan: what `scan_folder` found.
        title: the finding; by default how many files raise an alarm.

    Raises:
        CourseError: no file was scanned.

    Example:
        >>> from course_lib.artefacts import Finding, FolderScan
        >>> print(scan_grid(FolderScan((Finding("a.bin", "imports", "alarm", "os.system"),))))
        1 of 1 files raises an alarm
        a.bin, imports: alarm, os.system
    """
    files = list(scan.levels)
    if not files:
        raise CourseError("There is no file in this scan.", "Scan a folder that holds files.")
    loud = len(scan.alarms)
    heading = title or f"{loud} of {len(files)} files raise{'s' if loud == 1 else ''} an alarm"
    figure, axes = new_figure(height=1.0 + 0.3 * len(files))
    for row, file in enumerate(files):
        for column, check in enumerate(CHECKS):
            level = scan.levels[file].get(check)
            if level is None:
                continue
            axes.barh(row, 0.94, left=column - 0.47, height=0.86, color=COLOURS[level])
            weight = "bold" if level == "alarm" else "normal"
            axes.text(column, row, level, ha="center", va="center", fontsize=POINTS, color=INK, fontweight=weight)
    names = [file if len(file) <= LONGEST else "…" + file[-LONGEST + 1 :] for file in files]
    label_ticks(axes, "y", [printable(name) for name in names])
    label_ticks(axes, "x", list(CHECKS))
    axes.set_xlim(-0.5, len(CHECKS) - 0.5)
    axes.set_ylim(len(files) - 0.5, -0.5)
    axes.tick_params(length=0)
    axes.xaxis.tick_top()
    axes.spines[:].set_visible(False)
    title_above(figure, heading)
    lines = [f"{f.file}, {f.check}: {f.level}, {f.text}" for f in scan.findings]
    return Picture(figure, heading, "\n".join(lines))
