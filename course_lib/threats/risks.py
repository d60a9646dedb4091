"""A risk register that sorts no further than its ratings allow.

The usual register rates likelihood 1 to 5 and impact 1 to 5, multiplies, and sorts. But the ratings are *labels*: 4 is
more than 2, not twice as much, and a product of two ranks is not a quantity. On a scale where each step is ten times the one
before, "4 × 2 = 8 is more than 3 × 2 = 6" is right, and "1 × 5 = 5 is less than 3 × 2 = 6" is wrong by a factor of
ten. Cox (2008) shows how far a matrix can be worse than chance.

What a person can say about a likelihood is a range: between once in ten years and once a year. A range of likelihood times a
range of loss is a range of expected loss, and two ranges that overlap are not in any order. So the honest answer to "which
place does this risk have?" is a range too: the best place it can have, and the worst.

Source: L. A. Cox, "What's wrong with risk matrices?", Risk Analysis 28 (2008), doi:10.1111/j.1539-6924.2008.01030.x.
"""

from __future__ import annotations

Range = tuple[float, float]


def rank_ranges(risks: list[tuple[str, Range, Range]]) -> list[tuple[str, int, int]]:
    """The best and the worst place that each risk can have when its likelihood and its loss are known as ranges.

    Args:
        risks: name, likelihood (events a year, from low to high) and loss (hours for each event, from low to high).

    Returns:
        `(name, best, worst)`; place 1 is the largest expected loss. A risk is ahead of another one for certain only if
        its smallest expected loss is larger than the other's largest. Sorted by best place, then worst, then name.

    Example:
        >>> rank_ranges([("a", (1, 2), (10, 10)), ("b", (1, 1), (5, 15)), ("c", (0.1, 0.2), (1, 9))])
        [('a', 1, 2), ('b', 1, 2), ('c', 3, 3)]
    """
    low = [likelihood[0] * loss[0] for _, likelihood, loss in risks]
    high = [likelihood[1] * loss[1] for _, likelihood, loss in risks]
    places = []
    for mine, (name, _, _) in enumerate(risks):
        best = 1 + sum(value > high[mine] for value in low)
        worst = len(risks) - sum(value < low[mine] for value in high)
        places.append((name, best, worst))
    return sorted(places, key=lambda place: (place[1], place[2], place[0]))
