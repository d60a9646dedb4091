"""Three answers, two thresholds, one bill: exercise 14.3.

A guardrail that may only block or allow has to be right at once. One that may also say REVIEW can buy a person's minute
where it is unsure. How unsure is worth a minute is a question of prices: of a harmful prompt that passes (`miss`), of a
harmless one that is blocked (`false_block`), of a look (`review`). Then the thresholds are no taste any more: they are the
cheapest pair on prompts that the scores were not trained on.

Prompts of a test set are half harmful, those of a deployment are not. So the means over harmful and over harmless prompts
are taken first and then weighed by the *share* of harm that is expected in use. Leave this out and the guardrail is tuned
for a world in which every second user means harm.

For a score that is a true probability there is nothing to search: allow while p × miss is below the price of a
review, block once (1 - p) × false_block is. `thresholds_by_costs` gives those. The two ways agree as far as the score is
calibrated, for the share in use.

Pitfall: the cost on the prompts on which the thresholds were chosen is too good, since the best of thousands of pairs was
picked there. Measure it on others.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np

from course_lib.errors import CourseError

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int

    Scores = Float[np.ndarray, " prompt"]
    Harmful = Bool[np.ndarray, " prompt"]

Decision = Literal["ALLOW", "REVIEW", "BLOCK"]
DECISIONS: tuple[Decision, ...] = ("ALLOW", "REVIEW", "BLOCK")


def choose_thresholds(
    scores: Scores, harmful: Harmful, share: float, miss: float, false_block: float, review: float
) -> tuple[float, float, float]:
    """The cheapest pair of thresholds on these prompts; exercise 14.3.

    A prompt with `score >= block_at` is blocked, one with `review_at <= score < block_at` reviewed, the others allowed.

    Args:
        scores: how suspicious each prompt is; the higher, the more.
        harmful: whether it is.
        share: the share of harmful prompts in use.
        miss: the price of a harmful prompt that is allowed.
        false_block: the price of a harmless prompt that is blocked.
        review: the price of a review, whatever the prompt is. A reviewed prompt costs nothing else.

    Returns:
        `(review_at, block_at, cost)`: both thresholds are scores that occur, or infinity for never; the cost is that per
        prompt in use.

    Example:
        >>> choose_thresholds(np.array([0.1, 0.9]), np.array([False, True]), 0.5, 10, 5, 1)
        (0.9, 0.9, 0.0)
    """
    weight = np.where(harmful, share / harmful.sum(), (1 - share) / (~harmful).sum())
    limits = [*sorted(set(scores.tolist())), math.inf]
    found = (math.inf, math.inf, math.inf)
    for place, review_at in enumerate(limits):
        allowed = (weight * miss * harmful)[scores < review_at].sum()
        for block_at in limits[place:]:
            blocked = (weight * false_block * ~harmful)[scores >= block_at].sum()
            reviewed = (weight * review)[(scores >= review_at) & (scores < block_at)].sum()
            cost = float(allowed + blocked + reviewed)
            if cost < found[2]:
                found = (review_at, block_at, cost)
    return found


def decisions(scores: Scores, review_at: float, block_at: float) -> Int[np.ndarray, " prompt"]:
    """0 to allow, 1 to review, 2 to block.

    Example:
        >>> decisions(np.array([0.1, 0.5, 0.9]), 0.5, 0.8).tolist()
        [0, 1, 2]
    """
    if review_at > block_at:
        raise CourseError(
            f"Review from {review_at} and block from {block_at}: nothing would be reviewed.", "Swap the two."
        )
    return (scores >= review_at).astype(int) + (scores >= block_at)


def cost_of(
    scores: Scores,
    harmful: Harmful,
    thresholds: tuple[float, float],
    prices: tuple[float, float, float, float],
) -> float:
    """The cost per prompt in use with these thresholds.

    Args:
        scores: of each prompt.
        harmful: whether it is.
        thresholds: `(review_at, block_at)`.
        prices: `(share, miss, false_block, review)`, as `choose_thresholds` takes them.

    Example:
        >>> cost_of(np.array([0.1, 0.9]), np.array([True, True]), (0.5, 0.8), (1.0, 10, 5, 1))
        5.0
    """
    share, miss, false_block, review = prices
    what = decisions(scores, *thresholds)
    costs = np.where(harmful, np.array([miss, review, 0.0])[what], np.array([0.0, review, false_block])[what])
    parts = [(weight, costs[side]) for weight, side in ((share, harmful), (1 - share, ~harmful)) if side.any()]
    return float(sum(weight * part.mean() for weight, part in parts))


def thresholds_by_costs(miss: float, false_block: float, review: float) -> tuple[float, float]:
    """The thresholds for a score that is the true probability of harm in use.

    Example:
        >>> thresholds_by_costs(20, 4, 1)
        (0.05, 0.75)
    """
    review_at, block_at = review / miss, 1 - review / false_block
    even = false_block / (false_block + miss)  # a review is too dear where this lies between the two
    return (review_at, block_at) if review_at <= block_at else (even, even)


def to_share(scores: Scores, had: float, share: float) -> Scores:
    """Probabilities learnt where a share `had` was harmful, for a use in which `share` is (Bayes' rule in odds).

    Example:
        >>> to_share(np.array([0.5]), had=0.5, share=0.1).round(2).tolist()
        [0.1]
    """
    odds = scores / (1 - scores) * (share / (1 - share)) / (had / (1 - had))
    return np.asarray(odds / (1 + odds))
