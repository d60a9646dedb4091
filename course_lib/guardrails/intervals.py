"""Intervals for areas and costs: a bootstrap over groups of prompts, paired where two scorers meet the same prompts.

Twins and lookalikes of one pair are not independent. So whole groups are drawn, with replacement, and everything is computed
anew on each draw. Two scorers are compared on the *same* draws: most of the spread is in which prompts were drawn, and it
cancels in the difference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

DRAWS, SEED = 1000, 14


@dataclass(frozen=True)
class Estimate:
    """A number with its 95% interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"


def group_draws(groups: Sequence[str], draws: int = DRAWS, seed: int = SEED) -> list[np.ndarray]:
    """Indices of prompts for each draw of whole groups.

    Example:
        >>> drawn = group_draws(["a", "a", "b"], draws=1)[0]
        >>> bool((drawn == 0).sum() == (drawn == 1).sum())
        True
    """
    members: dict[str, list[int]] = {}
    for index, group in enumerate(groups):
        members.setdefault(group, []).append(index)
    blocks = [np.array(block) for block in members.values()]
    random = np.random.default_rng(seed)
    return [np.concatenate([blocks[i] for i in random.integers(len(blocks), size=len(blocks))]) for _ in range(draws)]


def over_groups(statistic: Callable[[Any], float], groups: Sequence[str], draws: int = DRAWS) -> Estimate:
    """A statistic of prompts, with a percentile interval over draws of groups.

    Args:
        statistic: computed from indices of prompts.
        groups: which group each prompt belongs to.
        draws: how many.

    Example:
        >>> over_groups(lambda chosen: float(len(chosen)), ["a", "b"])
        Estimate(value=2.0, low=2.0, high=2.0)
    """
    values = [statistic(chosen) for chosen in group_draws(groups, draws)]
    low, high = np.nanquantile(values, [0.025, 0.975])
    return Estimate(float(statistic(np.arange(len(groups)))), float(low), float(high))
