"""Shares with their intervals as one drawing, in SVG that stands inside a page.

A point for the value, a line for the interval, a tick for the limit. The drawing takes its colours from the page, so it is
readable on a white page and on a dark one, and nothing is told by colour alone: an exceeded limit has a filled square in place of
a circle and says so. Its text twin is the table below it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from textwrap import wrap

from course_lib.suite.results import Measure

WIDTH, LEFT, RIGHT, ROW, TOP = 720, 320, 24, 36, 34
LONGEST = 38  # characters in a line of a label, each at most 8 units wide; two lines at most


def shares_svg(
    measures: Sequence[Measure], limits: Mapping[str, float], verdicts: Mapping[str, str], title: str
) -> str:
    """The drawing; empty where there is no share to draw.

    Args:
        measures: those whose unit is a share and that have a value are drawn.
        limits: limits by name, `max_…` and `min_…`.
        verdicts: of each limit "kept", "exceeded" or "unknown".
        title: what it shows; read out by screen readers.

    Example:
        >>> one = Measure("compliance", "granted <b>", 0.5, 0.2, 0.8, 10)
        >>> "granted &lt;b&gt;" in shares_svg([one], {}, {}, "Shares")
        True
    """
    shown = [measure for measure in measures if measure.unit == "share" and measure.value is not None]
    if not shown:
        return ""
    height = TOP + ROW * len(shown) + 12
    parts = [
        f'<svg role="img" aria-labelledby="shares-title" viewBox="0 0 {WIDTH} {height}" class="shares" '
        f'xmlns="http://www.w3.org/2000/svg"><title id="shares-title">{escape(title)}</title>'
    ]
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = _x(tick)
        parts.append(f'<line x1="{x}" y1="{TOP - 8}" x2="{x}" y2="{height - 10}" class="grid"/>')
        parts.append(f'<text x="{x}" y="{TOP - 14}" text-anchor="middle">{tick:g}</text>')
    for place, measure in enumerate(shown):
        parts += _row(measure, TOP + ROW * place + ROW // 2, limits, verdicts)
    return "".join([*parts, "</svg>"])


def _x(share: float) -> float:
    return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def _row(measure: Measure, y: int, limits: Mapping[str, float], verdicts: Mapping[str, str]) -> list[str]:
    """One measure: its words, its interval, its value, its limits."""
    value = measure.value or 0.0
    mine = [name for name in limits if name[4:] == measure.name]
    exceeded = any(verdicts.get(name) == "exceeded" for name in mine)
    lines = wrap(measure.title, LONGEST, max_lines=2, placeholder=" …")
    parts = [
        f'<text x="{LEFT - 14}" y="{y + 4 + (2 * place - len(lines) + 1) * 7}" text-anchor="end">{escape(words)}</text>'
        for place, words in enumerate(lines)
    ]
    parts += [
        f'<line x1="{_x(measure.low)}" y1="{y}" x2="{_x(measure.high)}" y2="{y}" class="interval"/>',
    ]
    if exceeded:
        parts.append(
            f'<rect x="{_x(value) - 6}" y="{y - 6}" width="12" height="12" class="bad"><title>beyond a limit</title></rect>'
        )
    else:
        parts.append(f'<circle cx="{_x(value)}" cy="{y}" r="5" class="dot"/>')
    for name in mine:
        x = _x(min(1.0, max(0.0, limits[name])))
        parts.append(
            f'<line x1="{x}" y1="{y - 11}" x2="{x}" y2="{y + 11}" class="limit"><title>{escape(name)}</title></line>'
        )
    return parts
