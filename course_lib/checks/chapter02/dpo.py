"""Exercise 2.4: the loss of direct preference optimisation, and the implicit rewards.

Beta is never 1 and differs between the cases; the reference's log probabilities differ between the two answers, so that
leaving the reference out, or exchanging it, shows.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import logsigmoid, softplus

from course_lib.checks.exercise import Case, Exercise, Mistake

if TYPE_CHECKING:
    from torch import Tensor


def _result(chosen: Tensor, rejected: Tensor) -> tuple[Tensor, Tensor]:
    return softplus(rejected - chosen).mean(), torch.stack([chosen, rejected])


def no_reference(pc: Tensor, pr: Tensor, rc: Tensor, rr: Tensor, beta: float) -> tuple[Tensor, Tensor]:
    """Log probabilities of the policy alone."""
    return _result(beta * pc, beta * pr)


def no_beta(pc: Tensor, pr: Tensor, rc: Tensor, rr: Tensor, beta: float) -> tuple[Tensor, Tensor]:
    """Leaves beta out."""
    return _result(pc - rc, pr - rr)


def beta_in_the_rewards_only(pc: Tensor, pr: Tensor, rc: Tensor, rr: Tensor, beta: float) -> tuple[Tensor, Tensor]:
    """The loss without beta, the rewards with it."""
    return _result(pc - rc, pr - rr)[0], beta * torch.stack([pc - rc, pr - rr])


def rewards_without_beta(pc: Tensor, pr: Tensor, rc: Tensor, rr: Tensor, beta: float) -> tuple[Tensor, Tensor]:
    """The loss with beta, the rewards without it."""
    return _result(beta * (pc - rc), beta * (pr - rr))[0], torch.stack([pc - rc, pr - rr])


def exchanged(pc: Tensor, pr: Tensor, rc: Tensor, rr: Tensor, beta: float) -> tuple[Tensor, Tensor]:
    """Falls when the rejected answer gains."""
    chosen, rejected = beta * (pc - rc), beta * (pr - rr)
    return softplus(chosen - rejected).mean(), torch.stack([chosen, rejected])


def reversed_ratio(pc: Tensor, pr: Tensor, rc: Tensor, rr: Tensor, beta: float) -> tuple[Tensor, Tensor]:
    """Reference minus policy."""
    return _result(beta * (rc - pc), beta * (rr - pr))


def across(pc: Tensor, pr: Tensor, rc: Tensor, rr: Tensor, beta: float) -> tuple[Tensor, Tensor]:
    """Each answer's policy against the other answer's reference."""
    return _result(beta * (pc - rr), beta * (pr - rc))


def summed(pc: Tensor, pr: Tensor, rc: Tensor, rr: Tensor, beta: float) -> tuple[Tensor, Tensor]:
    """Adds the pairs up."""
    chosen, rejected = beta * (pc - rc), beta * (pr - rr)
    return softplus(rejected - chosen).sum(), torch.stack([chosen, rejected])


def by_log_sigmoid(pc: Tensor, pr: Tensor, rc: Tensor, rr: Tensor, beta: float) -> tuple[Any, Any]:
    """The form of the paper: two log ratios, in double precision."""
    pc, pr, rc, rr = (x.double() for x in (pc, pr, rc, rr))
    loss = -logsigmoid(beta * ((pc - pr) - (rc - rr))).mean()
    return loss, torch.stack([beta * (pc - rc), beta * (pr - rr)])


def by_loop(pc: Tensor, pr: Tensor, rc: Tensor, rr: Tensor, beta: float) -> tuple[float, list[list[float]]]:
    """Pair by pair, with plain numbers."""
    chosen = [beta * (float(p) - float(r)) for p, r in zip(pc, rc, strict=True)]
    rejected = [beta * (float(p) - float(r)) for p, r in zip(pr, rr, strict=True)]
    losses = [math.log1p(math.exp(r - c)) if r - c < 30 else r - c for c, r in zip(chosen, rejected, strict=True)]
    return sum(losses) / len(losses), [chosen, rejected]


def _case(seed: int, pairs: int, beta: float, name: str) -> Case:
    generator = torch.Generator().manual_seed(seed)
    reference = -20 + 4 * torch.randn(2, pairs, generator=generator)
    policy = reference + 3 * torch.randn(2, pairs, generator=generator)
    return Case(name, (policy[0], policy[1], reference[0], reference[1], beta))


def _hidden(seed: int) -> tuple[Case, ...]:
    betas = (0.05, 0.3, 0.7)
    return tuple(_case(seed + k, 3 + 2 * k, beta, f"{3 + 2 * k} pairs, beta {beta}") for k, beta in enumerate(betas))


def _untrained() -> Case:
    reference = torch.tensor([[-12.0, -9.5, -30.0], [-8.0, -11.0, -15.0]])
    return Case("the policy is the reference", (*reference, *reference, 0.1))


DPO_LOSS = Exercise(
    id="2.4",
    title="Preferences without a reward model",
    points=3,
    difficulty=3,
    minutes=15,
    reference="course_lib.alignment.dpo:dpo_loss",
    returns=(
        "the loss (one number, mean over pairs, in nats) and a tensor `[2, pair]` with the implicit rewards, those of the "
        "preferred answers first"
    ),
    example=(
        "Policy log probabilities -1 and -4, reference -2 and -2, beta 0.5: the implicit rewards are 0.5 and -1.0, and the "
        "loss is 0.201. Before training, with policy and reference equal, the loss is always log 2 = 0.693."
    ),
    hints=(
        "Which reward does a policy have by itself? Compare what it says of an answer with what the reference says of it.",
        "The implicit reward is beta times (log policy - log reference). Then it is the loss of 2.1, on these rewards.",
        "```python\nchosen = ...     # implicit reward of the preferred answers\nrejected = ...   # of the other ones\n"
        "loss = ...       # Bradley-Terry, as in 2.1\nreturn loss, torch.stack([chosen, rejected])\n```",
    ),
    why=(
        "Most small instruct models that you can download, the one of this course among them, were finished with this loss. It "
        "is also the cheapest way to change one yourself, in either direction."
    ),
    visible=(_case(51, 4, 0.1, "four pairs, beta 0.1"), _case(52, 7, 0.5, "seven pairs, beta 0.5"), _untrained()),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "no reference",
            no_reference,
            "The reference is missing: you reward answers for being probable. What counts is how much more probable the policy "
            "has made them than they were.",
        ),
        Mistake(
            "no beta",
            no_beta,
            "Beta is missing: it says what a nat of divergence costs, in the rewards and in the loss.",
        ),
        Mistake(
            "loss without beta",
            beta_in_the_rewards_only,
            "Your rewards have beta and your loss has not: the loss is computed *from* the implicit rewards.",
        ),
        Mistake(
            "rewards without beta",
            rewards_without_beta,
            "Your loss has beta and your rewards have not: what you return should be the rewards that the loss compares.",
        ),
        Mistake(
            "exchanged",
            exchanged,
            "Your loss falls when the *rejected* answers gain. Your rewards are right: look at the sign in the loss.",
        ),
        Mistake(
            "ratio reversed",
            reversed_ratio,
            "Your implicit rewards have the wrong sign: an answer that the policy has made more probable has a positive one.",
        ),
        Mistake(
            "references exchanged",
            across,
            "You compare each answer with the reference's log probability of the *other* answer.",
        ),
        Mistake("sum", summed, "You added the pairs up: the loss then grows with the batch. It should be a mean."),
    ),
    alternatives=(by_log_sigmoid, by_loop),
    rtol=1e-4,
    atol=1e-4,
    tolerance_reason="differences of float32 numbers of about 20, exact to about 2e-6",
)
