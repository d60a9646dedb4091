"""Exercise 2.2: what to expect of the best of n by a proxy, exactly.

The pools are small and have no ties, so that listing all subsets is a possible answer too. Requests differ in their level,
which shows when answers of different requests are thrown together.
"""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING

import torch

from course_lib.checks.exercise import Case, Exercise, Mistake

if TYPE_CHECKING:
    from torch import Tensor

Result = tuple[float, float, float]


def _kl(n: int) -> float:
    return math.log(n) - (n - 1) / n


def _weights(size: int, n: int) -> Tensor:
    return torch.tensor([math.comb(r, n - 1) / math.comb(size, n) for r in range(size)], dtype=torch.float64)


def own_maximum(proxy: Tensor, true: Tensor, n: int) -> Result:
    """The best true reward among the n, whoever has it."""
    weights = _weights(proxy.shape[1], n)
    kept = [(x.double().sort(dim=1).values @ weights).mean() for x in (proxy, true)]
    return float(kept[0]), float(kept[1]), _kl(n)


def with_replacement(proxy: Tensor, true: Tensor, n: int) -> Result:
    """Draws the same answer twice now and then."""
    size = proxy.shape[1]
    ranks = torch.arange(size + 1, dtype=torch.float64) / size
    weights = (ranks**n).diff()
    order = proxy.argsort(dim=1)
    kept = [(x.double().gather(1, order) @ weights).mean() for x in (proxy, true)]
    return float(kept[0]), float(kept[1]), _kl(n)


def worst_of_n(proxy: Tensor, true: Tensor, n: int) -> Result:
    """Keeps the lowest."""
    weights = _weights(proxy.shape[1], n)
    order = proxy.argsort(dim=1, descending=True)
    kept = [(x.double().gather(1, order) @ weights).mean() for x in (proxy, true)]
    return float(kept[0]), float(kept[1]), _kl(n)


def first_n(proxy: Tensor, true: Tensor, n: int) -> Result:
    """One draw in place of the expectation: the first n of each row."""
    best = proxy[:, :n].argmax(dim=1, keepdim=True)
    return float(proxy.gather(1, best).mean()), float(true.gather(1, best).mean()), _kl(n)


def all_requests_together(proxy: Tensor, true: Tensor, n: int) -> Result:
    """One pool for all requests."""
    weights = _weights(proxy.numel(), n)
    order = proxy.flatten().argsort()
    kept = [x.double().flatten()[order] @ weights for x in (proxy, true)]
    return float(kept[0]), float(kept[1]), _kl(n)


def top_n(proxy: Tensor, true: Tensor, n: int) -> Result:
    """The mean of the n best in the pool."""
    order = proxy.argsort(dim=1, descending=True)[:, :n]
    return float(proxy.gather(1, order).mean()), float(true.gather(1, order).mean()), _kl(n)


def off_by_one(proxy: Tensor, true: Tensor, n: int) -> Result:
    """The others come from n, not n - 1."""
    size = proxy.shape[1]
    weights = torch.tensor([math.comb(r + 1, n) / math.comb(size, n) for r in range(size)], dtype=torch.float64)
    order = proxy.argsort(dim=1)
    kept = [(x.double().gather(1, order) @ weights).mean() for x in (proxy, true)]
    return float(kept[0]), float(kept[1]), _kl(n)


def log_n_only(proxy: Tensor, true: Tensor, n: int) -> Result:
    """Leaves (n-1)/n out."""
    weights, order = _weights(proxy.shape[1], n), proxy.argsort(dim=1)
    kept = [(x.double().gather(1, order) @ weights).mean() for x in (proxy, true)]
    return float(kept[0]), float(kept[1]), math.log(n)


def by_listing(proxy: Tensor, true: Tensor, n: int) -> Result:
    """All subsets, one by one."""
    kept = []
    for row, truth in zip(proxy.tolist(), true.tolist(), strict=True):
        for subset in combinations(range(len(row)), n):
            best = max(subset, key=row.__getitem__)
            kept.append((row[best], truth[best]))
    return sum(p for p, _ in kept) / len(kept), sum(t for _, t in kept) / len(kept), _kl(n)


def by_differences(proxy: Tensor, true: Tensor, n: int) -> list[float]:
    """Differences of the chance that all n lie at or below a rank, by log gamma, one request after the other."""
    size = proxy.shape[1]
    ranks = torch.arange(size + 1, dtype=torch.float64)
    below = (
        torch.lgamma(ranks + 1)
        - torch.lgamma((ranks - n).clamp(min=0) + 1)
        - math.lgamma(size + 1)
        + math.lgamma(size - n + 1)
    ).exp() * (ranks >= n)
    weights = below.diff()
    sums = torch.zeros(2, dtype=torch.float64)
    for row, truth in zip(proxy.double(), true.double(), strict=True):
        order = sorted(range(size), key=row.tolist().__getitem__)
        sums += torch.stack([row[order] @ weights, truth[order] @ weights]) / len(proxy)
    return [float(sums[0]), float(sums[1]), math.log(n) - 1 + 1 / n]


def _case(seed: int, requests: int, size: int, n: int) -> Case:
    generator = torch.Generator().manual_seed(seed)
    proxy = torch.randn(requests, size, generator=generator) + torch.arange(requests)[:, None]
    away = proxy - proxy.mean(dim=1, keepdim=True)
    true = away - 0.7 * away**2 + 0.3 * torch.randn(requests, size, generator=generator)
    return Case(f"{requests} requests, {size} answers each, best of {n}", (proxy, true, n))


def _hidden(seed: int) -> tuple[Case, ...]:
    generator = torch.Generator().manual_seed(seed)
    sizes = torch.randint(6, 10, (3,), generator=generator).tolist()
    return tuple(_case(seed + k, 2 + k, size, (2, 3, 5)[k]) for k, size in enumerate(sizes))


BEST_OF_N = Exercise(
    id="2.2",
    title="Best of n against a proxy",
    points=3,
    difficulty=3,
    minutes=20,
    reference="course_lib.alignment.best_of_n:best_of_n",
    returns=(
        "three numbers: the expected proxy reward of the answer that is kept, the expected true reward of that same answer "
        "(both means over requests), and the divergence log n - (n-1)/n in nats"
    ),
    example=(
        "One request, three answers with proxy rewards 1, 2, 3 and true rewards 0, 1, -1, best of 2: of the three possible "
        "draws one keeps the second answer and two keep the third, so the result is 2.667, -0.333 and 0.193."
    ),
    hints=(
        "Sort the answers to one request by their proxy reward. For which draws is the answer at rank r the one that is kept?",
        "It has to be drawn itself, and the other n - 1 have to come from the answers below it. Count these draws with "
        "`math.comb`, and divide by the number of all draws. The true reward gets the *same* weights, in the proxy's order.",
        "```python\nranks = proxy.argsort(dim=1)   # the answers of each request, worst first\n"
        "chance = [... for rank in range(proxy.shape[1])]   # each math.comb(..., ...) / math.comb(..., n); they sum to 1\n"
        "in_order = proxy.double().gather(1, ranks)   # and the same for the true reward\n"
        "kept = (in_order @ torch.tensor(chance, dtype=torch.float64)).mean()\n```",
    ),
    why=(
        "Best of n is how many tools use a judge or a reward model: they draw a few answers and keep the one with the highest "
        "score. With a pool of answers you can find out what a score does to what you care about before you deploy it."
    ),
    visible=(_case(31, 1, 6, 2), _case(32, 3, 7, 3), _case(33, 2, 8, 4)),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "own maximum",
            own_maximum,
            "Your true reward is that of the answer with the best *true* reward. The answer is kept by its proxy; read the "
            "true reward at that answer.",
        ),
        Mistake(
            "with replacement",
            with_replacement,
            "You let the same answer be drawn twice. The n answers of a draw are different ones: count subsets.",
        ),
        Mistake(
            "worst of n",
            worst_of_n,
            "You keep the answer with the lowest proxy reward: look at the order of your ranks.",
        ),
        Mistake(
            "one draw",
            first_n,
            "You took the first n answers of each pool: that is one draw. What is asked for is the mean over all draws.",
        ),
        Mistake(
            "one pool for all",
            all_requests_together,
            "You threw the answers to all requests together. Best of n chooses among answers to *one* request; average over "
            "requests at the end.",
        ),
        Mistake(
            "mean of the top n",
            top_n,
            "You averaged the n best answers of the pool. Of n answers drawn by chance only one is kept.",
        ),
        Mistake(
            "off by one",
            off_by_one,
            "Your weights are those of being at or above the largest drawn, and they do not sum to 1. Count the draws in which "
            "the answer itself is one of the n and the *others* lie below it.",
        ),
        Mistake(
            "log n",
            log_n_only,
            "Your divergence is log n: a part is missing, which says that the best of n is not always the pool's best.",
        ),
    ),
    alternatives=(by_listing, by_differences),
    rtol=1e-4,
    atol=1e-5,
    tolerance_reason="weights are exact fractions; float32 rewards of about 1",
)
