"""What the cases of this chapter share: pairs of random texts that differ at one position, and places to patch."""

from __future__ import annotations

import random

import torch
from torch import Tensor

CLEAN = torch.tensor([2427, 5099, 284, 2322, 3514, 288, 260, 4249, 28, 2322, 4502, 253, 5968, 288])
CORRUPTED = torch.tensor([2427, 5099, 284, 2322, 3514, 288, 260, 4249, 28, 5099, 4502, 253, 5968, 288])
MARY, JOHN = 5099, 2322


def pair_of_texts(seed: int, length: int, differs_at: int) -> tuple[Tensor, Tensor]:
    """Two texts of the tiny model's tokens, alike but for one position.

    Example:
        >>> one, other = pair_of_texts(0, 5, 2)
        >>> (one != other).nonzero().flatten().tolist()
        [2]
    """
    numbers = random.Random(seed)
    one = torch.tensor([numbers.randrange(5, 200) for _ in range(length)])
    other = one.clone()
    other[differs_at] = 200 + numbers.randrange(200)
    return one, other
