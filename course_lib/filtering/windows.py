"""A long text in overlapping windows, so that a filter may run while the text is still being written.

Whether a character must be withheld can depend on what comes after it: `4111` is a year until twelve digits follow. If
it could depend on *everything* that comes after it, nothing could be shown before the end. So the filter looks at
windows of `2 * REACH` visible characters that begin every `REACH` characters. Every stretch of up to `REACH`
characters lies whole in one of them, and a character is settled when the windows that hold it are complete: after at
most `2 * REACH` more.

Invisible characters do not count, or somebody could push the halves of a number apart with them.

An edge cuts words and numbers, and half an order number looks like a telephone number. A finding that touches an edge
where the text goes on is therefore dropped, if it is short: the next window shows it whole.

Pitfall, and the price: a finding longer than `REACH` characters may be missed.
"""

from __future__ import annotations

from collections.abc import Sequence

from course_lib.filtering.confusables import ignorable_characters
from course_lib.filtering.findings import Finding

REACH = 64


def visible_places(text: str, start: int = 0) -> list[int]:
    """Where the characters stand that count, from `start` on."""
    ignored = ignorable_characters()
    return [place for place in range(start, len(text)) if text[place] not in ignored]


def how_many(visible: int, reach: int = REACH) -> int:
    """The number of windows over so many visible characters; at least one.

    Example:
        >>> how_many(0), how_many(128), how_many(129)
        (1, 1, 2)
    """
    return max(1, -(-visible // reach) - 1)


def bounds(number: int, places: Sequence[int], length: int, reach: int = REACH) -> tuple[int, int]:
    """First character of a window, and the character after its last.

    Args:
        number: of the window, from 0.
        places: of the visible characters.
        length: of the text.
        reach: half a window.
    """
    first, last = number * reach, (number + 2) * reach
    return (places[first] if number else 0), (places[last] if last < len(places) else length)


def settled(found: Sequence[Finding], start: int, end: int, length: int, reach: int = REACH) -> list[Finding]:
    """The findings of a window that hold, at their places in the whole text.

    Args:
        found: at places in the window.
        start: of the window.
        end: of the window.
        length: of the whole text, or of more than the window where it goes on.
        reach: half a window.
    """
    kept = []
    for one in found:
        cut = (one.start == 0 and start > 0) or (start + one.end == end and end < length)
        if not cut or one.length >= reach:
            kept.append(Finding(start + one.start, start + one.end, one.kind, one.score, one.view))
    return kept
