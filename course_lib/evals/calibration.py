"""When it says 80 %, is it right in 80 of 100 cases? The expected calibration error, and why it is never zero.

The softmax over an item's scores is the model's distribution over the choices; its largest entry is the *confidence*. Put
the items into bins by confidence; in each, compare the mean confidence with the share that is right. The expected
calibration error is the mean of these gaps, each weighted by how many items its bin has (Naeini et al. 2015, Guo et
al. 2017).

The pitfall: a bin with few items has a gap by chance alone, and gaps are taken without their sign, so chance never cancels.
A model that is *perfectly* calibrated gets an error above zero, larger with fewer items and more bins. `chance_errors`
says how large: the same confidences, with answers drawn as if they were true. Only an error outside that range says
something.

Sources: M. P. Naeini, G. F. Cooper, M. Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning",
AAAI 2015; C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On Calibration of Modern Neural Networks", ICML 2017,
arXiv:1706.04599; R. Roelofs, N. Cain, J. Shlens, M. C. Mozer, "Mitigating Bias in Calibration Error Estimation",
arXiv:2012.08668.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from jaxtyping import Float
    from numpy import ndarray


def calibration_error(confidences: Sequence[float], right: Sequence[bool], bins: int) -> float:
    """The expected calibration error with bins of equal width.

    Args:
        confidences: how sure the model was of its choice, for each item, from 0 to 1.
        right: whether it was right.
        bins: how many bins between 0 and 1. A value on an edge belongs to the bin above; 1 belongs to the last one.

    Example:
        >>> round(calibration_error([0.9, 0.8, 0.2, 0.3], [True, False, False, False], 2), 3)
        0.3
    """
    n, total = len(confidences), 0.0
    for b in range(bins):
        inside = [i for i in range(n) if min(int(confidences[i] * bins), bins - 1) == b]
        if inside:
            sure = sum(confidences[i] for i in inside) / len(inside)
            share = sum(right[i] for i in inside) / len(inside)
            total += len(inside) / n * abs(sure - share)
    return total


def equal_count_error(confidences: Sequence[float], right: Sequence[bool], bins: int) -> float:
    """The same with bins that hold equally many items (adaptive bins).

    Example:
        >>> round(equal_count_error([0.9, 0.8, 0.2, 0.3], [True, False, False, False], 2), 2)
        0.3
    """
    order = np.argsort(np.asarray(confidences), kind="stable")
    sure, share = np.asarray(confidences, dtype=float)[order], np.asarray(right, dtype=float)[order]
    parts = [part for part in np.array_split(np.arange(len(order)), bins) if len(part)]
    return float(sum(len(part) * abs(sure[part].mean() - share[part].mean()) for part in parts) / len(order))


def confidence(scores: Sequence[float]) -> float:
    """The largest entry of the softmax over an item's scores.

    Example:
        >>> confidence([0.0, 0.0]), round(confidence([2.0, 0.0]), 2)
        (0.5, 0.88)
    """
    top = max(scores)
    return 1 / sum(math.exp(score - top) for score in scores)


def chance_errors(
    confidences: Sequence[float], bins: int, *, draws: int = 500, seed: int = 0
) -> Float[ndarray, " draw"]:
    """Errors of a perfectly calibrated model with these confidences: answers are right with exactly that probability."""
    draw, sure = np.random.default_rng(seed), np.asarray(confidences, dtype=float)
    place = np.minimum((sure * bins).astype(int), bins - 1)
    right = draw.random((draws, len(sure))) < sure
    gaps = [np.abs((sure[place == b] - right[:, place == b]).sum(axis=1)) for b in range(bins)]
    found: Float[ndarray, " draw"] = np.sum(gaps, axis=0) / len(sure)
    return found


def error_interval(
    confidences: Sequence[float], right: Sequence[bool], bins: int, *, draws: int = 500, seed: int = 0
) -> tuple[float, float]:
    """A 95 % bootstrap interval over items; it shares the error's bias, so read it beside `chance_errors`."""
    draw, sure, hits = np.random.default_rng(seed), np.asarray(confidences, dtype=float), np.asarray(right, dtype=float)
    place = np.minimum((sure * bins).astype(int), bins - 1)
    found = []
    for _ in range(draws):
        rows = draw.integers(0, len(sure), len(sure))
        gaps = np.bincount(place[rows], weights=sure[rows] - hits[rows], minlength=bins)
        found.append(np.abs(gaps).sum() / len(sure))
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)
