"""Recovery: a patched run's logit difference, on a scale from 0 (as corrupted) to 1 (as clean).

Patching gives logits. To compare places, and pairs of texts, each run is made one number, the logit of the right answer
minus that of the wrong one, and this number is laid between the two runs that are known:

    recovery = (patched − corrupted) / (clean − corrupted)

It is a ratio of differences, so a constant that is added to all logits drops out twice. It can lie below 0 and above 1;
both mean something, so nothing is clipped.

The pitfall is what 0.5 means. Half way is where a place carries half of the difference, and it is also where the patch has
destroyed the answer: a run that says neither name has a logit difference near 0, and 0 lies between the two ends.

Source: Wang et al. (2022), *Interpretability in the Wild*; Zhang and Nanda (2023), *Towards Best Practices of Activation
Patching in Language Models*, section 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor


def recovery(
    patched: Float[Tensor, "*place vocab"],
    clean: Float[Tensor, " vocab"],
    corrupted: Float[Tensor, " vocab"],
    right: int,
    wrong: int,
) -> Float[Tensor, "*place"]:
    """How far patching brings the clean run's logit difference back, place by place.

    Args:
        patched: logits at the last position of one or more patched runs.
        clean: the same of the clean run.
        corrupted: the same of the corrupted run.
        right: the token that answers the clean text.
        wrong: the token that answers the corrupted text.

    Returns:
        0 where a patched run is like the corrupted one, 1 where it is like the clean one; not clipped.

    Example:
        >>> import torch
        >>> clean, corrupted = torch.tensor([3.0, 1.0]), torch.tensor([1.0, 3.0])
        >>> recovery(torch.tensor([[3.0, 1.0], [5.0, 6.0]]), clean, corrupted, right=0, wrong=1)
        tensor([1.0000, 0.2500])
    """
    at_patched = patched[..., right] - patched[..., wrong]
    at_clean = clean[right] - clean[wrong]
    at_corrupted = corrupted[right] - corrupted[wrong]
    return (at_patched - at_corrupted) / (at_clean - at_corrupted)
