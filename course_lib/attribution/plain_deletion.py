"""A deletion curve in its plainest form: take tokens away in the order of their scores, and read the answer each time.

This is the definition that chapter 10 derives; `deletion_curve` takes attributions of any unit, deletes in batches, and
draws random orders beside them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.models import LocalModel


def deletion_scores(
    model: LocalModel, input_ids: Int[Tensor, " position"], target_id: int, scores: Float[Tensor, " position"]
) -> Float[Tensor, " step"]:
    """Log probability of `target_id` as more and more tokens are deleted, the one with the highest score first.

    Args:
        model: a loaded model.
        input_ids: the prompt's token ids. The first always stays, whatever its score.
        target_id: the id of the next token.
        scores: one for each prompt token.

    Returns:
        As many numbers as the prompt has tokens: after 0, 1, 2, … deletions, the last with only the first token left.

    Example:
        >>> from course_lib import load_model
        >>> model = load_model("tiny:0")
        >>> ids = model.encode("the cat sat on the")
        >>> deletion_scores(model, ids, model.single_token(" mat"), torch.tensor([9.0, 4.0, 3.0, 2.0, 1.0])).shape
        torch.Size([5])
    """
    order = scores[1:].argsort(descending=True) + 1
    curve = []
    for count in range(len(input_ids)):
        keep = torch.ones(len(input_ids), dtype=torch.bool)
        keep[order[:count]] = False
        curve.append(model.logits(input_ids[keep])[-1].float().log_softmax(dim=-1)[target_id])
    return torch.stack(curve)
