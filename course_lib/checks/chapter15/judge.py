"""Exercise 15.2: the verdict of a judge, corrected for the place.

The vocabulary is longer than the letters, so that probabilities and log-odds differ; the two letters stand in either order; the
leaning differs from pair to pair, so that its mean is another answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from course_lib.checks.exercise import Case, Exercise, Mistake

if TYPE_CHECKING:
    from torch import Tensor


def _odds(logits: Tensor, a: int, b: int) -> Tensor:
    return logits[:, a] - logits[:, b]


def exchanged(one: Tensor, two: Tensor, a: int, b: int) -> tuple[Tensor, Tensor]:
    """Sum for the preference, difference for the leaning."""
    return (_odds(one, a, b) + _odds(two, a, b)) / 2, (_odds(one, a, b) - _odds(two, a, b)) / 2


def one_order(one: Tensor, two: Tensor, a: int, b: int) -> tuple[Tensor, Tensor]:
    """The first order is the verdict."""
    return _odds(one, a, b), (_odds(one, a, b) + _odds(two, a, b)) / 2


def not_halved(one: Tensor, two: Tensor, a: int, b: int) -> tuple[Tensor, Tensor]:
    """No division by two."""
    return _odds(one, a, b) - _odds(two, a, b), _odds(one, a, b) + _odds(two, a, b)


def letters_exchanged(one: Tensor, two: Tensor, a: int, b: int) -> tuple[Tensor, Tensor]:
    """B against A."""
    return (_odds(one, b, a) - _odds(two, b, a)) / 2, (_odds(one, b, a) + _odds(two, b, a)) / 2


def second_turned(one: Tensor, two: Tensor, a: int, b: int) -> tuple[Tensor, Tensor]:
    """Preference for the second answer."""
    return (_odds(two, a, b) - _odds(one, a, b)) / 2, (_odds(one, a, b) + _odds(two, a, b)) / 2


def probabilities(one: Tensor, two: Tensor, a: int, b: int) -> tuple[Tensor, Tensor]:
    """Differences of probabilities."""
    here, there = (_odds(logits.softmax(-1), a, b) for logits in (one, two))
    return (here - there) / 2, (here + there) / 2


def mean_leaning(one: Tensor, two: Tensor, a: int, b: int) -> tuple[Tensor, Tensor]:
    """One leaning for all pairs."""
    preference, leaning = right_in_double(one, two, a, b)
    return preference, leaning.mean()


def letter_a_only(one: Tensor, two: Tensor, a: int, b: int) -> tuple[Tensor, Tensor]:
    """The logit of A, without B."""
    return (one[:, a] - two[:, a]) / 2, (one[:, a] + two[:, a]) / 2


def right_in_double(one: Tensor, two: Tensor, a: int, b: int) -> tuple[Tensor, Tensor]:
    """In double precision, from log probabilities."""
    here, there = (_odds(logits.double().log_softmax(-1), a, b) for logits in (one, two))
    return (here - there) / 2, (here + there) / 2


def right_by_loop(one: Tensor, two: Tensor, a: int, b: int) -> tuple[Any, Any]:
    """Pair by pair, with plain numbers."""
    preference, leaning = [], []
    for first, second in zip(one.tolist(), two.tolist(), strict=True):
        s1, s2 = first[a] - first[b], second[a] - second[b]
        leaning.append((s1 + s2) / 2)
        preference.append(s1 - leaning[-1])
    return preference, leaning


def _case(seed: int, pairs: int, a: int, b: int, lean: float, name: str) -> Case:
    generator = torch.Generator().manual_seed(seed)
    logits = 2 * torch.randn(2, pairs, 11, generator=generator)
    logits[:, :, a] += lean
    return Case(name, (logits[0], logits[1], a, b))


def _hidden(seed: int) -> tuple[Case, ...]:
    return (
        _case(seed, 5, 3, 8, 2.0, "leans towards A"),
        _case(seed + 1, 4, 9, 1, -3.0, "leans towards B"),
        _case(seed + 2, 1, 0, 10, 0.0, "a single pair"),
    )


CORRECTED_PREFERENCE = Exercise(
    id="15.2",
    title="A verdict without its place",
    points=3,
    difficulty=2,
    minutes=15,
    reference="course_lib.constitution.judge:corrected_preference",
    returns=(
        "two tensors `[pair]`, in nats: how much the judge prefers the *first* answer of each pair, and how much it leans "
        "towards the letter A whatever stands there"
    ),
    example=(
        "Log-odds of A against B: 3 where the first answer is A, and 1 where it is B. The leaning towards A is 2, and what is "
        "left for the first answer is 1. With 3 and 3 the preference would be 0: the judge has seen the letter only."
    ),
    hints=(
        "Where the answers change places, what belongs to the answer changes its sign, and what belongs to the place does not.",
        "Take the log-odds of A against B in each order: a difference of two logits. Their sum has no preference left in it, "
        "their difference no leaning.",
        "```python\nlog_odds_one = first_as_a[:, a] - ...\nlog_odds_two = first_as_b[:, a] - ...\n"
        "return (... - ...) / 2, (... + ...) / 2\n```",
    ),
    why=(
        "Models as judges stand behind many leaderboards, and behind most data for preference training. A judge that is asked in "
        "one order only can put its favourite place into your model."
    ),
    visible=(
        _case(61, 4, 2, 5, 1.5, "four pairs"),
        _case(62, 3, 7, 4, 0.0, "B stands before A in the vocabulary"),
        Case("looks at the letter only", (torch.tensor([[3.0, 0.0, 1.0]]), torch.tensor([[3.0, 0.0, 1.0]]), 0, 1)),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "sum and difference exchanged",
            exchanged,
            "Your two results stand in each other's place: which of them stays the same when the answers change places?",
        ),
        Mistake(
            "one order",
            one_order,
            "Your preference is the verdict of the first order alone. The place is still in it: use the second order too.",
        ),
        Mistake("not halved", not_halved, "Both results are twice too large: two questions were asked about one pair."),
        Mistake(
            "letters exchanged",
            letters_exchanged,
            "Your log-odds are those of B against A. Look at which letter stands for the first answer in the first order.",
        ),
        Mistake(
            "for the second answer",
            second_turned,
            "Your leaning is right. Your preference is that for the *second* answer of each pair.",
        ),
        Mistake(
            "probabilities",
            probabilities,
            "You compare probabilities. They also depend on all the other tokens, and the parts do not add up in "
            "them; use log-odds.",
        ),
        Mistake(
            "one leaning for all", mean_leaning, "You averaged the leaning over the pairs. Give one for each pair."
        ),
        Mistake(
            "one letter",
            letter_a_only,
            "You look at the logit of A alone. It rises when all letters become likelier: compare it with that of B.",
        ),
    ),
    alternatives=(right_in_double, right_by_loop),
    rtol=1e-4,
    atol=1e-4,
    tolerance_reason="differences of float32 numbers of a few units",
)
