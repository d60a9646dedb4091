"""How sure is a fairness metric, and what would it be if group meant nothing? Two ways to draw again, both on counts.

A metric of decisions needs four counts for each group. To draw people again with replacement is to draw these counts
from a multinomial distribution, so a thousand draws from six thousand people take milliseconds. People are drawn
within their group: the question is about these groups, and a group never comes out empty. A draw can still lose a
rate (of eleven people, none of those drawn is a positive). Such draws are left out, and if they are more than one in
ten there is no interval. Where decisions come in clusters, such as one case written for many people, whole clusters
are drawn.

**Two groups out of many.** The interval is that of the difference between the two groups that were found highest and
lowest, with its sign, so that it can hold zero. It does not know that these two were picked because they are far
apart.

**By chance.** With many small groups the largest gap is large even where all groups are treated alike. What a gap is
worth shows beside the one after the group names have been shuffled: the 95 % point of two hundred shuffles is the
height that it has to pass. In clusters, names are shuffled within the cluster.

Pitfall: drawing the *largest gap* again in place of the two groups looks natural and is wrong. Each draw adds noise,
the largest gap collects it, and with small groups the whole interval lies above the gap that it should surround.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from jaxtyping import Float, Int, Shaped
    from numpy import ndarray

CELLS = 4  # 2 * label + flagged: rightly passed, wrongly flagged, missed, rightly flagged
SHUFFLES = 200
FEWEST_DEFINED = 0.9

_ABOVE = {
    "selection rate": (1, 3),
    "base rate": (2, 3),
    "true positive rate": (3,),
    "false positive rate": (1,),
    "precision": (3,),
}
_BELOW = {
    "selection rate": (0, 1, 2, 3),
    "base rate": (0, 1, 2, 3),
    "true positive rate": (2, 3),
    "false positive rate": (0, 1),
    "precision": (1, 3),
}
NEEDS_LABELS = ("base rate", "true positive rate", "false positive rate", "precision")
RATES = tuple(_ABOVE)


def rate_of(counts: Shaped[ndarray, "*draw group cell"], name: str) -> Float[ndarray, "*draw group"]:
    """One rate of each group, NaN where it does not exist; NaN never leaves this package.

    Example:
        >>> rate_of(np.array([[6, 2, 1, 1], [3, 0, 0, 0]]), "precision")
        array([0.33333333,        nan])
    """
    above, below = counts[..., _ABOVE[name]].sum(-1), counts[..., _BELOW[name]].sum(-1)
    return np.divide(above, below, out=np.full(np.shape(below), np.nan), where=below > 0)


def spread(rates: Float[ndarray, "*draw group"], *, ratio: bool = False) -> Float[ndarray, "*draw"]:
    """Largest less smallest rate, or smallest over largest; NaN where a group has none or all of them are 0."""
    low, high = rates.min(-1), rates.max(-1)
    if ratio:
        return np.divide(low, high, out=np.full(np.shape(high), np.nan), where=high > 0)
    return high - low


def contrast(
    rates: Float[ndarray, "draw group"], high: int, low: int, *, ratio: bool = False
) -> Float[ndarray, " draw"]:
    """One group less another, or the other over the one; NaN where a rate is lost."""
    if ratio:
        below = rates[:, high]
        return np.divide(rates[:, low], below, out=np.full(len(rates), np.nan), where=below > 0)
    return rates[:, high] - rates[:, low]


def count(
    group_codes: Int[ndarray, " person"], cells: Int[ndarray, " person"], groups: int
) -> Int[ndarray, "group cell"]:
    """The four counts of each group."""
    return np.bincount(group_codes * CELLS + cells, minlength=groups * CELLS).reshape(groups, CELLS)


def drawn_counts(
    group_codes: Int[ndarray, " person"],
    cells: Int[ndarray, " person"],
    clusters: Int[ndarray, " person"] | None,
    groups: int,
    draws: int,
    seed: int,
) -> Shaped[ndarray, "draw group cell"]:
    """Counts of people drawn again: within groups, or whole clusters where there are any."""
    random = np.random.default_rng(seed)
    if clusters is None:
        table = count(group_codes, cells, groups)
        shares = table / np.maximum(table.sum(1, keepdims=True), 1)
        rows = [
            random.multinomial(n, p, size=draws) if n else np.zeros((draws, CELLS), int)
            for n, p in zip(table.sum(1), shares, strict=True)
        ]
        return np.stack(rows, axis=1)
    number = int(clusters.max()) + 1
    flat = (clusters * groups + group_codes) * CELLS + cells
    tables = np.bincount(flat, minlength=number * groups * CELLS).reshape(number, groups * CELLS)
    weights = random.multinomial(number, np.full(number, 1 / number), size=draws)
    return (weights @ tables).reshape(draws, groups, CELLS)


def shuffled_counts(
    group_codes: Int[ndarray, " person"],
    cells: Int[ndarray, " person"],
    clusters: Int[ndarray, " person"] | None,
    groups: int,
    seed: int,
) -> Int[ndarray, "shuffle group cell"]:
    """Counts after the group names have been dealt anew, within clusters where there are any."""
    random = np.random.default_rng(seed)
    tables = []
    home = np.lexsort((np.arange(len(cells)), clusters)) if clusters is not None else None
    for _ in range(SHUFFLES):
        if clusters is None or home is None:
            dealt = random.permutation(group_codes)
        else:
            dealt = np.empty_like(group_codes)
            dealt[home] = group_codes[np.lexsort((random.random(len(cells)), clusters))]
        tables.append(count(dealt, cells, groups))
    return np.stack(tables)


def interval(drawn: Float[ndarray, " draw"]) -> tuple[float, float] | None:
    """The middle 95 % of the draws in which the metric exists; None where it is lost in more than one of ten."""
    known = drawn[~np.isnan(drawn)]
    if len(known) < FEWEST_DEFINED * len(drawn):
        return None
    low, high = np.quantile(known, [0.025, 0.975])
    return float(low), float(high)
