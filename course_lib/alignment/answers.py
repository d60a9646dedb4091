"""The log probability of an answer: one number for each row of a padded batch.

Preference training compares whole answers, so it needs log p(answer | request) = the sum over the answer's tokens. Three
slips are common, and none of them raises an error. Row p of the logits scores the token *after* position p, so logits and
tokens have to be shifted against each other. The request's tokens are given, not chosen, and do not belong to the sum.
And rows of a batch are filled up to one length; what is summed over the filling depends on how long the *other* rows are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int
    from torch import Tensor


def answer_log_probs(
    logits: Float[Tensor, "row position vocab"],
    ids: Int[Tensor, "row position"],
    is_answer: Bool[Tensor, "row position"],
) -> Float[Tensor, " row"]:
    """Log probability of each row's answer, in nats; exercise 2.3.

    Args:
        logits: what the network said at each position; row p is about the token at position p + 1.
        ids: the tokens: request, answer, filling.
        is_answer: true at the tokens of the answer (its end token is one of them).

    Example:
        >>> import torch
        >>> ids = torch.tensor([[0, 1, 1]])
        >>> answer_log_probs(torch.zeros(1, 3, 2), ids, torch.tensor([[False, True, True]])) / torch.log(torch.tensor(2))
        tensor([-2.])
    """
    log_probs = logits[:, :-1].log_softmax(-1)
    of_tokens = log_probs.gather(-1, ids[:, 1:, None])[..., 0]
    return of_tokens.masked_fill(~is_answer[:, 1:], 0.0).sum(dim=1)
