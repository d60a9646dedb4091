"""Exercise 1.4: Wilson's interval for a rate.

The counts lie at the ends (none, all, nothing counted) and in between, with small and larger numbers of cases, so that every
shortcut leaves Wilson's ends by more than the tolerance. An answer with 1.96 in place of the exact quantile passes.
"""

from __future__ import annotations

import math
import random
from typing import Any

from course_lib.checks.exercise import Case, Exercise, Mistake
from course_lib.rates import Z95

Interval = tuple[float, float]


def _wilson(successes: int, n: int, z: float = Z95) -> Interval:
    if n == 0:
        return 0.0, 1.0
    p = successes / n
    centre, half = p + z**2 / (2 * n), z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return (centre - half) / (1 + z**2 / n), (centre + half) / (1 + z**2 / n)


def textbook(successes: int, n: int) -> Interval:
    """The published version: p plus and minus 1.96 standard errors."""
    if n == 0:
        return 0.0, 1.0
    p = successes / n
    half = Z95 * math.sqrt(p * (1 - p) / n)
    return p - half, p + half


def textbook_cut(successes: int, n: int) -> Interval:
    """The same, cut to [0, 1]."""
    low, high = textbook(successes, n)
    return max(0.0, low), min(1.0, high)


def not_divided(successes: int, n: int) -> Interval:
    """Forgets to divide by 1 + z²/n."""
    if n == 0:
        return 0.0, 1.0
    low, high = _wilson(successes, n)
    return low * (1 + Z95**2 / n), high * (1 + Z95**2 / n)


def half_divided(successes: int, n: int) -> Interval:
    """Divides the centre and leaves the width."""
    if n == 0:
        return 0.0, 1.0
    low, high = _wilson(successes, n)
    centre, half = (low + high) / 2, (high - low) / 2 * (1 + Z95**2 / n)
    return centre - half, centre + half


def centre_not_moved(successes: int, n: int) -> Interval:
    """Wilson's width around p."""
    if n == 0:
        return 0.0, 1.0
    low, high = _wilson(successes, n)
    return successes / n - (high - low) / 2, successes / n + (high - low) / 2


def ninety(successes: int, n: int) -> Interval:
    """1.645: 95 % on one side."""
    return _wilson(successes, n, 1.6448536)


def one_for_z(successes: int, n: int) -> Interval:
    """Without z: one standard error."""
    return _wilson(successes, n, 1.0)


def agresti_coull(successes: int, n: int) -> Interval:
    """Adds z²/2 successes and failures, then the textbook."""
    total = n + Z95**2
    p = (successes + Z95**2 / 2) / total
    half = Z95 * math.sqrt(p * (1 - p) / total)
    return (p - half, p + half) if n else (0.0, 1.0)


def z_not_squared(successes: int, n: int) -> Interval:
    """z where z² belongs in the correction."""
    if n == 0:
        return 0.0, 1.0
    p = successes / n
    centre, half = p + Z95 / (2 * n), Z95 * math.sqrt(p * (1 - p) / n + Z95 / (4 * n**2))
    return (centre - half) / (1 + Z95 / n), (centre + half) / (1 + Z95 / n)


def four_not_there(successes: int, n: int) -> Interval:
    """z²/n² under the root, without the 4."""
    if n == 0:
        return 0.0, 1.0
    p, z = successes / n, Z95
    centre, half = p + z**2 / (2 * n), z * math.sqrt(p * (1 - p) / n + z**2 / n**2)
    return (centre - half) / (1 + z**2 / n), (centre + half) / (1 + z**2 / n)


def centre_and_half(successes: int, n: int) -> Interval:
    """Centre and half width in place of the two ends."""
    low, high = _wilson(successes, n)
    return (low + high) / 2, (high - low) / 2


def nothing_counted(successes: int, n: int) -> Interval:
    """Divides by zero."""
    p, z = successes / n, Z95
    centre, half = p + z**2 / (2 * n), z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return (centre - half) / (1 + z**2 / n), (centre + half) / (1 + z**2 / n)


def right_with_two_digits(successes: int, n: int) -> Interval:
    """z = 1.96, as tables have it."""
    return _wilson(successes, n, 1.96)


def right_by_the_equation(successes: int, n: int) -> Any:
    """The two roots of (p - x)² = z² x (1 - x) / n, by NumPy."""
    import numpy as np

    if n == 0:
        return np.array([0.0, 1.0])
    p, z2 = successes / n, Z95**2
    return np.sort(np.roots([1 + z2 / n, -(2 * p + z2 / n), p**2]).real)


def right_by_scipy(successes: int, n: int) -> Any:
    """SciPy's own."""
    from scipy.stats import binomtest

    if n == 0:
        return [0, 1]
    interval = binomtest(successes, n).proportion_ci(method="wilson")
    return [interval.low, interval.high]


def right_by_search(successes: int, n: int) -> Interval:
    """Halves the range in which the count stops being surprising, on either side."""
    if n == 0:
        return 0, 1
    p = successes / n

    def surprising(x: float) -> bool:
        return abs(p - x) > Z95 * math.sqrt(x * (1 - x) / n)

    def edge(inside: float, outside: float) -> float:
        for _ in range(60):
            middle = (inside + outside) / 2
            inside, outside = (inside, middle) if surprising(middle) else (middle, outside)
        return inside

    return edge(p, 0.0), edge(p, 1.0)


def _case(successes: int, n: int) -> Case:
    return Case(f"{successes} of {n}", (successes, n))


def _hidden(seed: int) -> tuple[Case, ...]:
    draw = random.Random(seed)
    n = draw.randrange(40, 120)
    small = draw.randrange(8, 20)
    return (_case(0, draw.randrange(5, 40)), _case(small, small), _case(draw.randrange(3, n // 3), n), _case(0, 0))


WILSON_INTERVAL = Exercise(
    id="1.4",
    title="An interval that survives zero",
    points=2,
    difficulty=2,
    minutes=8,
    reference="course_lib.rates:wilson_interval",
    not_withheld="Rate, which the ledger of 1.5 counts with, computes its interval by it",
    returns="a pair `(low, high)`: Wilson's 95 % interval of the rate; `(0, 1)` where nothing was counted",
    example="`wilson_interval(12, 30)` is about `(0.25, 0.58)`, `wilson_interval(0, 10)` is about `(0.0, 0.28)`.",
    hints=(
        "Compute three things by name before you put them together: the share p, the centre, and half of the width.",
        "With z = `Z95` the centre is (p + z²/2n) / (1 + z²/n). Half of the width is z times a root, divided by the same "
        "number; under the root stand p(1 − p)/n and z²/4n². With n = 0 there is no p: say what is known then.",
        "```python\nif n == 0:\n    return ...\np, z = successes / n, Z95\ncentre = (p + z**2 / (2 * n)) / (...)\n"
        "half = z * math.sqrt(p * (1 - p) / n + ...) / (...)\nreturn centre - half, centre + half\n```",
    ),
    why=(
        "“No harmful answer in 50 tries” sounds like safety. The interval says what it is: up to 7% may still be harmful. On "
        "a server with a thousand requests a day that is seventy."
    ),
    visible=(_case(0, 25), _case(12, 30), _case(1, 3), _case(97, 100), _case(8, 8), _case(0, 0)),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "textbook",
            textbook,
            "This is the textbook interval of the published version: at 0 of 25 it has no width. Use Wilson's formula.",
        ),
        Mistake(
            "textbook, cut off",
            textbook_cut,
            "This is the textbook interval, cut to lie between 0 and 1. At 0 of 25 it still has no width.",
        ),
        Mistake(
            "not divided",
            not_divided,
            "Centre and width are as in the formula's upper line, but nothing was divided by its lower line.",
        ),
        Mistake(
            "width not divided",
            half_divided,
            "The centre is right. The width is too large: what the centre is divided by divides the width as well.",
        ),
        Mistake(
            "centre not moved",
            centre_not_moved,
            "The width is right, but your interval lies around p. Wilson's centre is pulled towards one half.",
        ),
        Mistake(
            "another z",
            ninety,
            "Your interval is a little too narrow: it holds 90%. For 95% in the middle each tail has 2.5%; use `Z95`.",
        ),
        Mistake("z left out", one_for_z, "Your interval is about half as wide as it should be: where is z?"),
        Mistake(
            "z²/2 added",
            agresti_coull,
            "This is the interval of Agresti and Coull: the centre is Wilson's, the width is not. Look at the root again.",
        ),
        Mistake("z not squared", z_not_squared, "In the corrections z stands squared; you have z itself there."),
        Mistake("4 left out", four_not_there, "Under the root one of the two terms is four times too large."),
        Mistake(
            "centre and half",
            centre_and_half,
            "You return the centre and half of the width. The result is the two ends of the interval.",
        ),
        Mistake(
            "nothing counted",
            nothing_counted,
            "With n = 0 your function divides by zero. Nothing was counted then: which rates are still possible?",
        ),
    ),
    alternatives=(right_with_two_digits, right_by_the_equation, right_by_scipy, right_by_search),
    rtol=1e-3,
    atol=2e-4,
    tolerance_reason="1.96 in place of the exact quantile moves the ends by less than 0.0001",
)
