"""How evenly does a head spread its attention? A number between 0 and 1 that can be compared across lengths.

The entropy of a row of weights, H = -Σ w ln w, grows with the number of keys that a query may look at: a query that
sees 50 keys can reach ln 50 nats, one that sees 2 only ln 2. So a mean entropy of 1.2 nats says nothing until the length
is known. Divide each row's entropy by that of an even row, ln(number of keys it sees), and the mean over queries is the
head's *evenness*: 0 when every query looks at a single key, 1 when every query looks at all keys alike.

Two pitfalls. A weight of 0 has no logarithm, but its term is 0 by continuity (w ln w goes to 0 with w); computed
carelessly it is not-a-number and spoils the head. And query 0 sees only itself: its entropy is 0 and the even entropy is
ln 1 = 0 as well, so it has no evenness. Counted as 0 it makes every head look more pointed than it is; used as a test
("entropy near 0 is suspicious") it fires on every text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor


def head_evenness(attention: Float[Tensor, "*map query key"]) -> Float[Tensor, "*map"]:
    """How evenly each map's queries spread their attention over what they can see; exercise 9.1.

    Args:
        attention: causal weights of one map, or of any stack of maps; at least two positions.

    Returns:
        One number between 0 and 1 for each map: the mean over the queries 1, 2, … of the row's entropy divided by the
        entropy of an even row over the keys 0 to query.

    Example:
        >>> head_evenness(torch.tensor([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [1.0, 0.0, 0.0]]))
        tensor(0.5000)
    """
    logs = torch.where(attention > 0, attention, 1.0).log()  # the logarithm of 1 is 0: a weight of 0 adds nothing
    entropy = -(attention * logs).sum(dim=-1)[..., 1:]  # query 0 has no choice
    seen = torch.arange(2, attention.shape[-1] + 1).to(entropy)  # how many keys each of the other queries sees
    return (entropy / seen.log()).mean(dim=-1)
