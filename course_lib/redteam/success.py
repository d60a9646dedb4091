"""Attack success: the unit is the request, not the try; and how many requests a wanted precision takes.

One request may be tried five times, with another wording or another seed. Its tries are not five cases: a request that breaks
once tends to break again. Who counts tries gets an interval that is too narrow, and a rate that depends on how stubborn the team
was. So a request counts once, as broken when *any* of its tries was a success, and the report says how many tries it had.

Pitfall: "any of its tries" grows with the number of tries. Two sessions compare only at the same number. And a session that
stops at the first success has looked for successes: its share says when the team stopped, not how often the model fails.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from course_lib.rates import Z95, wilson_interval


def attack_success(
    requests: Sequence[str], succeeded: Sequence[bool], half_width: float
) -> tuple[int, int, float, float, int]:
    """How many requests were broken, Wilson's interval, and how many requests a narrower interval would take.

    Args:
        requests: for each try, which request was tried.
        succeeded: for each try, whether it was a success.
        half_width: the wanted half width of the interval, such as 0.05.

    Returns:
        `(broken, n, low, high, needed)`: requests with at least one successful try, requests, the two ends of the
        interval, and the smallest number of requests at which Wilson's interval for the same rate is at most twice
        `half_width` wide.

    Example:
        >>> broken, n, low, high, needed = attack_success(["a", "a", "b"], [False, True, False], 0.1)
        >>> broken, n, needed
        (1, 2, 93)
    """
    n = len(set(requests))
    broken = len({request for request, success in zip(requests, succeeded, strict=True) if success})
    low, high = wilson_interval(broken, n)
    needed, p = 1, broken / n
    while Z95 * math.sqrt(p * (1 - p) / needed + Z95**2 / (4 * needed**2)) / (1 + Z95**2 / needed) > half_width:
        needed += 1
    return broken, n, low, high, needed


def requests_to_rule_out(rate: float) -> int:
    """How many requests without a single success it takes until Wilson's interval ends at or below `rate`.

    The plan for a retest: "fixed" means that rates above a stated one are ruled out.

    Example:
        >>> requests_to_rule_out(0.05)
        73
    """
    return math.ceil(Z95**2 * (1 - rate) / rate)
