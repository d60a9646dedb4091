"""Exercise 2.5: the divergence of a tuned policy from its reference, on answers that it gave.

Policy and reference differ by different amounts in the rows, and the distributions are far from uniform, so that the two
directions give clearly different numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn.functional import kl_div

from course_lib.checks.exercise import Case, Exercise, Mistake

if TYPE_CHECKING:
    from torch import Tensor


def _by_position(first: Tensor, second: Tensor) -> Tensor:
    """KL(first, second) at every position but the last, `[row, position - 1]`."""
    p, q = first[:, :-1].log_softmax(-1), second[:, :-1].log_softmax(-1)
    return (p.exp() * (p - q)).sum(dim=-1)


def other_direction(policy_logits: Tensor, reference_logits: Tensor, is_answer: Tensor) -> Tensor:
    """KL(reference, policy)."""
    return (_by_position(reference_logits, policy_logits) * is_answer[:, 1:]).sum(dim=1)


def both_directions(policy_logits: Tensor, reference_logits: Tensor, is_answer: Tensor) -> Tensor:
    """The mean of both directions."""
    return (
        other_direction(policy_logits, reference_logits, is_answer) + _right(policy_logits, reference_logits, is_answer)
    ) / 2


def _right(policy_logits: Tensor, reference_logits: Tensor, is_answer: Tensor) -> Tensor:
    return (_by_position(policy_logits, reference_logits) * is_answer[:, 1:]).sum(dim=1)


def no_shift(policy_logits: Tensor, reference_logits: Tensor, is_answer: Tensor) -> Tensor:
    """The rows of the answer's own positions."""
    p, q = policy_logits.log_softmax(-1), reference_logits.log_softmax(-1)
    return ((p.exp() * (p - q)).sum(dim=-1) * is_answer).sum(dim=1)


def no_mask(policy_logits: Tensor, reference_logits: Tensor, is_answer: Tensor) -> Tensor:
    """Every position."""
    return _by_position(policy_logits, reference_logits).sum(dim=1)


def per_token(policy_logits: Tensor, reference_logits: Tensor, is_answer: Tensor) -> Tensor:
    """Mean over the answer's tokens."""
    mask = is_answer[:, 1:]
    return (_by_position(policy_logits, reference_logits) * mask).sum(dim=1) / mask.sum(dim=1)


def one_number(policy_logits: Tensor, reference_logits: Tensor, is_answer: Tensor) -> Tensor:
    """Mean over the rows."""
    return _right(policy_logits, reference_logits, is_answer).mean()


def unweighted(policy_logits: Tensor, reference_logits: Tensor, is_answer: Tensor) -> Tensor:
    """Log ratios averaged over the vocabulary, not weighted by the policy."""
    p, q = policy_logits[:, :-1].log_softmax(-1), reference_logits[:, :-1].log_softmax(-1)
    return ((p - q).mean(dim=-1) * is_answer[:, 1:]).sum(dim=1)


def raw_logits(policy_logits: Tensor, reference_logits: Tensor, is_answer: Tensor) -> Tensor:
    """Differences of logits in place of log probabilities."""
    p, q = policy_logits[:, :-1], reference_logits[:, :-1]
    return ((p.softmax(-1) * (p - q)).sum(dim=-1) * is_answer[:, 1:]).sum(dim=1)


def by_kl_div(policy_logits: Tensor, reference_logits: Tensor, is_answer: Tensor) -> Tensor:
    """PyTorch's function, with its arguments the right way round."""
    p, q = policy_logits[:, :-1].log_softmax(-1), reference_logits[:, :-1].log_softmax(-1)
    return (kl_div(q, p, log_target=True, reduction="none").sum(dim=-1) * is_answer[:, 1:]).sum(dim=1)


def by_loop(policy_logits: Tensor, reference_logits: Tensor, is_answer: Tensor) -> list[float]:
    """Position by position, in double precision."""
    sums = []
    for p, q, mask in zip(policy_logits.double(), reference_logits.double(), is_answer, strict=True):
        places = mask.nonzero()[:, 0] - 1
        sums.append(
            sum(float(torch.dot(p[i].softmax(0), p[i].log_softmax(0) - q[i].log_softmax(0))) for i in places.tolist())
        )
    return sums


def _case(seed: int, lengths: tuple[tuple[int, int], ...], vocab: int) -> Case:
    generator = torch.Generator().manual_seed(seed)
    width = max(map(sum, lengths)) + 1
    is_answer = torch.zeros(len(lengths), width, dtype=torch.bool)
    for row, (asked, said) in enumerate(lengths):
        is_answer[row, asked : asked + said] = True
    shape = (len(lengths), width, vocab)
    reference = 2 * torch.randn(shape, generator=generator)
    policy = reference + 1.5 * torch.randn(shape, generator=generator) + 2
    return Case(
        f"{len(lengths)} rows, request and answer of {' and '.join(map(str, lengths))} tokens",
        (policy, reference, is_answer),
    )


def _same() -> Case:
    policy, _, is_answer = _case(63, ((2, 3), (3, 1)), 6).arguments
    return Case("the policy is the reference, with 3 added to all of its logits", (policy, policy - 3, is_answer))


def _hidden(seed: int) -> tuple[Case, ...]:
    generator = torch.Generator().manual_seed(seed)
    sizes = torch.randint(2, 5, (3, 3, 2), generator=generator).tolist()
    return tuple(_case(seed + k, tuple((a, s + j) for j, (a, s) in enumerate(rows)), 8) for k, rows in enumerate(sizes))


POLICY_DIVERGENCE = Exercise(
    id="2.5",
    title="How far has the policy moved?",
    points=3,
    difficulty=3,
    minutes=15,
    reference="course_lib.alignment.divergence:policy_divergence",
    returns="a tensor `[row]`: KL(policy, reference) of the next token, summed over the answer's tokens, in nats",
    example=(
        "Where the two policies give a token of two words the probabilities (0.50, 0.50) and (0.73, 0.27), that position adds "
        "0.120 nats. For a policy that is its own reference the sum is 0."
    ),
    hints=(
        "At one position both models have a whole distribution over the vocabulary. What is the divergence of two distributions?",
        "The mean of log policy - log reference, weighted by the *policy's* probabilities; then hide what is not answer, shifted "
        "as in 2.3, and sum over positions.",
        "```python\np, q = (x[:, :-1].log_softmax(...) for x in (policy_logits, reference_logits))\n"
        "each = (... * (p - q)).sum(dim=-1)   # weighted by what?\ncounts = is_answer[:, ...]\n"
        "return (each * counts).sum(dim=...)\n```",
    ),
    why=(
        "It is the price in RLHF and DPO and the horizontal axis of a Goodhart curve: two tuned models can be compared only at "
        "the distance that each has moved. Far from its reference a model does things that nobody trained for."
    ),
    visible=(_case(61, ((3, 2), (2, 4)), 7), _case(62, ((4, 3), (1, 2), (2, 5)), 5), _same()),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "other direction",
            other_direction,
            "That is the divergence in the other direction: you weight by the reference. The answers came from the policy. "
            "(`kl_div(input, target)` has its arguments the other way round.)",
        ),
        Mistake("both directions", both_directions, "You averaged both directions; only one of them is asked for."),
        Mistake(
            "no shift",
            no_shift,
            "You read the rows at the answer's own positions. They are about the tokens behind them: shift as in 2.3.",
        ),
        Mistake("no mask", no_mask, "Request and filling count too: hide everything that is not the answer."),
        Mistake(
            "per token",
            per_token,
            "You divided by the number of tokens. The divergence of two distributions over whole answers is the sum.",
        ),
        Mistake("one number", one_number, "You averaged over the rows: each answer keeps its own number."),
        Mistake(
            "not weighted",
            unweighted,
            "You averaged over the vocabulary with equal weights. A word that the policy never says should not count.",
        ),
        Mistake(
            "raw logits",
            raw_logits,
            "You subtract raw logits: adding the same number to all of them must not change anything. Take log probabilities.",
        ),
    ),
    alternatives=(by_kl_div, by_loop),
    rtol=1e-4,
    atol=1e-4,
    tolerance_reason="float32 sums over a small vocabulary; a policy equal to its reference gives about 1e-7",
)
