"""Do two rankings agree? Spearman's correlation, with the interval that so few tokens allow.

Scores of different methods have different units and scales, so only their order can be compared: 1 means the same order,
0 no relation, -1 the reverse. A prompt of ten tokens leaves a wide interval, and tokens of one text are not independent
draws, so even that interval is on the narrow side.

Source of the interval: Bonett and Wright (2000), *Sample size requirements for estimating Pearson, Kendall and Spearman
correlations*: Fisher's z with standard error √((1 + ρ²/2) / (n − 3)).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from course_lib.errors import CourseError
from course_lib.rates import Z95


@dataclass(frozen=True)
class RankCorrelation:
    """Spearman's ρ of `n` pairs; NaN where one side is constant. The interval is all of [-1, 1] below four pairs."""

    value: float
    n: int

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval."""
        if self.n < 4 or math.isnan(self.value):
            return -1.0, 1.0
        centre = math.atanh(max(-1 + 1e-12, min(1 - 1e-12, self.value)))
        half = Z95 * math.sqrt((1 + self.value**2 / 2) / (self.n - 3))
        return math.tanh(centre - half), math.tanh(centre + half)

    def text(self) -> str:
        """The value and its interval."""
        low, high = self.interval
        return f"{self.value:.2f} [{low:.2f}, {high:.2f}]"

    __str__ = text


def rank_correlation(one: Sequence[float], other: Sequence[float]) -> RankCorrelation:
    """Spearman's correlation of two lists of scores; ties share their average rank.

    Raises:
        CourseError: the lists are not equally long.

    Example:
        >>> print(rank_correlation([1.0, 2.0, 3.0, 5.0, 4.0], [10.0, 20.0, 30.0, 40.0, 50.0]))
        0.90 [-0.17, 1.00]
    """
    if len(one) != len(other):
        raise CourseError(f"{len(one)} and {len(other)} scores have no common order.", "Score the same tokens twice.")
    first, second = ranks(one), ranks(other)
    first, second = first - first.mean(), second - second.mean()
    spread = math.sqrt(float(first @ first) * float(second @ second))
    return RankCorrelation(float(first @ second) / spread if spread else math.nan, len(one))


def ranks(scores: Sequence[float]) -> np.ndarray:
    """The rank of each score from 1, ties averaged.

    Example:
        >>> ranks([0.5, 2.0, 0.5]).tolist()
        [1.5, 3.0, 1.5]
    """
    values = np.asarray(scores, dtype=np.float64)
    smaller = (values[None, :] < values[:, None]).sum(axis=1)
    equal = (values[None, :] == values[:, None]).sum(axis=1)
    return smaller + (equal + 1) / 2
