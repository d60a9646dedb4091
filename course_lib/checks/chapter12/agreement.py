"""Exercise 12.5: Krippendorff's alpha for ratings on a scale, with gaps.

Cases have different numbers of ratings, one has a single one, the scale has a step that is rare, and one set has no
variation.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from course_lib.checks.exercise import Case, Exercise, Mistake

Ratings = Sequence[Sequence[float | None]]
Distance = Callable[[float, float, Counter[float]], float]


def _ordinal(one: float, other: float, counts: Counter[float]) -> float:
    low, high = min(one, other), max(one, other)
    between = sum(count for rating, count in counts.items() if low <= rating <= high)
    return (between - (counts[low] + counts[high]) / 2) ** 2


def _alpha(
    ratings: Ratings,
    *,
    distance: Distance = _ordinal,
    least: int = 2,
    weighted: bool = True,
    minus: int = 1,
    missing: float | None = None,
    empty: float = math.nan,
) -> float:
    cases = [[missing if r is None else r for r in case] for case in ratings]
    kept = [[r for r in case if r is not None] for case in cases]
    kept = [case for case in kept if len(case) >= least]
    counts: Counter[float] = Counter(r for case in kept for r in case)
    total = sum(counts.values())
    observed = sum(
        sum(distance(a, b, counts) for a in case for b in case) / (max(len(case) - 1, 1) if weighted else 1)
        for case in kept
    )
    expected = sum(counts[a] * counts[b] * distance(a, b, counts) for a in counts for b in counts)
    return 1 - observed / (expected / (total - minus)) if expected else empty


def nominal(ratings: Ratings) -> float:
    """Equal or not."""
    return _alpha(ratings, distance=lambda a, b, counts: float(a != b))


def interval(ratings: Ratings) -> float:
    """The squared difference of the numbers."""
    return _alpha(ratings, distance=lambda a, b, counts: (a - b) ** 2)


def whole_ends(ratings: Ratings) -> float:
    """Both ends counted in full."""

    def between(one: float, other: float, counts: Counter[float]) -> float:
        if one == other:
            return 0.0
        return sum(c for r, c in counts.items() if min(one, other) <= r <= max(one, other)) ** 2

    return _alpha(ratings, distance=between)


def not_squared(ratings: Ratings) -> float:
    """The distance itself."""
    return _alpha(ratings, distance=lambda a, b, counts: math.sqrt(_ordinal(a, b, counts)))


def gaps_as_zero(ratings: Ratings) -> float:
    """A gap is a rating of 0."""
    return _alpha(ratings, missing=0.0)


def single_ones_count(ratings: Ratings) -> float:
    """Cases with one rating enter the expected part."""
    return _alpha(ratings, least=1)


def only_complete(ratings: Ratings) -> float:
    """Cases with a gap are thrown away."""
    return _alpha([case for case in ratings if None not in case])


def not_weighted(ratings: Ratings) -> float:
    """Pairs are not divided by m - 1."""
    return _alpha(ratings, weighted=False)


def with_replacement(ratings: Ratings) -> float:
    """n in place of n - 1."""
    return _alpha(ratings, minus=0)


def one_where_it_cannot_tell(ratings: Ratings) -> float:
    """1 where nothing varies."""
    return _alpha(ratings, empty=1.0)


def agreement(ratings: Ratings) -> float:
    """The share of equal pairs."""
    kept = [[r for r in case if r is not None] for case in ratings]
    pairs = [(a, b) for case in kept for i, a in enumerate(case) for b in case[:i]]
    return sum(a == b for a, b in pairs) / len(pairs) if pairs else math.nan


def right_by_ranks(ratings: Ratings) -> Any:
    """Middle ranks in place of ratings; then the squared difference is the distance."""
    import numpy as np
    from scipy.stats import rankdata

    cases = [[r for r in case if r is not None] for case in ratings]
    cases = [case for case in cases if len(case) > 1]
    ranks = iter(rankdata([r for case in cases for r in case]))
    ranked = [np.array([next(ranks) for _ in case]) for case in cases]
    everything = np.concatenate(ranked)
    observed = sum(((case[:, None] - case[None]) ** 2).sum() / (len(case) - 1) for case in ranked)
    expected = ((everything[:, None] - everything[None]) ** 2).sum() / (len(everything) - 1)
    return 1 - observed / expected if expected else math.nan


def right_by_coincidences(ratings: Ratings) -> Any:
    """The table of coincidences, with torch."""
    import torch

    cases = [[r for r in case if r is not None] for case in ratings]
    values = sorted({r for case in cases if len(case) > 1 for r in case})
    table = torch.zeros(len(values), len(values), dtype=torch.float64)
    for case in (case for case in cases if len(case) > 1):
        said = torch.tensor([float(case.count(value)) for value in values], dtype=torch.float64)
        table += (torch.outer(said, said) - torch.diag(said)) / (len(case) - 1)
    counts = table.sum(1)
    place = counts.cumsum(0) - counts / 2
    squared = (place[:, None] - place[None]) ** 2
    expected = (torch.outer(counts, counts) * squared).sum() / (counts.sum() - 1)
    return 1 - (table * squared).sum() / expected if expected > 0 else torch.tensor(math.nan)


def _reviews(seed: int, cases: int, reviewers: int, noise: float, gaps: float) -> list[list[float | None]]:
    draw = random.Random(seed)
    out: list[list[float | None]] = []
    for _ in range(cases):
        truth = draw.choice((1, 1, 1, 2, 2, 3, 5))  # a step is never the truth, so steps differ in size by count
        case: list[float | None] = [
            float(max(1, min(5, truth + (draw.choice((-1, 1, 2)) if draw.random() < noise else 0))))
            for _ in range(reviewers)
        ]
        out.append([None if draw.random() < gaps else rating for rating in case])
    return [*out, [4.0, *[None] * (reviewers - 1)], [2.0, 2.0, *[None] * (reviewers - 2)]]


def _hidden(seed: int) -> tuple[Case, ...]:
    return (
        Case("three reviewers, gaps", (_reviews(seed, 22, 3, 0.4, 0.15),)),
        Case("four reviewers", (_reviews(seed + 1, 15, 4, 0.5, 0.2),)),
        Case("all the same", ([[2.0, 2.0], [2.0, 2.0, None], [2.0, 2.0]],)),
    )


KRIPPENDORFF = Exercise(
    id="12.5",
    title="Reviewers, a scale and gaps",
    points=4,
    difficulty=4,
    minutes=20,
    reference="course_lib.bias.agreement:krippendorff_alpha",
    returns="Krippendorff's alpha for an ordered scale; `math.nan` where all ratings that can be compared are the same",
    example=(
        "`krippendorff_alpha([[1, 2], [2, 2], [3, 3], [1, 1]])` is 0.790; with `[3, None]` as a further "
        "case it stays so."
    ),
    hints=(
        "Which ratings can be compared with anything? Leave the others out before you count. Then two "
        "sums are needed: over pairs within cases, and over pairs among all.",
        "Let `counts` say how often each rating occurs in what is left. Distance of two ratings: all "
        "counts from the one to the other, less half of the two ends, squared. "
        "Observed: within each case all ordered pairs, divided by m - 1. Expected: all pairs of ratings, "
        "times how often each occurs, divided by n - 1.",
        "```python\nobserved = sum(sum(distance(one, other) for one in case for other in case) / (...) "
        "for case in cases)\n"
        "expected = sum(counts[one] * counts[other] * distance(one, other) for one in counts for other in counts)\n"
        "return 1 - observed / (expected / (...)) if expected else math.nan\n```",
    ),
    why=(
        "Numbers about bias end with people who read answers and say how bad they are. Before you act on "
        "their ratings you want to know whether another three would have "
        "said the same."
    ),
    visible=(
        Case("two reviewers", ([[1, 2], [2, 2], [3, 3], [1, 1], [3, 2]],)),
        Case(
            "gaps, and a single rating",
            ([[1, 1, None], [2, 3, 3], [5, None, 5], [4, None, None], [1, 2, 1], [3, 3, None]],),
        ),
        Case("three reviewers", (_reviews(7, 14, 3, 0.4, 0.1),)),
        Case("all the same", ([[1, 1], [1, 1]],)),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "nominal",
            nominal,
            "You treat every disagreement alike. On a scale, 1 and 5 are further apart than 1 and 2.",
        ),
        Mistake(
            "interval",
            interval,
            "You subtract the numbers. The steps have an order and no size: their distance comes from how "
            "often ratings occur.",
        ),
        Mistake("whole ends", whole_ends, "Your distance counts both ends in full; each counts half."),
        Mistake("not squared", not_squared, "The distance is not squared."),
        Mistake("gaps as zero", gaps_as_zero, "A gap has become a rating. Who says nothing does not say *none*."),
        Mistake(
            "single ratings",
            single_ones_count,
            "Cases with a single rating enter your counts. They say nothing about agreement, so they are "
            "left out of both sums.",
        ),
        Mistake(
            "complete cases only",
            only_complete,
            "You throw away every case with a gap. Two of three ratings can still be compared.",
        ),
        Mistake(
            "not weighted",
            not_weighted,
            "A case with four ratings has six times as many pairs as one with two, and should count twice as "
            "much. What are its pairs divided by?",
        ),
        Mistake(
            "n for n - 1",
            with_replacement,
            "In the expected part a rating is paired with itself: one of n has n - 1 others.",
        ),
        Mistake(
            "1 where nothing varies",
            one_where_it_cannot_tell,
            "All ratings are the same, and you call it agreement. Nothing here could have shown a "
            "disagreement by chance.",
        ),
        Mistake("agreement", agreement, "This is the share of equal pairs. Chance has not been taken away."),
    ),
    alternatives=(right_by_ranks, right_by_coincidences),
    rtol=1e-6,
    atol=1e-9,
    tolerance_reason="sums of doubles in another order",
    also_withheld=("course_lib.bias.agreement:_alpha_of_counts",),
)
