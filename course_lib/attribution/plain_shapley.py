"""Shapley values in their plainest form: from a table with the value of every coalition.

This is the definition that chapter 10 derives; `shapley_values` also fills the table, by running the model on every part of
a prompt. The table has 2ⁿ numbers, one for each set of units that can be present. A set is written as a binary number:
bit i of the index is 1 where unit i is present, so that index 0 is "nothing there" and the last index is the whole prompt.
"""

from __future__ import annotations

from math import factorial
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor


def shapley_from_table(values: Float[Tensor, " coalition"]) -> Float[Tensor, " unit"]:
    """The Shapley value of each unit.

    Args:
        values: 2ⁿ numbers; entry k is the value of the units whose bits are 1 in k (unit 0 is the lowest bit).

    Returns:
        n numbers in float64, in the unit of `values`; they add up to the last value minus the first.

    Example:
        >>> shapley_from_table(torch.tensor([0.0, 1.0, 1.0, 1.0])).tolist()  # either unit alone is enough
        [0.5, 0.5]
    """
    n = len(values).bit_length() - 1
    shares = torch.zeros(n, dtype=torch.float64)
    for unit in range(n):
        for without in range(2**n):
            if without >> unit & 1:
                continue
            size = without.bit_count()
            weight = factorial(size) * factorial(n - size - 1) / factorial(n)
            shares[unit] += weight * (values[without + 2**unit] - values[without])
    return shares
