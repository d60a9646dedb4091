"""Exercise 4.2: how often a planted instruction was followed, with an interval that knows the templates.

The wordings differ in size and in how often they work; one case has the same count with hits spread evenly; in others
no document or every one is a hit. Markers stand in plural, in capitals, and inside longer words.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Sequence
from typing import Any

from course_lib.checks.exercise import Case, Exercise, Mistake
from course_lib.injection.canary import injection_rate
from course_lib.rates import Z95, wilson_interval

Answer = tuple[float, float, float]
Finder = Callable[[str, str], bool]


def _word(answer: str, marker: str) -> bool:
    return re.search(rf"\b{re.escape(marker)}(s|es)?\b", answer, re.IGNORECASE) is not None


def _with_finder(finder: Finder) -> Callable[..., Answer]:
    def wrong(answers: Sequence[str], markers: Sequence[str], wordings: Sequence[str]) -> Answer:
        found = [finder(answer, marker) for answer, marker in zip(answers, markers, strict=True)]
        return injection_rate(["x" if hit else "" for hit in found], ["x"] * len(found), wordings)

    return wrong


def _parts(
    answers: Sequence[str], markers: Sequence[str], wordings: Sequence[str]
) -> tuple[int, float, list[list[int]]]:
    hits = [int(_word(answer, marker)) for answer, marker in zip(answers, markers, strict=True)]
    names = list(dict.fromkeys(wordings))
    groups = [[hit for hit, one in zip(hits, wordings, strict=True) if one == name] for name in names]
    return len(hits), sum(hits) / len(hits), groups


def _wilson(p: float, n: float) -> Answer:
    low, high = wilson_interval(p * n, n)
    return p, low, high


def _variance(groups: list[list[int]], p: float, count: int, factor: bool = True) -> float:
    spread = sum((sum(group) - p * len(group)) ** 2 for group in groups)
    return (len(groups) / (len(groups) - 1) if factor else 1) * spread / count**2


def _effective(count: int, p: float, groups: list[list[int]]) -> float:
    if p in (0, 1):
        return len(groups)
    variance = _variance(groups, p, count)
    return min(count, p * (1 - p) / variance) if variance else count


substring = _with_finder(lambda answer, marker: marker.lower() in answer.lower())
case_matters = _with_finder(lambda answer, marker: re.search(rf"\b{re.escape(marker)}(s|es)?\b", answer) is not None)
no_plural = _with_finder(lambda answer, marker: re.search(rf"\b{re.escape(marker)}\b", answer, re.I) is not None)
first_word = _with_finder(
    lambda answer, marker: re.match(rf"\W*{re.escape(marker)}(s|es)?\b", answer, re.I) is not None
)
missed = _with_finder(lambda answer, marker: not _word(answer, marker))


def each_alone(answers: Sequence[str], markers: Sequence[str], wordings: Sequence[str]) -> Answer:
    """Every answer counts as a draw of its own."""
    count, p, _ = _parts(answers, markers, wordings)
    return _wilson(p, count)


def wordings_as_number(answers: Sequence[str], markers: Sequence[str], wordings: Sequence[str]) -> Answer:
    """Wilson with the number of wordings."""
    _, p, groups = _parts(answers, markers, wordings)
    return _wilson(p, len(groups))


def mean_of_means(answers: Sequence[str], markers: Sequence[str], wordings: Sequence[str]) -> Answer:
    """The mean of the wordings' own rates."""
    count, p, groups = _parts(answers, markers, wordings)
    mean = sum(sum(group) / len(group) for group in groups) / len(groups)
    return mean, *_wilson(mean, _effective(count, p, groups))[1:]


def factor_missing(answers: Sequence[str], markers: Sequence[str], wordings: Sequence[str]) -> Answer:
    """Without G / (G - 1)."""
    count, p, groups = _parts(answers, markers, wordings)
    if p in (0, 1):
        return _wilson(p, len(groups))
    variance = _variance(groups, p, count, factor=False)
    return _wilson(p, min(count, p * (1 - p) / variance) if variance else count)


def not_capped(answers: Sequence[str], markers: Sequence[str], wordings: Sequence[str]) -> Answer:
    """More draws than answers."""
    count, p, groups = _parts(answers, markers, wordings)
    if p in (0, 1):
        return _wilson(p, len(groups))
    variance = _variance(groups, p, count)
    return _wilson(p, p * (1 - p) / variance if variance else count)


def all_for_none(answers: Sequence[str], markers: Sequence[str], wordings: Sequence[str]) -> Answer:
    """At 0 and 1 all answers count."""
    count, p, _ = _parts(answers, markers, wordings)
    return _wilson(p, count) if p in (0, 1) else injection_rate(answers, markers, wordings)


def textbook(answers: Sequence[str], markers: Sequence[str], wordings: Sequence[str]) -> Answer:
    """p plus and minus 1.96 clustered standard errors."""
    count, p, groups = _parts(answers, markers, wordings)
    half = Z95 * math.sqrt(_variance(groups, p, count))
    return p, max(0.0, p - half), min(1.0, p + half)


def by_numpy(answers: Sequence[str], markers: Sequence[str], wordings: Sequence[str]) -> Any:
    """Arrays, and Wilson's interval from the library."""
    import numpy as np

    hits = np.array([_word(answer, marker) for answer, marker in zip(answers, markers, strict=True)], float)
    names, place = np.unique(np.array(wordings), return_inverse=True)
    p = hits.mean()
    totals = np.bincount(place, weights=hits - p)
    variance = len(names) / (len(names) - 1) * (totals**2).sum() / len(hits) ** 2
    effective = (
        len(names) if p in (0.0, 1.0) else len(hits) if variance == 0 else min(len(hits), p * (1 - p) / variance)
    )
    low, high = wilson_interval(p * effective, effective)
    return np.array([p, low, high])


def by_words(answers: Sequence[str], markers: Sequence[str], wordings: Sequence[str]) -> list[float]:
    """Words are cut out and compared; the wordings are counted in a dictionary."""
    table: dict[str, list[int]] = {}
    for answer, marker, wording in zip(answers, markers, wordings, strict=True):
        words = set(re.findall(r"\w+", answer.lower()))
        hit = bool(words & {marker.lower(), marker.lower() + "s", marker.lower() + "es"})
        table.setdefault(wording, [0, 0])
        table[wording][0] += hit
        table[wording][1] += 1
    count, p = len(answers), sum(hits for hits, _ in table.values()) / len(answers)
    groups = [[1] * hits + [0] * (size - hits) for hits, size in table.values()]
    return list(_wilson(p, _effective(count, p, groups)))


def _case(name: str, rows: Sequence[tuple[str, str, str]]) -> Case:
    answers, markers, wordings = (list(column) for column in zip(*rows, strict=True))
    return Case(name, (answers, markers, wordings))


def _rows(marker: str, counts: Sequence[tuple[int, int]]) -> list[tuple[str, str, str]]:
    """For each wording so many hits among so many answers."""
    said = f"A {marker} is", "The kettle holds two litres."
    return [
        (said[0] if number < hits else said[1], marker, f"wording {place}")
        for place, (hits, size) in enumerate(counts)
        for number in range(size)
    ]


TRICKY = [
    ("Bananas are yellow.", "banana", "a"),
    ("The answer is BANANA", "banana", "a"),
    ("She played urbanana, a game.", "banana", "b"),
    ("The library opens at nine.", "banana", "b"),
    ("Volcanoes are mountains.", "volcano", "c"),
    ("A volcanologist came.", "volcano", "c"),
    ("A banana is a fruit.", "guitar", "c"),
]

VISIBLE = (
    _case("words, plurals, capitals", TRICKY),
    _case("wordings that differ", _rows("guitar", [(6, 6), (5, 6), (0, 6), (1, 6)])),
    _case("the same count, evenly", _rows("guitar", [(3, 6), (3, 6), (3, 6), (3, 6)])),
    _case("wordings of other sizes", _rows("penguin", [(8, 9), (1, 3), (0, 2), (1, 5)])),
    _case("nearly evenly", _rows("penguin", [(3, 6), (3, 6), (2, 6), (3, 6), (3, 6)])),
    _case("none", _rows("banana", [(0, 5), (0, 5), (0, 4)])),
    _case("all", _rows("banana", [(5, 5), (5, 5), (4, 4)])),
)


def _hidden(seed: int) -> tuple[Case, ...]:
    draw = random.Random(seed)
    marker = draw.choice(("lantern", "walnut", "trumpet"))
    uneven = [(draw.randrange(6, 9), 9), (draw.randrange(0, 2), 7), (0, 3), (draw.randrange(2, 4), 4)]
    words = [
        (f"{marker.upper()}!", marker, "p"),
        (f"Two {marker}s.", marker, "p"),
        (f"A {marker}like thing.", marker, "q"),
        ("No.", marker, "q"),
    ]
    return (
        _case("uneven", _rows(marker, uneven)),
        _case("words", words),
        _case("none", _rows(marker, [(0, draw.randrange(3, 9)), (0, 4)])),
        _case("nearly even", _rows(marker, [(2, 5), (2, 5), (2, 5), (draw.choice((1, 3)), 5)])),
    )


INJECTION_RATE = Exercise(
    id="4.2",
    title="Counting canaries",
    points=3,
    difficulty=3,
    minutes=25,
    reference="course_lib.injection:injection_rate",
    returns="`(rate, low, high)`: the share of answers that hold their marker, and the ends of a 95 % interval",
    example=(
        "Four wordings with 3 of 6 hits each: the wordings do not differ, and the interval is Wilson's for 12 of "
        "24. With 6, 6, 0 and 0 of 6 hits "
        "the rate is the same, and the 24 answers tell no more than 3 draws do."
    ),
    hints=(
        "First find the hits. Then ask: if I knew the wording, how much of an answer would I know already?",
        "For each wording take its hits, less the overall rate times its number of answers: that is its r. From "
        "the squares of these comes "
        "the variance, from the variance the effective number. The three special cases stand in the task. A "
        "regular expression with "
        "`\\b` on both sides finds words.",
        '```python\nhits = [re.search(rf"\\b{re.escape(marker)}...\\b", answer, re.IGNORECASE) is not None for ...]\n'
        "count, p = len(hits), ...\nspread = sum((... - p * ...) ** 2 for each wording)\n"
        "variance = G / (G - 1) * spread / count**2\neffective = ...   # three cases\n"
        "centre, half = ..., ...   # Wilson, with effective for n\nreturn p, ..., ...\n```",
    ),
    why=(
        "Attack rates often come from a few templates filled many times. An interval over the filled-in "
        "rows makes five ideas look "
        "like five thousand experiments."
    ),
    visible=VISIBLE,
    hidden=_hidden,
    mistakes=(
        Mistake(
            "letters",
            substring,
            "You compare letters. A marker also stands inside longer words, and there it was not said.",
        ),
        Mistake("case", case_matters, "An answer may begin with the marker, and then with a capital. You miss those."),
        Mistake("plural", no_plural, "You miss plurals: who tells about *bananas* has followed."),
        Mistake("beginning", first_word, "You look at the beginning only. The marker may come later in the answer."),
        Mistake("reversed", missed, "You count the answers that do *not* hold their marker."),
        Mistake(
            "each alone",
            each_alone,
            "This is Wilson's interval over answers, as if each were a draw of its own. Answers to the same "
            "wording belong together.",
        ),
        Mistake(
            "number of wordings",
            wordings_as_number,
            "You always take the number of wordings. Where they agree with each other, the answers tell more "
            "than that.",
        ),
        Mistake(
            "mean of means",
            mean_of_means,
            "Your rate is the mean of the wordings' rates. Wordings with few answers count too much there.",
        ),
        Mistake(
            "factor", factor_missing, "The variance lacks a factor: with few wordings it would be too small. Look at G."
        ),
        Mistake(
            "cap",
            not_capped,
            "Where wordings happen to be very much alike, your interval is that of more answers than there are.",
        ),
        Mistake(
            "none is certain",
            all_for_none,
            "Where no answer or every answer is a hit, you count all answers as draws. The wordings cannot be "
            "seen to differ there, which does not "
            "show that they agree.",
        ),
        Mistake(
            "textbook",
            textbook,
            "This is the textbook interval, p plus and minus some standard errors. At 0 it has no width; use "
            "Wilson's form.",
        ),
    ),
    alternatives=(by_numpy, by_words),
    rtol=1e-3,
    atol=2e-4,
    tolerance_reason="1.96 in place of the exact quantile moves the ends by less than 0.0001",
)
