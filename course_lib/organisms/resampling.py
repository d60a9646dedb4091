"""Intervals for what comes in groups: draw whole groups again, and see how far the result moves.

Eight sentences about one occupation are not eight occupations, and sixteen requests about one quad are not sixteen
chance requests: what happens with one of them mostly happens with the others. An interval that counts each as a case of
its own promises too much. The bootstrap over groups (a cluster bootstrap) asks what else might have been drawn, the
group being what is drawn: it draws as many groups again, with replacement, 2000 times, and reports the middle 95 % of
the results.

Pitfall: with a handful of groups it is too narrow, and where all groups agree exactly it has no width at all, which says
that nothing varied among these groups and not that nothing could.

Source: B. Efron, R. J. Tibshirani, *An Introduction to the Bootstrap* (1993), chapters 6, 8 and 13.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

DRAWS = 2000


class Estimate(NamedTuple):
    """A number with its 95 % interval.

    Example:
        >>> print(Estimate(-0.014, -0.1, 0.07))
        -0.01 [-0.10, 0.07]
    """

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return "{:.2f} [{:.2f}, {:.2f}]".format(*(round(number, 2) + 0.0 for number in self))  # no -0.00


def mean_over_groups(*strata: Sequence[float], weights: Sequence[float] | None = None, seed: int = 0) -> Estimate:
    """A weighted sum of means, one number for each group; groups are drawn anew within each stratum.

    Args:
        strata: numbers, one a group; a single stratum is the usual case.
        weights: what the mean of each stratum counts; the share of its groups when None, which gives the mean of all.
        seed: of the draws.

    Example:
        >>> print(mean_over_groups([1.0, 1.0, 1.0]))
        1.00 [1.00, 1.00]
        >>> print(mean_over_groups([2.0, 2.0], [-1.0, -1.0], weights=(1, -1)))
        3.00 [3.00, 3.00]
    """
    total = sum(map(len, strata))
    random = np.random.default_rng(seed)
    value, drawn = 0.0, np.zeros(DRAWS)
    for numbers, weight in zip(strata, weights or [len(part) / total for part in strata], strict=True):
        known = np.asarray(numbers, dtype=float)
        value += weight * float(known.mean())
        drawn += weight * known[random.integers(len(known), size=(DRAWS, len(known)))].mean(axis=1)
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Estimate(value, float(low), float(high))
