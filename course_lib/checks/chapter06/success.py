"""Exercise 6.2: attack success per request, its interval, and the number of requests that a narrower one takes.

Requests have different numbers of tries, failures come before and after successes, and tries of different requests
are mixed, so that each way of counting gives another count.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from course_lib.checks.exercise import Case, Exercise, Mistake
from course_lib.rates import Z95, wilson_interval

Answer = tuple[int, int, float, float, int]


def _half(p: float, n: int, z: float = Z95) -> float:
    return z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)


def _answer(broken: int, n: int, half_width: float, p: float | None = None) -> Answer:
    share, needed = broken / n if p is None else p, 1
    while _half(share, needed) > half_width:
        needed += 1
    return (broken, n, *wilson_interval(broken, n), needed)


def _tries(requests: Sequence[str], succeeded: Sequence[bool]) -> dict[str, list[bool]]:
    tries = defaultdict(list)
    for request, success in zip(requests, succeeded, strict=True):
        tries[request].append(bool(success))
    return tries


def per_try(requests: Sequence[str], succeeded: Sequence[bool], half_width: float) -> Answer:
    """Counts tries."""
    return _answer(sum(succeeded), len(succeeded), half_width)


def tries_over_requests(requests: Sequence[str], succeeded: Sequence[bool], half_width: float) -> Answer:
    """Requests below, tries below as well: broken requests of all tries."""
    return _answer(sum(any(t) for t in _tries(requests, succeeded).values()), len(requests), half_width)


def all_tries(requests: Sequence[str], succeeded: Sequence[bool], half_width: float) -> Answer:
    """Broken only when every try was a success."""
    tries = _tries(requests, succeeded)
    return _answer(sum(all(t) for t in tries.values()), len(tries), half_width)


def last_try(requests: Sequence[str], succeeded: Sequence[bool], half_width: float) -> Answer:
    """A dictionary keeps the last try."""
    last = dict(zip(requests, succeeded, strict=True))
    return _answer(sum(last.values()), len(last), half_width)


def first_try(requests: Sequence[str], succeeded: Sequence[bool], half_width: float) -> Answer:
    """The first try of each request."""
    tries = _tries(requests, succeeded)
    return _answer(sum(t[0] for t in tries.values()), len(tries), half_width)


def until_success(requests: Sequence[str], succeeded: Sequence[bool], half_width: float) -> Answer:
    """Stops at the first success in the session."""
    stop = list(succeeded).index(True) + 1 if any(succeeded) else len(succeeded)
    tries = _tries(requests[:stop], succeeded[:stop])
    return _answer(sum(any(t) for t in tries.values()), len(tries), half_width)


def textbook_size(requests: Sequence[str], succeeded: Sequence[bool], half_width: float) -> Answer:
    """z² p (1 - p) / h²."""
    broken, n, low, high, _ = _right(requests, succeeded, half_width)
    p = broken / n
    return broken, n, low, high, max(1, math.ceil(Z95**2 * p * (1 - p) / half_width**2))


def worst_case(requests: Sequence[str], succeeded: Sequence[bool], half_width: float) -> Answer:
    """Plans for one half."""
    broken, n, *_ = _right(requests, succeeded, half_width)
    return _answer(broken, n, half_width, 0.5)


def rounded_counts(requests: Sequence[str], succeeded: Sequence[bool], half_width: float) -> Answer:
    """Rounds the successes that the rate would give."""
    broken, n, low, high, _ = _right(requests, succeeded, half_width)
    needed = 1
    while True:
        ends = wilson_interval(round(broken / n * needed), needed)
        if (ends[1] - ends[0]) / 2 <= half_width:
            return broken, n, low, high, needed
        needed += 1


def longer_side(requests: Sequence[str], succeeded: Sequence[bool], half_width: float) -> Answer:
    """Measures from the rate to the end that is further off."""
    broken, n, low, high, _ = _right(requests, succeeded, half_width)
    p, needed = broken / n, 1
    while True:
        centre = (p + Z95**2 / (2 * needed)) / (1 + Z95**2 / needed)
        if abs(centre - p) + _half(p, needed) <= half_width:
            return broken, n, low, high, needed
        needed += 1


def mostly(requests: Sequence[str], succeeded: Sequence[bool], half_width: float) -> Answer:
    """Broken when more than half of the tries were successes."""
    tries = _tries(requests, succeeded)
    return _answer(sum(2 * sum(t) > len(t) for t in tries.values()), len(tries), half_width)


def full_width(requests: Sequence[str], succeeded: Sequence[bool], half_width: float) -> Answer:
    """Takes the half width for the whole."""
    broken, n, *_ = _right(requests, succeeded, half_width)
    return (broken, n, *wilson_interval(broken, n), _answer(broken, n, half_width / 2)[4])


def one_too_few(requests: Sequence[str], succeeded: Sequence[bool], half_width: float) -> Answer:
    """The last number that is not enough."""
    broken, n, low, high, needed = _right(requests, succeeded, half_width)
    return broken, n, low, high, needed - 1


def further_requests(requests: Sequence[str], succeeded: Sequence[bool], half_width: float) -> Answer:
    """How many more than were asked."""
    broken, n, low, high, needed = _right(requests, succeeded, half_width)
    return broken, n, low, high, max(0, needed - n)


def _right(requests: Sequence[str], succeeded: Sequence[bool], half_width: float) -> Answer:
    tries = _tries(requests, succeeded)
    return _answer(sum(any(t) for t in tries.values()), len(tries), half_width)


def right_by_halving(requests: Sequence[str], succeeded: Sequence[bool], half_width: float) -> list[Any]:
    """Halves the range of n."""
    broken, n, low, high, _ = _right(requests, succeeded, half_width)
    few, many = 0, 10**6
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (middle, many) if _half(broken / n, middle) > half_width else (few, middle)
    return [broken, n, low, high, many]


def right_with_numpy(requests: Sequence[str], succeeded: Sequence[bool], half_width: float) -> tuple[Any, ...]:
    """Arrays, and all sizes at once."""
    import numpy as np

    names, place = np.unique(list(requests), return_inverse=True)
    broken, n = int((np.bincount(place, weights=np.asarray(succeeded, float)) > 0).sum()), len(names)
    p, sizes = broken / n, np.arange(1, 20_000, dtype=float)
    halves = Z95 * np.sqrt(p * (1 - p) / sizes + Z95**2 / (4 * sizes**2)) / (1 + Z95**2 / sizes)
    low, high = wilson_interval(broken, n)
    return np.int64(broken), n, np.float64(low), high, int(sizes[halves <= half_width][0])


def _drawn(seed: int, count: int, chance: float, half_width: float, name: str) -> Case:
    draw = random.Random(seed)
    tries = [f"r{i}" for i in range(count) for _ in range(draw.randrange(2, 6))]
    tries += ["twice", "twice", "never", "never", "once and lost", "once and lost"]
    draw.shuffle(tries)
    outcomes = {"twice": [True, True], "never": [False, False], "once and lost": [True, False]}
    succeeded = [outcomes[r].pop(0) if r in outcomes else draw.random() < chance for r in tries]
    succeeded[0] = tries[0] == "twice"
    return Case(name, (tries, succeeded, half_width))


def _hidden(seed: int) -> tuple[Case, ...]:
    return (
        _drawn(seed, 25, 0.12, 0.06, "about 25 requests"),
        _drawn(seed + 1, 14, 0.2, 0.08, "about 14 requests"),
        _few(seed),
    )


def _few(seed: int) -> Case:
    """A wide interval, at which rounded counts give another number of requests."""
    while True:
        case = _drawn(seed, 9, 0.25, 0.12, "about 9 requests")
        if rounded_counts(*case.arguments)[4] != _right(*case.arguments)[4]:
            return case
        seed += 1


ATTACK_SUCCESS = Exercise(
    id="6.2",
    title="Attack success, and how many requests it takes",
    points=2,
    difficulty=2,
    minutes=10,
    reference="course_lib.redteam:attack_success",
    returns=(
        "`(broken, n, low, high, needed)`: how many requests had at least one successful try, how many requests "
        "there were, the ends of "
        "Wilson's interval, and the smallest number of requests at which Wilson's interval for the same rate is at most twice "
        "`half_width` wide"
    ),
    example=(
        "`attack_success(['a', 'a', 'b'], [False, True, False], 0.1)` is about `(1, 2, 0.09, 0.91, 93)`: `a` "
        "was tried twice and broke "
        "once."
    ),
    hints=(
        "What is one case here, a try or a request? A set counts requests, and another set counts those that broke.",
        "For `needed`, begin with 1 and add 1 while half of the width of Wilson's interval is still above `half_width`. "
        "Half of the width is z times √(p(1 − p)/m + z²/4m²), divided by 1 + z²/m, with the rate p that you found.",
        "```python\nn = len(set(requests))\nbroken = len({... for request, success in zip(requests, succeeded) if ...})\n"
        "low, high = ...\nneeded, p = 1, broken / n\nwhile ... > half_width:\n    needed += 1\n```",
    ),
    why=(
        "“We attacked it 500 times” may be 50 requests, ten times each. The interval belongs to the 50. And who "
        "knows the number that is "
        "needed before the session does not have to explain afterwards why nothing can be said."
    ),
    visible=(
        Case(
            "tries mixed",
            (["a", "b", "a", "c", "c", "d", "b", "a"], [False, True, True, True, True, False, False, False], 0.1),
        ),
        _drawn(5, 20, 0.15, 0.05, "some tries each"),
        Case("nothing broke", (["a", "b", "b", "c"], [False] * 4, 0.05)),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake("tries", per_try, "You count tries. Five tries of one request are one case: count requests."),
        Mistake(
            "over tries",
            tries_over_requests,
            "You count broken requests, but divide by the number of tries. What is n?",
        ),
        Mistake(
            "every try",
            all_tries,
            "A request counts as broken for you only when all of its tries were successes. For somebody who "
            "tries again, one is enough.",
        ),
        Mistake(
            "most tries",
            mostly,
            "A request counts as broken for you when most of its tries were successes. For somebody who tries again, one "
            "is enough.",
        ),
        Mistake(
            "last try",
            last_try,
            "Only the last try of each request counts in your answer. A dictionary made from pairs keeps the last one.",
        ),
        Mistake("first try", first_try, "Only the first try of each request counts in your answer."),
        Mistake(
            "stopped early",
            until_success,
            "Your count ends with the first success in the session. What came after it was asked as well.",
        ),
        Mistake(
            "textbook size",
            textbook_size,
            "The counts are right. `needed` is from the textbook formula z²p(1 − p)/h², which asks for one "
            "request where nothing broke.",
        ),
        Mistake(
            "one half", worst_case, "`needed` is for a rate of one half. Use the rate that was found; here it is known."
        ),
        Mistake(
            "rounded counts",
            rounded_counts,
            "The counts are right. For `needed` you round the successes to whole numbers, which moves the rate from one "
            "number of requests to the next. Keep the rate that was found.",
        ),
        Mistake(
            "the longer side",
            longer_side,
            "The counts are right. For `needed` you measure from the rate to one end, and Wilson's interval is not centred "
            "on the rate. Half of the whole width is meant.",
        ),
        Mistake("full width", full_width, "`needed` is for half of the wanted half width."),
        Mistake(
            "one too few", one_too_few, "`needed` is the last number that is not enough yet. Count one step further."
        ),
        Mistake("further", further_requests, "`needed` is how many requests in all, and not how many more."),
    ),
    alternatives=(right_by_halving, right_with_numpy),
    rtol=1e-4,
    atol=1e-4,
    tolerance_reason="the interval's ends come from one formula; counts are whole numbers",
)
