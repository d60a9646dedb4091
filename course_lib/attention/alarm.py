"""A detector of unusual attention, small enough to be read: the repair of exercise 9.4.

A detector of this kind has been published that looks at head 0 alone and calls a row suspicious when its weights are
concentrated. Row 0 has one key to look at, so it is always concentrated and the detector fires on every text; and
whatever happens in the other heads is not seen.

The repair has three parts. *All heads*: the score of a text is the largest |z| over every head of every layer. *A
baseline*: z is measured from what the same head does on ordinary texts, in units of its spread there. *A rate*: with
hundreds of heads some |z| is large on any text, so the score is compared with the scores of further ordinary texts, which
had no part in the baseline. The p value is (1 + how many of them score at least as high) / (1 + how many there are)
(split conformal; Bates et al. 2023, arXiv:2104.08279).

`anomaly` and `baseline` do the same with two features per head, a threshold chosen beforehand, and a random split.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor


def attention_alarm(
    attention: Float[Tensor, "layer head query key"],
    reference: Float[Tensor, "text layer head"],
    calibration: Float[Tensor, "other_text layer head"],
) -> tuple[float, float]:
    """How unusual the attention on one text is, over all heads and against ordinary texts; exercise 9.4.

    Args:
        attention: the text's maps; at least two positions.
        reference: the evenness of every head on ordinary texts (see `head_evenness`): gives mean and spread.
        calibration: the same for further ordinary texts: gives the scores that are usual.

    Returns:
        `(score, p)`. The score is the largest |z| over all heads, where z counts the reference's standard deviations (at
        least 0.001) from its mean. p is the share of the calibration texts, this text counted in, that score at least
        as high.

    Example:
        >>> ordinary = torch.linspace(0.1, 0.9, 9)[:, None, None]
        >>> score, p = attention_alarm(torch.eye(3)[None, None], ordinary, ordinary)  # looks at itself: evenness 0
        >>> round(score, 2), p
        (1.83, 0.1)
    """
    n_keys = torch.arange(2, attention.shape[-1] + 1)  # row 0 has no choice and is left out
    entropy = torch.special.entr(attention).sum(dim=-1)[..., 1:]
    evenness = (entropy / n_keys.log()).mean(dim=-1)  # [layer, head]
    mean, spread = reference.mean(dim=0), reference.std(dim=0).clamp(min=1e-3)
    score = ((evenness - mean) / spread).abs().max()
    usual = ((calibration - mean) / spread).abs().flatten(1).amax(dim=1)
    p = (1 + int((usual >= score).sum())) / (1 + len(usual))
    return float(score), p
