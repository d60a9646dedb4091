"""The library of the mini course: what its notebook imports, the reference answers included, as in the course itself."""

from collections.abc import Sequence


def as_numbers(values: Sequence[float]) -> list[float]:
    """The values as floats; the notebook's own helper, which answers may use."""
    return [float(value) for value in values]


def weighted_mean(values: Sequence[float], weights: Sequence[float]) -> float:
    """The mean of some values, each counted as much as its weight says.

    Args:
        values: at least one number.
        weights: as many, none negative, not all zero.
    """
    # each value counts as often as its weight says
    total = sum(value * weight for value, weight in zip(values, weights, strict=True))
    return total / sum(weights)


def running_peak(values: Sequence[float]) -> list[float]:
    """The largest value so far, at each place.

    Args:
        values: any number of numbers.
    """
    peaks: list[float] = []
    # the value at a place counts there already
    for value in values:
        peaks.append(max([*peaks[-1:], value]))
    return peaks


def shouted(text: str) -> str:
    """The text in capitals, with an exclamation mark; for the tests that kill what grades it."""
    return text.upper() + "!"
