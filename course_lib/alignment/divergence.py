"""How far a tuned policy has moved from the one that it came from: the Kullback-Leibler divergence of answers.

The divergence between two distributions over answers is a sum over all answers, which nobody can list. It can be split by
tokens: at each position of an answer that was drawn *from the policy*, the divergence between the two next-token
distributions is exact, and the sum over positions is an unbiased estimate of the whole. Averaged over drawn answers it
varies much less than the difference of the two log probabilities, which estimates the same number.

Pitfall: the direction. KL(policy, reference) asks how surprising the policy's answers are to the reference; its answers must
be drawn from the policy. The other direction is another number, and `torch.nn.functional.kl_div(input, target)` computes
KL(target, input): its arguments stand the other way round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jaxtyping import Bool, Float
    from torch import Tensor


def policy_divergence(
    policy_logits: Float[Tensor, "row position vocab"],
    reference_logits: Float[Tensor, "row position vocab"],
    is_answer: Bool[Tensor, "row position"],
) -> Float[Tensor, " row"]:
    """KL(policy, reference) summed over the tokens of each row's answer, in nats; exercise 2.5.

    Args:
        policy_logits: of the policy that the answers were drawn from; row p is about the token at position p + 1.
        reference_logits: of the reference, on the same tokens.
        is_answer: true at the tokens of the answer.

    Example:
        >>> import torch
        >>> policy, reference = torch.tensor([[[0.0, 0.0], [9.0, 9.0]]]), torch.tensor([[[1.0, 0.0], [0.0, 9.0]]])
        >>> policy_divergence(policy, reference, torch.tensor([[False, True]]))
        tensor([0.1201])
    """
    policy = policy_logits[:, :-1].log_softmax(-1)
    reference = reference_logits[:, :-1].log_softmax(-1)
    by_position = (policy.exp() * (policy - reference)).sum(dim=-1)
    return by_position.masked_fill(~is_answer[:, 1:], 0.0).sum(dim=1)
