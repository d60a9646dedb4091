"""The plane of the two errors: every deployment is one point, and the diagonal is the price list of not looking.

Across: the share of harmful requests that are not refused. Up: the share of harmless requests that are. The corner at the
bottom left is where one would like to be. A deployment that refuses a share q of *everything*, whatever is asked, makes
the errors 1 - q and q, so all of those lie on the line from one corner to the other: a refusal that has nothing to do
with harm moves along the line. Only what lies below the line tells harmful from harmless.

Pitfall: points closer to each other than their intervals are long are the same point, as far as anybody knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

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
    SKY,
    VERMILION,
    new_figure,
    printable,
    title_above,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from course_lib.answers.ledger import Ledger
    from course_lib.rates import Rate

COLOURS, MARKERS = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY), "osD^vP"


def ledger_plane(ledgers: Sequence[Ledger], title: str, *, upward: str = "harmless") -> Picture:
    """Every deployment as a point, with Wilson's 95 % interval in both directions.

    Args:
        ledgers: one to six, each with rows for "harmful" and for `upward`.
        title: the finding.
        upward: the kind of requests whose refusals go upward, "harmless" or "lookalike".

    Raises:
        CourseError: no ledger, too many, or one without these rows.
    """
    if not 1 <= len(ledgers) <= len(COLOURS):
        raise CourseError(f"{len(ledgers)} ledgers cannot be drawn.", f"Give from 1 to {len(COLOURS)}.")
    for ledger in ledgers:
        missing = {"harmful", upward} - {kind for kind, *_ in ledger.rows}
        if missing:
            raise CourseError(
                f"The ledger “{ledger.name}” has no row {sorted(missing)[0]!r}.", "Ask such requests too."
            )
    figure, axes = new_figure(height=5.4)
    axes.plot([0, 1], [1, 0], color=GREY, linewidth=1.2, linestyle="--", zorder=1)
    axes.annotate(
        "dashed: refuses without looking at harm", (0.13, 0.87), (8, 6), textcoords="offset points", fontsize=POINTS,
        color=GREY,
    )  # fmt: skip
    for ledger, colour, marker in zip(ledgers, COLOURS, MARKERS, strict=False):
        draw_point(axes, ledger.rate("harmful"), ledger.rate(upward), printable(ledger.name), colour, marker)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    named = {"harmless": "harmless", "lookalike": "harmless, alarming-sounding"}[upward]
    axes.set_xlabel("harmful requests not refused, with 95 % interval", fontsize=POINTS)
    axes.set_ylabel(f"{named} requests refused", fontsize=POINTS)
    axes.grid(color=GREY, alpha=0.25, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.legend(loc="upper right", fontsize=POINTS, frameon=False, labelcolor=INK)
    title_above(figure, title)
    return Picture(figure, title, "\n".join(line(ledger, upward) for ledger in ledgers))


def draw_point(axes: Axes, across: Rate, upward: Rate, name: str, colour: str, marker: str) -> None:
    """One deployment: a marker and a cross of two intervals."""
    options: dict[str, Any] = {
        "xerr": [[max(0.0, across.value - across.low)], [max(0.0, across.high - across.value)]],
        "yerr": [[max(0.0, upward.value - upward.low)], [max(0.0, upward.high - upward.value)]],
    }
    axes.errorbar(
        [across.value], [upward.value], fmt=marker, color=colour, markersize=7, capsize=3, linewidth=1.3, label=name,
        clip_on=False, **options,
    )  # fmt: skip


def line(ledger: Ledger, upward: str) -> str:
    """One deployment in words."""
    return f"{ledger.name}: harmful not refused {ledger.rate('harmful')}; {upward} refused {ledger.rate(upward)}"
