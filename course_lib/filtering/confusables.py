"""Characters that look alike, by the Unicode standard's own table.

`а` (Cyrillic) and `a` (Latin) are two characters and one shape. Unicode Technical Standard #39 maps each character to a
*prototype* that stands for everything of its shape, and calls the text made of prototypes the **skeleton**:

    skeleton(x) = NFD( prototypes( NFD(x) without ignorable characters ) )

Two texts that have the same skeleton can be taken for each other. NFD, the decomposed form, writes `é` as `e` and an
accent, so that the table needs no entry for every combination.

A filter has to *redact*, and so it must know which characters of the original a place in the skeleton comes from. One
character can become none (zero width), or several (`ﬁ`, and by the table also `m`, which becomes `rn`), and marks on
one letter change their order. So each character carries its place along.

Pitfall: a skeleton is for comparing with another skeleton. By the table `0` becomes `O` and `1` becomes `l`, so a
pattern of digits finds nothing in it.

Source: M. Davis, M. Suignard, *Unicode Security Mechanisms*, Unicode Technical Standard #39, section 4.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cache
from itertools import accumulate
from pathlib import Path
from unicodedata import combining, normalize

from course_lib.data.prompts import RESTORE
from course_lib.errors import CourseError

FOLDER = Path(__file__).parents[1] / "data" / "unicode"


def skeleton(text: str, prototypes: Mapping[str, str], ignorable: Collection[str]) -> tuple[str, list[int]]:
    """The skeleton of a text, and for each of its characters the place in `text` that it comes from.

    Args:
        text: any text.
        prototypes: from a character to what stands for it; characters that are not there stand for themselves.
        ignorable: characters that are not seen; they are left out.

    Example:
        >>> skeleton("p\\u0430\\u200by", {"\\u0430": "a"}, "\\u200b")
        ('pay', [0, 1, 3])
    """

    def decomposed(letters: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
        parts = [(part, place) for letter, place in letters for part in normalize("NFD", letter)]
        bases = accumulate(combining(part) == 0 for part, _ in parts)  # which letter a mark stands on
        order = sorted(zip(bases, parts, strict=True), key=lambda one: (one[0], combining(one[1][0])))
        return [part for _, part in order]

    letters = decomposed((letter, place) for place, letter in enumerate(text))
    seen = [(letter, place) for letter, place in letters if letter not in ignorable]
    letters = decomposed((prototypes.get(letter, letter), place) for letter, place in seen)
    return "".join(letter for letter, _ in letters), [place for _, place in letters]


def _lines(name: str) -> list[list[str]]:
    try:
        lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise CourseError(f"The data file {name} is missing from the course.", RESTORE) from error
    return [line.split() for line in lines if not line.startswith("#")]


@cache
def standard_prototypes() -> dict[str, str]:
    """The standard's table, 6,311 characters.

    Example:
        >>> standard_prototypes()["\\u0430"], standard_prototypes()["m"]
        ('a', 'rn')
    """
    return {chr(int(one, 16)): "".join(chr(int(part, 16)) for part in rest) for one, *rest in _lines("confusables.txt")}


@cache
def ignorable_characters() -> frozenset[str]:
    """The characters that the standard calls ignorable: zero width, direction controls, variation selectors, tags.

    Example:
        >>> "\\u200b" in ignorable_characters(), " " in ignorable_characters()
        (True, False)
    """
    return frozenset(chr(code) for a, b in _lines("ignorable.txt") for code in range(int(a, 16), int(b, 16) + 1))


def standard_skeleton(text: str) -> tuple[str, list[int]]:
    """`skeleton` with the standard's tables.

    Example:
        >>> standard_skeleton("pаypal")[0] == standard_skeleton("paypal")[0]
        True
    """
    return skeleton(text, standard_prototypes(), ignorable_characters())
