"""Exercise 10.3: exact Shapley values from the table of all coalitions.

Pure arithmetic, no model: the table has 2ⁿ numbers. All cases have at least three units, since with two units the mean over
coalitions (Banzhaf's index) is the same; the tables are random, so that no two slips agree.
"""

from __future__ import annotations

from itertools import permutations
from math import comb, factorial
from typing import TYPE_CHECKING, Any

import torch

from course_lib.checks.exercise import Case, Exercise, Mistake

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor


def _n(values: Tensor) -> int:
    return len(values).bit_length() - 1


def _weighted(values: Tensor, weight: Callable[[int, int], float]) -> Tensor:
    """Gains of each unit over all coalitions without it, times `weight(n, size of the coalition)`."""
    n = _n(values)
    shares = torch.zeros(n, dtype=torch.float64)
    for unit in range(n):
        for without in (k for k in range(2**n) if not k >> unit & 1):
            shares[unit] += weight(n, without.bit_count()) * (values[without + 2**unit] - values[without])
    return shares


def _right(n: int, size: int) -> float:
    return factorial(size) * factorial(n - size - 1) / factorial(n)


# --- wrong solutions -------------------------------------------------------------------------------------------------


def all_coalitions_alike(values: Tensor) -> Tensor:
    """Banzhaf's index: the plain mean."""
    return _weighted(values, lambda n, size: 1 / 2 ** (n - 1))


def without_weights(values: Tensor) -> Tensor:
    """The plain sum."""
    return _weighted(values, lambda n, size: 1.0)


def size_with_the_unit(values: Tensor) -> Tensor:
    """Counts the unit itself among those that were there before."""
    return _weighted(values, lambda n, size: factorial(size + 1) * factorial(max(0, n - size - 2)) / factorial(n))


def by_size_only(values: Tensor) -> Tensor:
    """Gives each coalition the weight 1 / n."""
    return _weighted(values, lambda n, size: 1 / n)


def inverse_binomial(values: Tensor) -> Tensor:
    """Divides by the number of all coalitions of that size, in place of those without the unit."""
    return _weighted(values, lambda n, size: 1 / (n * comb(n, size)))


def leave_one_out(values: Tensor) -> Tensor:
    """Only the gain of entering last."""
    whole = len(values) - 1
    return torch.stack([values[whole] - values[whole - 2**unit] for unit in range(_n(values))])


def alone(values: Tensor) -> Tensor:
    """Only the gain of entering first."""
    return torch.stack([values[2**unit] - values[0] for unit in range(_n(values))])


def values_not_gains(values: Tensor) -> Tensor:
    """Adds the value with the unit and does not subtract the one without it."""
    n = _n(values)
    shares = torch.zeros(n, dtype=torch.float64)
    for unit in range(n):
        for without in (k for k in range(2**n) if not k >> unit & 1):
            shares[unit] += _right(n, without.bit_count()) * values[without + 2**unit]
    return shares


def bits_from_the_left(values: Tensor) -> Tensor:
    """Takes the highest bit for unit 0."""
    return _weighted(values, _right).flip(0)


def reversed_sign(values: Tensor) -> Tensor:
    """Without minus with."""
    return -_weighted(values, _right)


# --- other right solutions -------------------------------------------------------------------------------------------


def by_orders(values: Tensor) -> list[float]:
    """The mean over all orders in which the units can enter; a list in place of a tensor."""
    n = _n(values)
    shares = [0.0] * n
    for order in permutations(range(n)):
        there = 0
        for unit in order:
            shares[unit] += float(values[there + 2**unit] - values[there]) / factorial(n)
            there += 2**unit
    return shares


def by_arrays(values: Tensor) -> Any:
    """All coalitions at once, in NumPy; the weight as 1 / (n · C(n − 1, size))."""
    import numpy as np

    table, n = values.numpy().astype(np.float64), _n(values)
    numbers = np.arange(2**n)
    sizes = np.array([int(k).bit_count() for k in numbers])
    shares = []
    for unit in range(n):
        without = numbers[(numbers >> unit) % 2 == 0]
        weights = 1 / (n * np.array([comb(n - 1, int(size)) for size in sizes[without]]))
        shares.append((weights * (table[without | (1 << unit)] - table[without])).sum())
    return np.array(shares)


# --- the exercise ----------------------------------------------------------------------------------------------------


def _random_case(seed: int, n: int) -> Case:
    generator = torch.Generator().manual_seed(seed)
    values = 3 * torch.randn(2**n, generator=generator, dtype=torch.float64) - 5
    return Case(f"{n} units, random values", (values,))


def _either() -> Case:
    """Units 0 and 1 say the same thing, unit 2 adds 1, unit 3 nothing."""
    values = [4.0 * bool(k & 0b0011) + 1.0 * bool(k & 0b0100) - 6 for k in range(16)]
    return Case("two units that say the same thing", (torch.tensor(values, dtype=torch.float64),))


def _hidden(seed: int) -> tuple[Case, ...]:
    return tuple(_random_case(10 * seed + n, n) for n in (3, 4, 5))


SHAPLEY_FROM_TABLE = Exercise(
    id="10.3",
    title="Exact Shapley values",
    points=3,
    difficulty=4,
    minutes=20,
    reference="course_lib.attribution:shapley_from_table",
    also_withheld=("course_lib.attribution:shapley_values",),
    returns="n numbers: the Shapley value of each unit; they add up to the value of all units minus the value of none",
    example=(
        "Index 5 of the table is binary 101: units 0 and 2 are present, unit 1 is gone. For two units and the table "
        "`[0, 1, 1, 1]` (either of them is enough) the result is `[0.5, 0.5]`; leaving one out at a time would give `[0, 0]`."
    ),
    hints=(
        "Let the units enter one after the other, in some order. What does unit 0 add when it enters? Of what does that depend?",
        "For every coalition *without* the unit: the value with it minus the value without. A coalition of `size` units counts "
        "as often as there are orders in which exactly those stand in front: `size! (n - size - 1)!` of all `n!`.",
        "```python\nunits = ...                       # from the length of the table\nfor i in range(units):\n"
        "    for others in ...:            # all sets in which bit i is 0: others >> i & 1 tests it\n"
        "        before = bin(others).count('1')\n        share = share + ... * (values[...] - values[others])\n```",
    ),
    why=(
        "Two sentences of a system prompt that say the same thing cover for each other: take away either, and nothing happens. "
        "Shapley values give each its half, so you see that the rule is there twice."
    ),
    visible=(_random_case(1, 3), _either(), _random_case(2, 5)),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "all coalitions alike",
            all_coalitions_alike,
            "You take the plain mean over the coalitions. That is an index of its own (Banzhaf's), and its shares do not add up. "
            "Shapley averages over *orders*: do all sizes of coalitions occur equally often there?",
        ),
        Mistake("no weights", without_weights, "You add up the gains of all coalitions. They have to be weighted."),
        Mistake(
            "unit counted",
            size_with_the_unit,
            "Your weights count the unit itself among those that were there before it.",
        ),
        Mistake(
            "weight 1 / n",
            by_size_only,
            "Every coalition has the weight 1/n. That is the weight of all coalitions of one size *together*.",
        ),
        Mistake(
            "all of that size",
            inverse_binomial,
            "You divide by the number of all coalitions of that size. Only those without the unit are averaged.",
        ),
        Mistake(
            "leave one out",
            leave_one_out,
            "This is what each unit adds as the *last* one. Two units that cover for each other get nothing that way.",
        ),
        Mistake(
            "alone",
            alone,
            "This is what each unit adds as the *first* one. Units that need each other get nothing that way.",
        ),
        Mistake(
            "values, not gains",
            values_not_gains,
            "You average the values with the unit. What it *adds* is a difference of two entries.",
        ),
        Mistake(
            "bits from the left", bits_from_the_left, "The numbers are right and in reverse order: which bit is unit 0?"
        ),
        Mistake(
            "reversed sign",
            reversed_sign,
            "All signs are reversed: it is the value with the unit minus the one without.",
        ),
    ),
    alternatives=(by_orders, by_arrays),
    rtol=1e-4,
    atol=1e-5,
    tolerance_reason="sums of at most 32 numbers of size 10; float32 is accurate to 1e-5 there",
)
