"""Where to look at a function between 0 and 1, so that a weighted sum of what is seen there is its integral.

Midpoints of equal intervals are exact for straight lines; `n` Gauss-Legendre nodes are exact for polynomials up to degree
2n − 1, and on smooth functions need far fewer steps. On a function that jumps neither helps.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor


@lru_cache
def quadrature(nodes: str, steps: int) -> tuple[Float[Tensor, " step"], Float[Tensor, " step"]]:
    """Places between 0 and 1 at which a function is looked at, and the weights that make a sum of it an integral.

    Example:
        >>> places, weights = quadrature("midpoint", 2)
        >>> places.tolist(), weights.tolist()
        ([0.25, 0.75], [0.5, 0.5])
    """
    if nodes == "midpoint":
        places = (np.arange(steps) + 0.5) / steps
        return torch.from_numpy(places), torch.full((steps,), 1 / steps, dtype=torch.float64)
    roots, weights = np.polynomial.legendre.leggauss(steps)
    return torch.from_numpy((roots + 1) / 2), torch.from_numpy(weights / 2)
