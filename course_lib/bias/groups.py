"""Two groups of occupations with a number each: how far apart, how sure, and could chance have dealt it so?

One statistic for every detector of the chapter, so that they can stand in one table: the difference of means in the
detector's own unit with a bootstrap interval over occupations, the same in standard deviations of all occupations
together (the embedding association test's d, at most 2), and a one-sided permutation p-value. And for a whole list of
occupations: the correlation of the number with something known about each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from course_lib.organisms.resampling import DRAWS, Estimate, mean_over_groups

if TYPE_CHECKING:
    from jaxtyping import Float
    from numpy import ndarray


@dataclass(frozen=True)
class Separation:
    """How far two groups are apart.

    Attributes:
        difference: mean of the first less mean of the second, in the unit of the numbers, 95 % bootstrap over members.
        d: the same in standard deviations over all members of both; at most 2 where they are equally large.
        p: one-sided permutation p-value, for the first being larger.
    """

    difference: Estimate
    d: float
    p: float

    def text(self) -> str:
        """In one line."""
        return f"{self.difference}, d = {self.d:.2f}, p = {self.p:.4f}"

    __str__ = text


def separation(first: Sequence[float], second: Sequence[float], *, deals: int = DRAWS, seed: int = 0) -> Separation:
    """The separation of two groups of numbers.

    Example:
        >>> round(separation([3.0, 4.0, 5.0, 4.0], [1.0, 0.0, 1.0, 2.0]).d, 2)
        1.81
    """
    one, other = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    both = np.concatenate([one, other])
    orders = np.random.default_rng(seed).permuted(np.tile(both, (deals, 1)), axis=1)
    dealt = orders[:, : len(one)].mean(axis=1) - orders[:, len(one) :].mean(axis=1)
    found = one.mean() - other.mean()
    p = (1 + int((dealt >= found - 1e-12).sum())) / (1 + deals)
    return Separation(
        mean_over_groups(one.tolist(), other.tolist(), weights=(1, -1), seed=seed), float(found / both.std()), p
    )


def correlation(numbers: Sequence[float], known: Sequence[float], *, seed: int = 0) -> Estimate:
    """Pearson's r with its 95 % bootstrap interval; pairs are drawn.

    Example:
        >>> correlation([1.0, 2.0, 3.0, 4.5], [2.0, 4.0, 6.0, 9.0]).value
        1.0
    """
    pairs = np.array([numbers, known], dtype=float)
    draws = np.random.default_rng(seed).integers(pairs.shape[1], size=(DRAWS, pairs.shape[1]))
    drawn = [_pearson(*pairs[:, draw]) for draw in draws]
    low, high = np.nanquantile(drawn, (0.025, 0.975))
    return Estimate(round(_pearson(*pairs), 12), float(low), float(high))


def _pearson(one: Float[ndarray, " member"], other: Float[ndarray, " member"]) -> float:
    a, b = one - one.mean(), other - other.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale else float("nan")
