"""Why fair in one sense is unfair in another: an identity between four rates.

Write the precision as a quotient of counts and solve for the false positive rate (Chouldechova 2017):

    FPR = p / (1 - p) * (1 - PPV) / PPV * (1 - FNR)

with the base rate p, the precision PPV and the miss rate FNR = 1 - TPR. There is nothing to estimate in it: it holds in every
group, for every classifier. So let two groups have the same precision and the same miss rate. Then their false positive
rates stand to each other as their odds p / (1 - p), and differ unless the base rates agree. Kleinberg, Mullainathan and
Raghavan (2016) prove the same for scores: calibrated within groups *and* the same mean score among the positives of all groups
*and* among the negatives is possible only where base rates agree or the score is always right.

Pitfall: the theorem is about three equalities at once. Any one of them can be had, and it does not say which one
should be.

Sources: A. Chouldechova, arXiv:1703.00056; J. Kleinberg, S. Mullainathan, M. Raghavan, arXiv:1609.05807.
"""

from __future__ import annotations

from collections.abc import Mapping


def implied_false_positive_rates(
    base_rates: Mapping[str, float], precision: float, miss_rate: float
) -> dict[str, float | None]:
    """The false positive rate that each group must have if all have this precision and this miss rate.

    Args:
        base_rates: for each group the share of positives.
        precision: of those flagged, the share of positives; the same in all groups.
        miss_rate: of the positives, the share that is not flagged; the same in all groups.

    Returns:
        For each group the rate; None where no classifier has these numbers: in a group without positives or without
        negatives, with a precision of 0, or where the rate would have to be above 1.

    Example:
        >>> implied_false_positive_rates({"a": 0.5, "b": 0.2, "c": 1.0}, precision=0.5, miss_rate=0.4)
        {'a': 0.6, 'b': 0.15, 'c': None}
    """
    implied: dict[str, float | None] = {}
    for group, p in base_rates.items():
        implied[group] = None
        if 0 < p < 1 and precision > 0:
            rate = p / (1 - p) * (1 - precision) / precision * (1 - miss_rate)
            implied[group] = rate if rate <= 1 else None
    return implied
