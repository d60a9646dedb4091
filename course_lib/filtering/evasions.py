"""Ways to write something so that a reader understands and a pattern does not match.

Harmless in themselves: the same functions would disguise a cake recipe. Each takes a value and a generator of chance
numbers, and changes nothing but the form.

| name | what is done |
|---|---|
| no disguise | nothing |
| homoglyphs | about half of the characters become look-alikes from the table of UTS #39 |
| zero width | an invisible character after every second one |
| full width | the forms that East Asian typesetting uses |
| spaced out | a space between all characters |
| letters for digits | `O` for 0, `l` for 1 in numbers; digits for letters in words |
| Base64 | the whole value |
| in words | "one two three", "at", "dot" |
| outside the table | letters and digits as emoji, which no table of the filter knows |

The homoglyphs come from the table that the filter reads, so its recall there says that it reads it well, and no more.
The last two rows were written to show where it ends.
"""

from __future__ import annotations

import base64
import random
import unicodedata
from collections.abc import Callable
from functools import cache

from course_lib.filtering.confusables import standard_prototypes

Evasion = Callable[[str, random.Random], str]
LETTERS_FOR_DIGITS = str.maketrans("0158", "OlSB")
DIGITS_FOR_LETTERS = str.maketrans("aeiost", "431057")
IN_WORDS = {
    "0": "zero", "1": "one", "2": "two", "3": "three", "4": "four",
    "5": "five", "6": "six", "7": "seven", "8": "eight", "9": "nine",
    "@": "at", ".": "dot", "-": "dash", "+": "plus", "_": "underscore", ":": "colon", "(": "", ")": "",
}  # fmt: skip
NEGATIVE_SQUARED = 0x1F170
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"


@cache
def look_alikes() -> dict[str, tuple[str, ...]]:
    """For letters and digits of ASCII the single characters with the same prototype; those that NFKC mends are left out."""
    table = standard_prototypes()
    found: dict[str, list[str]] = {}
    for character, prototype in table.items():
        mended = unicodedata.normalize("NFKC", character) != character
        if (
            not mended
            and not character.isascii()
            and unicodedata.category(character)[0] in "LN"
            and character < "\uffff"
        ):
            found.setdefault(prototype, []).append(character)
    ascii_ones = [chr(code) for code in range(48, 123) if chr(code).isalnum()]
    return {one: tuple(found[table.get(one, one)]) for one in ascii_ones if table.get(one, one) in found}


def homoglyphs(value: str, draw: random.Random) -> str:
    """About half of the characters as look-alikes, at least one."""
    known = look_alikes()
    places = [place for place, character in enumerate(value) if character in known]
    chosen = {place for place in places if draw.random() < 0.5} or set(places[:1])
    return "".join(draw.choice(known[c]) if place in chosen else c for place, c in enumerate(value))


def zero_width(value: str, draw: random.Random) -> str:
    """An invisible character after every second one."""
    return "".join(c + (draw.choice(INVISIBLE) if place % 2 else "") for place, c in enumerate(value))


def full_width(value: str, draw: random.Random) -> str:
    """ASCII in full width."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in value)


def spaced_out(value: str, draw: random.Random) -> str:
    """A space between all characters."""
    return " ".join(value)


def letters_for_digits(value: str, draw: random.Random) -> str:
    """Letters that look like digits in a number, digits that look like letters in a word."""
    numeric = sum(c.isdigit() for c in value) > sum(c.isalpha() for c in value)
    return value.translate(LETTERS_FOR_DIGITS if numeric else DIGITS_FOR_LETTERS)


def in_base64(value: str, draw: random.Random) -> str:
    """Base64 of the UTF-8 bytes."""
    return base64.b64encode(value.encode()).decode()


def in_words(value: str, draw: random.Random) -> str:
    """Digits and signs as words; where there are none, the word letter by letter with hyphens."""
    if value.isalpha():
        return "-".join(value)
    return " ".join(f" {IN_WORDS[c]} " if c in IN_WORDS else c for c in _runs(value)).replace("  ", " ").strip()


def outside_the_table(value: str, draw: random.Random) -> str:
    """Letters as negative squared capitals, digits as negative circled digits."""
    return "".join(_as_sign(c) for c in value)


def _as_sign(character: str) -> str:
    if character.isascii() and character.isalpha():
        return chr(NEGATIVE_SQUARED + ord(character.upper()) - ord("A"))
    if character.isascii() and character.isdigit():
        return "\u24ff" if character == "0" else chr(0x2776 + int(character) - 1)
    return character


def _runs(value: str) -> list[str]:
    """Characters that have a word one by one, everything else in runs."""
    made: list[str] = []
    for character in value:
        if character not in IN_WORDS and made and made[-1] not in IN_WORDS:
            made[-1] += character
        else:
            made.append(character)
    return made


EVASIONS: dict[str, Evasion] = {
    "no disguise": lambda value, draw: value,
    "homoglyphs": homoglyphs,
    "zero width": zero_width,
    "full width": full_width,
    "spaced out": spaced_out,
    "letters for digits": letters_for_digits,
    "Base64": in_base64,
    "in words": in_words,
    "outside the table": outside_the_table,
}
