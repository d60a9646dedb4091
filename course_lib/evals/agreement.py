"""Many judges, and judgements on a scale: Krippendorff's alpha. And what a judge's errors do to the rate that it reports.

Cohen's kappa (`course_lib.redteam.kappa`) is for two judges and names. Krippendorff's alpha takes any number of
judges, gaps in the table, and degrees: to say 0.75 where another says 1 is less of a disagreement than to say 0. It
compares the observed disagreement (the mean squared difference between two judgements of the same case) with the
expected one (between any two judgements at all): alpha = 1 - observed / expected. One is full agreement, zero what
chance gives.

A benchmark that is scored by a judge reports how often the *judge* says yes. If it says yes to a share `found` of the real
cases and to a share `imagined` of the others, then a true rate p shows as p · found + (1 - p) · imagined. Turned round
(Rogan and Gladen 1978), that gives the true rate, as long as the judge does better than a coin, and with a wider interval.

Sources: K. Krippendorff, "Content Analysis"; W. J. Rogan, B. Gladen, "Estimating prevalence from the results of a
screening test", American Journal of Epidemiology 107 (1978), 71-76.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def krippendorff_alpha(ratings: Sequence[Sequence[float | None]]) -> float:
    """Krippendorff's alpha for judgements on a scale (interval data).

    Args:
        ratings: for each case the judgement of each judge; None where there is none.

    Returns:
        alpha, at most 1; NaN where all judgements are the same.

    Example:
        >>> krippendorff_alpha([[0.0, 0.0], [1.0, 1.0]])
        1.0
    """
    cases = [[float(one) for one in row if one is not None] for row in ratings]
    cases = [row for row in cases if len(row) > 1]
    everything = np.concatenate([np.array(row) for row in cases])
    n = len(everything)
    observed = sum(len(row) * 2 * float(np.var(row, ddof=1)) for row in cases) / n
    expected = 2 * float(np.var(everything, ddof=1))
    return 1 - observed / expected if expected > 0 else math.nan


def alpha_interval(
    ratings: Sequence[Sequence[float | None]], *, draws: int = 500, seed: int = 0
) -> tuple[float, float]:
    """A 95 % bootstrap interval: cases are drawn with replacement."""
    draw, found = np.random.default_rng(seed), []
    for _ in range(draws):
        found.append(krippendorff_alpha([ratings[place] for place in draw.integers(0, len(ratings), len(ratings))]))
    low, high = np.nanquantile(found, [0.025, 0.975])
    return float(low), float(high)


def corrected_rate(said: float, found: float, imagined: float) -> float:
    """The rate behind a judge's rate (Rogan and Gladen), cut to what a rate can be.

    Args:
        said: how often the judge says yes.
        found: how often it says yes to real cases.
        imagined: how often it says yes to others.

    Returns:
        The corrected rate; NaN where the judge does not tell the two apart.

    Example:
        >>> round(corrected_rate(0.42, 0.9, 0.1), 2)
        0.4
    """
    return min(1.0, max(0.0, (said - imagined) / (found - imagined))) if found > imagined else math.nan
