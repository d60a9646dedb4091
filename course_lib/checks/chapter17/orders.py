"""Exercise 17.4: the p-value of the order of a file.

Shards weigh differently, so that adding up, averaging p-values and looking at the best shard differ; an order equals the
file's own; and in one case the file's order is the least probable.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from statistics import NormalDist, mean, stdev
from typing import Any

from course_lib.checks.exercise import Case, Exercise, Mistake

Own = Sequence[float]
Others = Sequence[Sequence[float]]


def _totals(file_order: Own, other_orders: Others) -> tuple[float, list[float]]:
    return sum(file_order), [sum(order) for order in other_orders]


def without_own(file_order: Own, other_orders: Others) -> float:
    """The file's own order does not count."""
    own, others = _totals(file_order, other_orders)
    return sum(one >= own for one in others) / len(others)


def only_above(file_order: Own, other_orders: Others) -> float:
    """Orders that are just as probable do not count."""
    own, others = _totals(file_order, other_orders)
    return (1 + sum(one > own for one in others)) / (1 + len(others))


def other_side(file_order: Own, other_orders: Others) -> float:
    """Counts the orders that are less probable."""
    own, others = _totals(file_order, other_orders)
    return (1 + sum(one <= own for one in others)) / (1 + len(others))


def two_sided(file_order: Own, other_orders: Others) -> float:
    """Both tails."""
    own, others = _totals(file_order, other_orders)
    up, down = sum(one >= own for one in others), sum(one <= own for one in others)
    return min(1.0, 2 * (1 + min(up, down)) / (1 + len(others)))


def mean_over_shards(file_order: Own, other_orders: Others) -> float:
    """The mean of the shards' p-values."""
    return mean(_by_shard(file_order, other_orders))


def best_shard(file_order: Own, other_orders: Others) -> float:
    """The smallest of the shards' p-values."""
    return min(_by_shard(file_order, other_orders))


def product_over_shards(file_order: Own, other_orders: Others) -> float:
    """The product of the shards' p-values."""
    return math.prod(_by_shard(file_order, other_orders))


def _by_shard(file_order: Own, other_orders: Others) -> list[float]:
    count = len(other_orders)
    return [(1 + sum(order[s] >= own for order in other_orders)) / (1 + count) for s, own in enumerate(file_order)]


def every_shard(file_order: Own, other_orders: Others) -> float:
    """An order counts when it is as good in every shard."""
    as_good = sum(all(a >= b for a, b in zip(order, file_order, strict=True)) for order in other_orders)
    return (1 + as_good) / (1 + len(other_orders))


def normal(file_order: Own, other_orders: Others) -> float:
    """From a normal distribution."""
    own, others = _totals(file_order, other_orders)
    spread = stdev(others)
    return 1 - NormalDist().cdf((own - mean(others)) / spread) if spread else 1.0


def right_with_numpy(file_order: Own, other_orders: Others) -> Any:
    """All orders, the file's own among them, in one array."""
    import numpy as np

    totals = np.vstack([np.asarray(file_order, float)[None], np.asarray(other_orders, float)]).sum(axis=1)
    return np.mean(totals >= totals[0])


def right_by_sorting(file_order: Own, other_orders: Others) -> Any:
    """The place among the sorted totals."""
    import bisect

    own, others = _totals(file_order, other_orders)
    others.sort()
    return (1 + len(others) - bisect.bisect_left(others, own)) / (1 + len(others))


def _case(name: str, seed: int, shards: int, orders: int, lift: float, equal: int = 0) -> Case:
    """Whole numbers of eighths, so that sums are exact in any order."""
    draw = random.Random(seed)

    def value(shard: int) -> float:
        return -80.0 - 10 * shard + round(draw.gauss(0, 3 + 2 * shard) * 8) / 8

    own = [value(shard) + lift for shard in range(shards)]
    others = [[value(shard) for shard in range(shards)] for _ in range(orders)]
    for place in range(equal):
        others[place] = [*own[1:], own[0]] if place % 2 else list(own)
    draw.shuffle(others)
    return Case(name, (own, others))


def _hidden(seed: int) -> tuple[Case, ...]:
    return (
        _case("three shards", seed, 3, 24, 1.0),
        _case("a file that was read", seed + 1, 4, 39, 14.0),
        _case("equal orders", seed + 2, 2, 19, 1.5, equal=3),
        _case("less probable than most", seed + 3, 3, 29, -4.0, equal=1),
    )


ORDER_P_VALUE = Exercise(
    id="17.4",
    title="Has it read the file?",
    points=3,
    difficulty=3,
    minutes=12,
    reference="course_lib.evals.contamination:order_p_value",
    returns=(
        "the p-value: of all orders, the file's own among them, the share under which the whole text (the sum over "
        "shards) is at least as "
        "probable as under the file's own"
    ),
    example=(
        "`order_p_value([-4.0, -6.0], [[-5.0, -6.0], [-5.0, -5.0], [-7.0, -7.0]])` is 0.5: the file's order has -10 "
        "in all, one of the "
        "three others reaches that, and the file's own counts as well: 2 of 4."
    ),
    hints=(
        "The text is the whole file, not a shard. What is its log-likelihood under one order?",
        "Add up the shards, for the file's order and for each other one. Then count: how many totals are as large as "
        "the file's own, "
        "or larger? The file's own is one of the orders that could have been drawn, so it counts above and below.",
        "```python\nown = sum(file_order)\nas_good = sum(sum(order) >= ... for order in other_orders)\nreturn (... + "
        "as_good) / (... + len(other_orders))\n```",
    ),
    why=(
        "A model that has read the test gets a score that means nothing, and nobody tells you what it has read. This "
        "test needs its "
        "log-probabilities only; and it raises false alarms where the order of a file was no accident."
    ),
    visible=(
        Case("two shards, three orders", ([-4.0, -6.0], [[-5.0, -6.0], [-5.0, -5.0], [-7.0, -7.0]])),
        _case("nothing special", 3, 3, 19, 0.5),
        _case("a file that was read", 4, 3, 39, 15.0),
        _case("equal orders", 7, 2, 24, 2.0, equal=4),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "own order left out",
            without_own,
            "The file's own order is one of those that could have been drawn. Without it the p-value can be 0, which "
            "no sample supports.",
        ),
        Mistake("only above", only_above, "Orders that are exactly as probable as the file's own count, too."),
        Mistake(
            "other side",
            other_side,
            "You count the orders that are *less* probable. Suspicious is an order that few others reach.",
        ),
        Mistake(
            "two sides",
            two_sided,
            "You count both sides. A model that has read the file finds its order more probable, not less.",
        ),
        Mistake(
            "mean of shards",
            mean_over_shards,
            "A mean of p-values is no p-value. Add up the log-likelihoods of the shards first.",
        ),
        Mistake(
            "best shard",
            best_shard,
            "You take the most suspicious shard. With enough shards one always looks suspicious.",
        ),
        Mistake(
            "product", product_over_shards, "A product of p-values is no p-value: with more shards it falls by itself."
        ),
        Mistake(
            "every shard",
            every_shard,
            "You ask that another order be as good in *every* shard. The text is the whole file: add up.",
        ),
        Mistake("normal", normal, "You use a normal distribution. Counting needs no assumption and is exact."),
    ),
    alternatives=(right_with_numpy, right_by_sorting),
    rtol=1e-9,
    atol=1e-9,
    tolerance_reason="shares of counts; the numbers are such that sums are exact",
    also_withheld=("course_lib.evals.contamination:pooled_p_value",),
)
