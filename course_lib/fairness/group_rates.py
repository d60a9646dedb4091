"""What happens to each group: the rates of which fairness metrics are made, and when one of them does not exist.

Four counts say everything about a decision in a group: flagged or not, and whether the label is 1 or 0. The metrics
are quotients of these counts, and they differ in what stands *below* the line:

    selection rate         flagged / all                     nothing is known about labels
    base rate              label 1 / all                     nothing is known about decisions
    true positive rate     flagged with label 1 / label 1    of those it should flag, how many it flags
    false positive rate    flagged with label 0 / label 0    of those it should not flag, how many it flags
    precision              flagged with label 1 / flagged    of those it flags, how many it should have

Below the line may stand a zero: an empty group, a group without positives, a group of which nobody is flagged. Then
the rate does not exist. Not 0, not 1, not NaN: each of these goes on into a metric and says something there that
nobody has seen. It is None, and whoever uses it has to decide.

Pitfall: a rate of a group of eleven people is a rate of eleven people. It exists, and it says next to nothing.
"""

from __future__ import annotations

from collections.abc import Sequence


def group_rates(
    predictions: Sequence[int], labels: Sequence[int], group_membership: Sequence[str], groups: Sequence[str]
) -> dict[str, dict[str, float | None]]:
    """The rates of each group, None where one does not exist.

    Args:
        predictions: for each person 1 where they are flagged, else 0.
        labels: for each person 1 or 0, what turned out to be so.
        group_membership: for each person the group.
        groups: which groups to report, in this order; one of them may have no member.

    Returns:
        For each group "n", "selection rate", "base rate", "true positive rate", "false positive rate" and "precision".

    Example:
        >>> group_rates([1, 0, 1], [1, 1, 0], ["a", "a", "a"], ["a"])["a"]["true positive rate"]
        0.5
        >>> group_rates([1], [1], ["a"], ["a"])["a"]["false positive rate"] is None
        True
    """

    def share(outcomes: list[int]) -> float | None:
        return sum(outcomes) / len(outcomes) if outcomes else None

    found: dict[str, dict[str, float | None]] = {}
    people = list(zip(predictions, labels, group_membership, strict=True))
    for group in groups:
        members = [(flagged, label) for flagged, label, member_of in people if member_of == group]
        found[group] = {
            "n": len(members),
            "selection rate": share([flagged for flagged, _ in members]),
            "base rate": share([label for _, label in members]),
            "true positive rate": share([flagged for flagged, label in members if label]),
            "false positive rate": share([flagged for flagged, label in members if not label]),
            "precision": share([label for flagged, label in members if flagged]),
        }
    return found
