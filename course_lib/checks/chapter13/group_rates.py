"""Exercise 13.1: the rates of each group, and None where one does not exist.

Groups differ in size, in base rate and in how they are flagged, so that each exchanged pair of counts gives another
number. One case has a group without members, one a group without positives, one a group of which nobody is flagged.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any

from course_lib.checks.exercise import Case, Exercise, Mistake

Rates = dict[str, dict[str, Any]]
Numbers = Sequence[int]
NAMES = ("n", "selection rate", "base rate", "true positive rate", "false positive rate", "precision")


def _table(
    predictions: Numbers, labels: Numbers, members: Sequence[str], groups: Sequence[str], undefined: Any = None
) -> Rates:
    """The right rates, with another value where one does not exist."""

    def share(above: int, below: int) -> Any:
        return above / below if below else undefined

    found: Rates = {}
    for group in groups:
        rows = [(p, y) for p, y, g in zip(predictions, labels, members, strict=True) if g == group]
        n, flagged, positive = len(rows), sum(p for p, _ in rows), sum(y for _, y in rows)
        hits = sum(p and y for p, y in rows)
        values = (
            share(flagged, n), share(positive, n), share(hits, positive), share(flagged - hits, n - positive),
            share(hits, flagged),
        )  # fmt: skip
        found[group] = dict(zip(NAMES, (n, *values), strict=True))
    return found


def zero_for_undefined(predictions: Numbers, labels: Numbers, members: Sequence[str], groups: Sequence[str]) -> Rates:
    """0 where there is nothing below the line."""
    return _table(predictions, labels, members, groups, 0.0)


def nan_for_undefined(predictions: Numbers, labels: Numbers, members: Sequence[str], groups: Sequence[str]) -> Rates:
    """NaN there."""
    return _table(predictions, labels, members, groups, math.nan)


def one_for_undefined(predictions: Numbers, labels: Numbers, members: Sequence[str], groups: Sequence[str]) -> Rates:
    """1 there."""
    return _table(predictions, labels, members, groups, 1.0)


def empty_groups_dropped(predictions: Numbers, labels: Numbers, members: Sequence[str], groups: Sequence[str]) -> Rates:
    """Reports the groups that occur."""
    return _table(predictions, labels, members, [group for group in groups if group in set(members)])


def swapped(predictions: Numbers, labels: Numbers, members: Sequence[str], groups: Sequence[str]) -> Rates:
    """Predictions and labels the wrong way round."""
    return _table(labels, predictions, members, groups)


def precision_for_hits(predictions: Numbers, labels: Numbers, members: Sequence[str], groups: Sequence[str]) -> Rates:
    """True positive rate and precision exchanged."""
    right = _table(predictions, labels, members, groups)
    return {
        group: row | {"true positive rate": row["precision"], "precision": row["true positive rate"]}
        for group, row in right.items()
    }


def of_all_members(predictions: Numbers, labels: Numbers, members: Sequence[str], groups: Sequence[str]) -> Rates:
    """Divides every count by the size of the group."""
    right = _table(predictions, labels, members, groups)
    for row in right.values():
        flagged, positive = row["selection rate"], row["base rate"]
        for name, below in (
            ("true positive rate", positive),
            ("false positive rate", None if positive is None else 1 - positive),
            ("precision", flagged),
        ):
            row[name] = row[name] * below if row[name] is not None else row[name]
    return right


def alarms_among_flagged(predictions: Numbers, labels: Numbers, members: Sequence[str], groups: Sequence[str]) -> Rates:
    """False positives divided by the flagged: the false discovery rate."""
    right = _table(predictions, labels, members, groups)
    return {
        group: row | {"false positive rate": None if row["precision"] is None else 1 - row["precision"]}
        for group, row in right.items()
    }


def everybody(predictions: Numbers, labels: Numbers, members: Sequence[str], groups: Sequence[str]) -> Rates:
    """Forgets to look at the group below the line."""
    right, n = _table(predictions, labels, members, groups), len(labels)
    for row in right.values():
        for name in ("selection rate", "base rate"):
            row[name] = row[name] * row["n"] / n if row[name] is not None else None
    return right


def right_by_arrays(predictions: Numbers, labels: Numbers, members: Sequence[str], groups: Sequence[str]) -> Rates:
    """NumPy masks; numbers of NumPy's own types."""
    import numpy as np

    p, y, g = np.array(predictions, dtype=bool), np.array(labels, dtype=bool), np.array(members)
    found: Rates = {}
    for group in groups:
        here = g == group
        masks = (here, here, here & y, here & ~y, here & p)
        what = (p, y, p, p, y)
        values = [w[m].mean() if m.any() else None for w, m in zip(what, masks, strict=True)]
        found[group] = dict(zip(NAMES, (here.sum(), *values), strict=True))
    return found


def right_by_counting(predictions: Numbers, labels: Numbers, members: Sequence[str], groups: Sequence[str]) -> Rates:
    """Four counters in one pass."""
    cells = {group: [[0, 0], [0, 0]] for group in groups}
    for p, y, g in zip(predictions, labels, members, strict=True):
        if g in cells:
            cells[g][int(y)][int(p)] += 1
    found: Rates = {}
    for group, ((passed, alarms), (missed, hits)) in cells.items():
        n = passed + alarms + missed + hits
        found[group] = {
            "precision": hits / (hits + alarms) if hits + alarms else None,
            "false positive rate": alarms / (alarms + passed) if alarms + passed else None,
            "true positive rate": hits / (hits + missed) if hits + missed else None,
            "base rate": (hits + missed) / n if n else None,
            "selection rate": (hits + alarms) / n if n else None,
            "n": n,
        }
    return found


def _people(seed: int, sizes: dict[str, tuple[int, float, float, float]]) -> tuple[list[int], list[int], list[str]]:
    """Groups as (size, base rate, true positive rate, false positive rate), shuffled."""
    draw = random.Random(seed)
    rows = []
    for name, (n, base, hit, alarm) in sizes.items():
        for index in range(n):
            label = int(index < round(base * n))
            rows.append((int(draw.random() < (hit if label else alarm)), label, name))
    draw.shuffle(rows)
    return [p for p, _, _ in rows], [y for _, y, _ in rows], [g for _, _, g in rows]


def _case(name: str, seed: int, sizes: dict[str, tuple[int, float, float, float]], more: Sequence[str] = ()) -> Case:
    return Case(name, (*_people(seed, sizes), [*sizes, *more]))


def _hidden(seed: int) -> tuple[Case, ...]:
    four = {"a": (23, 0.3, 0.8, 0.2), "b": (17, 0.6, 0.5, 0.4), "c": (9, 0.5, 0.7, 0.3), "d": (31, 0.2, 0.6, 0.1)}
    odd = {"a": (12, 0.5, 0.7, 0.3), "b": (7, 0.4, 0.0, 0.0), "c": (5, 1.0, 0.6, 0.0)}
    return (
        _case("four groups", seed, four),
        _case("empty, never flagged, always positive", seed + 1, odd, ["d"]),
    )


GROUP_RATES = Exercise(
    id="13.1",
    title="Rates of each group, and when one does not exist",
    points=3,
    difficulty=2,
    minutes=15,
    reference="course_lib.fairness.group_rates:group_rates",
    returns=(
        'for each group in `groups` a dictionary with "n", "selection rate", "base rate", "true positive '
        'rate", "false positive '
        'rate" and "precision"; a rate with nobody below the line is `None`'
    ),
    example=(
        '`group_rates([1, 0, 1], [1, 1, 0], ["a", "a", "a"], ["a", "b"])`: in group a two of three are '
        "flagged, and of the two with "
        "label 1 one is: a true positive rate of 0.5. Group b has `n` 0 and five times `None`."
    ),
    hints=(
        "Each rate is a share *of somebody*. Say for each of the five of whom, before you count.",
        "For each group collect the pairs (flagged, label) of its members. The true positive rate is the share "
        "of flagged among the "
        "members with label 1; the precision is the share of label 1 among the flagged members. An empty list "
        "has no share.",
        "```python\ndef share(outcomes):\n    return sum(outcomes) / len(outcomes) if outcomes else ...\n\n"
        "members = [(flagged, label) for flagged, label, member_of in people if member_of == ...]\n"
        '... "true positive rate": share([flagged for flagged, label in members if ...]), ...\n```',
    ),
    why=(
        "A rate that does not exist and is written as 0 becomes a gap, an alarm or an all-clear further down. "
        "Groups that are small "
        "in your data are the groups for which this happens, and often the ones that somebody had in mind."
    ),
    visible=(
        _case("one group", 1, {"a": (14, 0.35, 0.75, 0.2)}),
        _case("three groups", 2, {"a": (20, 0.3, 0.8, 0.2), "b": (15, 0.6, 0.6, 0.35), "c": (8, 0.5, 0.5, 0.5)}),
        _case("a group without members", 3, {"a": (10, 0.4, 0.6, 0.2)}, ["b"]),
        _case("a group without positives", 4, {"a": (10, 0.4, 0.8, 0.2), "b": (6, 0.0, 0.5, 0.4)}),
        _case("a group of which nobody is flagged", 5, {"a": (11, 0.5, 0.8, 0.2), "b": (7, 0.3, 0.0, 0.0)}),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "0 for what does not exist",
            zero_for_undefined,
            "Where there is nobody below the line you return 0. Nobody was missed there, and nobody was found: "
            "there is no such rate.",
        ),
        Mistake(
            "NaN for what does not exist",
            nan_for_undefined,
            "You return NaN where there is nobody below the line. NaN is silent: later it is neither above nor "
            "below any limit. The card asks for another value.",
        ),
        Mistake(
            "1 for what does not exist",
            one_for_undefined,
            "Where there is nobody below the line you return 1, as if all of nobody had been found.",
        ),
        Mistake(
            "empty group dropped",
            empty_groups_dropped,
            "A group in `groups` has no members, and your result does not mention it. A group that nobody "
            "counts should be seen.",
        ),
        Mistake(
            "labels for predictions",
            swapped,
            "Predictions and labels have changed places: your selection rate is the share with label 1.",
        ),
        Mistake(
            "precision for true positive rate",
            precision_for_hits,
            "Your true positive rate is the precision, and the other way round. One is a share of those *with "
            "label 1*, the other of those *flagged*.",
        ),
        Mistake(
            "of all members",
            of_all_members,
            "You divide every count by the size of the group. Only two of the five rates are shares of all its "
            "members.",
        ),
        Mistake(
            "false discovery rate",
            alarms_among_flagged,
            "Your false positive rate is a share of the flagged. Ask of whom it is the share: who should *not* "
            "be flagged?",
        ),
        Mistake(
            "of everybody",
            everybody,
            "Your selection rate and base rate divide by the number of all people, those of other groups among them.",
        ),
    ),
    alternatives=(right_by_arrays, right_by_counting),
    atol=1e-6,
    also_withheld=("course_lib.fairness.resampling:rate_of",),
    tolerance_reason="quotients of counts; float32 would differ by 1e-7",
)
