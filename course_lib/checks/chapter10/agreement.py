"""Exercise 10.5: do two methods, or two models, put the tokens in the same order?

Scores have different units, so only ranks can be compared; and scores have ties (tokens that are held fixed all have 0), so
ties have to share their ranks. All cases have ties, and a value that is far from the others.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import torch

from course_lib.checks.exercise import Case, Exercise, Mistake

if TYPE_CHECKING:
    from torch import Tensor


def _pearson(one: Tensor, other: Tensor) -> float:
    first, second = one.double() - one.double().mean(), other.double() - other.double().mean()
    return float(first @ second / (first.norm() * second.norm()))


def _ranks(scores: Tensor) -> Tensor:
    """Ranks from 1, ties averaged."""
    smaller = (scores[None, :] < scores[:, None]).sum(dim=1)
    return smaller + ((scores[None, :] == scores[:, None]).sum(dim=1) + 1) / 2


def _places(scores: Tensor) -> Tensor:
    """Ranks from 0, ties in the order in which they stand."""
    return scores.argsort(stable=True).argsort()


# --- wrong solutions -------------------------------------------------------------------------------------------------


def of_the_scores(one: Tensor, other: Tensor) -> float:
    """Pearson's correlation."""
    return _pearson(one, other)


def argsort_once(one: Tensor, other: Tensor) -> float:
    """Takes `argsort` for the ranks."""
    return _pearson(one.argsort(stable=True), other.argsort(stable=True))


def ties_by_place(one: Tensor, other: Tensor) -> float:
    """Gives equal scores different ranks."""
    return _pearson(_places(one), _places(other))


def of_the_magnitudes(one: Tensor, other: Tensor) -> float:
    """Drops the signs first."""
    return _pearson(_ranks(one.abs()), _ranks(other.abs()))


def one_reversed(one: Tensor, other: Tensor) -> float:
    """Ranks one list downwards."""
    return -_pearson(_ranks(one), _ranks(other))


def formula_without_ties(one: Tensor, other: Tensor) -> float:
    """The textbook's short formula, which holds when there are no ties."""
    n, distance = len(one), _ranks(one) - _ranks(other)
    return float(1 - 6 * (distance**2).sum() / (n * (n**2 - 1)))


def not_centred(one: Tensor, other: Tensor) -> float:
    """The cosine of the ranks."""
    first, second = _ranks(one), _ranks(other)
    return float(first @ second / (first.norm() * second.norm()))


def same_first(one: Tensor, other: Tensor) -> float:
    """Only whether both put the same token first."""
    return float(one.argmax() == other.argmax())


# --- other right solutions -------------------------------------------------------------------------------------------


def with_scipy(one: Tensor, other: Tensor) -> float:
    """SciPy's, which comes with scikit-learn."""
    from scipy.stats import spearmanr

    return float(spearmanr(one.numpy(), other.numpy()).statistic)


def by_sorting(one: Tensor, other: Tensor) -> Tensor:
    """Ranks by a loop over sorted scores, then a matrix of correlations; a tensor of one number."""

    def ranked(scores: list[float]) -> list[float]:
        places: dict[float, list[int]] = {}
        for place, score in enumerate(sorted(scores)):
            places.setdefault(score, []).append(place)
        return [sum(places[score]) / len(places[score]) for score in scores]

    return torch.corrcoef(torch.tensor([ranked(one.tolist()), ranked(other.tolist())]))[0, 1]


# --- the exercise ----------------------------------------------------------------------------------------------------


def _case(seed: int, length: int) -> Case:
    """Related scores, with two ties in each list and one outlier."""
    numbers = random.Random(seed)
    first = [float(numbers.randrange(-20, 20)) for _ in range(length)]
    second = [score / 2 + numbers.randrange(-9, 9) for score in first]
    first[1], first[2], second[3], second[length - 1] = first[0], first[0], second[2], second[0]
    first[length - 1] = 300.0
    return Case(f"{length} tokens with ties", (torch.tensor(first), torch.tensor(second)))


def _hidden(seed: int) -> tuple[Case, ...]:
    numbers = random.Random(seed)
    return tuple(_case(numbers.randrange(10**6), numbers.randrange(6, 14)) for _ in range(4))


RANK_AGREEMENT = Exercise(
    id="10.5",
    title="Rank agreement",
    points=2,
    difficulty=2,
    minutes=10,
    reference="course_lib.attribution:rank_agreement",
    returns="one number from -1 to 1: Spearman's rank correlation of the two lists, equal scores sharing the mean of their ranks",
    example=(
        "For `[1, 2, 5]` and `[10, 20, 30]` the result is 1: the same order. In `[7, 3, 3]` the two threes would have the ranks "
        "1 and 2, so each of them gets 1.5."
    ),
    hints=(
        "Saliency is in nats per unit of embedding, attention in shares. What of the two can be compared at all?",
        "Give every score its rank: how many are smaller, and, where several are equal, the mean of the ranks that they take up "
        "together. Then take the ordinary correlation of the two lists of ranks.",
        "```python\nbelow = (x[None, :] < x[:, None]).sum(dim=1)   # for each score: how many are smaller\n"
        "alike = ...                                    # for each score: how many are equal, itself included\n"
        "rank = ...          # 1 for the only smallest; (1 + 2) / 2 for two that are equal\n"
        "# then: subtract the means, multiply, divide by both norms\n```",
    ),
    why=(
        "It lets you ask whether two methods tell the same story, and, with shuffled weights, whether a method looks at what "
        "your model has learnt at all."
    ),
    visible=(_case(3, 8), _case(4, 11), _case(5, 7)),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "scores, not ranks",
            of_the_scores,
            "You correlate the scores themselves. One outlier then decides; put ranks in their place first.",
        ),
        Mistake(
            "argsort once",
            argsort_once,
            "`argsort` gives the positions in the order of their scores. The rank of each position is something else.",
        ),
        Mistake(
            "ties by place",
            ties_by_place,
            "Equal scores get different ranks, by where they stand in the text. They should share the mean of their ranks.",
        ),
        Mistake(
            "magnitudes",
            of_the_magnitudes,
            "You drop the signs. The order of the scores is asked for, not of their sizes.",
        ),
        Mistake("reversed", one_reversed, "The sign is reversed: one list is ranked upwards and the other downwards."),
        Mistake(
            "formula without ties",
            formula_without_ties,
            "The short formula with the squared differences of ranks holds only when no two scores are equal.",
        ),
        Mistake(
            "not centred",
            not_centred,
            "This is a cosine: the means of the ranks have not been subtracted, so it is near 1.",
        ),
        Mistake(
            "same first", same_first, "You compare only the token with the highest score; the whole order is asked for."
        ),
    ),
    alternatives=(with_scipy, by_sorting),
    rtol=1e-4,
    atol=1e-5,
    tolerance_reason="a ratio of sums of a dozen ranks",
)
