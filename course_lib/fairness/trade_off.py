"""The same number of people flagged, shared out between two groups: what one notion of fairness costs another.

Fix how many people are flagged in all, as a court, a clinic or a moderation queue must. Then one choice is left: how
many of them come from the first group. Each group flags its highest scores. As the share moves, every metric moves,
and the curve of two of them shows what can be had together. Without a fixed number the question has empty answers:
flag nobody, and all rates agree.

Pitfall: the curve belongs to this score. A better score moves it, a useless one has a curve too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from course_lib.errors import CourseError


@dataclass(frozen=True)
class TradeOff:
    """One entry for each way to share out the flags; differences are first group less second.

    Attributes:
        flagged_first, flagged_second: the share of each group that is flagged.
        true_positive, false_positive, precision: differences of the rates.
        accuracy: of both groups together.
    """

    flagged_first: tuple[float, ...]
    flagged_second: tuple[float, ...]
    true_positive: tuple[float, ...]
    false_positive: tuple[float, ...]
    precision: tuple[float, ...]
    accuracy: tuple[float, ...]

    @property
    def equalised_odds(self) -> list[float]:
        """The larger of the two gaps, at each point."""
        pairs = zip(self.true_positive, self.false_positive, strict=True)
        return [max(abs(hits), abs(alarms)) for hits, alarms in pairs]

    @property
    def nearest(self) -> int:
        """The point at which the larger of equalised odds and predictive parity is smallest."""
        pairs = list(zip(self.equalised_odds, self.precision, strict=True))
        return min(range(len(pairs)), key=lambda i: max(pairs[i][0], abs(pairs[i][1])))

    def point_of(self, name: str) -> int:
        """The point at which a difference ("true_positive", "false_positive", "precision", "selection") is nearest to 0.

        Only points at which at least one in twenty of each group is flagged are looked at.
        """
        pairs = list(zip(self.flagged_first, self.flagged_second, strict=True))
        values = [a - b for a, b in pairs] if name == "selection" else getattr(self, name)
        return min((i for i, pair in enumerate(pairs) if min(pair) >= 0.05), key=lambda i: abs(values[i]))


def trade_off(
    first: tuple[Sequence[float], Sequence[int]],
    second: tuple[Sequence[float], Sequence[int]],
    flagged: float,
    points: int = 101,
) -> TradeOff:
    """Share out a fixed number of flags between two groups.

    Args:
        first: scores and labels of the first group.
        second: those of the second.
        flagged: the share of all people that is flagged, above 0 and below 1.
        points: how many ways to share out.

    Raises:
        CourseError: a group has no positives or no negatives.

    Example:
        >>> trade_off(([0.9, 0.1], [1, 0]), ([0.8, 0.2], [1, 0]), 0.5, points=3).accuracy
        (0.5, 1.0, 0.5)
    """
    (a, na), (b, nb) = (_hits(*group) for group in (first, second))
    total = round(flagged * (na + nb))
    from_first = np.unique(np.linspace(max(0, total - nb), min(na, total), points).round().astype(int))
    from_first = (
        from_first[(from_first > 0) & (from_first < total)] if total > 1 and len(from_first) > 3 else from_first
    )
    k, m = from_first, total - from_first
    (pa, pb), (ha, hb) = (a[-1], b[-1]), (a[k], b[m])
    accuracy = (ha + hb + (na - pa - k + ha) + (nb - pb - m + hb)) / (na + nb)
    curves = (
        k / na,
        m / nb,
        ha / pa - hb / pb,
        (k - ha) / (na - pa) - (m - hb) / (nb - pb),
        ha / np.maximum(k, 1) - hb / np.maximum(m, 1),
        accuracy,
    )
    return TradeOff(*(tuple(float(value) for value in curve) for curve in curves))


def _hits(scores: Sequence[float], labels: Sequence[int]) -> tuple[np.ndarray, int]:
    """Positives among the k highest scores, for k from 0; and how many people there are."""
    s, y = np.asarray(scores, dtype=float), np.asarray(labels, dtype=int)
    if y.sum() in (0, len(y)):
        raise CourseError(
            "One group has no positives, or no negatives.", "Then there is no gap to trade; take more data."
        )
    return np.concatenate([[0], np.cumsum(y[np.argsort(-s, kind="stable")])]), len(y)


def with_base_rate(labels: Sequence[int], base_rate: float, n: int, seed: int = 0) -> list[int]:
    """Row numbers of `n` people drawn so that the share of positives is `base_rate`: the control of the theorem.

    Positives are drawn among positives and negatives among negatives, so that everything else about a group stays: its scores
    given the label, and with them both error rates.

    Example:
        >>> labels = [1, 0, 0, 0]
        >>> sum(labels[row] for row in with_base_rate(labels, 0.5, 10))
        5
    """
    random = np.random.default_rng(seed)
    y = np.asarray(labels)
    positives = round(base_rate * n)
    rows = [random.choice(np.flatnonzero(y == 1), positives), random.choice(np.flatnonzero(y == 0), n - positives)]
    return [int(row) for row in np.concatenate(rows)]
