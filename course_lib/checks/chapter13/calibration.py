"""Exercise 13.3: calibration within groups.

Scores lie unevenly in their bins (so that the middle of a bin is not its mean), some exactly on an edge and one at
the very end; promises are too high in one bin and too low in another, so that signed differences cancel; one bin is
empty.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from course_lib.checks.exercise import Case, Exercise, Mistake

Found = dict[str, dict[str, Any]]
Floats = Sequence[float]
Inside = Callable[[float, float, float, float], bool]


def _usual(score: float, low: float, high: float, end: float) -> bool:
    return low <= score < high or (score == high == end)


def _table(
    scores: Floats,
    labels: Sequence[int],
    members: Sequence[str],
    edges: Floats,
    inside: Inside = _usual,
    promised: Callable[[list[float], float, float], float] = lambda s, low, high: sum(s) / len(s),
    empty: Any = None,
) -> Found:
    found: Found = {}
    for group in dict.fromkeys(members):
        rows = [(s, y) for s, y, g in zip(scores, labels, members, strict=True) if g == group]
        bins, error = [], 0.0
        for low, high in pairwise(edges):
            here = [(s, y) for s, y in rows if inside(s, low, high, edges[-1])]
            if not here:
                bins.append([0, empty, empty])
                continue
            said, came = promised([s for s, _ in here], low, high), sum(y for _, y in here) / len(here)
            bins.append([len(here), said, came])
            error += len(here) / len(rows) * abs(said - came)
        found[group] = {"bins": bins, "error": error}
    return found


def last_edge_lost(scores: Floats, labels: Sequence[int], members: Sequence[str], edges: Floats) -> Found:
    """Every bin is open above, the last one too."""
    return _table(scores, labels, members, edges, lambda s, low, high, end: low <= s < high)


def closed_above(scores: Floats, labels: Sequence[int], members: Sequence[str], edges: Floats) -> Found:
    """The upper edge belongs to the bin, the lower one does not."""
    first = edges[0]
    return _table(scores, labels, members, edges, lambda s, low, high, end: low < s <= high or (s == low == first))


def middle_of_bin(scores: Floats, labels: Sequence[int], members: Sequence[str], edges: Floats) -> Found:
    """The middle of the bin for the mean score."""
    return _table(scores, labels, members, edges, promised=lambda s, low, high: (low + high) / 2)


def _with_errors(found: Found, error: Callable[[list[Any]], float]) -> Found:
    return {group: {"bins": row["bins"], "error": error(row["bins"])} for group, row in found.items()}


def bins_count_alike(scores: Floats, labels: Sequence[int], members: Sequence[str], edges: Floats) -> Found:
    """The plain mean over bins."""

    def mean(bins: list[Any]) -> float:
        gaps = [abs(said - came) for n, said, came in bins if n]
        return sum(gaps) / len(gaps)

    return _with_errors(_table(scores, labels, members, edges), mean)


def weighted_by_everybody(scores: Floats, labels: Sequence[int], members: Sequence[str], edges: Floats) -> Found:
    """Weights over all people."""
    return _with_errors(
        _table(scores, labels, members, edges),
        lambda bins: sum(n * abs(said - came) for n, said, came in bins if n) / len(scores),
    )


def signed(scores: Floats, labels: Sequence[int], members: Sequence[str], edges: Floats) -> Found:
    """Differences that cancel."""
    return _with_errors(
        _table(scores, labels, members, edges),
        lambda bins: sum(n * (said - came) for n, said, came in bins if n) / sum(n for n, _, _ in bins),
    )


def worst_bin(scores: Floats, labels: Sequence[int], members: Sequence[str], edges: Floats) -> Found:
    """The largest distance: maximum calibration error."""
    return _with_errors(
        _table(scores, labels, members, edges), lambda bins: max(abs(said - came) for n, said, came in bins if n)
    )


def squared(scores: Floats, labels: Sequence[int], members: Sequence[str], edges: Floats) -> Found:
    """Squares in place of distances."""
    return _with_errors(
        _table(scores, labels, members, edges),
        lambda bins: sum(n * (said - came) ** 2 for n, said, came in bins if n) / sum(n for n, _, _ in bins),
    )


def all_together(scores: Floats, labels: Sequence[int], members: Sequence[str], edges: Floats) -> Found:
    """One table for everybody, given to each group."""
    whole = _table(scores, labels, ["all"] * len(scores), edges)["all"]
    return dict.fromkeys(members, whole)


def zeros_in_empty_bins(scores: Floats, labels: Sequence[int], members: Sequence[str], edges: Floats) -> Found:
    """An empty bin promised 0 and got 0."""
    return _table(scores, labels, members, edges, empty=0.0)


def empty_bins_dropped(scores: Floats, labels: Sequence[int], members: Sequence[str], edges: Floats) -> Found:
    """Leaves empty bins out of the list."""
    right = _table(scores, labels, members, edges)
    return {g: {"bins": [b for b in row["bins"] if b[0]], "error": row["error"]} for g, row in right.items()}


def right_by_arrays(scores: Floats, labels: Sequence[int], members: Sequence[str], edges: Floats) -> Found:
    """searchsorted and bincount."""
    import numpy as np

    s, y, g = np.array(scores), np.array(labels), np.array(members)
    k = len(edges) - 1
    place = np.minimum(np.searchsorted(edges, s, side="right") - 1, k - 1)
    found: Found = {}
    for group in dict.fromkeys(members):
        here = g == group
        n = np.bincount(place[here], minlength=k)
        said = np.bincount(place[here], s[here], minlength=k)
        came = np.bincount(place[here], y[here], minlength=k)
        bins = [[n[i], said[i] / n[i], came[i] / n[i]] if n[i] else [0, None, None] for i in range(k)]
        found[group] = {"bins": bins, "error": np.abs(said - came).sum() / here.sum()}
    return found


def right_person_by_person(scores: Floats, labels: Sequence[int], members: Sequence[str], edges: Floats) -> Found:
    """One pass over people, sums kept for each group and bin; tuples."""
    last = len(edges) - 2
    sums: dict[str, list[list[float]]] = {}
    for s, y, g in zip(scores, labels, members, strict=True):
        bins = sums.setdefault(g, [[0, 0.0, 0] for _ in range(last + 1)])
        place = last
        while place > 0 and s < edges[place]:
            place -= 1
        bins[place][0] += 1
        bins[place][1] += s
        bins[place][2] += y
    found: Found = {}
    for g, bins in sums.items():
        error = sum(abs(said - came) for _, said, came in bins) / sum(n for n, _, _ in bins)
        found[g] = {
            "bins": [(n, said / n, came / n) if n else (0, None, None) for n, said, came in bins],
            "error": error,
        }
    return found


def _people(seed: int, sizes: dict[str, int], edges: Floats, without: int | None) -> tuple[Any, ...]:
    """Scores low in their bins, too high a promise below and too low a one above; nobody in bin `without`."""
    draw = random.Random(seed)
    rows = []
    for group, n in sizes.items():
        for index in range(n):
            place = draw.choice([i for i in range(len(edges) - 1) if i != without])
            low, high = edges[place], edges[place + 1]
            score = low if index % 6 == 0 else round(low + (high - low) * draw.random() ** 2, 3)
            score = edges[-1] if index == 3 else score
            likely = 0.5 * score if score < 0.5 else 0.5 + 0.5 * score
            rows.append((score, int(draw.random() < likely), group))
    draw.shuffle(rows)
    return [s for s, _, _ in rows], [y for _, y, _ in rows], [g for _, _, g in rows], list(edges)


FIFTHS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def _hidden(seed: int) -> tuple[Case, ...]:
    return (
        Case("three groups", _people(seed, {"a": 40, "b": 25, "c": 18}, FIFTHS, None)),
        Case("uneven bins, one of them empty", _people(seed + 1, {"a": 30, "b": 22}, (0.0, 0.1, 0.3, 0.7, 1.0), 1)),
    )


CALIBRATION = Exercise(
    id="13.3",
    title="Calibration within groups",
    points=4,
    difficulty=3,
    minutes=20,
    reference="course_lib.fairness.calibration:calibration_within_groups",
    returns=(
        'for each group, in the order in which they first occur, `"bins"`: for each bin `[n, mean score, share '
        "of positives]`, with `None` "
        'for the last two where it is empty; and `"error"`: the distance of the two, averaged over the people '
        "of the group"
    ),
    example=(
        '`calibration_within_groups([0.2, 0.4, 0.9], [0, 1, 1], ["a"] * 3, [0, 0.5, 1])`: the first bin of '
        "group a is `[2, 0.3, 0.5]`, the "
        "second `[1, 0.9, 1.0]`, and the error is 2/3 · 0.2 + 1/3 · 0.1 = 0.167."
    ),
    hints=(
        "What did the score promise to the people in this bin, and what came? Do it for one group and one bin first.",
        "A bin holds its lower edge and not its upper one; only the last bin holds both. In the error each bin "
        "counts with its share "
        "of the group's people, and each distance is positive.",
        "```python\ninside = [(s, y) for s, y in members if low <= s < high or (s == high == edges[-1])]\n"
        "promised, came = ..., ...\nerror += len(inside) / ... * abs(...)\n```",
    ),
    why=(
        "A score of 0.7 that means seven in ten for some people and five in ten for others is read wrongly by "
        "whoever acts on it. A "
        "moderation filter, a risk score, the confidence of a language model: if you set a threshold on it, "
        "this is what you rely on."
    ),
    visible=(
        Case("three people", ([0.2, 0.4, 0.9], [0, 1, 1], ["a", "a", "a"], [0, 0.5, 1])),
        Case(
            "on the edges",
            ([0.0, 0.25, 0.3, 0.5, 0.6, 1.0, 0.8], [0, 0, 1, 1, 0, 1, 0], ["a"] * 7, [0.0, 0.25, 0.5, 1.0]),
        ),
        Case("two groups", _people(3, {"a": 30, "b": 20}, FIFTHS, None)),
        Case("an empty bin", _people(4, {"a": 24, "b": 18, "c": 15}, FIFTHS, 2)),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "score at the end lost",
            last_edge_lost,
            "Somebody with a score at the very last edge is in no bin. The last bin holds both of its edges.",
        ),
        Mistake(
            "upper edge", closed_above, "Scores on an edge fall into the bin below it. A bin holds its lower edge."
        ),
        Mistake(
            "middle of the bin",
            middle_of_bin,
            "You take the middle of the bin for what was promised. Nobody has to be in the middle: look at the "
            "scores that were given.",
        ),
        Mistake(
            "bins count alike",
            bins_count_alike,
            "Every bin counts the same in your error, however few people are in it.",
        ),
        Mistake(
            "weights over everybody",
            weighted_by_everybody,
            "Your weights divide by all people. They should add up to 1 within the group.",
        ),
        Mistake("signed", signed, "Promises that are too high and too low cancel in your error."),
        Mistake(
            "worst bin", worst_bin, "Your error is that of the worst bin. The card asks for an average over people."
        ),
        Mistake("squared", squared, "You square the distances. The card asks for the distances themselves."),
        Mistake(
            "all groups together",
            all_together,
            "Each group gets the table of everybody. Calibration of all together can hide that no group is calibrated.",
        ),
        Mistake(
            "zeros in an empty bin",
            zeros_in_empty_bins,
            "An empty bin has promised nothing and got nothing. A 0 says that it did.",
        ),
        Mistake(
            "empty bins dropped",
            empty_bins_dropped,
            "Empty bins are missing from your lists, so that bins of two groups no longer stand side by side.",
        ),
    ),
    alternatives=(right_by_arrays, right_person_by_person),
    atol=1e-6,
    also_withheld=("course_lib.fairness.score_errors:errors_of",),
    tolerance_reason="means of at most a hundred numbers",
)
