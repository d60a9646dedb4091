"""Do two judges agree, beyond what two who do not look at the answer would?

Where nine of ten answers are no refusal, two judges who both say "no refusal" to everything agree on nine of ten with the truth,
and on ten of ten with each other. Cohen (1960) subtracts what chance gives: each judge keeps how often they say which word, and
says it at random. With p the share of cases on which they agree and e the share expected by chance,

    kappa = (p - e) / (1 - e)

1 is full agreement, 0 what chance gives. Where both judges say one and the same word to every case, e is 1: the
cases cannot tell, and kappa is not a number.

Pitfall: kappa depends on how common each word is, so kappas from two data sets do not compare well. Report the
table, too. And high kappa is agreement, not truth: two judges with the same blind spot agree.

Source: J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20 (1960), 37-46.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence

import numpy as np


def cohens_kappa(first: Sequence[Hashable], second: Sequence[Hashable]) -> float:
    """Cohen's kappa of two judges.

    Args:
        first: what the first judge said of each case; any labels.
        second: what the second judge said, in the same order.

    Returns:
        kappa, at most 1; NaN where both judges say one and the same label throughout.

    Example:
        >>> cohens_kappa(["yes", "yes", "no", "no"], ["yes", "no", "no", "no"])
        0.5
    """
    n = len(first)
    agreed = sum(a == b for a, b in zip(first, second, strict=True)) / n
    chance = sum((list(first).count(label) / n) * (list(second).count(label) / n) for label in set(first))
    return (agreed - chance) / (1 - chance) if chance < 1 else math.nan


def kappa_interval(
    first: Sequence[Hashable],
    second: Sequence[Hashable],
    groups: Sequence[Hashable] | None = None,
    *,
    draws: int = 1000,
    seed: int = 0,
) -> tuple[float, float]:
    """A 95 % bootstrap interval: cases are drawn with replacement, and the middle 95 % of the kappas is kept.

    Args:
        first: what the first judge said of each case.
        second: what the second judge said, in the same order.
        groups: what each case belongs to, such as the question of an answer; whole groups are drawn. Each case is a group of
            its own when None.
        draws: how often.
        seed: of the draws.

    Example:
        >>> low, high = kappa_interval(["yes", "no"] * 20, ["yes", "no"] * 20)
        >>> round(low, 6), round(high, 6)
        (1.0, 1.0)
    """
    labels = {label: code for code, label in enumerate(dict.fromkeys([*first, *second]))}
    a, b = (np.array([labels[label] for label in said]) for said in (first, second))
    numbers = {group: number for number, group in enumerate(dict.fromkeys(groups or range(len(a))))}
    place = np.array([numbers[group] for group in (groups or range(len(a)))])
    k, n = len(labels), len(numbers)
    table_of = np.zeros((n, k * k))
    np.add.at(table_of, (place, a * k + b), 1)
    rows = np.random.default_rng(seed).integers(0, n, size=(draws, n))
    tables = np.stack([np.bincount(row, minlength=n) @ table_of for row in rows]).reshape(draws, k, k)
    tables /= tables.sum(axis=(1, 2), keepdims=True)
    agreed = np.trace(tables, axis1=1, axis2=2)
    chance = (tables.sum(2) * tables.sum(1)).sum(1)
    known = chance < 1 - 1e-12
    if not known.any():
        return math.nan, math.nan
    low, high = np.quantile((agreed[known] - chance[known]) / (1 - chance[known]), [0.025, 0.975])
    return float(low), float(high)
