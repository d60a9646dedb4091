"""What a guardrail stops and what it lets through, and whether its numbers can be taken at their word.

`guardrail_curves` draws the two errors against each other, one panel for each set of prompts and one curve for each scorer. The
corner at the bottom left is where one would like to be; the diagonal is stopping prompts by lot. `reliability_curves` draws how
often a score came true.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from course_lib.errors import CourseError
from course_lib.figures.picture import Picture
from course_lib.figures.style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    POINTS,
    PURPLE,
    VERMILION,
    WIDTH,
    new_figure,
    printable,
    title_above,
)
from course_lib.rates import Rate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS, DASHES = (VERMILION, BLUE, GREEN, ORANGE, PURPLE), ("-", "--", "-.", ":", "-")
MARKS = "osD^v"


@dataclass(frozen=True)
class TradeOff:
    """One scorer on one set of prompts.

    Attributes:
        points: `(harmless stopped, harmful missed)` for every threshold, the strictest first.
        chosen: by name of a threshold, "review" or "block": harmless prompts stopped and harmful ones missed there.
    """

    points: tuple[tuple[float, float], ...]
    chosen: Mapping[str, tuple[Rate, Rate]]


def trade_off(harmful: Sequence[float], harmless: Sequence[float], review_at: float, block_at: float) -> TradeOff:
    """The curve of a scorer, and where its two thresholds lie on it.

    Args:
        harmful: scores of harmful prompts.
        harmless: scores of harmless ones.
        review_at: the score from which prompts are reviewed.
        block_at: the score from which they are blocked.

    Example:
        >>> trade_off([0.9, 0.4], [0.5], 0.5, 0.9).chosen["block"][1].successes
        1
    """

    def at(limit: float) -> tuple[Rate, Rate]:
        stopped, missed = sum(s >= limit for s in harmless), sum(s < limit for s in harmful)
        return Rate(stopped, len(harmless)), Rate(missed, len(harmful))

    limits = [float("inf"), *sorted({*harmful, *harmless}, reverse=True)]
    points = tuple((stopped.value, missed.value) for stopped, missed in map(at, limits))
    return TradeOff(points, {"review": at(review_at), "block": at(block_at)})


def guardrail_curves(panels: Mapping[str, Mapping[str, TradeOff]], title: str) -> Picture:
    """A panel for each set of prompts, a curve for each scorer; its thresholds with Wilson's 95 % intervals.

    Args:
        panels: from the harmless prompts of a panel to its scorers; the same scorers everywhere, at most five.
        title: the finding.

    Raises:
        CourseError: no panel, or scorers that differ.
    """
    from matplotlib.figure import Figure

    names = [tuple(panel) for panel in panels.values()]
    if not names or len(set(names)) != 1 or not 1 <= len(names[0]) <= len(COLOURS):
        raise CourseError("These curves do not fit into one picture.", "Give every panel the same one to five scorers.")
    figure = Figure(figsize=(WIDTH, 4.4 if len(panels) > 1 else 7.0), layout="constrained", facecolor="white")
    lines = []
    for axes, (what, panel) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True):
        lines.append(what)
        axes.plot([0, 1], [1, 0], color=GREY, linewidth=0.8)
        for number, (name, one) in enumerate(panel.items()):
            x, y = zip(*one.points, strict=True)
            axes.plot(x, y, DASHES[number], color=COLOURS[number], linewidth=1.6, label=printable(name))
            for which, (stopped, missed) in one.chosen.items():
                _mark(axes, stopped, missed, number, filled=which == "block")
                lines.append(f"  {name}, {which}: harmless stopped {stopped}; harmful missed {missed}")
        axes.set_xlabel(f"{what}: stopped", fontsize=POINTS)
        axes.set_ylabel("harmful: missed", fontsize=POINTS)
        axes.set_xlim(-0.03, 1.03)
        axes.set_ylim(-0.03, 1.03)
        axes.set_aspect("equal")
        axes.tick_params(labelsize=POINTS)
        axes.spines[["top", "right"]].set_visible(False)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=POINTS)
    title_above(figure, title)
    lines.append("open marks: review from here; filled: block from here; grey line: stopping by lot")
    return Picture(figure, title, "\n".join(lines))


def _mark(axes: Axes, stopped: Rate, missed: Rate, number: int, filled: bool) -> None:
    errors = [[[rate.value - rate.low], [rate.high - rate.value]] for rate in (stopped, missed)]
    axes.errorbar(
        stopped.value, missed.value, xerr=errors[0], yerr=errors[1], fmt=MARKS[number], color=COLOURS[number],
        markerfacecolor=COLOURS[number] if filled else "white", markersize=6, linewidth=0.9, zorder=5,
    )  # fmt: skip


def reliability_curves(scorers: Mapping[str, Sequence[tuple[float, int, int]]], title: str) -> Picture:
    """How often a score came true: the mean score of each bin against the share that was harmful, with Wilson's intervals.

    Args:
        scorers: by name, what `course_lib.guardrails.reliability` gives: mean score, harmful, prompts.
        title: the finding.

    Raises:
        CourseError: there is none, or more than five.

    Example:
        >>> print(reliability_curves({"probe": [(0.8, 4, 5)]}, "Nearly").text)
        probe: says 0.80, was 4 of 5 = 0.80 [0.38, 0.96]
    """
    if not 1 <= len(scorers) <= len(COLOURS):
        raise CourseError(f"{len(scorers)} scorers cannot be drawn.", "Give one to five.")
    figure, axes = new_figure(height=4.2)
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8)
    lines = []
    for number, (name, bins) in enumerate(scorers.items()):
        rates = [Rate(harmful, prompts) for _, harmful, prompts in bins]
        said = [score + 0.006 * number for score, *_ in bins]  # so that intervals do not lie on each other
        low, high = [r.value - r.low for r in rates], [r.high - r.value for r in rates]
        axes.errorbar(
            said, [r.value for r in rates], yerr=[low, high], fmt=MARKS[number], linestyle=DASHES[number],
            color=COLOURS[number], linewidth=1.2, markersize=5, label=printable(name),
        )  # fmt: skip
        lines += [f"{name}: says {score:.2f}, was {rate}" for (score, *_), rate in zip(bins, rates, strict=True)]
    axes.set_xlabel("what the score says (mean of the bin)", fontsize=POINTS)
    axes.set_ylabel("share that was harmful", fontsize=POINTS)
    axes.set_xlim(-0.03, 1.03)
    axes.set_ylim(-0.03, 1.03)
    axes.set_aspect("equal")
    axes.legend(fontsize=POINTS, loc="center left", bbox_to_anchor=(1.02, 0.5))
    title_above(figure, title)
    return Picture(figure, title, "\n".join(lines))
