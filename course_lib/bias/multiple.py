"""Many tests at once: p-values that take into account how many there are.

At a level of 5% one of twenty true null hypotheses is rejected, on average. With forty occupations somebody will
always stand out. There are two promises that one can keep instead:

* **family-wise error** (Holm 1979): the probability of *any* false rejection is at most 5%. From the smallest p-value
  on, the k-th is multiplied by the number of those not yet dealt with (n, n - 1, ..., 1), and none may end up below
  the one before it.
* **false discovery rate** (Benjamini and Hochberg 1995): of what is rejected, at most 5% is false, on average. The
  k-th smallest is multiplied by n / k, and, from the largest down, none may end up above the one after it.

The first is for a claim about one occupation, the second for a list that others will look into. Adjusted p-values are
compared with the level as they are.

Pitfall: both count the tests that are handed in. Whoever tries five pronouns, four lists and three models, and hands
in the forty tests that look best, has done 2400.

Sources: S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6
(1979), 65-70. Y. Benjamini, Y. Hochberg, "Controlling the false discovery rate", Journal of the Royal Statistical
Society B 57 (1995), 289-300.
"""

from __future__ import annotations

from collections.abc import Sequence


def adjust_p_values(p_values: Sequence[float]) -> tuple[list[float], list[float]]:
    """Adjusted p-values by Holm and by Benjamini and Hochberg.

    Args:
        p_values: one for each test, in any order.

    Returns:
        `(holm, benjamini_hochberg)`, each in the order of `p_values`, none above 1.

    Example:
        >>> adjust_p_values([0.5, 0.01])
        ([0.5, 0.02], [0.5, 0.02])
    """
    n = len(p_values)
    order = sorted(range(n), key=lambda test: p_values[test])
    holm, hochberg = [0.0] * n, [0.0] * n
    largest = 0.0
    for rank, test in enumerate(order, start=1):
        largest = max(largest, min(1.0, p_values[test] * (n - rank + 1)))
        holm[test] = largest
    smallest = 1.0
    for rank, test in reversed(list(enumerate(order, start=1))):
        smallest = min(smallest, p_values[test] * n / rank)
        hochberg[test] = smallest
    return holm, hochberg
