"""From comparisons to a reward: the Bradley-Terry model.

People find it hard to give an answer a mark and easy to say which of two answers is better. Bradley and Terry (1952) turn
such verdicts into numbers: every answer has a reward, and the first of two is preferred with the probability

    sigmoid(reward of the first - reward of the second).

A reward model is fitted by making the verdicts that were given probable, so its loss is minus the log of that. Only
differences occur: the same number added to all rewards changes nothing. (So the size of a reward by itself says nothing,
and rewards of different requests cannot be compared.)

Pitfall: `log(sigmoid(x))` is minus infinity as soon as x is below about -100 in single precision, because the sigmoid has
become 0. The same number written as `-softplus(-x)` is about x there.

Source: R. A. Bradley, M. E. Terry, "Rank analysis of incomplete block designs: I", Biometrika 39 (1952), 324-345; as a loss
for reward models: Christiano et al. (2017), arXiv:1706.03741.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch.nn.functional import softplus

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor


def bradley_terry_loss(chosen: Float[Tensor, " pair"], rejected: Float[Tensor, " pair"]) -> Float[Tensor, ""]:
    """Minus the log probability of the verdicts, mean over pairs, in nats; exercise 2.1.

    Args:
        chosen: the reward of the answer that was preferred in each pair.
        rejected: the reward of the other one.

    Example:
        >>> import torch
        >>> bradley_terry_loss(torch.tensor([0.0, 2.0]), torch.tensor([0.0, -1.0]))
        tensor(0.3709)
    """
    return softplus(rejected - chosen).mean()
