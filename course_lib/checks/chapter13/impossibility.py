"""Exercise 13.4: what equal precision and equal misses force on the false positive rate.

Precision and miss rate are never one half, and base rates never their own complements, so that each exchanged factor
shows.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from course_lib.checks.exercise import Case, Exercise, Mistake

Rates = Mapping[str, float]
Found = dict[str, Any]
Formula = Callable[[float, float, float], float]


def _right(p: float, v: float, f: float) -> float:
    return p / (1 - p) * (1 - v) / v * (1 - f)


def _each(base_rates: Rates, precision: float, miss_rate: float, formula: Formula = _right) -> Found:
    found: Found = {}
    for group, p in base_rates.items():
        found[group] = None
        if 0 < p < 1 and precision > 0:
            rate = formula(p, precision, miss_rate)
            found[group] = rate if rate <= 1 else None
    return found


def odds_upside_down(base_rates: Rates, precision: float, miss_rate: float) -> Found:
    """(1 - p) / p."""
    return _each(base_rates, precision, miss_rate, lambda p, v, f: (1 - p) / p * (1 - v) / v * (1 - f))


def precision_upside_down(base_rates: Rates, precision: float, miss_rate: float) -> Found:
    """PPV / (1 - PPV)."""
    return _each(
        base_rates, precision, miss_rate, lambda p, v, f: p / (1 - p) * v / (1 - v) * (1 - f) if v < 1 else 2.0
    )


def misses_for_hits(base_rates: Rates, precision: float, miss_rate: float) -> Found:
    """FNR in place of 1 - FNR."""
    return _each(base_rates, precision, miss_rate, lambda p, v, f: p / (1 - p) * (1 - v) / v * f)


def base_rate_for_odds(base_rates: Rates, precision: float, miss_rate: float) -> Found:
    """p in place of p / (1 - p): wrongly flagged as a share of all."""
    return _each(base_rates, precision, miss_rate, lambda p, v, f: p * (1 - v) / v * (1 - f))


def share_of_flagged(base_rates: Rates, precision: float, miss_rate: float) -> Found:
    """1 - PPV in every group."""
    return _each(base_rates, precision, miss_rate, lambda p, v, f: 1 - v)


def mean_base_rate(base_rates: Rates, precision: float, miss_rate: float) -> Found:
    """One rate for everybody, from the mean of the base rates."""
    mean = sum(base_rates.values()) / len(base_rates)
    return {group: _each({"all": mean}, precision, miss_rate)["all"] for group in base_rates}


def above_one(base_rates: Rates, precision: float, miss_rate: float) -> Found:
    """Rates above 1."""
    ok = {group: 0 < p < 1 and precision > 0 for group, p in base_rates.items()}
    return {group: _right(p, precision, miss_rate) if ok[group] else None for group, p in base_rates.items()}


def cut_at_one(base_rates: Rates, precision: float, miss_rate: float) -> Found:
    """Cuts off at 1."""
    return {
        g: None if rate is None else min(rate, 1.0) for g, rate in above_one(base_rates, precision, miss_rate).items()
    }


def zero_without_positives(base_rates: Rates, precision: float, miss_rate: float) -> Found:
    """0 where there are no positives."""
    found = _each(base_rates, precision, miss_rate)
    return {group: 0.0 if base_rates[group] == 0 and precision > 0 else rate for group, rate in found.items()}


def right_by_counts(base_rates: Rates, precision: float, miss_rate: float) -> Found:
    """A group of one person, in fractions: hits, flagged, false alarms, negatives."""
    found: Found = {}
    for group, p in base_rates.items():
        if p in (0, 1) or precision == 0:
            found[group] = None
            continue
        hits = p * (1 - miss_rate)
        alarms = hits / precision - hits
        found[group] = alarms / (1 - p) if alarms <= (1 - p) * (1 + 1e-12) else None
    return found


def right_by_arrays(base_rates: Rates, precision: float, miss_rate: float) -> Found:
    """NumPy in float64, undefined entries taken out at the end."""
    import numpy as np

    p = np.array(list(base_rates.values()), dtype=float)
    with np.errstate(all="ignore"):
        rate = np.divide(p, 1 - p) * (1 - miss_rate) * (np.divide(1.0, precision) - 1)
    fine = (p > 0) & (p < 1) & (rate <= 1) & (precision > 0)
    return {g: rate[i] if fine[i] else None for i, g in enumerate(base_rates)}


def _hidden(seed: int) -> tuple[Case, ...]:
    draw = random.Random(seed)
    some = {name: round(draw.uniform(0.1, 0.45), 3) for name in "abcd"}
    return (
        Case("four groups", (some, round(draw.uniform(0.6, 0.9), 3), round(draw.uniform(0.1, 0.4), 3))),
        Case("a rate above 1", ({"a": 0.9, "b": 0.2, "c": 0.35}, 0.55, 0.15)),
        Case("nobody, everybody", ({"a": 0.0, "b": 1.0, "c": 0.3}, 0.7, 0.2)),
    )


IMPLIED_RATES = Exercise(
    id="13.4",
    title="What equal precision and equal misses force",
    points=3,
    difficulty=3,
    minutes=15,
    reference="course_lib.fairness.impossibility:implied_false_positive_rates",
    returns=(
        "for each group the false positive rate that it must have with this precision and this miss rate; "
        "`None` where no classifier "
        "has these numbers: in a group without positives or without negatives, with a precision of 0, or where "
        "the rate would be above 1"
    ),
    example=(
        '`implied_false_positive_rates({"a": 0.5, "b": 0.2}, precision=0.5, miss_rate=0.4)` is `{"a": 0.6, '
        '"b": 0.15}`. Of 100 people in '
        "a, 50 are positives, of whom 30 are flagged; half of the flagged are positives, so 30 negatives are "
        "flagged too: 30 of 50."
    ),
    hints=(
        "Take a group of 100 people and fill in its four counts, one after the other: positives, those of them "
        "that are flagged, "
        "all that are flagged, and then?",
        "Flagged positives: p · (1 - FNR). A share PPV of all flagged are these, so the other flagged people "
        "are (1 - PPV) / PPV times "
        "as many. Divide by the negatives.",
        "```python\nif 0 < p < 1 and precision > 0:\n    rate = p / (1 - p) * ... * ...\n    implied[group] = "
        "rate if ... else None\n```",
    ),
    why=(
        "Whoever promises you a filter that is equally precise, equally complete and equally sparing of the "
        "innocent in all groups "
        "promises something that arithmetic rules out. You have to say which of the three you give up."
    ),
    visible=(
        Case("two groups", ({"a": 0.5, "b": 0.2}, 0.5, 0.4)),
        Case("a precise filter", ({"a": 0.45, "b": 0.3, "c": 0.1}, 0.8, 0.3)),
        Case("equal base rates", ({"a": 0.35, "b": 0.35}, 0.7, 0.2)),
        Case("never wrong about those it flags", ({"a": 0.4, "b": 0.15}, 1.0, 0.3)),
        Case("where it would be above 1", ({"a": 0.85, "b": 0.3}, 0.6, 0.1)),
        Case("a group without positives, one without negatives", ({"a": 0.0, "b": 1.0, "c": 0.25}, 0.6, 0.3)),
        Case("nobody flagged rightly", ({"a": 0.3, "b": 0.4}, 0.0, 1.0)),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "odds upside down",
            odds_upside_down,
            "Your rate falls as the base rate rises: the odds stand on their head.",
        ),
        Mistake(
            "precision upside down",
            precision_upside_down,
            "Your rate rises with the precision. A more precise filter flags *fewer* negatives.",
        ),
        Mistake(
            "misses for hits",
            misses_for_hits,
            "You multiply by the share that is missed. Which positives are among the flagged?",
        ),
        Mistake(
            "share of all",
            base_rate_for_odds,
            "You have the wrongly flagged as a share of *all* people. The false positive rate is a share of "
            "the negatives.",
        ),
        Mistake(
            "share of the flagged",
            share_of_flagged,
            "1 - precision is a share of the flagged, and it is the same in all groups. The false positive "
            "rate is a share of the negatives.",
        ),
        Mistake(
            "mean base rate",
            mean_base_rate,
            "All your groups have the same rate, from the mean of their base rates. Each group has its own.",
        ),
        Mistake(
            "above 1",
            above_one,
            "One of your rates is above 1. No group has more wrongly flagged negatives than negatives.",
        ),
        Mistake(
            "cut at 1",
            cut_at_one,
            "You cut a rate off at 1. With a rate of 1 the precision would be another one: these numbers "
            "cannot be had.",
        ),
        Mistake(
            "zero without positives",
            zero_without_positives,
            "In a group without positives nobody can be flagged rightly, so a precision above 0 is out of "
            "reach there. The formula gives 0, and it does not apply.",
        ),
    ),
    alternatives=(right_by_counts, right_by_arrays),
    atol=1e-6,
    tolerance_reason="products of four numbers",
)
