"""Exercise 6.4: McNemar's test, exact and mid-p.

The concordant requests outnumber the discordant ones, the split is uneven, and the second version is the worse one
in some cases, so that a one-sided or an unpaired test gives other numbers.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any

from course_lib.checks.exercise import Case, Exercise, Mistake

Broken = Sequence[bool]
Result = tuple[int, int, float, float]


def _split(first: Broken, second: Broken) -> tuple[int, int]:
    pairs = list(zip(first, second, strict=True))
    return sum(a and not b for a, b in pairs), sum(b and not a for a, b in pairs)


def _tail(n: int, k: int) -> float:
    return sum(math.comb(n, i) for i in range(k + 1)) / 2**n


def _here(n: int, k: int) -> float:
    return math.comb(n, k) / 2**n


def _test(b: int, c: int) -> Result:
    n, k = b + c, min(b, c)
    return (b, c, min(1.0, 2 * _tail(n, k)), 2 * _tail(n, k) - _here(n, k)) if n else (0, 0, 1.0, 1.0)


def unpaired(first: Broken, second: Broken) -> Result:
    """Fisher's test on the two counts."""
    from scipy.stats import fisher_exact

    b, c = _split(first, second)
    f, s = sum(first), sum(second)
    p = float(fisher_exact([[f, len(first) - f], [s, len(second) - s]])[1])
    return b, c, p, p


def one_sided(first: Broken, second: Broken) -> Result:
    """One tail."""
    b, c = _split(first, second)
    n, k = b + c, min(b, c)
    return b, c, _tail(n, k), _tail(n, k) - _here(n, k) / 2


def lower_tail_of_first(first: Broken, second: Broken) -> Result:
    """Doubles the tail below b, whichever side b is on."""
    b, c = _split(first, second)
    n = b + c
    return b, c, min(1.0, 2 * _tail(n, b)), min(1.0, 2 * _tail(n, b)) - _here(n, b)


def chi_squared(first: Broken, second: Broken) -> Result:
    """(b - c)² / (b + c)."""
    b, c = _split(first, second)
    p = math.erfc(math.sqrt((b - c) ** 2 / (b + c) / 2)) if b + c else 1.0
    return b, c, p, p


def chi_squared_corrected(first: Broken, second: Broken) -> Result:
    """(|b - c| - 1)² / (b + c)."""
    b, c = _split(first, second)
    p = math.erfc(math.sqrt(max(0, abs(b - c) - 1) ** 2 / (b + c) / 2)) if b + c else 1.0
    return b, c, p, p


def all_requests(first: Broken, second: Broken) -> Result:
    """All requests in the binomial."""
    b, c = _split(first, second)
    n, k = len(first), min(b, c)
    return b, c, min(1.0, 2 * _tail(n, k)), 2 * _tail(n, k) - _here(n, k)


def swapped(first: Broken, second: Broken) -> Result:
    """The two counts the other way round."""
    b, c, exact, mid = _test(*_split(first, second))
    return c, b, exact, mid


def totals(first: Broken, second: Broken) -> Result:
    """Broken in each version, concordant ones too."""
    return _test(sum(first), sum(second))


def mid_half(first: Broken, second: Broken) -> Result:
    """Takes only half of the observed split away."""
    b, c, exact, _ = _test(*_split(first, second))
    n, k = b + c, min(b, c)
    return b, c, exact, 2 * _tail(n, k) - _here(n, k) / 2 if n else 1.0


def mid_twice(first: Broken, second: Broken) -> Result:
    """Leaves the observed split out altogether."""
    b, c, exact, _ = _test(*_split(first, second))
    n, k = b + c, min(b, c)
    return b, c, exact, 2 * (_tail(n, k) - _here(n, k)) if n else 1.0


def above_one(first: Broken, second: Broken) -> Result:
    """p above 1 where the split is even."""
    b, c = _split(first, second)
    n, k = b + c, min(b, c)
    return (b, c, 2 * _tail(n, k), 2 * _tail(n, k) - _here(n, k)) if n else (0, 0, 1.0, 1.0)


def mid_from_cut(first: Broken, second: Broken) -> Result:
    """The mid-p value from the exact one that was cut at 1."""
    b, c, exact, _ = _test(*_split(first, second))
    return b, c, exact, exact - _here(b + c, min(b, c)) if b + c else 1.0


def certain_without_evidence(first: Broken, second: Broken) -> Result:
    """p = 0 where the versions never differ."""
    b, c, exact, mid = _test(*_split(first, second))
    return (b, c, exact, mid) if b + c else (0, 0, 0.0, 0.0)


def right_by_scipy(first: Broken, second: Broken) -> list[Any]:
    """binomtest and the binomial's own probability."""
    from scipy.stats import binom, binomtest

    b, c = _split(first, second)
    if b + c == 0:
        return [0, 0, 1, 1]
    k = min(b, c)
    return [b, c, binomtest(b, b + c).pvalue, 2 * binom.cdf(k, b + c, 0.5) - binom.pmf(k, b + c, 0.5)]


def right_with_numpy(first: Broken, second: Broken) -> Any:
    """An array of four numbers, from logarithms of factorials."""
    import numpy as np

    one, two = np.asarray(first, bool), np.asarray(second, bool)
    b, c = int((one & ~two).sum()), int((two & ~one).sum())
    n = b + c
    if n == 0:
        return np.array([0, 0, 1.0, 1.0])
    logs = np.array([math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) for k in range(n + 1)])
    chances = np.exp(logs - n * math.log(2))
    below = chances[: min(b, c) + 1].sum()
    return np.array([b, c, min(1, 2 * below), 2 * below - chances[min(b, c)]])


def _pairs(seed: int, b: int, c: int, both: int, neither: int) -> tuple[list[bool], list[bool]]:
    rows = [(True, False)] * b + [(False, True)] * c + [(True, True)] * both + [(False, False)] * neither
    random.Random(seed).shuffle(rows)
    return [row[0] for row in rows], [row[1] for row in rows]


def _case(name: str, seed: int, b: int, c: int, both: int, neither: int) -> Case:
    return Case(name, _pairs(seed, b, c, both, neither))


def _hidden(seed: int) -> tuple[Case, ...]:
    draw = random.Random(seed)
    return (
        _case("better", seed, draw.randrange(11, 15), draw.randrange(3, 6), 31, 18),
        _case("worse", seed, draw.randrange(2, 4), draw.randrange(8, 11), 25, 40),
        _case("even", seed, 5, 5, 12, 9),
        _case("no difference", seed, 0, 0, 7, 6),
    )


MCNEMAR = Exercise(
    id="6.4",
    title="Is the new version better?",
    points=3,
    difficulty=3,
    minutes=12,
    reference="course_lib.redteam:mcnemar",
    returns=(
        "`(only_first, only_second, exact, mid)`: how many requests broke only the first version, how many only "
        "the second, the two-sided exact "
        "p-value and the mid-p value; both are 1 where no request is discordant"
    ),
    example=(
        "Six requests broke only the first version, one only the second: `(6, 1, 0.125, 0.0703125)`. The "
        "requests that broke both or neither "
        "do not change this."
    ),
    hints=(
        "Which requests can tell the two versions apart? Count those, in two groups. The rest does not enter.",
        "If the versions were alike, each discordant request would be a coin toss. The tail: the probability of "
        "`min(only_first, only_second)` "
        "heads or fewer in n tosses, `math.comb(n, k) / 2**n` each. Exact: twice the tail, at most 1. Mid-p: "
        "twice the tail, less the "
        "probability of exactly the split that was seen.",
        "```python\nn, fewer = only_first + only_second, min(only_first, only_second)\nif n == 0:\n    return ...\n"
        "tail = sum(math.comb(n, k) for k in range(...)) / 2**n\nhere = ...\n"
        "return only_first, only_second, min(1.0, ...), ... - here\n```",
    ),
    why=(
        "After a repair you ask the same requests again. The pairing is what makes a small session able to show "
        "a difference; who throws it away "
        "needs several times as many requests."
    ),
    visible=(
        _case("six against one", 1, 6, 1, 3, 4),
        _case("worse than before", 2, 2, 9, 20, 14),
        _case("even split", 3, 4, 4, 10, 5),
        _case("no request differs", 4, 0, 0, 5, 3),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "unpaired",
            unpaired,
            "Your p-values are those of an unpaired test on the two totals. The same requests were asked twice: "
            "look at the pairs.",
        ),
        Mistake("one side", one_sided, "Your p-values count one side only. A version can be worse, too."),
        Mistake(
            "tail of the first",
            lower_tail_of_first,
            "You double the tail below `only_first`. Where it is the larger of the two counts, that is the wrong tail.",
        ),
        Mistake(
            "chi-squared",
            chi_squared,
            "This is the chi-squared form, a good approximation for many discordant requests. Here there are few.",
        ),
        Mistake(
            "chi-squared, corrected",
            chi_squared_corrected,
            "This is the chi-squared form with a correction for continuity. It approximates what is asked for: count coin "
            "tosses.",
        ),
        Mistake(
            "all requests",
            all_requests,
            "Your coin is tossed once for every request. Only discordant requests are tosses.",
        ),
        Mistake("swapped", swapped, "The two counts are the other way round. The p-values are right."),
        Mistake(
            "totals",
            totals,
            "You count all requests that broke each version. Take those that broke one *and not the other*.",
        ),
        Mistake(
            "half of it",
            mid_half,
            "The exact value is right. From twice the tail you take away half of what has to go.",
        ),
        Mistake(
            "left out",
            mid_twice,
            "The exact value is right. In your mid-p value the split that was seen does not count at all; it "
            "should count half on each side.",
        ),
        Mistake("above one", above_one, "With an even split your exact p-value is above 1."),
        Mistake(
            "mid-p of the cut value",
            mid_from_cut,
            "With an even split your mid-p value is too small: it was made from the exact value after that was cut at 1.",
        ),
        Mistake(
            "certain",
            certain_without_evidence,
            "No request differs, and your p-value is 0. Nothing was seen that could surprise.",
        ),
    ),
    alternatives=(right_by_scipy, right_with_numpy),
    rtol=1e-5,
    atol=1e-9,
    tolerance_reason="sums of binomial probabilities in another order differ by about 1e-15",
)
