"""Exercise 13.2: from rates to metrics, for any number of groups. The published version compares the first two, with a sign.

The groups stand in no order; in most cases the first two are neither the highest nor the lowest. Rates are missing
here and there.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from itertools import combinations
from typing import Any

from course_lib.checks.exercise import Case, Exercise, Mistake

Table = Mapping[str, Mapping[str, Any]]
Gaps = dict[str, Any]
NAMES = ("selection rate", "true positive rate", "false positive rate", "precision")


def _known(rates: Table, name: str) -> list[float]:
    return [row[name] for row in rates.values() if row[name] is not None]


def _spread(values: list[float]) -> Any:
    return max(values) - min(values) if len(values) > 1 else None


def _ratio(values: list[float]) -> Any:
    return min(values) / max(values) if len(values) > 1 and max(values) > 0 else None


def _larger(a: Any, b: Any) -> Any:
    return None if a is None or b is None else max(a, b)


def _all(
    rates: Table,
    gap: Callable[[list[float]], Any] = _spread,
    ratio: Callable[[list[float]], Any] = _ratio,
    joined: Callable[[Any, Any], Any] = _larger,
) -> Gaps:
    hits, alarms = gap(_known(rates, "true positive rate")), gap(_known(rates, "false positive rate"))
    return {
        "demographic parity": gap(_known(rates, "selection rate")),
        "equal opportunity": hits,
        "equalised odds": joined(hits, alarms),
        "predictive parity": gap(_known(rates, "precision")),
        "disparate impact": ratio(_known(rates, "selection rate")),
    }


def first_two(rates: Table) -> Gaps:
    """The published version: first group less second, NaN for what is missing."""
    gone: Mapping[str, Any] = dict.fromkeys(NAMES)
    first, second = [*rates.values(), gone, gone][:2] if len(rates) > 1 else (gone, gone)

    def minus(name: str) -> float:
        return math.nan if first[name] is None or second[name] is None else first[name] - second[name]

    a, b = first["selection rate"], second["selection rate"]
    return {
        "demographic parity": minus("selection rate"),
        "equal opportunity": minus("true positive rate"),
        "equalised odds": max(minus("true positive rate"), minus("false positive rate")),
        "predictive parity": minus("precision"),
        "disparate impact": math.nan if a is None or not b else a / b,
    }


def first_two_absolute(rates: Table) -> Gaps:
    """Mends the sign, keeps the two."""
    return _all(dict(list(rates.items())[:2]))


def ratio_upside_down(rates: Table) -> Gaps:
    """Largest over smallest."""
    return _all(rates, ratio=lambda v: max(v) / min(v) if len(v) > 1 and min(v) > 0 else None)


def mean_of_ratios(rates: Table) -> Gaps:
    """Each group over the largest, averaged."""
    return _all(rates, ratio=lambda v: sum(x / max(v) for x in v) / len(v) if len(v) > 1 and max(v) > 0 else None)


def mean_gap(rates: Table) -> Gaps:
    """The mean of all pairs."""

    def mean(values: list[float]) -> Any:
        pairs = [abs(a - b) for a, b in combinations(values, 2)]
        return sum(pairs) / len(pairs) if pairs else None

    return _all(rates, gap=mean)


def averaged_odds(rates: Table) -> Gaps:
    """Equalised odds as the mean of its two gaps."""
    return _all(rates, joined=lambda a, b: None if a is None or b is None else (a + b) / 2)


def hits_only(rates: Table) -> Gaps:
    """Equalised odds from true positives alone."""
    return _all(rates, joined=lambda a, b: a)


def smaller_of_two(rates: Table) -> Gaps:
    """The smaller of the two gaps."""
    return _all(rates, joined=lambda a, b: None if a is None or b is None else min(a, b))


def missing_is_zero(rates: Table) -> Gaps:
    """None counts as a rate of 0."""
    return _all({g: {k: 0.0 if v is None else v for k, v in row.items()} for g, row in rates.items()})


def one_group_is_fair(rates: Table) -> Gaps:
    """0 where there is nothing to compare."""
    return {name: (1.0 if name == "disparate impact" else 0.0) if v is None else v for name, v in _all(rates).items()}


def any_missing_spoils(rates: Table) -> Gaps:
    """None as soon as one group lacks the rate."""
    right = _all(rates)
    lacking = {name for name in NAMES if any(row[name] is None for row in rates.values())}
    needs = {
        "demographic parity": {NAMES[0]}, "equal opportunity": {NAMES[1]}, "equalised odds": {NAMES[1], NAMES[2]},
        "predictive parity": {NAMES[3]}, "disparate impact": {NAMES[0]},
    }  # fmt: skip
    return {name: None if needs[name] & lacking else value for name, value in right.items()}


def available_half(rates: Table) -> Gaps:
    """Equalised odds from whichever gap there is."""
    return _all(rates, joined=lambda a, b: b if a is None else a if b is None else max(a, b))


def right_by_pairs(rates: Table) -> Gaps:
    """All pairs, absolute differences; ratios of all ordered pairs."""

    def gap(values: list[float]) -> Any:
        return max((abs(a - b) for a, b in combinations(values, 2)), default=None)

    def ratio(values: list[float]) -> Any:
        if len(values) < 2 or not any(values):
            return None
        return min(a / b for a in values for b in values if b > 0)

    return _all(rates, gap=gap, ratio=ratio)


def right_by_arrays(rates: Table) -> Gaps:
    """NumPy with NaN inside and None outside."""
    import numpy as np

    table = {
        name: np.array([np.nan if row[name] is None else row[name] for row in rates.values()], dtype=float)
        for name in NAMES
    }
    gaps = {
        name: np.nanmax(v) - np.nanmin(v) if (~np.isnan(v)).sum() > 1 else np.float64("nan")
        for name, v in table.items()
    }
    selected = table["selection rate"]
    enough = (~np.isnan(selected)).sum() > 1 and np.nanmax(selected) > 0
    found = {
        "disparate impact": np.nanmin(selected) / np.nanmax(selected) if enough else np.float64("nan"),
        "predictive parity": gaps["precision"],
        "equalised odds": np.maximum(gaps["true positive rate"], gaps["false positive rate"]),
        "equal opportunity": gaps["true positive rate"],
        "demographic parity": gaps["selection rate"],
    }
    return {name: None if np.isnan(value) else value for name, value in found.items()}


def _rates(seed: int, groups: int, without: Mapping[str, tuple[int, ...]] | None = None) -> dict[str, dict[str, Any]]:
    """Rates of groups, two decimals, the first two close together; `without` says which groups lack a rate."""
    draw = random.Random(seed)
    table: dict[str, dict[str, Any]] = {}
    for index in range(groups):
        low, high = (0.4, 0.6) if index < 2 else (0.05, 0.95)
        row: dict[str, Any] = {name: round(draw.uniform(low, high), 2) for name in NAMES}
        table["abcdefgh"[index]] = {"n": draw.randrange(20, 60), "base rate": 0.3, **row}
    for name, places in (without or {}).items():
        for place in places:
            table["abcdefgh"[place]][name] = None
    return table


NOBODY = {
    g: {"n": 9, "base rate": 0.4, "selection rate": 0.0, "true positive rate": 0.0, "false positive rate": 0.0, "precision": None}
    for g in "ab"
}  # fmt: skip


def _hidden(seed: int) -> tuple[Case, ...]:
    return (
        Case("five groups", (_rates(seed, 5),)),
        Case("six groups, rates missing", (_rates(seed + 1, 6, {"precision": (2,), "false positive rate": (0, 5)}),)),
        Case(
            "one of two gaps does not exist",
            (_rates(seed + 2, 3, {"false positive rate": (0, 1, 2), "precision": (0, 1)}),),
        ),
    )


FAIRNESS_GAPS = Exercise(
    id="13.2",
    title="Metrics for any number of groups",
    points=4,
    difficulty=3,
    minutes=20,
    reference="course_lib.fairness.gaps:fairness_gaps",
    returns=(
        'a dictionary with "demographic parity", "equal opportunity", "equalised odds", "predictive parity" '
        "(each a largest gap over the "
        'groups in which its rate exists) and "disparate impact" (smallest selection rate divided by the '
        "largest); `None` with fewer "
        "than two such groups, for equalised odds where one of its two gaps does not exist, for disparate "
        "impact where nobody is selected"
    ),
    example=(
        "Selection rates of 0.5, 0.4 and 0.8: demographic parity 0.4, disparate impact 0.5. With true positive "
        "rates of 0.7, `None` and "
        "0.9, equal opportunity is 0.2, from the two groups that have one."
    ),
    hints=(
        "What should the number be when the groups are given in another order? And what if there is a third one?",
        "For each rate, first collect the values that exist. A gap is the largest less the smallest of them. "
        "Equalised odds puts two gaps "
        "into one number, so that it is small only when both are.",
        "```python\nknown = [row[name] for row in rates.values() if row[name] is not None]\n"
        "gap = ... - ... if len(known) > 1 else None\n"
        '"equalised odds": None if ... else max(hits, alarms)\n"disparate impact": min(selected) / ... if ... '
        "else None\n```",
    ),
    why=(
        "Most fairness code in circulation compares two groups, group 0 and group 1. On data with more of them "
        "it runs without a word, "
        "and the group that is treated worst may be the one that it never looks at."
    ),
    visible=(
        Case("two groups", (_rates(1, 2),)),
        Case("four groups", (_rates(2, 4),)),
        Case("the lower one first", ({"a": _rates(3, 4)["c"], "b": _rates(4, 4)["d"], "c": _rates(5, 3)["c"]},)),
        Case("rates missing", (_rates(6, 5, {"true positive rate": (3,), "precision": (0, 2)}),)),
        Case("a gap that does not exist", (_rates(7, 3, {"false positive rate": (0, 2)}),)),
        Case("nobody is selected", (NOBODY,)),
        Case("one group", (_rates(8, 1),)),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "as published",
            first_two,
            "You subtract the second group from the first, as the published version does. Swap two groups, add "
            "a third, take a rate away: what happens to the number?",
        ),
        Mistake(
            "first two groups",
            first_two_absolute,
            "The sign is mended, and you still compare the first two groups only.",
        ),
        Mistake(
            "ratio upside down",
            ratio_upside_down,
            "Your disparate impact is above 1. The four-fifths rule asks whether the group that is selected "
            "*least* reaches a share of the other.",
        ),
        Mistake(
            "mean of ratios",
            mean_of_ratios,
            "Your disparate impact is an average over groups, the most selected one with its own ratio of 1 "
            "among them. One group far below is averaged away.",
        ),
        Mistake(
            "mean gap",
            mean_gap,
            "You average the differences of all pairs. Two groups far apart disappear among many that are close.",
        ),
        Mistake(
            "averaged odds",
            averaged_odds,
            "Your equalised odds is the average of two gaps. Then one of them may be large: the notion asks "
            "for both to be small.",
        ),
        Mistake(
            "true positives only",
            hits_only,
            "Your equalised odds looks at true positives only. That is equal opportunity.",
        ),
        Mistake(
            "the smaller gap",
            smaller_of_two,
            "You take the smaller of the two gaps, so that equalised odds holds as soon as one of them is small.",
        ),
        Mistake(
            "missing is zero",
            missing_is_zero,
            "A rate that does not exist has become a rate of 0, and makes a gap that nobody has seen.",
        ),
        Mistake(
            "nothing to compare is fair",
            one_group_is_fair,
            "Where there is nothing to compare you report perfect fairness. The card says what to return.",
        ),
        Mistake(
            "one missing spoils all",
            any_missing_spoils,
            "One group without the rate makes your metric vanish for all the others. Compare the groups that have one.",
        ),
        Mistake(
            "half of equalised odds",
            available_half,
            "One of the two gaps does not exist, and you report the other one as equalised odds.",
        ),
    ),
    alternatives=(right_by_pairs, right_by_arrays),
    atol=1e-6,
    also_withheld=("course_lib.fairness.resampling:spread",),
    tolerance_reason="differences of a few numbers; float32 would differ by 1e-7",
)
