"""Do reviewers who rate on a scale agree, when there are three of them and some have left cases out?

Cohen's kappa (chapter 6) takes two judges, a label of each for every case, and treats every disagreement alike. A
review of bias has more than two people, gaps, and a scale: between "mild" and "serious" lies less than between "none"
and "serious". Krippendorff's alpha takes all of that. It compares the disagreement that was observed with the
disagreement that the same ratings, dealt to the cases at random, would show:

    alpha = 1 - observed / expected

Within each case every rating is compared with every other one, and a case with m ratings counts as m of them: each pair
gets the weight 1 / (m - 1). For a scale whose steps have an order and no size, the distance of two ratings is the
number of ratings that were given from the one to the other, of both ends half, squared: a step that hardly anybody
ever takes is a small one.

Pitfalls. A case that only one person has rated says nothing about agreement and is left out, of the expected part
too. Alpha needs variation: where nearly all cases are rated "none", a few slips pull it down. And agreement is not
truth.

Sources: K. Krippendorff, *Content Analysis* (4th ed. 2018), chapter 12; A. F. Hayes, K. Krippendorff, "Answering the
call for a standard reliability measure for coding data", Communication Methods and Measures 1 (2007), 77-89.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

Ratings = Sequence[Sequence[float | None]]


def krippendorff_alpha(ratings: Sequence[Sequence[float | None]]) -> float:
    """Krippendorff's alpha with the ordinal distance.

    Args:
        ratings: for each case, what each reviewer said, a number on an ordered scale; None where one said nothing.

    Returns:
        alpha, at most 1; NaN where the cases with two ratings or more all have the same one.

    Example:
        >>> krippendorff_alpha([[1, 1], [2, 2], [3, 3], [3, None]])
        1.0
        >>> round(krippendorff_alpha([[1, 2], [2, 2], [3, 3], [1, 1]]), 3)
        0.79
    """
    cases = [[rating for rating in case if rating is not None] for case in ratings]
    cases = [case for case in cases if len(case) > 1]
    counts = Counter(rating for case in cases for rating in case)
    total = sum(counts.values())

    def distance(one: float, other: float) -> float:
        low, high = min(one, other), max(one, other)
        between = sum(count for rating, count in counts.items() if low <= rating <= high)
        return (between - (counts[low] + counts[high]) / 2) ** 2

    observed = sum(sum(distance(one, other) for one in case for other in case) / (len(case) - 1) for case in cases)
    expected = sum(counts[one] * counts[other] * distance(one, other) for one in counts for other in counts)
    return 1 - observed / (expected / (total - 1)) if expected else math.nan


def alpha_interval(ratings: Ratings, *, draws: int = 500, seed: int = 0) -> tuple[float, float]:
    """A 95 % bootstrap interval: cases are drawn with replacement, and the middle 95 % of the alphas is kept.

    Example:
        >>> alpha_interval([[1, 1], [2, 2], [3, 3]] * 5, draws=50)
        (1.0, 1.0)
    """
    random = np.random.default_rng(seed)
    kinds = Counter(tuple(sorted(rating for rating in case if rating is not None)) for case in ratings)
    patterns, weights = list(kinds), np.array(list(kinds.values()))
    drawn = random.multinomial(len(ratings), weights / weights.sum(), size=draws)
    alphas = [_alpha_of_counts(patterns, row) for row in drawn]
    low, high = np.quantile([alpha for alpha in alphas if not math.isnan(alpha)], [0.025, 0.975])
    return float(low), float(high)


def _alpha_of_counts(patterns: Sequence[Sequence[float]], times: np.ndarray) -> float:
    """Alpha where each pattern of ratings occurs so many times, by the table of coincidences."""
    values = sorted({rating for pattern in patterns for rating in pattern})
    place = {rating: index for index, rating in enumerate(values)}
    table = np.zeros((len(values), len(values)))
    for pattern, count in zip(patterns, times, strict=True):
        if count and len(pattern) > 1:
            said = np.bincount([place[rating] for rating in pattern], minlength=len(values))
            table += count * (np.outer(said, said) - np.diag(said)) / (len(pattern) - 1)
    counts = table.sum(axis=1)
    steps = np.cumsum(counts) - counts / 2
    distances = (steps[:, None] - steps[None]) ** 2
    expected = counts @ distances @ counts / max(counts.sum() - 1, 1)
    return float(1 - (table * distances).sum() / expected) if expected else math.nan
