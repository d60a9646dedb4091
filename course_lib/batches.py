"""Texts of unequal length in one tensor: which of them to run together, and how to fill the gaps.

Running texts in batches is several times faster than one by one, and it costs nothing in exactness as long as the
filling is kept out of sight. Three choices make the difference.

* **By tokens, not by rows.** A batch is a rectangle: as wide as its longest row. Its price is the area, filling
  included, so the budget is an area. Sixty-four rows of 12 tokens are cheap; sixty-four rows of 500 are not.
* **Sorted by length.** Neighbours of like length leave little to fill. Results are put back in the caller's order.
* **The side matters.** Filling goes on the *right* where states are read (a causal model never looks right, so every
  real token sees exactly what it would see alone) and on the *left* where text is generated (the continuation has to
  follow the last real token). The pitfall of right padding is reading position -1: in a shorter row that is filling.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

import torch

if TYPE_CHECKING:
    from jaxtyping import Int
    from torch import Tensor

Progress = Callable[[int, int], None]
"""Called as `progress(done, total)` after every batch."""


def length_sorted_batches(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Row numbers grouped so that rows x longest row stays within `budget` in every group.

    Args:
        lengths: tokens in each row.
        budget: the largest area of a batch, in tokens; a row longer than that gets a batch of its own.

    Returns:
        Every row number exactly once, shortest rows first.

    Example:
        >>> length_sorted_batches([9, 2, 3, 2], budget=6)
        [[1, 3], [2], [0]]
    """
    batches: list[list[int]] = []
    for row in sorted(range(len(lengths)), key=lambda index: lengths[index]):
        if batches and (len(batches[-1]) + 1) * lengths[row] <= budget:
            batches[-1].append(row)
        else:
            batches.append([row])
    return batches


def pad_rows(
    rows: Sequence[Int[Tensor, " position"]], filling: int, side: Literal["left", "right"]
) -> tuple[Int[Tensor, "batch position"], Int[Tensor, "batch position"]]:
    """Rows of unequal length as one tensor of ids, and the mask that is 1 at real tokens and 0 at filling.

    Args:
        rows: token ids, one tensor per row.
        filling: any id of the vocabulary; the mask hides it.
        side: where the filling goes.

    Example:
        >>> ids, mask = pad_rows([torch.tensor([5, 6]), torch.tensor([7])], filling=0, side="left")
        >>> ids.tolist(), mask.tolist()
        ([[5, 6], [0, 7]], [[1, 1], [0, 1]])
    """
    longest = max(len(row) for row in rows)
    ids = torch.full((len(rows), longest), filling, dtype=torch.long, device=rows[0].device)
    mask = torch.zeros_like(ids)
    for index, row in enumerate(rows):
        real = slice(longest - len(row), longest) if side == "left" else slice(0, len(row))
        ids[index, real] = row
        mask[index, real] = 1
    return ids, mask
