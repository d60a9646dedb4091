"""Calibration within groups with an interval, and with what a perfectly calibrated score would get.

The fast version of `course_lib.fairness.calibration`, for thousands of draws: the bin of each person is found once,
and a draw is a row of weights. "By chance" is answered by labels drawn from the scores themselves: each person is a
positive with just the probability that was promised. The error is then noise, and in a small group it is large.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from course_lib.fairness.metric import Metric

if TYPE_CHECKING:
    from jaxtyping import Float, Int, Shaped
    from numpy import ndarray

BINS = 10
DRAWS = 200


def calibration_metric(
    scores: Float[ndarray, " person"] | None,
    labels: Int[ndarray, " person"] | None,
    group_codes: Int[ndarray, " person"],
    groups: Sequence[str],
    *,
    seed: int = 0,
) -> Metric:
    """The largest calibration error within a group."""
    name = "calibration within groups"
    if scores is None or labels is None:
        return Metric(name, None, None, None, None, reason="it needs scores and labels")
    if np.isnan(scores).any() or scores.min() < 0 or scores.max() > 1:
        return Metric(name, None, None, None, None, reason="the scores are no probabilities")
    random = np.random.default_rng(seed)
    errors: dict[str, float] = {}
    drawn, chance = {}, []
    for code, group in enumerate(groups):
        members = np.flatnonzero(group_codes == code)
        if not len(members):
            continue
        s, y = scores[members], labels[members]
        weights = random.multinomial(len(members), np.full(len(members), 1 / len(members)), size=DRAWS)
        errors[group] = float(errors_of(s, y[None], np.ones((1, len(s))))[0])
        drawn[group] = errors_of(s, y[None], weights)
        chance.append(errors_of(s, random.random((DRAWS, len(s))) < s, np.ones((1, len(s)))))
    worst = max(errors, key=lambda group: errors[group])
    low, high = np.quantile(drawn[worst], [0.025, 0.975])
    return Metric(
        name,
        errors[worst],
        float(low),
        float(high),
        float(np.quantile(np.max(chance, axis=0), 0.95)),
        highest=worst,
        lowest=min(errors, key=lambda group: errors[group]),
        rate="calibration error",
        left_out=tuple(f"{group} (no members)" for group in groups if group not in errors),
    )


def errors_of(
    scores: Float[ndarray, " person"], labels: Shaped[ndarray, "draw person"], weights: Shaped[ndarray, "draw person"]
) -> Float[ndarray, " draw"]:
    """The calibration error for each draw of labels or of weights, in ten bins of equal width."""
    place = np.minimum(np.searchsorted(np.arange(BINS + 1) / BINS, scores, side="right") - 1, BINS - 1)
    bins = np.eye(BINS)[place]  # [person, bin]
    gap = weights * (scores - labels)
    return np.abs(gap @ bins).sum(1) / weights.sum(1)
