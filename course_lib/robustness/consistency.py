"""Does the verdict depend on the request, or on its wording?

A refusal that a synonym can switch off is no protection, and one that a synonym can switch on is a nuisance. So ask
the same thing in several wordings and count how often two of them get the same verdict. One number is not enough: a
model that never refuses agrees with itself always. What two *unrelated* requests would agree by chance, given how
often the model refuses, is the zero of the scale; the part of the way from there to 1 is Fleiss' kappa (Fleiss 1971).

Source: J. L. Fleiss, "Measuring nominal scale agreement among many raters", Psychological Bulletin 76 (1971), 378-382.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from course_lib.organisms.resampling import DRAWS, Estimate

if TYPE_CHECKING:
    from jaxtyping import Bool
    from torch import Tensor


def consistency(refused: Bool[Tensor, "request wording"]) -> tuple[float, float]:
    """How often two wordings of one request get the same verdict, and how often two verdicts agree by chance.

    Args:
        refused: the verdict on each wording of each request.

    Returns:
        The share of agreeing pairs among all pairs of different wordings of one request, averaged over requests; and the
        probability that two verdicts agree which are drawn independently, each a refusal as often as all verdicts together.

    Example:
        >>> import torch
        >>> consistency(torch.tensor([[True, True, True], [False, False, True]]))
        (0.6666666666666666, 0.5555555555555556)
    """
    wordings = refused.shape[1]
    yes = refused.sum(dim=1).double()
    no = wordings - yes
    agreement = (yes * (yes - 1) + no * (no - 1)) / (wordings * (wordings - 1))
    share = float(refused.double().mean())
    return float(agreement.mean()), share**2 + (1 - share) ** 2


def kappa_of(refused: Bool[Tensor, "group request wording"], seed: int = 0) -> Estimate:
    """Fleiss' kappa of the verdicts, with a 95 % bootstrap interval that draws whole groups of related requests again.

    Args:
        refused: the verdict on each wording of each request; requests of one group share words.
        seed: of the draws.

    Example:
        >>> import torch
        >>> kappa_of(torch.tensor([[[True, True], [False, False]], [[True, True], [False, False]]])).value
        1.0
    """

    def kappa(rows: Tensor) -> float:
        agreement, chance = consistency(rows.flatten(0, 1))
        return (agreement - chance) / (1 - chance) if chance < 1 else math.nan

    draws = np.random.default_rng(seed).integers(len(refused), size=(DRAWS, len(refused)))
    low, high = np.nanquantile([kappa(refused[draw]) for draw in draws], (0.025, 0.975))
    return Estimate(kappa(refused), float(low), float(high))
