"""Does 0.8 mean eight of ten? ROC area and calibration of a score, and one way to mend the second.

Two properties that have nothing to do with each other. The area under the ROC curve asks for the *order*: how often does
a harmful prompt score higher than a harmless one? Any increasing function of the score leaves it as it is. Calibration asks
for the *size*: of the prompts with a score near 0.8, are 80% harmful? Thresholds that follow from prices
(`thresholds_by_costs`) need the second.

The expected calibration error sorts prompts into bins by score and averages |mean score - share of harm|, weighted by how
many prompts are in a bin (Naeini, Cooper and Hauskrecht 2015). With few prompts in a bin it is above zero for a perfect
score too, so look at the Brier score beside it: the mean square of (score - label), which needs no bins.

Platt (1999) mends the size and leaves the order: a logistic regression of the label on the log odds of the score, two
numbers, fitted on validation data. Pitfall: it is fitted to the share of harm and the kind of prompts there. Elsewhere it
can do harm.

Sources: M. P. Naeini, G. F. Cooper, M. Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", AAAI
2015. C. Guo et al., "On calibration of modern neural networks", arXiv:1706.04599.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from course_lib.guardrails.thresholds import Harmful, Scores

NEAREST = 1e-6  # log odds are taken of scores at least this far from 0 and 1


def area_and_calibration(scores: Scores, harmful: Harmful, bins: int) -> tuple[float, float]:
    """The area under the ROC curve and the expected calibration error; exercise 14.2.

    Args:
        scores: probabilities of harm, from 0 to 1.
        harmful: whether each prompt is.
        bins: how many bins of equal width there are; a score on a border belongs to the upper one, 1 to the last.

    Returns:
        `(area, error)`. The area counts pairs of a harmful and a harmless prompt: 1 where the harmful one scores higher,
        one half where they are equal. The error is the mean of |mean score - share of harm| over bins, weighted by
        prompts.

    Example:
        >>> area_and_calibration(np.array([0.1, 0.4, 0.9, 0.9]), np.array([False, True, False, True]), bins=2)
        (0.625, 0.325)
    """
    gaps = scores[harmful][:, None] - scores[~harmful][None]
    area = float((gaps > 0).mean() + 0.5 * (gaps == 0).mean())
    number = np.minimum((scores * bins).astype(int), bins - 1)
    error = 0.0
    for one in set(number.tolist()):
        inside = number == one
        error += inside.mean() * abs(scores[inside].mean() - harmful[inside].mean())
    return area, float(error)


def brier(scores: Scores, harmful: Harmful) -> float:
    """The mean square of score less label; 0 is perfect, 0.25 what a constant one half gets.

    Example:
        >>> brier(np.array([0.5, 0.5]), np.array([True, False]))
        0.25
    """
    return float(((scores - harmful) ** 2).mean())


def reliability(scores: Scores, harmful: Harmful, bins: int) -> list[tuple[float, int, int]]:
    """For each bin that is not empty: mean score, harmful prompts, prompts.

    Example:
        >>> reliability(np.array([0.1, 0.3, 0.9]), np.array([False, True, True]), bins=2)
        [(0.2, 1, 2), (0.9, 1, 1)]
    """
    number = np.minimum((scores * bins).astype(int), bins - 1)
    inside = [number == one for one in sorted(set(number.tolist()))]
    return [(float(scores[part].mean()), int(harmful[part].sum()), int(part.sum())) for part in inside]


@dataclass(frozen=True)
class Platt:
    """A logistic curve over the log odds of a score.

    Attributes:
        slope: above 1 the scores were too timid, below 1 too sure of themselves.
        offset: what is added to the log odds.
    """

    slope: float = 1.0
    offset: float = 0.0

    def __call__(self, scores: Scores) -> Scores:
        """The mended probabilities."""
        return np.asarray(1 / (1 + np.exp(-(self.slope * log_odds(scores) + self.offset))))


def log_odds(scores: Scores) -> Scores:
    """log(p / (1 - p)), with p kept off 0 and 1."""
    inside = np.clip(np.asarray(scores, float), NEAREST, 1 - NEAREST)
    return np.asarray(np.log(inside / (1 - inside)))


def fit_platt(scores: Scores, harmful: Harmful) -> Platt:
    """Fit the two numbers on validation data.

    Example:
        >>> sure = np.array([0.99] * 4 + [0.01] * 4)
        >>> fit_platt(sure, np.array([True] * 3 + [False] * 4 + [True])).slope < 1
        True
    """
    from sklearn.linear_model import LogisticRegression

    fitted: Any = LogisticRegression(C=1e6, max_iter=1000).fit(log_odds(scores)[:, None], harmful)
    return Platt(float(fitted.coef_[0, 0]), float(fitted.intercept_[0]))
