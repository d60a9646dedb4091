"""A leaderboard as a picture: one panel for each task, one point with its interval for each model, and what needs no
reading.

The two vertical lines are what a reader should look at first. One is guessing. The other is the best rule that does
not read the question (the longest choice, the shortest, always the same place). What a model reaches beyond both is
what the benchmark measures; what it reaches below is a property of its items. Full points differ from the first model
beyond chance.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from course_lib.figures.picture import Picture
from course_lib.figures.style import BLUE, GREY, INK, ORANGE, POINTS, VERMILION, printable, title_above

if TYPE_CHECKING:
    from course_lib.evals.leaderboard import Leaderboard

COLUMNS = 3
GUESSING, UNREAD = "guessing", "best rule that does not read the question"
APART, ALIKE = "differs from the first model beyond chance", "does not"


def leaderboard_panels(
    board: Leaderboard, guessing: Mapping[str, float], unread: Mapping[str, tuple[str, float]], title: str
) -> Picture:
    """The rates of a leaderboard, with Wilson's 95 % intervals.

    Args:
        board: the leaderboard.
        guessing: for each task the accuracy of guessing.
        unread: for each task the best rule that does not read the question, and its accuracy.
        title: the finding.
    """
    from matplotlib.figure import Figure

    rows = -(-len(board.tasks) // COLUMNS)
    figure = Figure(figsize=(8.2, 0.9 + rows * (0.75 + 0.22 * len(board.models))), layout="constrained")
    panels: Any = figure.subplots(rows, COLUMNS, squeeze=False, sharey=True)
    for place in range(len(board.tasks), rows * COLUMNS):
        panels.flat[place].set_visible(False)
    lines = []
    for axes, task in zip(panels.flat, board.tasks, strict=False):
        lines += _panel(axes, board, task, guessing[task], unread[task])
    names = [printable(name.removeprefix("organism:")) for name in board.models]
    for row in panels:
        row[0].set_yticks(range(len(names)), names, fontsize=POINTS)
        row[0].set_ylim(len(names) - 0.5, -0.5)
    found = {
        label: handle for axes in panels.flat for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    order = [label for label in (GUESSING, UNREAD, APART, ALIKE) if label in found]
    figure.legend(
        [found[label] for label in order], order, loc="outside lower center", ncols=2, fontsize=POINTS, frameon=False,
        labelcolor=INK,
    )  # fmt: skip
    title_above(figure, title)
    return Picture(figure, title, "\n".join(lines))


def _panel(axes: Any, board: Leaderboard, task: str, guess: float, unread: tuple[str, float]) -> list[str]:
    """One task; what it shows, in words."""
    apart = {one.model for one in board.differences if one.task == task and one.beyond_chance}
    axes.axvline(guess, color=GREY, linewidth=1.2, linestyle=":", label=GUESSING)
    axes.axvline(unread[1], color=ORANGE, linewidth=1.6, linestyle="--", label=UNREAD)
    said = [f"{task}: guessing {guess:.2f}; {unread[0]} {unread[1]:.2f}"]
    labelled: set[str] = set()
    for place, model in enumerate(board.models):
        rate = board.rates[task][model]
        ends = [[max(0.0, rate.value - rate.low)], [max(0.0, rate.high - rate.value)]]
        full = model in apart
        name = APART if full else ALIKE
        axes.errorbar(
            [rate.value], [place], xerr=ends, fmt="o", color=VERMILION if full else BLUE, markersize=5.5, capsize=2.5,
            linewidth=1.1, markerfacecolor=VERMILION if full else "white", clip_on=False,
            label=name if place and name not in labelled else None,
        )  # fmt: skip
        labelled |= {name} if place else set()
        star = "; differs from the first beyond chance" if full else ""
        said.append(f"  {model.removeprefix('organism:')}: {rate}{star}")
    axes.set_title(task.replace("_", ", "), fontsize=POINTS, color=INK)
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"], fontsize=POINTS)
    axes.grid(axis="x", color=GREY, alpha=0.25, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    return said
