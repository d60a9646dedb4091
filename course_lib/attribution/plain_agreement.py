"""Spearman's rank correlation in its plainest form: the correlation of ranks, ties sharing theirs.

This is the definition that chapter 10 derives; `rank_correlation` gives the same number with its interval.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor


def rank_agreement(one: Float[Tensor, " position"], other: Float[Tensor, " position"]) -> float:
    """How far two lists of scores put the tokens in the same order.

    Args:
        one: a score for each token.
        other: the scores of another method, or of another model; neither list may be constant.

    Returns:
        1 for the same order, -1 for the reverse, 0 for no relation.

    Example:
        >>> import torch
        >>> round(rank_agreement(torch.tensor([1.0, 2.0, 5.0]), torch.tensor([10.0, 20.0, 30.0])), 3)
        1.0
    """

    def ranks(scores: Float[Tensor, " position"]) -> Float[Tensor, " position"]:
        smaller = (scores[None, :] < scores[:, None]).sum(dim=1)
        equal = (scores[None, :] == scores[:, None]).sum(dim=1)
        return smaller + (equal + 1) / 2

    first, second = ranks(one), ranks(other)
    first, second = first - first.mean(), second - second.mean()
    return float((first * second).sum() / (first.norm() * second.norm()))
