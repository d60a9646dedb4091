"""Integrated gradients in their plainest form: a straight path, equal steps, and the error of completeness.

This is the definition that chapter 10 derives; `integrated_gradients` walks in batches, chooses the steps, and raises their
number until the scores add up. The path runs between two *embedded* texts. Between two token ids there is no path: id
2325 is no mixture of ids 0 and 4649, but another word that has nothing to do with either.

The baseline has a row for each position. A position whose row is the prompt's own embedding does not move, and its score
is 0: that is how a token is held fixed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.models import LocalModel


def integrated_scores(
    model: LocalModel,
    input_ids: Int[Tensor, " position"],
    target_id: int,
    baseline: Float[Tensor, "position d_model"],
    steps: int,
) -> tuple[Float[Tensor, " position"], float]:
    """Integrated gradients of the log probability of `target_id`, at the midpoints of equal steps.

    Args:
        model: a loaded model.
        input_ids: the prompt's token ids.
        target_id: the id of the next token that is explained.
        baseline: where the path begins, an embedding for each position.
        steps: how many gradients are taken.

    Returns:
        A score for each prompt token, in nats; and the error of completeness, the sum of the scores minus the change of
        the log probability from the baseline to the prompt.

    Example:
        >>> from course_lib import load_model
        >>> model = load_model("tiny:0")
        >>> ids = model.encode("the cat sat on the")
        >>> start = model.model.get_input_embeddings().weight.mean(dim=0).expand(5, -1)
        >>> scores, error = integrated_scores(model, ids, model.single_token(" mat"), start, steps=200)
        >>> scores.shape, abs(error) < 0.1
        (torch.Size([5]), True)
    """
    network = model.model
    embeddings = network.get_input_embeddings()(input_ids).detach()
    way = embeddings - baseline

    def log_prob(embedded: Float[Tensor, "position d_model"]) -> Float[Tensor, ""]:
        logits = network(inputs_embeds=embedded[None]).logits[0, -1].float()
        value: Float[Tensor, ""] = logits.log_softmax(dim=-1)[target_id]
        return value

    total = torch.zeros_like(embeddings)
    for step in range(steps):
        place = (baseline + (step + 0.5) / steps * way).requires_grad_()
        total += torch.autograd.grad(log_prob(place), place)[0]
    scores = (way * total / steps).sum(dim=-1)
    with torch.no_grad():
        change = log_prob(embeddings) - log_prob(baseline)
    return scores, float(scores.sum() - change)
