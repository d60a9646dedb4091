"""Several deployments on several questions: one line for each question, one mark for each deployment.

What should rise and what should stay stand in blocks of their own, one above the other in one picture, so that the
price cannot be left out. Each mark has its interval; where intervals overlap widely the deployments are the same as far
as anybody knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from course_lib.errors import CourseError
from course_lib.figures.picture import Picture
from course_lib.figures.style import BLUE, GREY, INK, POINTS, VERMILION, new_figure, printable, title_above

if TYPE_CHECKING:
    from course_lib.rates import Rate

LOOKS = ((GREY, "o"), (VERMILION, "D"), (BLUE, "s"))
Block = Mapping[str, Mapping[str, "Rate"]]


def deployment_dots(blocks: Mapping[str, Block], title: str) -> Picture:
    """Marks with Wilson's 95 % intervals.

    Args:
        blocks: from what the block's rates mean to its lines, and from a line's name to the rate of each deployment; all
            lines have the same deployments, at most three.
        title: the finding.

    Raises:
        CourseError: nothing to draw, too many deployments, or not the same ones everywhere.

    Example:
        >>> from course_lib.rates import Rate
        >>> lines = {"prompts": {"before": Rate(1, 9), "after": Rate(8, 9)}}
        >>> deployment_dots({"declined": lines}, "It declines more").text.splitlines()[1]
        'prompts: before 1 of 9 = 0.11 [0.02, 0.43]; after 8 of 9 = 0.89 [0.57, 0.98]'
    """
    named = [tuple(rates) for lines in blocks.values() for rates in lines.values()]
    if not named or len(set(named)) > 1 or not 1 <= len(named[0]) <= len(LOOKS):
        raise CourseError("These deployments cannot be drawn.", "Give one to three, the same ones on every line.")
    figure, axes = new_figure(height=1.7 + 0.5 * len(named) + 0.4 * len(blocks))
    places: list[float] = []
    place, labels, text = 0.0, [], []
    for block, lines in blocks.items():
        axes.text(0.0, place - 0.1, printable(block), fontsize=POINTS, color=INK, weight="bold", va="center")
        place += 0.75
        text.append(block)
        for line, rates in lines.items():
            for number, (rate, (colour, marker)) in enumerate(zip(rates.values(), LOOKS, strict=False)):
                ends: Any = [[max(0.0, rate.value - rate.low)], [max(0.0, rate.high - rate.value)]]
                shift = 0.24 * (number - (len(rates) - 1) / 2)
                axes.errorbar(
                    [rate.value], [place + shift], xerr=ends, fmt=marker, color=colour, markersize=5.5, capsize=2.5,
                    linewidth=1.2, clip_on=False, label=printable(list(rates)[number]) if not places else None,
                )  # fmt: skip
            places.append(place)
            labels.append(printable(line))
            text.append(f"{line}: " + "; ".join(f"{name} {rate}" for name, rate in rates.items()))
            place += 1
    axes.set_yticks(places, labels, fontsize=POINTS)
    axes.set_ylim(place - 0.4, -0.6)
    axes.set_xlim(0, 1)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=GREY, alpha=0.25, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel("share of requests, with 95 % interval", fontsize=POINTS)
    figure.legend(loc="outside lower center", ncols=len(named[0]), fontsize=POINTS, frameon=False, labelcolor=INK)
    title_above(figure, title)
    return Picture(figure, title, "\n".join(text))
