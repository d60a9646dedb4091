"""Exercise 6.1: a stratified plan.

Sizes and spreads rank the strata differently, one stratum is smaller than the minimum or is used up, and the totals are such that
each wrong rule gives another plan. No priorities are equal, so that ties do not decide (the first case has none either).
"""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Callable, Sequence
from typing import Any

from course_lib.checks.exercise import Case, Exercise, Mistake

Priority = Callable[[int, float, int], float]


def _planned(
    sizes: Sequence[int], spreads: Sequence[float], total: int, minimum: int, gain: Priority, capped: bool = True
) -> list[int]:
    plan = [min(minimum, size) for size in sizes] if capped else [minimum] * len(sizes)
    while sum(plan) < total:
        gains = [gain(N, S, n) if n < N or not capped else -1.0 for N, S, n in zip(sizes, spreads, plan, strict=True)]
        plan[gains.index(max(gains))] += 1
    return plan


def _root(n: int) -> float:
    return math.sqrt(n * (n + 1)) or 1e-9


def by_size_only(sizes: Sequence[int], spreads: Sequence[float], total: int, minimum: int) -> list[int]:
    """Forgets the spreads: proportional."""
    return _planned(sizes, spreads, total, minimum, lambda N, S, n: N / _root(n))


def by_spread_only(sizes: Sequence[int], spreads: Sequence[float], total: int, minimum: int) -> list[int]:
    """Forgets the sizes."""
    return _planned(sizes, spreads, total, minimum, lambda N, S, n: S / _root(n))


def spread_squared(sizes: Sequence[int], spreads: Sequence[float], total: int, minimum: int) -> list[int]:
    """Variance in place of the standard deviation."""
    return _planned(sizes, spreads, total, minimum, lambda N, S, n: N * S**2 / _root(n))


def without_root(sizes: Sequence[int], spreads: Sequence[float], total: int, minimum: int) -> list[int]:
    """Divides by n (n + 1) itself."""
    return _planned(sizes, spreads, total, minimum, lambda N, S, n: N * S / _root(n) ** 2)


def divided_by_n(sizes: Sequence[int], spreads: Sequence[float], total: int, minimum: int) -> list[int]:
    """Divides by what a stratum has."""
    return _planned(sizes, spreads, total, minimum, lambda N, S, n: N * S / (n or 1e-9))


def divided_by_next(sizes: Sequence[int], spreads: Sequence[float], total: int, minimum: int) -> list[int]:
    """Divides by what a stratum would have."""
    return _planned(sizes, spreads, total, minimum, lambda N, S, n: N * S / (n + 1))


def divided_by_middle(sizes: Sequence[int], spreads: Sequence[float], total: int, minimum: int) -> list[int]:
    """Divides by n + 1/2, as Webster did."""
    return _planned(sizes, spreads, total, minimum, lambda N, S, n: N * S / (n + 0.5))


DIVIDED = (divided_by_n, divided_by_next, divided_by_middle)


def largest_weight_first(sizes: Sequence[int], spreads: Sequence[float], total: int, minimum: int) -> list[int]:
    """Does not divide: fills the heaviest stratum first."""
    return _planned(sizes, spreads, total, minimum, lambda N, S, n: N * S)


def no_minimum(sizes: Sequence[int], spreads: Sequence[float], total: int, minimum: int) -> list[int]:
    """One each to begin with."""
    return _planned(sizes, spreads, total, 1, lambda N, S, n: N * S / _root(n))


def no_cap(sizes: Sequence[int], spreads: Sequence[float], total: int, minimum: int) -> list[int]:
    """Takes more than there is."""
    return _planned(sizes, spreads, total, minimum, lambda N, S, n: N * S / _root(n), capped=False)


def minimum_on_top(sizes: Sequence[int], spreads: Sequence[float], total: int, minimum: int) -> list[int]:
    """Hands out the rest as if nobody had anything, then adds the minimum."""
    base = [min(minimum, size) for size in sizes]
    rest = [max(size - b, 0) for size, b in zip(sizes, base, strict=True)]
    extra = [0] * len(sizes)
    while sum(extra) + sum(base) < total:
        gains = [
            N * S / _root(n) if n < room else -1.0 for N, S, n, room in zip(sizes, spreads, extra, rest, strict=True)
        ]
        extra[gains.index(max(gains))] += 1
    return [b + e for b, e in zip(base, extra, strict=True)]


def rounded_shares(sizes: Sequence[int], spreads: Sequence[float], total: int, minimum: int) -> list[int]:
    """Rounds the Neyman shares, lifts small ones: misses the total."""
    weights = [N * S for N, S in zip(sizes, spreads, strict=True)]
    return [min(N, max(minimum, round(total * w / sum(weights)))) for N, w in zip(sizes, weights, strict=True)]


def right_by_heap(sizes: Sequence[int], spreads: Sequence[float], total: int, minimum: int) -> tuple[int, ...]:
    """A heap of priorities."""
    plan = [min(minimum, size) for size in sizes]

    def entry(h: int) -> tuple[float, int]:
        return -sizes[h] * spreads[h] / math.sqrt(plan[h] * (plan[h] + 1)), h

    heap = [entry(h) for h in range(len(sizes)) if plan[h] < sizes[h]]
    heapq.heapify(heap)
    for _ in range(total - sum(plan)):
        _, h = heapq.heappop(heap)
        plan[h] += 1
        if plan[h] < sizes[h]:
            heapq.heappush(heap, entry(h))
    return tuple(plan)


def right_by_variance(sizes: Sequence[int], spreads: Sequence[float], total: int, minimum: int) -> Any:
    """Says what each step lowers the variance by, with NumPy."""
    import numpy as np

    N, weight = np.asarray(sizes), (np.asarray(sizes) * np.asarray(spreads)) ** 2
    n = np.minimum(minimum, N)
    while n.sum() < total:
        n[np.argmax(np.where(n < N, weight / n - weight / (n + 1), -1))] += 1
    return n


def _case(name: str, sizes: list[int], spreads: list[float], total: int, minimum: int) -> Case:
    return Case(name, (sizes, spreads, total, minimum))


def _small(seed: int) -> Case:
    """A minimum of one, at which dividing by n, by n + 1 and by their middle give three other plans."""
    draw = random.Random(seed)
    while True:
        sizes = [draw.randrange(200, 400), draw.randrange(40, 90), draw.randrange(15, 40), draw.randrange(8, 20)]
        spreads = [0.2 + 0.2 * draw.random(), 0.25 + 0.2 * draw.random(), 0.3 + 0.2 * draw.random(), 0.38]
        case = _case("few requests", sizes, spreads, draw.randrange(18, 40), 1)
        if all(wrong(*case.arguments) != list(right_by_heap(*case.arguments)) for wrong in DIVIDED):
            return case


def _hidden(seed: int) -> tuple[Case, ...]:
    draw = random.Random(seed)
    sizes = [draw.randrange(301, 420), draw.randrange(90, 150), draw.randrange(201, 290), draw.randrange(31, 45)]
    spreads = [0.11 + 0.02 * draw.random(), 0.46 + 0.03 * draw.random(), 0.29 + 0.03 * draw.random(), 0.37]
    return (
        _case("four strata", sizes, spreads, draw.randrange(90, 120), 7),
        _small(seed),
        _case("one used up", [9, *sizes[1:]], [0.5, *spreads[1:]], draw.randrange(150, 200), draw.randrange(11, 14)),
    )


ALLOCATE = Exercise(
    id="6.1",
    title="A plan that leaves nothing out",
    points=2,
    difficulty=3,
    minutes=12,
    reference="course_lib.redteam:allocate",
    returns="a list of whole numbers: how many requests to take from each stratum",
    example="`allocate([600, 300, 100], [0.5, 0.5, 0.5], 50, 8)` is `[28, 14, 8]`.",
    hints=(
        "Begin with the minimum everywhere. Then give away one request at a time until the total is reached.",
        "In each round compute one number per stratum, size · spread / √(n (n + 1)), and add 1 where it is "
        "largest. A stratum that has "
        "all of its requests in the plan must never be the largest.",
        "```python\nplan = [min(..., size) for size in sizes]\nwhile ...:\n    gains = [... if n < size else "
        "-1.0 for ...]\n    plan[...] += 1\nreturn plan\n```",
    ),
    why=(
        "What was never asked looks safe in every report. A plan with a minimum makes the gaps visible before "
        "the session, when they can "
        "still be filled."
    ),
    visible=(
        _case("proportional", [600, 300, 100], [0.5, 0.5, 0.5], 50, 8),
        _case("other spreads", [250, 240, 170, 40], [0.1, 0.47, 0.3, 0.4], 83, 5),
        _case("one small stratum", [6, 300, 120], [0.5, 0.2, 0.45], 95, 10),
        _case("few requests", [244, 40, 30, 18], [0.3, 0.45, 0.3, 0.38], 38, 1),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "sizes only",
            by_size_only,
            "This is the proportional plan: the spreads had no influence. A stratum in which outcomes vary more "
            "needs more requests.",
        ),
        Mistake(
            "spreads only", by_spread_only, "The sizes had no influence: a small stratum gets as much as a large one."
        ),
        Mistake(
            "variance", spread_squared, "The spread stands squared in your priority. It is a standard deviation: once."
        ),
        Mistake("no root", without_root, "The plan is too even: look at what you divide by. Is the root there?"),
        Mistake(
            "divided by n",
            divided_by_n,
            "You divide by what the stratum has so far. The gain of one more request depends on what it has *and* on what "
            "it will have.",
        ),
        Mistake(
            "divided by n + 1",
            divided_by_next,
            "You divide by what the stratum will have, which favours large strata. The gain depends on what it has as well.",
        ),
        Mistake(
            "divided by the middle",
            divided_by_middle,
            "You divide by the middle between n and n + 1. That is another rule, and for small n another plan: compare it "
            "with the formula.",
        ),
        Mistake(
            "not divided",
            largest_weight_first,
            "All of the rest went to the heaviest stratum. The priority has to fall with what a stratum already has.",
        ),
        Mistake("no minimum", no_minimum, "Your plan begins with one request each. Begin with `minimum`."),
        Mistake("no cap", no_cap, "From one stratum you take more requests than it has."),
        Mistake(
            "minimum on top",
            minimum_on_top,
            "You hand out the rest as if no stratum had anything yet. What the minimum gave counts as n.",
        ),
        Mistake(
            "rounded shares",
            rounded_shares,
            "You round the shares and lift the small ones. Add up your plan: is it the total? Give requests out one by one.",
        ),
    ),
    alternatives=(right_by_heap, right_by_variance),
    rtol=0,
    atol=0,
    tolerance_reason="whole numbers",
)
