"""Two jobs of a head, read from its map of a text that is written twice.

`roles` scores four jobs at once, with slices of diagonals. Here are the two that matter most, spelt out query by query, as
exercise 9.3 asks for them; a test holds one against the other.

The positions are what one gets wrong. With n tokens written twice, query q of the second copy stands on the same token as
position q - n. An *induction* head looks one place further, at what followed then: q - n + 1 (Olsson et al. 2022,
arXiv:2209.11895). A *previous-token* head looks at q - 1. Key 0 is the attention sink, so a query whose job would send it
to key 0 does not count: a head that rests there would score for nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor


def repeat_scores(
    attention: Float[Tensor, "*map query key"], n: int
) -> tuple[Float[Tensor, "*map"], Float[Tensor, "*map"]]:
    """How much of its attention each head spends on the previous token, and on induction; exercise 9.3.

    Args:
        attention: maps of `n` different tokens written twice: 2 n positions; `n` is at least 3.
        n: how many tokens are repeated.

    Returns:
        `(previous, induction)`, each a mean weight between 0 and 1. Previous: from query q to key q - 1, over the queries
        2, 3, …, 2 n - 1. Induction: from query q to the token that followed its own token in the first copy, over all
        queries of the second copy.

    Example:
        >>> previous, induction = repeat_scores(torch.eye(6).roll(-1, dims=1), n=3)
        >>> float(previous), float(induction)
        (1.0, 0.0)
    """
    all_queries = torch.arange(2, 2 * n)
    previous = attention[..., all_queries, all_queries - 1].mean(dim=-1)
    second_copy = torch.arange(n, 2 * n)
    induction = attention[..., second_copy, second_copy - n + 1].mean(dim=-1)
    return previous, induction
