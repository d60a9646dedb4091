"""Filtering a text while it is written.

A stream that has shown `alice@exam` before the address was complete has shown it. So the filter holds back what may
still become part of something that must be withheld, and no more.

`release` is the idea in its simplest form: a list of phrases. What has to be held back is exactly the longest end of
the text that is the beginning of a phrase.

`StreamFilter` does it for the whole output filter, where nothing so exact can be known. Its detectors look at windows,
and a character is let out when all windows that hold it are complete. Everything that it lets out is a beginning of
what the filter would make of the finished text (a property test tries to break that), and at most two windows' halves
are held back, beside a stretch that is being masked.

Pitfall: a token is no character. A language model writes bytes, and one character may come in three pieces; decode
first (`streamer`).
"""

from __future__ import annotations

from collections.abc import Iterable

from course_lib.filtering.findings import Finding
from course_lib.filtering.output import FilterResult, OutputFilter, render, sorted_out
from course_lib.filtering.redaction import NOTICE, merge
from course_lib.filtering.windows import REACH, bounds, visible_places


def release(chunks: list[str], phrases: list[str], mask: str) -> list[str]:
    """What a stream may show after each chunk, and at its end, so that no beginning of a phrase is ever shown.

    A phrase is replaced by the mask: the one that begins first; among those that begin there, the longest.

    Args:
        chunks: the text, in the pieces in which it arrives.
        phrases: what must not be shown, none of them empty.
        mask: what stands in its place.

    Returns:
        One piece for each chunk, as long as it can be, and one more for the end.

    Example:
        >>> release(["My na", "me is", " Bo", "b."], ["Bob"], "***")
        ['My na', 'me is', ' ', '***.', '']
    """
    pieces, held = [], ""
    for chunk in [*chunks, None]:
        held, shown = held + (chunk or ""), ""
        while held:
            if chunk is not None and any(phrase.startswith(held) and phrase != held for phrase in phrases):
                break  # it may yet become a phrase
            found = max((phrase for phrase in phrases if held.startswith(phrase)), key=len, default="")
            shown += mask if found else held[0]
            held = held[len(found) or 1 :]
        pieces.append(shown)
    return pieces


class StreamFilter:
    """An output filter for a text that arrives in pieces.

    Args:
        output: the filter whose result the stream must have.

    Example:
        >>> stream = StreamFilter(OutputFilter(words=(), judge=False))
        >>> stream.feed("Write to bob@exam"), stream.feed("ple.com."), stream.finish()
        ('', '', 'Write to [EMAIL_ADDRESS].')
    """

    def __init__(self, output: OutputFilter) -> None:
        self.output = output
        self.text, self.shown = "", ""
        self._places: list[int] = []
        self._spans: list[Finding] = []
        self._unsure = False
        self._stop: Finding | None = None
        self._number = 0  # of the next window
        self._milliseconds = 0.0

    def feed(self, chunk: str) -> str:
        """Take the next piece; return what may be shown now."""
        if self._stop is not None:
            self.text += chunk
            return ""
        self._places += visible_places(self.text + chunk, len(self.text))
        self.text += chunk
        while self._stop is None and len(self._places) > (self._number + 2) * REACH:
            self._look()
        return self._show(self._settled())

    def finish(self) -> str:
        """The text is complete; return the rest of what may be shown."""
        while self._stop is None and (self._number == 0 or (self._number + 1) * REACH < len(self._places)):
            self._look()
        return self._show(len(self.text) if self._stop is None else self._stop.start)

    def result(self) -> FilterResult:
        """What the whole filter reports; after `finish`."""
        return self.output.result(self.text, merge(self._spans), self._unsure, self._stop, self._milliseconds)

    def _look(self) -> None:
        start, end = bounds(self._number, self._places, len(self.text))
        found = self.output.look(self.text[start:end])
        self._stop, doubt, inside = sorted_out(found, start, end, len(self.text))
        self._unsure |= doubt
        if self._stop is None:
            self._spans += inside
            self._number += 1

    def _settled(self) -> int:
        """Up to which character no finding can be added any more."""
        if self._stop is not None:
            return self._stop.start
        return self._places[self._number * REACH] if self._number else 0

    def _show(self, cut: int) -> str:
        merged = merge(self._spans)
        if self._stop is None:
            cut = min([cut, *(one.start for one in merged if one.start < cut < one.end)])
        whole = render(self.text, merged, cut) + (NOTICE if self._stop else "")
        new = whole[len(self.shown) :]
        self.shown = whole
        return new


def stream(chunks: Iterable[str], output: OutputFilter) -> Iterable[str]:
    """What may be shown, piece by piece."""
    running = StreamFilter(output)
    for chunk in chunks:
        yield running.feed(chunk)
    yield running.finish()
