"""How many items does it take to see a difference? Two formulas, and a simulation that holds them to account.

Two models have accuracies p and q. On *different* items, the variance of the observed difference is p(1-p) + q(1-q),
divided by the items that each gets. On *the same* items only those count on which one is right and the other wrong. If
a share d of items is such, the variance is d - (p - q)², divided by the items. Models that are alike disagree rarely,
so pairing makes a small benchmark several times as large.

To see the difference with probability `power`, in a two-sided test that raises a false alarm in 5 of 100 cases, it has
to be z(97.5 %) standard errors away under "no difference", and z(power) more under the true one:

    unpaired: n = (z_a √(2 m(1-m)) + z_b √(p(1-p) + q(1-q)))² / (p - q)²,   m = (p + q) / 2
    paired:   n = (z_a √d + z_b √(d - (p - q)²))² / (p - q)²

Pitfall: the number is for the difference that you hope to see. Half the difference takes four times the items.

Sources: J. L. Fleiss, "Statistical Methods for Rates and Proportions"; R. J. Connor, "Sample size for testing
differences in proportions for the paired-sample design", Biometrics 43 (1987), 207-211; for language models E. Miller,
arXiv:2411.00640.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from jaxtyping import Float
    from numpy import ndarray


def items_needed(first: float, second: float, disagree: float, power: float) -> tuple[int, int]:
    """How many items show the difference of two accuracies, in a two-sided test at 5 %.

    Args:
        first: the accuracy of one model.
        second: that of the other, not the same.
        disagree: the share of items on which exactly one of them is right; at least the difference.
        power: with what probability the difference should be seen.

    Returns:
        `(unpaired, paired)`: items for each model where each has its own, and items where both have the same; rounded up.

    Example:
        >>> items_needed(0.60, 0.65, 0.15, 0.8)
        (1471, 469)
    """
    alarm, seen = NormalDist().inv_cdf(0.975), NormalDist().inv_cdf(power)
    gap, middle = abs(first - second), (first + second) / 2
    apart = math.sqrt(first * (1 - first) + second * (1 - second))
    unpaired = (alarm * math.sqrt(2 * middle * (1 - middle)) + seen * apart) ** 2 / gap**2
    paired = (alarm * math.sqrt(disagree) + seen * math.sqrt(disagree - gap**2)) ** 2 / gap**2
    return math.ceil(unpaired), math.ceil(paired)


def simulated_power(
    first: float, second: float, disagree: float, items: int, *, paired: bool, sessions: int = 4000, seed: int = 0
) -> float:
    """How often a test with so many items sees the difference, over invented sessions.

    Paired: McNemar's statistic without correction; unpaired: the test of two proportions; both two-sided at 5 %.

    Example:
        >>> simulated_power(0.6, 0.6, 0.15, 400, paired=True) < 0.07
        True
    """
    draw, z = np.random.default_rng(seed), NormalDist().inv_cdf(0.975)
    if paired:
        up = (disagree + second - first) / 2  # share of items that only the second has right
        gains, losses, _ = draw.multinomial(items, [up, disagree - up, 1 - disagree], sessions).T
        statistic: Float[ndarray, " session"] = np.abs(gains - losses) / np.sqrt(np.maximum(gains + losses, 1))
    else:
        one, two = draw.binomial(items, first, sessions) / items, draw.binomial(items, second, sessions) / items
        middle = (one + two) / 2
        statistic = np.abs(one - two) / np.sqrt(np.maximum(2 * middle * (1 - middle) / items, 1e-12))
    return float((statistic > z).mean())


def smallest_difference(items: int, accuracy: float, disagree: float, power: float = 0.8) -> tuple[float, float]:
    """The smallest difference that so many items show: `(unpaired, paired)`, from the formulas, in steps of a tenth "
    "of a point."""
    found = []
    for way in (0, 1):
        gap = 0.001
        while (
            gap < min(1 - accuracy, disagree)
            and items_needed(accuracy, accuracy + gap, max(disagree, gap), power)[way] > items
        ):
            gap += 0.001
        found.append(round(gap, 3))
    return found[0], found[1]
