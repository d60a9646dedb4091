"""Best of n: draw n answers, keep the one with the highest proxy reward. What becomes of the true reward?

This is the smallest way to optimise a policy: no training, one knob. With a pool of N answers to each request no luck is
needed to say what to expect. Sort the pool by the proxy. The answer at rank r (counted from 0) is the best of n drawn
without replacement when it is drawn and the other n - 1 come from the r below it: C(r, n-1) / C(N, n).

How far such a policy is from the one that it draws from has a formula too: log n - (n-1)/n nats (Stiennon et al. 2020 use
it). It holds where no two answers have the same proxy. Where some tie, the choice among them says nothing, and the
divergence is smaller: the formula is an upper bound (Beirami et al. 2024).

Pitfall: the largest true reward among the n is not what the user gets. The answer is chosen by the proxy; the true reward is
read *at that answer*.

Sources: N. Stiennon et al., "Learning to summarize from human feedback", arXiv:2009.01325. A. Beirami et al., "Theoretical
guarantees on the best-of-n alignment policy", arXiv:2401.01879. L. Gao, J. Schulman, J. Hilton, "Scaling laws for reward
model overoptimization", arXiv:2210.10760.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor


def best_of_n(
    proxy: Float[Tensor, "request sample"], true: Float[Tensor, "request sample"], n: int
) -> tuple[float, float, float]:
    """Expected proxy reward and true reward of the best of n by proxy, and the divergence in nats; exercise 2.2.

    Args:
        proxy: the proxy reward of each answer in the pool; within a request no two are equal.
        true: the true reward of the same answers.
        n: how many different answers are drawn from the pool for each request.

    Returns:
        Expected proxy reward of the answer that is kept, and its expected true reward, both means over requests;
        and the divergence log n - (n-1)/n.

    Example:
        >>> proxy, true = torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[0.0, 1.0, -1.0]])
        >>> [round(number, 3) for number in best_of_n(proxy, true, 2)]
        [2.667, -0.333, 0.193]
    """
    size = proxy.shape[1]
    order = proxy.argsort(dim=1, stable=True)  # ascending: the column is the rank
    chances = [math.comb(rank, n - 1) / math.comb(size, n) for rank in range(size)]
    weights = torch.tensor(chances, dtype=torch.float64)
    kept_proxy = (proxy.double().gather(1, order) @ weights).mean()
    kept_true = (true.double().gather(1, order) @ weights).mean()
    return float(kept_proxy), float(kept_true), math.log(n) - (n - 1) / n
