"""`FairnessMetrics`: every metric of the chapter for one set of decisions, with its interval, or why there is none.

    FairnessMetrics(predictions, labels, group_membership).report()

Numbers of groups, of people and of positives are what they are; a metric that does not exist says why in words, and a
group that could not take part is named. Nothing here is NaN.

Without labels (decisions to which nobody knows the right answer) pass `labels=None`: selection rates remain. With
`scores`, calibration within groups is added. With `clusters`, whole clusters are drawn for the intervals.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from course_lib.errors import CourseError
from course_lib.fairness.metric import FairnessReport, GroupRow, Metric
from course_lib.fairness.resampling import (
    NEEDS_LABELS,
    RATES,
    contrast,
    count,
    drawn_counts,
    interval,
    rate_of,
    shuffled_counts,
    spread,
)
from course_lib.fairness.score_errors import calibration_metric

if TYPE_CHECKING:
    from jaxtyping import Float, Shaped
    from numpy import ndarray

NOTIONS = {
    "demographic parity": ("selection rate",),
    "equal opportunity": ("true positive rate",),
    "equalised odds": ("true positive rate", "false positive rate"),
    "predictive parity": ("precision",),
    "disparate impact": ("selection rate",),
}
_MISSING = {
    "selection rate": "members",
    "true positive rate": "members with label 1",
    "false positive rate": "members with label 0",
    "precision": "flagged members",
}


class FairnessMetrics:
    """Metrics of group fairness of decisions about people in any number of groups.

    Args:
        predictions: for each person 1 (or True) where they are flagged, else 0.
        labels: for each person 1 or 0; None where nobody knows.
        group_membership: for each person the group, any value that can be a key.
        scores: for each person a probability, for calibration within groups.
        clusters: for each person the cluster they were drawn in; None where people were drawn one by one.
        groups: the groups to compare, in this order; those who are in none of them are left out. All groups when None.
        draws: how many bootstrap draws.
        seed: of the draws.

    Raises:
        CourseError: unequal lengths, nobody at all, or predictions or labels that are not 0 or 1.

    Example:
        >>> metrics = FairnessMetrics([1, 0, 1, 1], [1, 1, 1, 0], ["a", "a", "b", "b"])
        >>> metrics.equal_opportunity().value
        0.5
        >>> metrics.equalised_odds().value is None, metrics.equalised_odds().reason
        (True, 'the false positive rate exists in fewer than two groups')
    """

    def __init__(
        self,
        predictions: Sequence[int],
        labels: Sequence[int] | None,
        group_membership: Sequence[Hashable],
        *,
        scores: Sequence[float] | None = None,
        clusters: Sequence[Hashable] | None = None,
        groups: Sequence[Hashable] | None = None,
        draws: int = 1000,
        seed: int = 0,
    ) -> None:
        names = [str(name) for name in group_membership]
        for other in (predictions, labels, scores, clusters):
            if other is not None and len(other) != len(names):
                raise CourseError(
                    f"There are {len(names)} group names and {len(other)} other entries.",
                    "Give one of each per person.",
                )
        self.groups = [str(name) for name in groups] if groups is not None else sorted(set(names))
        place = {name: code for code, name in enumerate(self.groups)}
        kept = np.array([index for index, name in enumerate(names) if name in place], dtype=int)
        if not len(kept):
            raise CourseError("There is nobody in these groups.", "Give at least one person.")
        self.predictions = _binary(predictions, "predictions")[kept]
        self.labels = None if labels is None else _binary(labels, "labels")[kept]
        self.scores = None if scores is None else np.asarray(scores, dtype=float)[kept]
        self.group_codes = np.array([place[names[index]] for index in kept])
        self.clusters = None
        if clusters is not None:
            self.clusters = np.unique([str(clusters[index]) for index in kept], return_inverse=True)[1]
        self.draws, self.seed = draws, seed

    def rates(self) -> dict[str, dict[str, float | None]]:
        """The rates of each group, as `group_rates` returns them."""
        table: dict[str, dict[str, float | None]] = {}
        for code, name in enumerate(self.groups):
            table[name] = {"n": int(self._counts[code].sum())}
            for rate in RATES:
                value = self._rates[rate][code]
                table[name][rate] = None if np.isnan(value) else float(value)
        return table

    def gaps(self) -> dict[str, float | None]:
        """The five metrics without their intervals, as `fairness_gaps` returns them."""
        return {name: self._value(name) for name in NOTIONS}

    def demographic_parity(self) -> Metric:
        """Largest gap of the selection rate."""
        return self._metric("demographic parity")

    def equal_opportunity(self) -> Metric:
        """Largest gap of the true positive rate."""
        return self._metric("equal opportunity")

    def equalised_odds(self) -> Metric:
        """The larger of the largest gaps of the true and of the false positive rate."""
        return self._metric("equalised odds")

    def predictive_parity(self) -> Metric:
        """Largest gap of the precision."""
        return self._metric("predictive parity")

    def disparate_impact(self) -> Metric:
        """Smallest over largest selection rate."""
        return self._metric("disparate impact")

    def calibration(self) -> Metric:
        """The largest calibration error within a group, in ten bins of equal width."""
        return calibration_metric(self.scores, self.labels, self.group_codes, self.groups, seed=self.seed)

    def report(self) -> FairnessReport:
        """Everything at once, as plain values."""
        rows = []
        for name, cells in zip(self.groups, self._counts.tolist(), strict=True):
            passed, alarms, missed, hits = map(int, cells)
            rows.append(GroupRow(name, passed, alarms, missed, hits, self.labels is not None))
        metrics = [self._metric(name) for name in NOTIONS]
        return FairnessReport(
            tuple(rows), (*metrics, self.calibration()) if self.scores is not None else tuple(metrics)
        )

    @cached_property
    def _cells(self) -> Shaped[ndarray, " person"]:
        return (0 if self.labels is None else 2 * self.labels) + self.predictions

    @cached_property
    def _counts(self) -> Shaped[ndarray, "group cell"]:
        return count(self.group_codes, self._cells, len(self.groups))

    @cached_property
    def _rates(self) -> dict[str, Float[ndarray, " group"]]:
        return self._rates_of(self._counts)

    @cached_property
    def _drawn(self) -> dict[str, Float[ndarray, "draw group"]]:
        return self._rates_of(
            drawn_counts(self.group_codes, self._cells, self.clusters, len(self.groups), self.draws, self.seed)
        )

    @cached_property
    def _shuffled(self) -> dict[str, Float[ndarray, "shuffle group"]]:
        return self._rates_of(
            shuffled_counts(self.group_codes, self._cells, self.clusters, len(self.groups), self.seed)
        )

    def _rates_of(self, counts: Shaped[ndarray, "*draw group cell"]) -> dict[str, Float[ndarray, "*draw group"]]:
        found = {name: rate_of(counts, name) for name in RATES}
        if self.labels is None:
            found |= {name: np.full(counts.shape[:-1], np.nan) for name in NEEDS_LABELS}
        return found

    def _used(self, rate: str) -> Shaped[ndarray, " group"]:
        return ~np.isnan(self._rates[rate])

    def _values(self, name: str, rates: dict[str, Float[ndarray, "*draw group"]]) -> Float[ndarray, "*draw"]:
        parts = [spread(rates[r][..., self._used(r)], ratio=name == "disparate impact") for r in NOTIONS[name]]
        return np.max(parts, axis=0)

    def _value(self, name: str) -> float | None:
        if any(self._used(rate).sum() < 2 for rate in NOTIONS[name]):
            return None
        value = float(self._values(name, self._rates))
        return None if np.isnan(value) else value

    def _metric(self, name: str) -> Metric:
        value = self._value(name)
        if value is None:
            return Metric(name, None, None, None, None, reason=self._reason(name))
        widest = max(NOTIONS[name], key=lambda rate: float(spread(self._rates[rate][self._used(rate)])))
        order = [int(code) for code in np.argsort(self._rates[widest], kind="stable") if self._used(widest)[code]]
        ends = interval(contrast(self._drawn[widest], order[-1], order[0], ratio=name == "disparate impact"))
        low, high = ends or (None, None)
        apart = self._rates[widest][order[-1]] > self._rates[widest][order[0]]
        shuffled = self._values(name, self._shuffled)
        shuffled = shuffled[~np.isnan(shuffled)]
        left_out = [
            f"{group} (no {_MISSING[rate]})"
            for rate in NOTIONS[name]
            for group, used in zip(self.groups, self._used(rate), strict=True)
            if not used
        ]
        return Metric(
            name,
            value,
            low,
            high,
            float(np.quantile(shuffled, 0.05 if name == "disparate impact" else 0.95)) if len(shuffled) else None,
            highest=self.groups[order[-1]] if apart else "",
            lowest=self.groups[order[0]] if apart else "",
            rate=widest,
            left_out=tuple(left_out),
            reason="" if ends else "no interval: in more than one draw of ten a group loses its rate",
        )

    def _reason(self, name: str) -> str:
        if self.labels is None and set(NOTIONS[name]) & set(NEEDS_LABELS):
            return "it needs labels, and there are none"
        for rate in NOTIONS[name]:
            if self._used(rate).sum() < 2:
                return f"the {rate} exists in fewer than two groups"
        return "nobody is flagged"


def _binary(values: Sequence[int], what: str) -> Shaped[ndarray, " person"]:
    found = np.asarray(values)
    if found.ndim != 1 or not np.isin(found, (0, 1)).all():
        raise CourseError(f"The {what} are not all 0 or 1.", "Compare a score with a threshold first.")
    return found.astype(int)
