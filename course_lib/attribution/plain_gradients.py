"""Gradient × input in its plainest form: one prompt, one target token, one backward pass.

This is the definition that chapter 10 derives; `gradient_x_input` computes the same numbers for whole answers, contrasts
and chats. Two things have to be right, and both have been published wrong:

* **The embeddings must be in the graph.** A gradient belongs to a tensor from which the result was computed. Looking the
  embeddings up and then giving the network the *token ids* computes the result from other embeddings, and the gradient
  of the ones in hand is None. They have to go in as `inputs_embeds`.
* **The target must be one number that means something.** The sum of all logits is one number, but it is the same for
  every answer: its gradient explains none of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.models import LocalModel


def gradient_scores(
    model: LocalModel, input_ids: Int[Tensor, " position"], target_id: int
) -> Float[Tensor, " position"]:
    """Gradient × input of the log probability of `target_id` after the prompt.

    Args:
        model: a loaded model.
        input_ids: the prompt's token ids.
        target_id: the id of the next token that is explained.

    Returns:
        For each prompt token the gradient with respect to its embedding, times that embedding, summed; in nats.

    Example:
        >>> from course_lib import load_model
        >>> model = load_model("tiny:0")
        >>> gradient_scores(model, model.encode("the cat sat on the"), model.single_token(" mat")).shape
        torch.Size([5])
    """
    network = model.model
    embeddings = network.get_input_embeddings()(input_ids).detach().requires_grad_()
    logits = network(inputs_embeds=embeddings[None]).logits[0, -1].float()
    log_prob = logits.log_softmax(dim=-1)[target_id]
    (gradient,) = torch.autograd.grad(log_prob, embeddings)
    return (gradient * embeddings.detach()).sum(dim=-1)
