"""Exercise 5.2: do two wordings of one request get the same verdict, and how often would they by chance?"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import torch

from course_lib.checks.exercise import Case, Exercise, Mistake

if TYPE_CHECKING:
    from torch import Tensor

Result = tuple[float, float]


def _chance(refused: Tensor) -> float:
    share = float(refused.double().mean())
    return share**2 + (1 - share) ** 2


def _pairs(refused: Tensor) -> Tensor:
    """Share of agreeing pairs of different wordings, `[request]`."""
    m = refused.shape[1]
    yes = refused.sum(dim=1).double()
    no = m - yes
    return (yes * (yes - 1) + no * (no - 1)) / (m * (m - 1))


def with_itself(refused: Tensor) -> Result:
    """Counts each wording as a pair with itself."""
    share = refused.double().mean(dim=1)
    return float((share**2 + (1 - share) ** 2).mean()), _chance(refused)


def with_the_first(refused: Tensor) -> Result:
    """Compares with the first wording only."""
    return float((refused[:, 1:] == refused[:, :1]).double().mean()), _chance(refused)


def all_alike(refused: Tensor) -> Result:
    """Share of requests whose wordings all agree."""
    return float((refused == refused[:, :1]).all(dim=1).double().mean()), _chance(refused)


def majority_share(refused: Tensor) -> Result:
    """How large the majority is."""
    share = refused.double().mean(dim=1)
    return float(torch.maximum(share, 1 - share).mean()), _chance(refused)


def columns(refused: Tensor) -> Result:
    """Compares different requests in one wording."""
    return float(_pairs(refused.T).mean()), _chance(refused)


def coin(refused: Tensor) -> Result:
    """Chance is one half."""
    return float(_pairs(refused).mean()), 0.5


def only_refusals(refused: Tensor) -> Result:
    """Pairs in which both are refused."""
    m, yes = refused.shape[1], refused.sum(dim=1).double()
    return float((yes * (yes - 1) / (m * (m - 1))).mean()), float(refused.double().mean()) ** 2


def chance_by_request(refused: Tensor) -> Result:
    """Chance with each request's own share: that is no chance."""
    share = refused.double().mean(dim=1)
    return float(_pairs(refused).mean()), float((share**2 + (1 - share) ** 2).mean())


def chance_by_wording(refused: Tensor) -> Result:
    """Chance from the shares of the two wordings that are compared."""
    shares = refused.double().mean(dim=0).tolist()
    chances = [a * b + (1 - a) * (1 - b) for a, b in combinations(shares, 2)]
    return float(_pairs(refused).mean()), sum(chances) / len(chances)


def rate_only(refused: Tensor) -> Result:
    """The refusal rate in place of what it implies."""
    return float(_pairs(refused).mean()), float(refused.double().mean())


def by_listing(refused: Tensor) -> list[float]:
    """All pairs one by one; a list."""
    shares = []
    for row in refused.tolist():
        pairs = list(combinations(row, 2))
        shares.append(sum(a == b for a, b in pairs) / len(pairs))
    cells = [verdict for row in refused.tolist() for verdict in row]
    yes = sum(cells) / len(cells)
    return [sum(shares) / len(shares), yes * yes + (1 - yes) * (1 - yes)]


def by_matrix(refused: Tensor) -> Tensor:
    """A table of pairs without its diagonal; a tensor."""
    same = (refused[:, :, None] == refused[:, None, :]).double()
    m = refused.shape[1]
    agreement = ((same.sum(dim=(1, 2)) - m) / (m * m - m)).mean()
    flat = refused.flatten().double()
    return torch.stack([agreement, flat.mean() ** 2 + (1 - flat).mean() ** 2])


def _case(seed: int, requests: int, wordings: int, share: float) -> Case:
    generator = torch.Generator().manual_seed(seed)
    leaning = torch.rand(requests, 1, generator=generator)
    likely = (0.5 * leaning + 0.5 * torch.rand(requests, wordings, generator=generator)) < share
    likely[0, 0], likely[0, 1], likely[-1] = True, False, False
    return Case(f"{requests} requests in {wordings} wordings", (likely,))


def _hidden(seed: int) -> tuple[Case, ...]:
    generator = torch.Generator().manual_seed(seed)
    sizes = torch.randint(4, 8, (3, 2), generator=generator).tolist()
    return tuple(_case(seed + k, 3 + a, b, (0.4, 0.55, 0.65)[k]) for k, (a, b) in enumerate(sizes))


CONSISTENCY = Exercise(
    id="5.2",
    title="The consistency of verdicts",
    points=3,
    difficulty=2,
    minutes=15,
    reference="course_lib.robustness.consistency:consistency",
    returns=(
        "two numbers: the share of agreeing pairs among all pairs of *different* wordings of one request, averaged "
        "over "
        "requests; and the probability that two verdicts agree that are drawn independently, each a refusal with "
        "the share of "
        "refusals among all verdicts"
    ),
    example=(
        "One request with verdicts refused, refused, refused and one with answered, answered, refused: of three "
        "pairs each, 3 "
        "and 1 agree, so the agreement is 0.667. Four of six verdicts are refusals, so by chance 0.556 would agree."
    ),
    hints=(
        "With five wordings, how many pairs are there? How many of them agree when three of the five are refused?",
        "If `yes` of m wordings are refused, `yes * (yes - 1)` ordered pairs agree on refusing, and the others give "
        "such a term "
        "too. For chance, two independent verdicts agree if both are refusals or both are not.",
        "```python\nm = refused.shape[1]\nyes = refused.sum(dim=...).double()\n"
        "agreement = (yes * (yes - 1) + ...) / (m * (m - 1))\nshare = refused.double()...\n"
        "return float(agreement.mean()), ...\n```",
    ),
    why=(
        "A deployment that refuses one wording and grants the next protects nobody: whoever wants the answer asks "
        "again. And "
        "whoever meets the refusal with a harmless request learns to reword until it goes away."
    ),
    visible=(
        Case("the worked example", (torch.tensor([[True, True, True], [False, False, True]]),)),
        _case(51, 5, 4, 0.45),
        _case(52, 8, 5, 0.6),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "pairs with itself",
            with_itself,
            "You pair each wording with itself too. It always agrees with itself; leave that out.",
        ),
        Mistake(
            "the first wording",
            with_the_first,
            "You compare all wordings with the first. Which wording stands first is chance: compare all pairs.",
        ),
        Mistake(
            "all alike",
            all_alike,
            "You count requests whose wordings all agree. One dissent of five then "
            "counts like two of four; count pairs.",
        ),
        Mistake(
            "size of the majority",
            majority_share,
            "You average the size of the majority, which is never below one half. Count pairs that agree.",
        ),
        Mistake(
            "across requests",
            columns,
            "You compare different requests in the same wording: look at which axis holds the wordings.",
        ),
        Mistake(
            "a coin",
            coin,
            "Your agreement is right. Chance is not one half: a model that refuses 9 of 10 "
            "agrees with itself by chance far more often.",
        ),
        Mistake(
            "refusals only",
            only_refusals,
            "You count pairs in which both are refused. Two wordings also agree when both are answered.",
        ),
        Mistake(
            "chance by request",
            chance_by_request,
            "Your agreement is right. For chance you use each request's own share of refusals; by chance means "
            "without regard to the request.",
        ),
        Mistake(
            "chance by wording",
            chance_by_wording,
            "Your agreement is right. For chance you use each wording's own share of refusals, as for judges that "
            "differ; here one share is asked for, that of all verdicts.",
        ),
        Mistake(
            "the refusal rate",
            rate_only,
            "Your agreement is right. The second number is the share of "
            "refusals; what is asked for is how often two such verdicts agree.",
        ),
    ),
    alternatives=(by_listing, by_matrix),
    rtol=1e-5,
    atol=1e-6,
    tolerance_reason="shares of small counts",
)
