"""A comparison: several ways to the same numbers, so that their times may be divided by one another.

A ratio of times means something only between programs that answer the same question. Every way of a comparison
therefore returns its numbers too, and their difference stands beside the ratio. Where a way computes only a part (a
loop of thousands of forward passes is timed on some of them), the rest is NaN and the time is scaled up; the table says
so.

The pitfall is the loop that is made slow on purpose. The loops here do what the definition says, one forward pass for
each question, and nothing foolish besides: no gradients for weights, no copies of the model.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch

from course_lib.benchmarks.setting import Setting

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

OURS, LOOP, CAPTUM, TUNED, INSEQ = "ours", "loop", "Captum", "Captum, tuned", "Inseq"


@dataclass(frozen=True)
class Prepared:
    """A way that is ready to be timed.

    Attributes:
        run: computes the numbers, one row; NaN where this way does not compute one.
        scale: what the measured time is multiplied with, because only a part is computed.
        note: what a reader of the table should know.
        rows: texts in one pass, where that was looked for.
    """

    run: Callable[[], Float[Tensor, " value"]]
    scale: float = 1.0
    note: str = ""
    rows: int = 0


@dataclass(frozen=True)
class Way:
    """One way to the numbers of a comparison.

    Attributes:
        name: "ours", "loop", "Captum", "Captum, tuned" or "Inseq".
        prepare: from a setting to what is timed; what it does itself is not timed.
        needs: the package that it needs.
        same: whether it answers exactly the same question; where not, its difference is not printed.
    """

    name: str
    prepare: Callable[[Setting], Prepared]
    needs: str = ""
    same: bool = True


@dataclass(frozen=True)
class Comparison:
    """Ways to the same numbers.

    Attributes:
        name: as it stands in the table.
        what: the question in a few words.
        ways: "ours" first.
        floor: from a setting to the floating-point operations that the method cannot do without.
        by_length: whether it is made at each length; hidden states are read from sentences as they are.
        approximate: whether "ours" is meant to approximate the others; then correlations are printed.
    """

    name: str
    what: str
    ways: tuple[Way, ...]
    floor: Callable[[Setting], float]
    by_length: bool = True
    approximate: bool = field(default=False)


def evenly(total: int, most: int) -> list[int]:
    """At most `most` of the numbers 0 … total - 1, evenly spread.

    Example:
        >>> evenly(4, 9), evenly(9, 3)
        ([0, 1, 2, 3], [1, 4, 7])
    """
    count = min(total, most)
    return [int((2 * index + 1) * total / (2 * count)) for index in range(count)]


def sampled_note(count: int, total: int) -> str:
    """What the table says of a loop that was timed in part.

    Example:
        >>> sampled_note(128, 512), sampled_note(5, 5)
        ('timed on 128 of 512 forward passes', '5 forward passes')
    """
    return f"{total} forward passes" if count >= total else f"timed on {count} of {total} forward passes"


def difference(one: Sequence[float], other: Sequence[float]) -> float | None:
    """The largest difference where both have a number, as a share of the largest number; None where no place has both.

    Example:
        >>> difference([1.0, math.nan, 2.0], [1.0, 5.0, 4.0])
        0.5
    """
    a, b = torch.tensor(one, dtype=torch.float64), torch.tensor(other, dtype=torch.float64)
    if len(a) != len(b):
        return None
    both = ~(a.isnan() | b.isnan())
    if not bool(both.any()):
        return None
    largest = float(torch.maximum(a[both].abs(), b[both].abs()).max())
    gap = float((a[both] - b[both]).abs().max())
    return gap / largest if largest > 0 else (0.0 if gap == 0 else math.inf)


def correlations(one: Sequence[float], other: Sequence[float]) -> tuple[float, float] | None:
    """Pearson's and Spearman's correlation where both have a number; None where fewer than three places have.

    Example:
        >>> correlations([1.0, 2.0, 3.0], [1.0, 2.0, 9.0])[1]
        1.0
    """
    a, b = torch.tensor(one, dtype=torch.float64), torch.tensor(other, dtype=torch.float64)
    if len(a) != len(b):
        return None
    both = ~(a.isnan() | b.isnan())
    a, b = a[both], b[both]
    if len(a) < 3 or float(a.std()) == 0 or float(b.std()) == 0:
        return None
    pearson = float(torch.corrcoef(torch.stack([a, b]))[0, 1])
    return pearson, float(torch.corrcoef(torch.stack([_ranks(a), _ranks(b)]))[0, 1])


def _ranks(values: Tensor) -> Tensor:
    """The rank of each value; equal values share the mean of their ranks."""
    below, upto = (values[:, None] > values).sum(1), (values[:, None] >= values).sum(1)
    return (below + upto + 1).double() / 2


def filled(total: int, places: Sequence[int], values: Sequence[float]) -> Float[Tensor, " value"]:
    """A row of `total` numbers, NaN where `places` has none.

    Example:
        >>> filled(3, [1], [2.0]).tolist()
        [nan, 2.0, nan]
    """
    row = torch.full((total,), math.nan)
    row[list(places)] = torch.tensor(values, dtype=row.dtype)
    return row
