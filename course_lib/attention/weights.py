"""The attention weights of a text: one number for every layer, head, query and key.

In each head the position that is being computed (the *query*) takes a weighted mean of what the positions up to itself
(the *keys*) offer. The weights are a softmax, so each row of queries is non-negative and sums to 1; the model is
causal, so a query gives nothing to a key that comes later (Vaswani et al. 2017, arXiv:1706.03762, equation 1 and
section 3.2.3).

The pitfall is that the weights are usually never there. Fast kernels compute the weighted mean without ever building
the table of weights, so a model loaded the usual way answers a request for them with an *empty* tuple, and code that
stacks it fails far from the cause. The weights are computed explicitly only in "eager" mode; here it is switched on
for this one call and switched back afterwards, also when the call fails. The logits are the same up to rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from course_lib.errors import CourseError

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.models import LocalModel


@torch.no_grad()
def attention_weights(
    model: LocalModel, input_ids: Sequence[int] | Int[Tensor, " position"]
) -> Float[Tensor, "layer head query key"]:
    """How much each query of a text looks at each key, in every head of every layer.

    Args:
        model: a loaded model.
        input_ids: the token ids of one text, as `model.encode` returns them.

    Returns:
        Weights between 0 and 1, float32, on the CPU. Each row `[layer, head, query]` sums to 1, and keys after the
        query have weight 0. The table has layers x heads x positions² entries: 270 heads take 11 MB at 100 tokens
        and 1.1 GB at 1,000.

    Raises:
        CourseError: when there are no tokens, when there is more than one text, or when the model keeps no weights.

    Example:
        >>> weights = attention_weights(model, model.encode("The capital of France is"))  # doctest: +SKIP
        >>> weights.shape  # doctest: +SKIP
        torch.Size([30, 9, 5, 5])
    """
    ids = torch.as_tensor(input_ids, device=model.device)
    if ids.ndim != 1 or len(ids) == 0:
        raise CourseError(
            f"Attention weights are read from one text at a time, and the ids have shape {tuple(ids.shape)}.",
            "Give the ids of one text, in one row, as model.encode(text) returns them.",
        )
    with model.eager_attention() as network:
        maps = network.base_model(input_ids=ids[None], output_attentions=True, use_cache=False).attentions
    if not maps:
        raise CourseError(
            f"{model.name} returned no attention weights.",
            "Choose a model with softmax attention, such as the default.",
        )
    return torch.stack([weights[0].float().cpu() for weights in maps])
