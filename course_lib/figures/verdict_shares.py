"""How often a verdict is right, open, or wrong, by the number of requests that it rests on.

One small panel for each model. What matters is the colour that is hardly there: a procedure that may say *undecided* errs by
waiting, and not by naming a wrong cause.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from course_lib.figures.picture import Picture
from course_lib.figures.style import BLUE, GREY, INK, POINTS, VERMILION, WIDTH, title_above

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Shares = Mapping[int, Mapping[str, int]]
OPEN = "undecided"


def verdict_shares(found: Mapping[str, Shares], right: Mapping[str, str], title: str) -> Picture:
    """A panel for each model: the share of draws with the right verdict, an open one, a wrong one.

    Args:
        found: model, number of stars, verdict: how often.
        right: the right verdict for each model.
        title: the finding.

    Example:
        >>> print(verdict_shares({"a": {8: {"x": 3, "undecided": 1}}}, {"a": "x"}, "T").text)
        a (right: x)
          8 stars: right 0.75, undecided 0.25, wrong 0.00
    """
    from matplotlib.figure import Figure

    columns = 2 if len(found) == 4 else min(3, len(found))
    rows = -(-len(found) // columns)
    figure = Figure(figsize=(WIDTH, 0.9 + 1.75 * rows), layout="constrained", facecolor="white")
    grid = figure.subplots(rows, columns, sharey=True, squeeze=False).flatten()
    lines = []
    for axes, (model, sizes) in zip(grid, found.items(), strict=False):
        shares = {size: _shares(said, right[model]) for size, said in sizes.items()}
        _panel(axes, model, shares)
        lines.append(f"{model} (right: {right[model]})")
        lines += [
            f"  {size} stars: right {good:.2f}, undecided {waits:.2f}, wrong {bad:.2f}"
            for size, (good, waits, bad) in shares.items()
        ]
    for axes in grid[len(found) :]:
        axes.set_visible(False)
    for axes in grid[::columns]:
        axes.set_ylabel("share of draws", fontsize=POINTS)
    names = ("right", "undecided", "wrong")
    handles = [grid[0].plot([], [], marker="s", linestyle="", color=colour)[0] for colour in (BLUE, GREY, VERMILION)]
    figure.legend(handles, names, loc="outside lower center", ncols=3, fontsize=POINTS, frameon=False)
    title_above(figure, title)
    return Picture(figure, title, "\n".join(lines))


def _shares(said: Mapping[str, int], right: str) -> tuple[float, float, float]:
    total = sum(said.values())
    good = said.get(right, 0) / total
    waits = said.get(OPEN, 0) / total if right != OPEN else 0.0
    return good, waits, max(0.0, 1 - good - waits)


def _panel(axes: Axes, model: str, shares: Mapping[int, tuple[float, float, float]]) -> None:
    places = list(range(len(shares)))
    bottom = [0.0] * len(places)
    for index, (colour, hatch) in enumerate(((BLUE, ""), (GREY, "//"), (VERMILION, "xx"))):
        heights = [one[index] for one in shares.values()]
        axes.bar(places, heights, bottom=bottom, color=colour, width=0.7, hatch=hatch, edgecolor="white", linewidth=0.4)
        bottom = [low + high for low, high in zip(bottom, heights, strict=True)]
    axes.set_xticks(places, [str(size) for size in shares])
    axes.tick_params(labelsize=POINTS, colors=INK)
    axes.set_title(model, fontsize=POINTS + 1, loc="left")
    axes.set_xlabel("stars", fontsize=POINTS)
    axes.set_ylim(0, 1)
    axes.spines[["top", "right"]].set_visible(False)
