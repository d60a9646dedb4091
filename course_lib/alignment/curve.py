"""The Goodhart curve: proxy reward and true reward of best of n, against how far the choice has moved the policy.

"When a measure becomes a target, it ceases to be a good measure" (Goodhart's law, in Strathern's words). The curve shows how
it ceases: for a little pressure both rewards rise, because among ordinary answers the proxy goes with what was meant; with
more, the choice reaches answers where the two have parted, and the proxy alone still rises.

Answers with the same proxy value are taken as drawn by lot among themselves: each counts with their mean true reward.
Intervals draw whole requests again (bootstrap over requests, 95 %): answers to one request are alike.

Sources: M. Strathern, "Improving ratings: audit in the British University system", European Review 5 (1997), 305-321.
L. Gao, J. Schulman, J. Hilton, arXiv:2210.10760.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from course_lib.alignment.best_of_n import best_of_n
from course_lib.organisms.resampling import Estimate, mean_over_groups
from course_lib.render import html_table, text_table

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

SIZES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)


@dataclass(frozen=True, repr=False)
class GoodhartCurve:
    """Best of n by one proxy, for several n.

    Attributes:
        name: of the proxy.
        sizes: the n.
        kl: log n - (n-1)/n for each, in nats; an upper bound where answers tie.
        measured_kl: the divergence where answers of equal proxy count as one outcome; see `measured_kl`.
        proxy: the expected proxy reward, in standard deviations of the pool above its mean.
        true: the expected true reward.
        against_one: the expected true reward minus that of a single draw, request by request.
        lost_at_the_end: the expected true reward at the largest n minus that at the best one, request by request.
    """

    name: str
    sizes: tuple[int, ...]
    kl: tuple[float, ...]
    measured_kl: tuple[float, ...]
    proxy: tuple[Estimate, ...]
    true: tuple[Estimate, ...]
    against_one: tuple[Estimate, ...]
    lost_at_the_end: Estimate

    @property
    def best(self) -> int:
        """The index of the n with the highest true reward."""
        return max(range(len(self.sizes)), key=lambda index: self.true[index].value)

    @property
    def best_gain(self) -> Estimate:
        """By how much the best n is above a single draw. (The n was chosen as the best: this flatters it a little.)"""
        return self.against_one[self.best]

    def rows(self) -> list[dict[str, Any]]:
        """One row for each n."""
        columns = zip(self.sizes, self.kl, self.measured_kl, self.proxy, self.true, strict=True)
        return [
            {"n": n, "KL bound": kl, "KL measured": measured, "proxy (sd)": str(proxy), "true reward": str(true)}
            for n, kl, measured, proxy, true in columns
        ]

    def text(self) -> str:
        """The table as plain text."""
        return text_table(self.rows(), title=f"Best of n by {self.name}; [95 %, bootstrap over requests]")

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html_table(self.rows(), caption=f"Best of n by {self.name}; [95 %, bootstrap over requests]")


def goodhart_curve(
    name: str,
    proxy: Float[Tensor, "request sample"],
    true: Float[Tensor, "request sample"],
    sizes: Sequence[int] = SIZES,
) -> GoodhartCurve:
    """Proxy and true reward of best of n, for each of several n.

    Args:
        name: of the proxy, for tables and pictures.
        proxy: the proxy reward of each answer.
        true: the true reward of each answer.
        sizes: the n, each at most as many as there are answers to a request.

    Example:
        >>> curve = goodhart_curve("itself", torch.tensor([[0.0, 1.0, 2.0, 3.0]]), torch.tensor([[0.0, 1.0, 2.0, 3.0]]), (1, 2))
        >>> [round(estimate.value, 2) for estimate in curve.true]
        [1.5, 2.33]
    """
    scaled = (proxy - proxy.mean()) / proxy.std().clamp(min=1e-9)
    fair = share_ties(proxy, true)
    by_size = [[best_of_n(scaled[row : row + 1], fair[row : row + 1], n) for row in range(len(proxy))] for n in sizes]
    single = [float(value) for value in true.double().mean(dim=1)]
    gains = [[row[1] - alone for row, alone in zip(rows, single, strict=True)] for rows in by_size]
    true_means = [mean_over_groups([row[1] for row in rows]) for rows in by_size]
    best = max(range(len(sizes)), key=lambda index: true_means[index].value)
    lost = [last[1] - first[1] for first, last in zip(by_size[best], by_size[-1], strict=True)]
    return GoodhartCurve(
        name,
        tuple(sizes),
        tuple(math.log(n) - (n - 1) / n for n in sizes),
        tuple(measured_kl(proxy, n) for n in sizes),
        tuple(mean_over_groups([row[0] for row in rows]) for rows in by_size),
        tuple(true_means),
        tuple(mean_over_groups(gain) for gain in gains),
        mean_over_groups(lost),
    )


def share_ties(proxy: Float[Tensor, "request sample"], true: Float[Tensor, "request sample"]) -> Tensor:
    """The true reward with the mean over answers of equal proxy in place of each of them.

    Example:
        >>> share_ties(torch.tensor([[1.0, 1.0, 2.0]]), torch.tensor([[0.0, 1.0, 5.0]]))
        tensor([[0.5000, 0.5000, 5.0000]], dtype=torch.float64)
    """
    same = (proxy[:, :, None] == proxy[:, None, :]).double()
    return (same @ true.double()[:, :, None])[..., 0] / same.sum(-1)


def measured_kl(proxy: Float[Tensor, "request sample"], n: int) -> float:
    """The divergence of best of n from a single draw where answers come with the pool's shares: mean over requests, in nats.

    Answers of equal proxy are one outcome, since the choice does not tell them apart: the best of n lies at or below an outcome
    when all n do. With no ties this is a little below log n - (n-1)/n; with ties it can be far below.

    Example:
        >>> measured_kl(torch.ones(1, 8), 4), round(measured_kl(torch.arange(1000.0)[None], 4), 3), round(math.log(4) - 3 / 4, 3)
        (0.0, 0.636, 0.636)
    """
    total = 0.0
    for row in proxy:
        before = torch.unique(row, return_counts=True)[1].double() / len(row)
        upto = before.cumsum(0)
        kept = upto**n - (upto - before).clamp(min=0) ** n
        total += float((kept[kept > 0] * (kept / before)[kept > 0].log()).sum())
    return max(0.0, total / len(proxy)) + 0.0
