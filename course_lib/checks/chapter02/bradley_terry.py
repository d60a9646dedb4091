"""Exercise 2.1: the loss of a reward model on pairs.

One case has a pair whose rewards lie 200 apart the wrong way round: there the sigmoid is 0 in single precision, its
logarithm minus infinity, and only a stable form gives 200. The numbers of pairs differ, so a sum cannot pass for a mean.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, logsigmoid, softplus

from course_lib.checks.exercise import Case, Exercise, Mistake

if TYPE_CHECKING:
    from torch import Tensor


def exchanged(chosen: Tensor, rejected: Tensor) -> Tensor:
    """Rewards the rejected answer."""
    return softplus(chosen - rejected).mean()


def summed(chosen: Tensor, rejected: Tensor) -> Tensor:
    """Adds up over the pairs."""
    return softplus(rejected - chosen).sum()


def log_of_sigmoid(chosen: Tensor, rejected: Tensor) -> Tensor:
    """Right on paper; infinite where the sigmoid has become 0."""
    return -torch.sigmoid(chosen - rejected).log().mean()


def no_logarithm(chosen: Tensor, rejected: Tensor) -> Tensor:
    """Minus the probability."""
    return -torch.sigmoid(chosen - rejected).mean()


def log_of_the_mean(chosen: Tensor, rejected: Tensor) -> Tensor:
    """Averages probabilities, then takes the logarithm."""
    return -torch.sigmoid(chosen - rejected).mean().log()


def plain_difference(chosen: Tensor, rejected: Tensor) -> Tensor:
    """The margin by itself."""
    return (rejected - chosen).mean()


def positive(chosen: Tensor, rejected: Tensor) -> Tensor:
    """The log probability, without the minus."""
    return logsigmoid(chosen - rejected).mean()


def each_alone(chosen: Tensor, rejected: Tensor) -> Tensor:
    """Two classifications in place of one comparison."""
    return (softplus(-chosen) + softplus(rejected)).mean()


def by_log_sigmoid(chosen: Tensor, rejected: Tensor) -> Tensor:
    """PyTorch's stable log sigmoid."""
    return -logsigmoid(chosen - rejected).mean()


def as_classification(chosen: Tensor, rejected: Tensor) -> Tensor:
    """Cross-entropy over the two rewards, the first one right, in double precision."""
    both = torch.stack([chosen, rejected], dim=1).double()
    return cross_entropy(both, torch.zeros(len(both), dtype=torch.long))


def binary(chosen: Tensor, rejected: Tensor) -> Tensor:
    """Logistic regression on the difference."""
    return binary_cross_entropy_with_logits(chosen - rejected, torch.ones_like(chosen))


def by_loop(chosen: Tensor, rejected: Tensor) -> float:
    """Pair by pair, with the larger term taken out of the exponential."""
    total = 0.0
    for difference in (rejected - chosen).tolist():
        total += max(difference, 0.0) + math.log1p(math.exp(-abs(difference)))
    return total / len(chosen)


def _case(seed: int, pairs: int, name: str, far: float | None = None) -> Case:
    generator = torch.Generator().manual_seed(seed)
    chosen, rejected = 1.5 * torch.randn(2, pairs, generator=generator) + torch.tensor([[0.8], [0.3]])
    if far is not None:
        chosen[pairs // 2], rejected[pairs // 2] = -far / 2, far / 2
    return Case(name, (chosen, rejected))


def _hidden(seed: int) -> tuple[Case, ...]:
    return (
        _case(seed, 6, "six pairs"),
        _case(seed + 1, 11, "eleven pairs"),
        _case(seed + 2, 4, "one pair far apart the wrong way round", far=250.0),
    )


BRADLEY_TERRY = Exercise(
    id="2.1",
    title="The loss of a reward model",
    points=2,
    difficulty=2,
    minutes=10,
    reference="course_lib.alignment.preferences:bradley_terry_loss",
    returns="one number: minus the log probability of the verdicts under the Bradley-Terry model, mean over pairs, in nats",
    example=(
        "For one pair with equal rewards the model gives the verdict a probability of 0.5, so the loss is log 2 = 0.693. "
        "With a reward of 2 for the preferred answer and -1 for the other it is 0.049."
    ),
    hints=(
        "How probable is one verdict, if its two rewards are known? Only their difference occurs.",
        "The probability is the sigmoid of *preferred minus other*; the loss is minus its logarithm, averaged over pairs. "
        "Look for a function of PyTorch that computes the logarithm of a sigmoid, or a softplus, without forming the sigmoid.",
        "`-log(sigmoid(x))` is `softplus(-x)`. Which difference is `x`, and which is `-x`? Then `.mean()`.",
    ),
    why=(
        "The instruct model that you run was, in many cases, shaped by a reward model trained with this loss. It knows "
        "which answers people preferred, by how much it does not know, and of answers nobody compared it knows nothing."
    ),
    visible=(
        _case(21, 5, "five pairs"),
        _case(22, 8, "eight pairs"),
        _case(23, 3, "one pair 200 apart the wrong way round", far=200.0),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "logarithm of a sigmoid",
            log_of_sigmoid,
            "Your loss is infinite where two rewards lie far apart: the sigmoid has become 0 before its logarithm is taken. "
            "Use a form that never computes the sigmoid itself.",
        ),
        Mistake(
            "exchanged",
            exchanged,
            "Your loss is small when the *rejected* answers have the higher reward. Look at the sign of the difference.",
        ),
        Mistake("sum", summed, "You added the pairs up: the loss then grows with their number. It should be a mean."),
        Mistake(
            "sign", positive, "Your result is negative: it is the log probability itself; a loss is to be made small."
        ),
        Mistake(
            "no logarithm",
            no_logarithm,
            "You averaged probabilities: the logarithm is missing, so a verdict that is thought impossible hardly counts.",
        ),
        Mistake(
            "logarithm of the mean",
            log_of_the_mean,
            "You averaged the probabilities first and took the logarithm at the end. Each verdict has its own log probability.",
        ),
        Mistake(
            "difference only",
            plain_difference,
            "You return the difference of the rewards. It has no lower end: making one pair ever more extreme would pay for "
            "all others. Turn it into the log of a probability.",
        ),
        Mistake(
            "each alone",
            each_alone,
            "You judge each answer by itself, as good or bad. A comparison knows only the difference: adding the same number "
            "to both rewards must not change the loss.",
        ),
    ),
    alternatives=(by_log_sigmoid, as_classification, binary, by_loop),
    rtol=1e-4,
    atol=1e-5,
    tolerance_reason="float32 sums of numbers of about 1; the far pair contributes about 100",
)
