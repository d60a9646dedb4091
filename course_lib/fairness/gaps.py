"""From rates of groups to one number for each notion of fairness, for any number of groups.

    demographic parity    the selection rate is the same in all groups        largest gap of selection rates
    equal opportunity     the true positive rate is                           largest gap of true positive rates
    equalised odds        the true and the false positive rate both are       the larger of the two largest gaps
    predictive parity     the precision is                                    largest gap of precisions
    disparate impact      the four-fifths rule                                smallest / largest selection rate

A gap is 0 where the notion holds exactly, the ratio is 1. With two groups a gap is the absolute difference; with more
of them it is the distance between the highest and the lowest, and everything in between is not seen.

Pitfalls. *The sign*: a difference of -0.3 is smaller than a limit of 0.1 and passes. *Not a number*: NaN is not
larger than any limit, so it passes too. *Two of many*: a comparison of the first two groups says nothing about the
third. And the largest gap of many small groups is large by chance alone (`course_lib.fairness.resampling`).

Sources: M. Hardt, E. Price, N. Srebro (2016), arXiv:1610.02413 (equalised odds, equal opportunity); A. Chouldechova
(2017), arXiv:1703.00056 (predictive parity); M. Feldman and others (2015), arXiv:1412.3756 (disparate impact).
"""

from __future__ import annotations

from collections.abc import Mapping


def fairness_gaps(rates: Mapping[str, Mapping[str, float | None]]) -> dict[str, float | None]:
    """Five metrics of group fairness, None where one does not exist.

    Args:
        rates: for each group its rates, as `group_rates` returns them; None where a rate does not exist.

    Returns:
        "demographic parity", "equal opportunity", "equalised odds", "predictive parity": largest gaps over the groups in which
        the rate exists, None with fewer than two of them; "equalised odds" needs both of its gaps. "disparate impact": the
        smallest selection rate divided by the largest, None with fewer than two or where nobody is selected.

    Example:
        >>> from course_lib.fairness.group_rates import group_rates
        >>> gaps = fairness_gaps(group_rates([1, 0, 1, 1], [1, 1, 1, 0], ["a", "a", "b", "b"], ["a", "b"]))
        >>> gaps["equal opportunity"], gaps["equalised odds"], gaps["disparate impact"]
        (0.5, None, 0.5)
    """

    def known(name: str) -> list[float]:
        return [value for row in rates.values() if (value := row[name]) is not None]

    def gap(name: str) -> float | None:
        return max(known(name)) - min(known(name)) if len(known(name)) > 1 else None

    hits, alarms, selected = gap("true positive rate"), gap("false positive rate"), known("selection rate")
    return {
        "demographic parity": gap("selection rate"),
        "equal opportunity": hits,
        "equalised odds": None if hits is None or alarms is None else max(hits, alarms),
        "predictive parity": gap("precision"),
        "disparate impact": min(selected) / max(selected) if len(selected) > 1 and max(selected) > 0 else None,
    }
