"""Exercise 12.2: adjusted p-values.

The p-values come unsorted, with neighbours that make plain multiplication fall, large ones that would exceed 1, and
equal ones.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from course_lib.checks.exercise import Case, Exercise, Mistake

P = Sequence[float]


def _adjusted(
    p: P,
    *,
    holm_rank: int = 0,
    bh_rank: int = 0,
    holm_up: bool = True,
    bh_down: bool = True,
    cap: bool = True,
    restore: bool = True,
) -> tuple[list[float], list[float]]:
    n, order = len(p), sorted(range(len(p)), key=lambda i: p[i])
    most = 1.0 if cap else float("inf")
    holm = [min(most, p[i] * max(n - k - holm_rank, 0)) for k, i in enumerate(order)]
    bh = [min(most, p[i] * n / (k + 1 + bh_rank)) for k, i in enumerate(order)]
    if holm_up:
        holm = [max(holm[: k + 1]) for k in range(n)]
    if bh_down:
        bh = [min(bh[k:]) for k in range(n)]
    if not restore:
        return holm, bh
    place = {i: k for k, i in enumerate(order)}
    return [holm[place[i]] for i in range(n)], [bh[place[i]] for i in range(n)]


def bonferroni(p_values: P) -> Any:
    """n for all, twice."""
    both = [min(1.0, p * len(p_values)) for p in p_values]
    return both, both


def as_they_come(p_values: P) -> Any:
    """Ranks by position, not by size."""
    n = len(p_values)
    holm = [min(1.0, p * (n - k)) for k, p in enumerate(p_values)]
    bh = [min(1.0, p * n / (k + 1)) for k, p in enumerate(p_values)]
    return [max(holm[: k + 1]) for k in range(n)], [min(bh[k:]) for k in range(n)]


def sorted_result(p_values: P) -> Any:
    """The order is not restored."""
    return _adjusted(p_values, restore=False)


def holm_may_fall(p_values: P) -> Any:
    """No running maximum."""
    return _adjusted(p_values, holm_up=False)


def bh_may_fall(p_values: P) -> Any:
    """No running minimum."""
    return _adjusted(p_values, bh_down=False)


def above_one(p_values: P) -> Any:
    """Not cut at 1."""
    return _adjusted(p_values, cap=False)


def holm_one_less(p_values: P) -> Any:
    """n - 1 for the first."""
    return _adjusted(p_values, holm_rank=1)


def rank_one_more(p_values: P) -> Any:
    """k + 1 in place of k."""
    return _adjusted(p_values, bh_rank=1)


def bh_from_below(p_values: P) -> Any:
    """A running maximum for both."""
    holm, _ = _adjusted(p_values)
    n, order = len(p_values), sorted(range(len(p_values)), key=lambda i: p_values[i])
    largest, bh = 0.0, [0.0] * n
    for k, i in enumerate(order, start=1):
        largest = max(largest, min(1.0, p_values[i] * n / k))
        bh[i] = largest
    return holm, bh


def exchanged(p_values: P) -> Any:
    """Benjamini-Hochberg first."""
    holm, bh = _adjusted(p_values)
    return bh, holm


def right_with_scipy(p_values: P) -> Any:
    """SciPy for the one, numpy for the other."""
    import numpy as np
    from scipy.stats import false_discovery_control

    p = np.asarray(p_values)
    order = np.argsort(p, kind="stable")
    holm = np.empty(len(p))
    holm[order] = np.minimum(1, np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)))
    return holm, false_discovery_control(p)


def right_by_definition(p_values: P) -> Any:
    """Without sorting: each from all the others."""
    n = len(p_values)
    below = {p: sum(q <= p for q in p_values) for p in p_values}
    strictly = {p: sum(q < p for q in p_values) for p in p_values}
    holm = [min(1.0, max(q * (n - strictly[q]) for q in p_values if q <= p)) for p in p_values]
    bh = [min(1.0, min(q * n / below[q] for q in p_values if q >= p)) for p in p_values]
    return holm, bh


def _hidden(seed: int) -> tuple[Case, ...]:
    draw = random.Random(seed)
    small = [round(draw.uniform(0.004, 0.02), 4) for _ in range(4)]
    large = [round(draw.uniform(0.2, 0.9), 3) for _ in range(5)]
    mixed = [*small, *large, 0.031, 0.033, 0.034]
    draw.shuffle(mixed)
    return (
        Case("twelve tests", (mixed,)),
        Case("neighbours", ([0.03, 0.012, 0.0125, 0.6, 0.0126, round(draw.uniform(0.3, 0.5), 3)],)),
        Case("nothing there", ([round(draw.uniform(0.3, 1), 3) for _ in range(8)],)),
    )


ADJUST = Exercise(
    id="12.2",
    title="Forty tests at once",
    points=3,
    difficulty=3,
    minutes=15,
    reference="course_lib.bias.multiple:adjust_p_values",
    returns="`(holm, benjamini_hochberg)`: two lists of adjusted p-values, in the order in which the p-values came",
    example=(
        "`adjust_p_values([0.5, 0.01])` is `([0.5, 0.02], [0.5, 0.02])`: the smaller one is multiplied "
        "by two, the larger one by one."
    ),
    hints=(
        "Both go by rank, so the tests have to be put in order of their p-values, and the results back into theirs.",
        "Holm from the smallest up: times n, n - 1, …, and never below the one before. Benjamini and "
        "Hochberg from the largest down: times n / rank, and never "
        "above the one after. Nothing above 1.",
        "```python\norder = sorted(range(n), key=lambda test: p_values[test])\nfor rank, test in "
        "enumerate(order, start=1):\n"
        "    largest = max(largest, min(1.0, p_values[test] * (...)))\n    holm[test] = largest\nfor "
        "rank, test in reversed(list(enumerate(order, start=1))):\n"
        "    smallest = min(smallest, ...)\n    hochberg[test] = smallest\n```",
    ),
    why=(
        "A bias report on forty occupations has two findings at the 5% level on a model without any. You "
        "want to know which of your findings are those."
    ),
    visible=(
        Case("four tests", ([0.04, 0.01, 0.03, 0.2],)),
        Case("neighbours that would fall", ([0.02, 0.021, 0.5, 0.0205, 0.9],)),
        Case("equal ones, and large ones", ([0.3, 0.3, 0.8, 0.001, 0.6, 0.3],)),
        Case("one test", ([0.04],)),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "Bonferroni",
            bonferroni,
            "You multiply all by the number of tests: Bonferroni. It keeps Holm's promise and finds less; "
            "the second list makes another promise.",
        ),
        Mistake(
            "as they come",
            as_they_come,
            "Your ranks are the positions in the list. The rank is that among the sorted p-values.",
        ),
        Mistake(
            "sorted",
            sorted_result,
            "Your results are sorted; the reader cannot tell which test is which. Put them back into the "
            "order in which they came.",
        ),
        Mistake(
            "Holm falls",
            holm_may_fall,
            "In your first list a larger p-value gets a smaller adjusted one. Whoever is not rejected stops "
            "the descent for all that come after.",
        ),
        Mistake(
            "the other falls",
            bh_may_fall,
            "In your second list a smaller p-value can get a larger adjusted one than its neighbour. If the "
            "larger is a discovery, so is the smaller.",
        ),
        Mistake("above 1", above_one, "Some are above 1. A p-value is a probability."),
        Mistake(
            "Holm's factor",
            holm_one_less,
            "Your first factor is n - 1. The smallest of n p-values has been chosen among n.",
        ),
        Mistake("rank from 2", rank_one_more, "Your ranks begin at 2: the smallest p-value has rank 1."),
        Mistake(
            "maximum for both",
            bh_from_below,
            "You take a running maximum for both. The second goes from the largest down.",
        ),
        Mistake("exchanged", exchanged, "The two lists are exchanged: Holm comes first."),
    ),
    alternatives=(right_with_scipy, right_by_definition),
    rtol=1e-9,
    atol=1e-12,
    tolerance_reason="products of doubles in another order",
)
