"""Attention maps for the cases: causal, rows that sum to 1, a sink where it matters, and exact zeros among the "
"weights."""

from __future__ import annotations

import torch
from torch import Tensor


def causal_maps(seed: int, *shape: int, sharp: float = 2.0) -> Tensor:
    """Random causal attention weights `[..., query, key]`; a larger `sharp` makes them more pointed."""
    generator = torch.Generator().manual_seed(seed)
    scores = sharp * torch.randn(*shape, generator=generator)
    future = torch.ones(shape[-2:], dtype=torch.bool).triu(diagonal=1)
    return scores.masked_fill(future, float("-inf")).softmax(-1)


def with_zeros(attention: Tensor, smallest: float = 0.05) -> Tensor:
    """The same maps with weights below `smallest` exactly 0, and rows that sum to 1 again; a row never becomes "
    "empty."""
    kept = torch.where(attention < smallest, 0.0, attention)
    return kept / kept.sum(dim=-1, keepdim=True)
