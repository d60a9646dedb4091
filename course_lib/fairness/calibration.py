"""Does a score mean the same in each group? Of those with a score of 0.7, seven in ten should turn out positive.

People are sorted into bins of like scores. In each bin stand the mean score, which is what was promised, and the
share of positives, which is what came. Their distance, averaged over people, is the *expected calibration error* of
the group:

    error = sum over bins of (people in the bin / people in the group) * |mean score - share of positives|

Pitfalls. The mean score belongs against the share, not the middle of the bin. Distances are absolute, else promises
that are too high here and too low there cancel. An empty bin has no share. And calibration asks little of a score:
one that gives everybody the base rate of their group is perfectly calibrated within groups, and knows nobody.

Source: M. P. Naeini, G. Cooper, M. Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning" (AAAI
2015).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any


def calibration_within_groups(
    scores: Sequence[float], labels: Sequence[int], group_membership: Sequence[str], edges: Sequence[float]
) -> dict[str, dict[str, Any]]:
    """What was promised and what came, in each group and bin, and each group's calibration error.

    Args:
        scores: for each person a probability, from the first edge to the last.
        labels: for each person 1 or 0.
        group_membership: for each person the group.
        edges: ascending; a bin holds its lower edge and not its upper one, the last bin holds both.

    Returns:
        For each group, in the order in which they first occur, "bins": a list of `[n, mean score, share of positives]` for each
        bin, with None in place of the last two where n is 0; and "error": the calibration error.

    Example:
        >>> calibration_within_groups([0.2, 0.4, 0.9], [0, 1, 1], ["a", "a", "a"], [0, 0.5, 1])["a"]["bins"][1]
        [1, 0.9, 1.0]
    """
    found: dict[str, dict[str, Any]] = {}
    for group in dict.fromkeys(group_membership):
        members = [(s, y) for s, y, g in zip(scores, labels, group_membership, strict=True) if g == group]
        bins: list[list[Any]] = []
        error = 0.0
        for low, high in pairwise(edges):
            inside = [(s, y) for s, y in members if low <= s < high or (s == high == edges[-1])]
            if not inside:
                bins.append([0, None, None])
                continue
            promised = sum(s for s, _ in inside) / len(inside)
            came = sum(y for _, y in inside) / len(inside)
            bins.append([len(inside), promised, came])
            error += len(inside) / len(members) * abs(promised - came)
        found[group] = {"bins": bins, "error": error}
    return found
