"""Other ways to read a text, each with the way back to the original.

A detector looks for `alice@example.com`. A reader understands just as well: fullwidth letters, Cyrillic letters among
Latin ones, invisible characters in between, one letter at a time, `O` for zero, Base64. So the filter makes **views**
of the text, runs the same detectors on each, and carries what they find back to the original, where the redaction is
made.

* `fold`: ignorable characters out; compatibility forms (NFKC), digits of all scripts and look-alikes to ASCII; marks
  off.
* `joined`: what is spelled out one character at a time is put together.
* `digits`: letters that stand for digits, where digits stand around them.
* `decoded`: Base64 that decodes to text.

The original never changes: nothing of a view is ever shown. That is why `fold` may be as rough as it is (it takes the
accents off `é`): the only price is a false alarm, and that is measured.

Pitfall: the skeleton of UTS #39 would be the obvious view, and it is useless for numbers: it maps `0` to `O` and `1`
to `l`. So ASCII stays as it is here, and only other characters are mapped, to ASCII where the standard's table says
so.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from course_lib.filtering.confusables import ignorable_characters, standard_prototypes

SPELLED = re.compile(r"(?<!\w)\S(?: {1,3}\S){3,}(?!\w)")
NUMBER = re.compile(r"(?<![A-Za-z0-9])[\dOoIlSB][\dOoIlSB ()./+-]{5,}(?![A-Za-z0-9])")
BLOB = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{12,}={0,2}(?![A-Za-z0-9+/=])")
AS_DIGITS = str.maketrans("OoIlSB", "001158")
REAL_DIGITS = 3  # fewer, and what looks like a number is a word


@dataclass(frozen=True)
class View:
    """A way to read a text.

    Attributes:
        name: what was done.
        text: what the detectors see.
        starts: for each character of `text`, where in the original the characters begin that it was made of.
        ends: and where they end.
    """

    name: str
    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original that `text[start:end]` was made of."""
        return min(self.starts[start:end]), max(self.ends[start:end])


def as_it_stands(text: str) -> View:
    """The view that changes nothing."""
    return View("as it stands", text, range(len(text)), range(1, len(text) + 1))


@lru_cache(maxsize=4096)
def folded_character(character: str) -> str:
    """What `fold` makes of one character: ASCII where there is something to make, nothing for what is not seen.

    Example:
        >>> [folded_character(c) for c in ("a", "Ａ", "а", "\\u200b", "é", "٣", "中")]
        ['a', 'A', 'a', '', 'e', '3', '中']
    """
    if character.isascii():
        return character
    if character in ignorable_characters() or unicodedata.category(character) in ("Mn", "Me"):
        return ""
    digit = unicodedata.digit(character, None)
    known = str(digit) if digit is not None else unicodedata.normalize("NFKC", character)
    for candidate in (known, standard_prototypes().get(character, ""), unicodedata.normalize("NFKD", character)):
        bare = "".join(c for c in candidate if unicodedata.category(c) not in ("Mn", "Me"))
        if bare and bare.isascii():
            return bare
    return character


def fold(text: str) -> View:
    """Letters and digits in their plain form, invisible characters out.

    Example:
        >>> fold("４\\u200b2").text, fold("４\\u200b2").original(0, 2)
        ('42', (0, 3))
    """
    made = [(part, place) for place, character in enumerate(text) for part in folded_character(character)]
    return View("folded", "".join(c for c, _ in made), [p for _, p in made], [p + 1 for _, p in made])


def joined(view: View) -> View | None:
    """Characters spelled out with spaces put together; None where nothing is spelled out.

    Example:
        >>> joined(as_it_stands("call 5 5 5   0 1")).text
        'call 555 01'
    """
    drop: set[int] = set()
    for match in SPELLED.finditer(view.text):
        for gap in re.finditer(" +", match[0]):
            first = match.start() + gap.start()
            drop |= set(range(first, first + 1 if len(gap[0]) == 1 else first + len(gap[0]) - 1))
    if not drop:
        return None
    kept = [place for place in range(len(view.text)) if place not in drop]
    return _picked("joined", view, kept)


def digits(view: View) -> View | None:
    """Letters in the middle of numbers read as digits; None where there are none.

    Example:
        >>> digits(as_it_stands("ring 2O2-555-OlO3 now")).text
        'ring 202-555-0103 now'
    """

    def read(match: re.Match[str]) -> str:
        real = sum(character.isdigit() for character in match[0])
        return match[0].translate(AS_DIGITS) if real >= REAL_DIGITS else match[0]

    changed = NUMBER.sub(read, view.text)
    return None if changed == view.text else View("digits", changed, view.starts, view.ends)


def decoded(view: View) -> Iterator[View]:
    """What each piece of Base64 says; its characters all come from the whole piece.

    Example:
        >>> [one.text for one in decoded(as_it_stands("see aGVsbG8gd29ybGQ= there"))]
        ['hello world']
    """
    for match in BLOB.finditer(view.text):
        try:
            inside = base64.b64decode(match[0] + "=" * (-len(match[0]) % 4), validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            continue
        if inside.isprintable() and inside:
            start, end = view.original(match.start(), match.end())
            yield View("decoded", inside, [start] * len(inside), [end] * len(inside))


def views(text: str) -> list[View]:
    """All the ways in which the filter reads a text; those that would show nothing new are left out."""
    plain, clean = as_it_stands(text), fold(text)
    made = [plain] if clean.text == text else [plain, clean]
    for view in (joined(clean), digits(clean)):
        if view is not None:
            made.append(view)
    return [*made, *decoded(clean)]


def _picked(name: str, view: View, kept: Sequence[int]) -> View:
    return View(name, "".join(view.text[k] for k in kept), [view.starts[k] for k in kept], [view.ends[k] for k in kept])
