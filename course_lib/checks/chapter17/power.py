"""Exercise 17.5: how many items show a difference, unpaired and paired.

Accuracies are far from one half and from each other, the disagreement is larger than the difference, and the power is
not always the same, so that each slip gives other whole numbers.
"""

from __future__ import annotations

import math
import random
from statistics import NormalDist
from typing import Any

from course_lib.checks.exercise import Case, Exercise, Mistake

Result = tuple[int, int]


def _z(p: float) -> float:
    return NormalDist().inv_cdf(p)


def _needed(first: float, second: float, disagree: float, alarm: float, seen: float) -> tuple[float, float]:
    gap, middle = abs(first - second), (first + second) / 2
    apart = first * (1 - first) + second * (1 - second)
    unpaired = (alarm * math.sqrt(2 * middle * (1 - middle)) + seen * math.sqrt(apart)) ** 2 / gap**2
    paired = (alarm * math.sqrt(disagree) + seen * math.sqrt(max(0.0, disagree - gap**2))) ** 2 / gap**2
    return unpaired, paired


def _up(pair: tuple[float, float]) -> Result:
    return math.ceil(pair[0]), math.ceil(pair[1])


def one_sided(first: float, second: float, disagree: float, power: float) -> Result:
    """95 % on one side."""
    return _up(_needed(first, second, disagree, _z(0.95), _z(power)))


def no_power(first: float, second: float, disagree: float, power: float) -> Result:
    """No allowance for missing it."""
    return _up(_needed(first, second, disagree, _z(0.975), 0.0))


def rounded_down(first: float, second: float, disagree: float, power: float) -> Result:
    """Down."""
    pair = _needed(first, second, disagree, _z(0.975), _z(power))
    return math.floor(pair[0]), math.floor(pair[1])


def gap_not_squared(first: float, second: float, disagree: float, power: float) -> Result:
    """Divides by the difference once."""
    pair, gap = _needed(first, second, disagree, _z(0.975), _z(power)), abs(first - second)
    return math.ceil(pair[0] * gap), math.ceil(pair[1] * gap)


def one_variance(first: float, second: float, disagree: float, power: float) -> Result:
    """Only one model's variance in the unpaired case."""
    gap, middle = abs(first - second), (first + second) / 2
    spread = math.sqrt(middle * (1 - middle))
    unpaired = (_z(0.975) * spread + _z(power) * math.sqrt(first * (1 - first))) ** 2 / gap**2
    return math.ceil(unpaired), _up(_needed(first, second, disagree, _z(0.975), _z(power)))[1]


def both_models(first: float, second: float, disagree: float, power: float) -> Result:
    """Items of both models together."""
    unpaired, paired = _needed(first, second, disagree, _z(0.975), _z(power))
    return 2 * math.ceil(unpaired), math.ceil(paired)


def swapped(first: float, second: float, disagree: float, power: float) -> Result:
    """The two the other way round."""
    unpaired, paired = _up(_needed(first, second, disagree, _z(0.975), _z(power)))
    return paired, unpaired


def discordant_only(first: float, second: float, disagree: float, power: float) -> Result:
    """Discordant items in place of all items."""
    unpaired, paired = _needed(first, second, disagree, _z(0.975), _z(power))
    return math.ceil(unpaired), math.ceil(paired * disagree)


def independent(first: float, second: float, disagree: float, power: float) -> Result:
    """As if the models disagreed by chance."""
    by_chance = first * (1 - second) + second * (1 - first)
    return _up(_needed(first, second, by_chance, _z(0.975), _z(power)))


def power_as_z(first: float, second: float, disagree: float, power: float) -> Result:
    """The power itself in place of its quantile."""
    return _up(_needed(first, second, disagree, _z(0.975), power))


def right_with_scipy(first: float, second: float, disagree: float, power: float) -> Any:
    """With SciPy's quantiles, in another order."""
    from scipy.stats import norm

    alarm, seen, gap = norm.isf(0.025), norm.ppf(power), second - first
    pooled = (first + second) / 2
    roots = [(2 * pooled - 2 * pooled**2, first - first**2 + second - second**2), (disagree, disagree - gap * gap)]
    return [math.ceil(((alarm * a**0.5 + seen * b**0.5) / gap) ** 2) for a, b in roots]


def right_by_counting(first: float, second: float, disagree: float, power: float) -> Any:
    """The smallest number that is enough, by halving."""
    import numpy as np

    gap, middle = abs(first - second), (first + second) / 2
    found = []
    for null, true in (
        (2 * middle * (1 - middle), first * (1 - first) + second * (1 - second)),
        (disagree, disagree - gap**2),
    ):
        need = _z(0.975) * null**0.5 + _z(power) * true**0.5
        low, high = 0, 10**9
        while high - low > 1:
            half = (low + high) // 2
            low, high = (low, half) if gap * half**0.5 >= need else (half, high)
        found.append(high)
    return np.array(found)


def _hidden(seed: int) -> tuple[Case, ...]:
    draw = random.Random(seed)
    cases = []
    for number, power in enumerate((0.8, 0.9, 0.85, 0.7)):
        first = draw.randrange(30, 60) / 100
        gap = draw.randrange(3, 12) / 100
        second = first + gap if number % 2 else first - gap
        disagree = gap + draw.randrange(4, 20) / 100
        cases.append(Case(f"from {first:.2f} to {second:.2f}", (first, round(second, 2), round(disagree, 2), power)))
    return tuple(cases)


ITEMS_NEEDED = Exercise(
    id="17.5",
    title="How many items does it take?",
    points=3,
    difficulty=3,
    minutes=12,
    reference="course_lib.evals.power:items_needed",
    returns=(
        "`(unpaired, paired)`: how many items each model needs where they answer different items, and how many where "
        "both answer "
        "the same ones; whole numbers, rounded up"
    ),
    example="`items_needed(0.60, 0.65, 0.15, 0.8)` is `(1471, 469)`: on the same items less than a third as many are enough.",
    hints=(
        "Both formulas have the same form: a sum of two standard deviations, each times a quantile of the normal "
        "distribution, squared, "
        "over the difference squared.",
        "`NormalDist().inv_cdf(0.975)` belongs to the false alarms, `NormalDist().inv_cdf(power)` to the power. "
        "Unpaired: √(2m(1-m)) "
        "and √(p(1-p) + q(1-q)), with the middle m. Paired: √d and √(d - (p - q)²).",
        "```python\nunpaired = (alarm * math.sqrt(...) + seen * math.sqrt(...)) ** 2 / gap**2\n"
        "paired = (alarm * math.sqrt(disagree) + seen * math.sqrt(...)) ** 2 / gap**2\nreturn math.ceil(unpaired), "
        "...\n```",
    ),
    why=(
        "Most leaderboards list differences that their number of items cannot show. With this you know beforehand "
        "what a benchmark of "
        "300 items can tell you, and what it cannot."
    ),
    visible=(
        Case("from 0.60 to 0.65", (0.60, 0.65, 0.15, 0.8)),
        Case("the second is worse", (0.50, 0.42, 0.20, 0.9)),
        Case("a small difference", (0.85, 0.87, 0.06, 0.8)),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake("one side", one_sided, "Your quantile is that of a one-sided test. A model can be better or worse."),
        Mistake(
            "no power",
            no_power,
            "With so many items the difference is seen half of the time only. The power does not enter your numbers.",
        ),
        Mistake("rounded down", rounded_down, "Rounded down, the number of items is not quite enough."),
        Mistake(
            "not squared",
            gap_not_squared,
            "You divide by the difference once. Half the difference takes four times the items.",
        ),
        Mistake(
            "one variance",
            one_variance,
            "In the unpaired case *both* observed accuracies vary; you count the variance of one.",
        ),
        Mistake(
            "both models",
            both_models,
            "Your unpaired number is for both models together; asked for is the number for each.",
        ),
        Mistake("swapped", swapped, "The two numbers are the other way round."),
        Mistake(
            "discordant only",
            discordant_only,
            "Your paired number counts the items on which they disagree. How many have to be asked to get those?",
        ),
        Mistake(
            "independent",
            independent,
            "Your paired number supposes that the models disagree as often as two that have nothing to do with each "
            "other. Use `disagree`.",
        ),
        Mistake(
            "power as a quantile",
            power_as_z,
            "The power is a probability. The formula needs the quantile that belongs to it.",
        ),
    ),
    alternatives=(right_with_scipy, right_by_counting),
    rtol=1e-6,
    atol=1e-6,
    tolerance_reason="whole numbers",
)
