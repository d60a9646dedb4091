"""Exercise 17.3: the expected calibration error.

Bins hold different numbers of items, one is empty, gaps have both signs within a bin and between bins, and values lie on
the edges and at 1.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from course_lib.checks.exercise import Case, Exercise, Mistake

Place = Callable[[float, int], int]


def _above(value: float, bins: int) -> int:
    return min(int(value * bins), bins - 1)


def _below(value: float, bins: int) -> int:
    import math

    return max(math.ceil(value * bins) - 1, 0)


def _groups(
    sure: Sequence[float], right: Sequence[bool], bins: int, place: Place = _above
) -> list[tuple[int, float, float]]:
    """Number, mean confidence and share of right answers of each bin that holds something."""
    found = []
    for b in range(bins):
        inside = [i for i in range(len(sure)) if place(sure[i], bins) == b]
        if inside:
            n = len(inside)
            found.append((n, sum(sure[i] for i in inside) / n, sum(right[i] for i in inside) / n))
    return found


def unweighted(confidences: Sequence[float], right: Sequence[bool], bins: int) -> float:
    """A plain mean over bins that hold something."""
    found = _groups(confidences, right, bins)
    return sum(abs(c - a) for _, c, a in found) / len(found)


def over_all_bins(confidences: Sequence[float], right: Sequence[bool], bins: int) -> float:
    """A plain mean over all bins."""
    return sum(abs(c - a) for _, c, a in _groups(confidences, right, bins)) / bins


def largest(confidences: Sequence[float], right: Sequence[bool], bins: int) -> float:
    """The largest gap."""
    return max(abs(c - a) for _, c, a in _groups(confidences, right, bins))


def signed(confidences: Sequence[float], right: Sequence[bool], bins: int) -> float:
    """Gaps with their sign."""
    return sum(n / len(confidences) * (c - a) for n, c, a in _groups(confidences, right, bins))


def each_item(confidences: Sequence[float], right: Sequence[bool], bins: int) -> float:
    """The gap of each item, without bins."""
    return sum(abs(c - a) for c, a in zip(confidences, right, strict=True)) / len(confidences)


def squared(confidences: Sequence[float], right: Sequence[bool], bins: int) -> float:
    """Squared gaps."""
    return sum(n / len(confidences) * (c - a) ** 2 for n, c, a in _groups(confidences, right, bins))


def middles(confidences: Sequence[float], right: Sequence[bool], bins: int) -> float:
    """The middle of the bin in place of the mean confidence."""
    total = 0.0
    for b in range(bins):
        inside = [i for i in range(len(confidences)) if _above(confidences[i], bins) == b]
        if inside:
            total += abs((b + 0.5) / bins * len(inside) - sum(right[i] for i in inside))
    return total / len(confidences)


def one_left_out(confidences: Sequence[float], right: Sequence[bool], bins: int) -> float:
    """A confidence of 1 falls into no bin."""
    found = _groups(confidences, right, bins, lambda value, count: int(value * count))
    return sum(n / len(confidences) * abs(c - a) for n, c, a in found)


def edges_below(confidences: Sequence[float], right: Sequence[bool], bins: int) -> float:
    """Edges belong to the bin below."""
    found = _groups(confidences, right, bins, _below)
    return sum(n / len(confidences) * abs(c - a) for n, c, a in found)


def right_with_numpy(confidences: Sequence[float], right: Sequence[bool], bins: int) -> Any:
    """Sums by bin."""
    import numpy as np

    sure, hits = np.asarray(confidences, float), np.asarray(right, float)
    place = np.minimum((sure * bins).astype(int), bins - 1)
    return np.abs(np.bincount(place, weights=sure - hits, minlength=bins)).sum() / len(sure)


def right_with_torch(confidences: Sequence[float], right: Sequence[bool], bins: int) -> Any:
    """A loop over bins, in single precision."""
    import torch

    sure, hits = torch.tensor(confidences, dtype=torch.float64), torch.tensor(right, dtype=torch.float64)
    total = torch.tensor(0.0, dtype=torch.float64)
    for b in range(bins):
        inside = (sure * bins >= b) & ((sure * bins < b + 1) | (b == bins - 1))
        if inside.any():
            total += inside.double().mean() * (sure[inside].mean() - hits[inside].mean()).abs()
    return total.float()


def _case(name: str, seed: int, n: int, bins: int, extra: Sequence[tuple[float, bool]] = ()) -> Case:
    draw = random.Random(seed)
    rows = [(round(draw.uniform(0.3, 0.99) + 0.0003, 4), draw.random() < 0.55) for _ in range(n)] + list(extra)
    return Case(name, ([sure for sure, _ in rows], [hit for _, hit in rows], bins))


EDGES = ((0.5, True), (0.75, False), (0.75, False), (0.5, False), (0.5, True))


def _hidden(seed: int) -> tuple[Case, ...]:
    return (
        _case("sixty items", seed, 60, 10),
        _case("few items", seed + 1, 13, 5),
        _case("on the edges", seed + 2, 9, 4, EDGES),
        _case("certain", seed + 3, 12, 8, ((1.0, False), (1.0, True), (1.0, False))),
    )


CALIBRATION_ERROR = Exercise(
    id="17.3",
    title="Is it as sure as it is right?",
    points=3,
    difficulty=2,
    minutes=12,
    reference="course_lib.evals.calibration:calibration_error",
    returns=(
        "the expected calibration error: over `bins` bins of equal width from 0 to 1, the mean of |mean confidence - "
        "share that is "
        "right|, each bin weighted by its share of the items. A value on an edge belongs to the bin above it, and 1 "
        "to the last bin"
    ),
    example=(
        "`calibration_error([0.9, 0.8, 0.2, 0.3], [True, False, False, False], 2)` is 0.3: in the upper bin |0.85 - "
        "0.5|, in the "
        "lower |0.25 - 0|, each with half of the items."
    ),
    hints=(
        "First put every item into its bin. Only then compare, bin by bin; single items have no gap worth looking at.",
        "The bin of a confidence is `int(confidence * bins)`, and 1 goes into the last one. For each bin that is not "
        "empty: mean "
        "confidence, share of right answers, the distance between the two, times the bin's share of all items.",
        "```python\nfor b in range(bins):\n    inside = [i for i in range(n) if min(int(...), ...) == b]\n    if "
        "inside:\n"
        "        total += len(inside) / n * abs(... - ...)\n```",
    ),
    why=(
        "Whoever lets a model decide above 90 % and asks a person below believes that its 90 % means something. This "
        "number says how far "
        "that is from the truth, on these items."
    ),
    visible=(
        Case("two bins", ([0.9, 0.8, 0.2, 0.3], [True, False, False, False], 2)),
        _case("thirty items", 6, 30, 10),
        _case("on the edges", 8, 7, 4, EDGES),
        _case("some are certain", 5, 10, 5, ((1.0, False), (1.0, True))),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake("unweighted", unweighted, "Every bin counts the same here, however few items it holds."),
        Mistake(
            "over all bins", over_all_bins, "You divide by the number of bins. A bin counts by its share of the items."
        ),
        Mistake("largest gap", largest, "This is the largest gap of any bin. The expected error is their mean."),
        Mistake(
            "signed",
            signed,
            "Gaps of different sign cancel in your sum. Being too sure here does not make up for the opposite there.",
        ),
        Mistake(
            "no bins",
            each_item,
            "You compare each item with itself. An answer is right or wrong, so single gaps say nothing.",
        ),
        Mistake("squared", squared, "You square the gaps. That is another measure."),
        Mistake(
            "middles", middles, "You take the middle of the bin for its confidence. Use the mean of the items in it."
        ),
        Mistake("1 left out", one_left_out, "A confidence of exactly 1 falls out of your bins."),
        Mistake("edges below", edges_below, "A value on an edge lies in your bin below it; the card says which."),
    ),
    alternatives=(right_with_numpy, right_with_torch),
    rtol=1e-5,
    atol=1e-6,
    tolerance_reason="sums in another order differ by about 1e-15, single precision by 1e-7",
    also_withheld=("course_lib.evals.calibration:error_interval",),
)
