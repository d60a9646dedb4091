"""One map from many: the mean of the attention weights over layers and heads.

A model of 30 layers with 9 heads has 270 maps of one text. Their mean is the first thing to look at and the last to
trust: it shows where the text is looked at *at all*, and it hides that one head in one layer may do all the work.

The pitfall is in the axes. A network hands its maps over as a tuple with one tensor per layer, each
`[batch, head, query, key]`. Stacked, that is `[layer, batch, head, query, key]`, and "the first two axes" are layers
and *batch*, not layers and heads. An average over those two mixes the texts of a batch with each other and leaves the
heads apart; with a batch of one it even looks right until it is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor


def mean_attention(attentions: Sequence[Float[Tensor, "batch head query key"]]) -> Float[Tensor, "batch query key"]:
    """The mean of attention weights over layers and heads; exercise 8.2.

    Args:
        attentions: one tensor per layer, as a network returns them with `output_attentions=True`.

    Returns:
        One map per text of the batch. It is a mean of rows that sum to 1, so its rows sum to 1 too.

    Example:
        >>> looks_at_itself = torch.eye(2).expand(1, 3, 2, 2)  # 1 text, 3 heads
        >>> looks_at_the_first = torch.tensor([[1.0, 0.0], [1.0, 0.0]]).expand(1, 3, 2, 2)
        >>> mean_attention([looks_at_itself, looks_at_the_first])
        tensor([[[1.0000, 0.0000],
                 [0.5000, 0.5000]]])
    """
    stacked = torch.stack(tuple(attentions))  # [layer, batch, head, query, key]
    return stacked.mean(dim=(0, 2))
