"""Exercise 13.5: one threshold for each group.

Scores carry ties, groups differ in scale, size and base rate, and the target falls between two ranks in some cases
and on one in others, so that `>` for `>=`, rounding and quantiles each show. One group has no positives.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any

from course_lib.checks.exercise import Case, Exercise, Mistake

Found = dict[str, Any]
Floats = Sequence[float]
SHARE, HITS = "demographic parity", "equal opportunity"


def _counted(scores: Floats, labels: Sequence[int], members: Sequence[str], goal: str) -> dict[str, list[float]]:
    """For each group the scores of those who count, highest first."""
    found: dict[str, list[float]] = {group: [] for group in dict.fromkeys(members)}
    for s, y, g in zip(scores, labels, members, strict=True):
        if goal == SHARE or y:
            found[g].append(s)
    return {group: sorted(values, reverse=True) for group, values in found.items()}


def _needed(n: int, target: float) -> int:
    return next(rank for rank in range(1, n + 1) if rank / n >= target)


def _pick(counted: dict[str, list[float]], target: float) -> Found:
    return {g: values[_needed(len(values), target) - 1] if values else None for g, values in counted.items()}


def one_for_all(scores: Floats, labels: Sequence[int], members: Sequence[str], goal: str, target: float) -> Found:
    """One threshold from everybody."""
    whole = _pick(_counted(scores, labels, ["all"] * len(scores), goal), target)["all"]
    return dict.fromkeys(members, whole)


def goal_ignored(scores: Floats, labels: Sequence[int], members: Sequence[str], goal: str, target: float) -> Found:
    """Always the share of the group."""
    return _pick(_counted(scores, labels, members, SHARE), target)


def goals_exchanged(scores: Floats, labels: Sequence[int], members: Sequence[str], goal: str, target: float) -> Found:
    """The two goals the wrong way round."""
    return _pick(_counted(scores, labels, members, HITS if goal == SHARE else SHARE), target)


def negatives(scores: Floats, labels: Sequence[int], members: Sequence[str], goal: str, target: float) -> Found:
    """Equal opportunity over those with label 0."""
    turned = [1 - y for y in labels] if goal == HITS else labels
    return _pick(_counted(scores, turned, members, goal), target)


def lowest_first(scores: Floats, labels: Sequence[int], members: Sequence[str], goal: str, target: float) -> Found:
    """Counts from below."""
    return _pick({g: v[::-1] for g, v in _counted(scores, labels, members, goal).items()}, target)


def just_below(scores: Floats, labels: Sequence[int], members: Sequence[str], goal: str, target: float) -> Found:
    """The lowest threshold whose rate is at most the target."""
    found: Found = {}
    for group, values in _counted(scores, labels, members, goal).items():
        fine = [v for v in values if sum(x >= v for x in values) / len(values) <= target]
        found[group] = min(fine, default=values[0] if values else None)
    return found


def more_than(scores: Floats, labels: Sequence[int], members: Sequence[str], goal: str, target: float) -> Found:
    """Counts scores above the threshold only, so that the threshold is one too low."""
    found: Found = {}
    for group, values in _counted(scores, labels, members, goal).items():
        fine = [v for v in values if sum(x > v for x in values) / len(values) >= target]
        found[group] = max(fine, default=values[-1] if values else None)
    return found


def quantile(scores: Floats, labels: Sequence[int], members: Sequence[str], goal: str, target: float) -> Found:
    """NumPy's quantile, between two scores."""
    import numpy as np

    counted = _counted(scores, labels, members, goal)
    return {g: float(np.quantile(v, 1 - target)) if v else None for g, v in counted.items()}


def rounded(scores: Floats, labels: Sequence[int], members: Sequence[str], goal: str, target: float) -> Found:
    """Rounds the rank down."""
    counted = _counted(scores, labels, members, goal)
    return {g: v[max(math.floor(target * len(v) + 1e-9), 1) - 1] if v else None for g, v in counted.items()}


def everybody_without_positives(
    scores: Floats, labels: Sequence[int], members: Sequence[str], goal: str, target: float
) -> Found:
    """0 where a group has no positives."""
    found = _pick(_counted(scores, labels, members, goal), target)
    return {g: 0.0 if value is None else value for g, value in found.items()}


def right_by_trying(scores: Floats, labels: Sequence[int], members: Sequence[str], goal: str, target: float) -> Found:
    """Tries each score of the group, from the highest down."""
    found: Found = {}
    for group in dict.fromkeys(members):
        rows = [(s, y) for s, y, g in zip(scores, labels, members, strict=True) if g == group]
        base = [s for s, y in rows if goal == SHARE or y == 1]
        found[group] = None
        for threshold in sorted({s for s, _ in rows}, reverse=True):
            if base and sum(s >= threshold for s in base) / len(base) >= target:
                found[group] = threshold
                break
    return found


def right_by_arrays(scores: Floats, labels: Sequence[int], members: Sequence[str], goal: str, target: float) -> Found:
    """NumPy: sort, count, first rank that reaches the target."""
    import numpy as np

    s, y, g = np.array(scores), np.array(labels, dtype=bool), np.array(members)
    found: Found = {}
    for group in dict.fromkeys(members):
        base = -np.sort(-s[(g == group) & (y | (goal == SHARE))])
        reached = np.arange(1, len(base) + 1) / max(len(base), 1) >= target
        found[group] = base[reached.argmax()] if len(base) else None
    return found


def _people(seed: int, sizes: dict[str, tuple[int, float, float]], digits: int = 3) -> tuple[Any, ...]:
    """Groups as (size, base rate, shift); few digits make ties."""
    draw = random.Random(seed)
    rows = []
    for group, (n, base, shift) in sizes.items():
        for index in range(n):
            label = int(index < round(base * n))
            score = min(max(draw.betavariate(2 + 2 * label, 3) + shift, 0.01), 0.99)
            rows.append((round(score, digits), label, group))
    draw.shuffle(rows)
    return [s for s, _, _ in rows], [y for _, y, _ in rows], [g for _, _, g in rows]


THREE = {"a": (31, 0.4, 0.1), "b": (23, 0.6, -0.1), "c": (17, 0.25, 0.0)}


def _hidden(seed: int) -> tuple[Case, ...]:
    return (
        Case("equal opportunity", (*_people(seed, THREE), HITS, 0.65)),
        Case("demographic parity", (*_people(seed + 1, THREE), SHARE, 0.35)),
        Case("ties", (*_people(seed + 2, THREE, 1), HITS, 0.5)),
        Case("no positives in one group", (*_people(seed + 3, {**THREE, "d": (6, 0.0, 0.0)}), HITS, 0.8)),
    )


GROUP_THRESHOLDS = Exercise(
    id="13.5",
    title="A threshold for each group",
    points=4,
    difficulty=3,
    minutes=20,
    reference="course_lib.fairness.thresholds:group_thresholds",
    returns=(
        "for each group, in the order in which they first occur, the highest of the scores at which its rate "
        "is at least `target`, where "
        "flagged is `score >= threshold`. The rate is the share of the group that is flagged (goal "
        '`"demographic parity"`), or the share of '
        'its members with label 1 (goal `"equal opportunity"`). `None` where there is nobody to count'
    ),
    example=(
        'Group a has positives with scores 0.9, 0.6, 0.6 and 0.3. For `"equal opportunity"` with target 0.5 '
        "the threshold is 0.6: at 0.9 "
        "only one of four is flagged, at 0.6 three are."
    ),
    hints=(
        "Which people of the group decide, for each of the two goals? Write their scores down, highest first, "
        "and count.",
        "Go down the sorted scores. With the first one flagged the rate is 1 / n, with two it is 2 / n. Stop "
        "at the first score at which "
        "the target is reached. Equal scores are flagged together, and that only helps.",
        "```python\ncounted = sorted((score for ... if member_of == group and (goal == ... or label)), reverse=True)\n"
        "reached = (score for rank, score in enumerate(counted, start=1) if ... >= target)\nthresholds[group] "
        "= next(reached, None)\n```",
    ),
    why=(
        "Moving thresholds is the one repair that needs no training and no access to the model, so it is the "
        "first one that is tried. "
        "It needs the group of each person when it decides, and people on whom the thresholds were *not* "
        "chosen to say whether it worked."
    ),
    visible=(
        Case("one group with a tie", ([0.9, 0.6, 0.6, 0.3, 0.7, 0.1], [1, 1, 1, 1, 0, 0], ["a"] * 6, HITS, 0.5)),
        Case("demographic parity", (*_people(1, THREE), SHARE, 0.4)),
        Case("equal opportunity", (*_people(2, THREE), HITS, 0.7)),
        Case("everybody", (*_people(3, {"a": (9, 0.4, 0.0), "b": (7, 0.5, 0.1)}), SHARE, 1.0)),
        Case("a group without positives", (*_people(4, {"a": (14, 0.5, 0.0), "b": (8, 0.0, 0.1)}), HITS, 0.6)),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake("one threshold for all", one_for_all, "All groups get the same threshold. Count within each group."),
        Mistake(
            "goals exchanged", goals_exchanged, "The two goals have changed places: who counts for demographic parity?"
        ),
        Mistake(
            "goal ignored",
            goal_ignored,
            "For equal opportunity you count all members of the group. Its rate is a share of somebody else.",
        ),
        Mistake(
            "negatives",
            negatives,
            "For equal opportunity you count the members with label 0. Theirs is the false positive rate.",
        ),
        Mistake(
            "from below",
            lowest_first,
            "You count from the lowest score upward. Those *above* the threshold are flagged.",
        ),
        Mistake(
            "just below the target",
            just_below,
            "Your rate is at most the target, and it should be at least the target.",
        ),
        Mistake(
            "strictly above",
            more_than,
            "You count scores strictly above the threshold, so that it ends up one score too low. Flagged is "
            "`score >= threshold`.",
        ),
        Mistake(
            "quantile",
            quantile,
            "A quantile lies between two scores. The card asks for one of the scores, the highest that reaches "
            "the target.",
        ),
        Mistake(
            "rank rounded down",
            rounded,
            "Where the target falls between two ranks you take the upper one, and the rate stays below the target.",
        ),
        Mistake(
            "zero without positives",
            everybody_without_positives,
            "A group without positives gets a threshold of 0 from you: everybody in it is flagged. There is "
            "nothing to choose one by.",
        ),
    ),
    alternatives=(right_by_trying, right_by_arrays),
    atol=1e-6,
    tolerance_reason="thresholds are scores that were given",
)
