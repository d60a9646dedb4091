"""One threshold for each group, so that a rate of one's choice becomes equal: Hardt, Price and Srebro (2016).

A score stays as it is and only the line moves, group by group. For *demographic parity* each group gets the threshold
at which a wanted share of its members is at or above; for *equal opportunity*, of its members with label 1.

Pitfalls. The thresholds are fitted: on the people on whom they were chosen the gap is close to 0 by construction, and
that number is no result. They are chosen on one part of the data and judged on another. And the group of a person has
to be known when the decision is made, which law or decency may forbid.

Source: M. Hardt, E. Price, N. Srebro, "Equality of Opportunity in Supervised Learning" (2016), arXiv:1610.02413.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from course_lib.errors import CourseError


def group_thresholds(
    scores: Sequence[float], labels: Sequence[int], group_membership: Sequence[str], goal: str, target: float
) -> dict[str, float | None]:
    """For each group the highest threshold at which its rate is at least `target`; flagged is `score >= threshold`.

    Args:
        scores: for each person of the validation part.
        labels: for each person 1 or 0.
        group_membership: for each person the group.
        goal: "demographic parity", for which the rate is the share of the group that is flagged, or "equal opportunity", for
            which it is the share of the group's positives that is flagged.
        target: the wanted rate, above 0 and at most 1.

    Returns:
        For each group, in the order in which they first occur, one of the scores; None where the rate does not exist.

    Example:
        >>> group_thresholds([0.9, 0.5, 0.2, 0.7], [1, 1, 0, 0], ["a", "a", "a", "b"], "equal opportunity", 0.5)
        {'a': 0.9, 'b': None}
    """
    thresholds: dict[str, float | None] = {}
    for group in dict.fromkeys(group_membership):
        counted = sorted(
            (
                score
                for score, label, member_of in zip(scores, labels, group_membership, strict=True)
                if member_of == group and (goal == "demographic parity" or label)
            ),
            reverse=True,
        )
        reached = (score for rank, score in enumerate(counted, start=1) if rank / len(counted) >= target)
        thresholds[group] = next(reached, None)
    return thresholds


def flagged_by(
    scores: Sequence[float], group_membership: Sequence[str], thresholds: Mapping[str, float | None]
) -> list[int]:
    """The decisions: 1 where the score is at or above the threshold of the person's group.

    Raises:
        CourseError: somebody's group has no threshold.

    Example:
        >>> flagged_by([0.5, 0.5], ["a", "b"], {"a": 0.4, "b": 0.6})
        [1, 0]
    """
    missing = sorted(group for group in set(group_membership) if thresholds.get(group) is None)
    if missing:
        raise CourseError(
            f"There is no threshold for {', '.join(missing)}.",
            "Choose one from a larger validation part, or decide how these people are treated, and say so.",
        )
    limits = {group: float(limit) for group, limit in thresholds.items() if limit is not None}
    return [int(score >= limits[group]) for score, group in zip(scores, group_membership, strict=True)]
