"""Strong connections: which pairs of positions stand out of an attention map, once the sink is set aside.

"Weight above 0.1" sounds like a finding and is mostly the attention sink: on the default model the first position
takes about half of the mean attention, so every row passes the threshold there, whatever the text. The remedy has two
steps. Drop key 0. Then divide each row by what is left of it, so that a weight reads as "the share of the attention
that was not sunk", and the threshold means the same for a query that sinks nine tenths and for one that sinks one.

Two things remain to be known by the reader. Query 0 sees nothing but the sink, so it has no connection left; query 1
has only itself left, so its share is 1 in every text and says nothing. And a share is a share of *few* keys at the
start of a text and of many at its end: early queries pass any threshold more easily.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor


def strong_connections(attention: Float[Tensor, "query key"], threshold: float = 0.1) -> list[tuple[int, int, float]]:
    """The connections above a threshold, sink dropped and rows renormalised; exercise 8.3.

    Args:
        attention: one map of weights; a mean over layers and heads, or a single head.
        threshold: keep shares strictly greater than this.

    Returns:
        `(query, key, share)`, the largest share first; equal shares in order of query, then of key. Key 0 never occurs.
        A row with nothing left beside key 0 has no connections.

    Example:
        >>> strong_connections(torch.tensor([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.5, 0.375, 0.125]]), threshold=0.25)
        [(1, 1, 1.0), (2, 1, 0.75)]
    """
    rest = attention[:, 1:]  # without key 0, the sink
    left = rest.sum(dim=1, keepdim=True)
    shares = torch.where(left > 0, rest / left, 0.0)
    found = [(int(q), int(k) + 1, float(shares[q, k])) for q, k in (shares > threshold).nonzero()]
    return sorted(found, key=lambda connection: (-connection[2], connection[0], connection[1]))
