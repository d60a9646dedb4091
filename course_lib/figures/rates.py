"""Rates side by side, each with its interval: a bar says how often, the whisker how sure.

Two bars whose whiskers overlap widely are no finding, however different their lengths; the whisker is drawn in ink, the
bar in a quiet colour, because the whisker is the message.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING

from course_lib.errors import CourseError
from course_lib.figures.picture import Picture
from course_lib.figures.style import GREY, INK, POINTS, SKY, label_ticks, new_figure, printable, title_above

if TYPE_CHECKING:
    from course_lib.rates import Rate

LABEL_LINE = 28  # characters in a line of a name


def rate_bars(rates: Mapping[str, Rate], title: str | None = None, *, axis: str = "share of cases") -> Picture:
    """A horizontal bar for each rate, with Wilson's 95 % interval and the count.

    Args:
        rates: from a name to its rate, drawn from top to bottom.
        title: the finding; by default the highest and the lowest rate.
        axis: what is counted, the label of the axis.

    Raises:
        CourseError: when there is no rate, or one counted nothing.

    Example:
        >>> from course_lib.rates import Rate
        >>> rate_bars({"harmful": Rate(1, 12), "harmless": Rate(0, 12)}, "It refuses neither").text.splitlines()[0]
        'harmful: 1 of 12 = 0.08 [0.01, 0.35]'
    """
    if not rates or any(rate.n == 0 for rate in rates.values()):
        raise CourseError("There is no rate to draw, or one of nothing.", "Give at least one rate with n above 0.")
    heading = title or finding(rates)
    values = [rate.value for rate in rates.values()]
    below = [max(0.0, rate.value - rate.low) for rate in rates.values()]
    above = [max(0.0, rate.high - rate.value) for rate in rates.values()]
    figure, axes = new_figure(height=1.25 + 0.42 * len(rates))
    places = range(len(rates))
    axes.barh(places, values, color=SKY, height=0.62)
    axes.errorbar(
        values, places, xerr=[below, above], fmt="o", color=INK, markersize=3.5, capsize=4, linewidth=1.3, clip_on=False
    )
    for place, rate in zip(places, rates.values(), strict=True):
        axes.annotate(
            f"{rate.successes} of {rate.n}", (rate.high, place), (6, 0), textcoords="offset points", va="center",
            fontsize=POINTS, color=INK,
        )  # fmt: skip
    label_ticks(axes, "y", [textwrap.fill(printable(name), LABEL_LINE) for name in rates])
    axes.set_ylim(len(rates) - 0.4, -0.6)
    axes.set_xlim(0, 1.0)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=GREY, alpha=0.25, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel(f"{axis}, with 95 % interval", fontsize=POINTS)
    title_above(figure, heading)
    return Picture(figure, heading, "\n".join(f"{name}: {rate}" for name, rate in rates.items()))


def finding(rates: Mapping[str, Rate]) -> str:
    """The default title: the extremes."""
    highest = max(rates, key=lambda name: rates[name].value)
    lowest = min(rates, key=lambda name: rates[name].value)
    if len(rates) == 1 or rates[highest].value == rates[lowest].value:
        return f"{highest}: {rates[highest].value:.0%}"
    return f"{highest}: {rates[highest].value:.0%}, {lowest}: {rates[lowest].value:.0%}"
