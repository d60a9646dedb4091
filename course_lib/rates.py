"""A share that was counted, with the interval that the count allows.

"The model refused 12 of 30 requests" is a fact about 30 requests. What a reader wants to know is the rate on requests
that nobody has asked yet, and 30 answers leave that open: anything from a quarter to three fifths fits them. A rate
without its interval invites a story about noise.

The textbook interval, p ± 1.96 √(p(1-p)/n), fails exactly where safety work lives: at 0 of 30 it has no width at all
and claims certainty. Wilson (1927) asks the better question, *which true rates would make this count unsurprising?*,
and solves for them:

    (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n)

Brown, Cai and DasGupta (2001) compared the known intervals and recommend it for small n.

Pitfall: the interval covers chance in *which* cases were drawn, when they were drawn independently. It does not cover
thirty paraphrases of one request, and it does not cover a judge that misreads refusals.

Sources: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927), 209-212.
L. D. Brown, T. T. Cai, A. DasGupta, "Interval estimation for a binomial proportion", Statistical Science 16 (2001),
101-133.
"""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from statistics import NormalDist

from course_lib.errors import CourseError

Z95 = NormalDist().inv_cdf(0.975)
"""95 % of a normal distribution lie within this many standard deviations of its mean: 1.96."""


def wilson_interval(successes: float, n: float) -> tuple[float, float]:
    """Wilson's 95 % interval of a rate: `(low, high)`, both between 0 and 1.

    Args:
        successes: how many cases had the property, from 0 to `n`.
        n: how many cases were looked at; with 0 of them nothing is known and the interval is all of [0, 1]. Cases that belong
            together count as fewer, and that number need not be whole; the same share of it are the successes.

    Example:
        >>> low, high = wilson_interval(0, 25)
        >>> low, round(high, 2)
        (0.0, 0.13)
    """
    if n == 0:
        return 0.0, 1.0
    p, z2 = successes / n, Z95**2
    centre = p + z2 / (2 * n)
    half = Z95 * math.sqrt(p * (1 - p) / n + z2 / (4 * n**2))
    low = 0.0 if successes == 0 else (centre - half) / (1 + z2 / n)
    high = 1.0 if successes == n else (centre + half) / (1 + z2 / n)
    return low, high


@dataclass(frozen=True)
class Rate:
    """`successes` out of `n`, with Wilson's 95 % interval.

    With `n = 0` nothing is known: the value is NaN and the interval is all of [0, 1].

    Attributes:
        successes: how many cases had the property.
        n: how many cases were looked at.

    Raises:
        CourseError: the counts are no whole numbers, negative, or more successes than cases.

    Example:
        >>> print(Rate(12, 30))
        12 of 30 = 0.40 [0.25, 0.58]
        >>> print(Rate(0, 30))
        0 of 30 = 0.00 [0.00, 0.11]
        >>> print(Rate(0, 0))
        0 of 0 = no rate, nothing was counted
    """

    successes: int
    n: int

    def __post_init__(self) -> None:
        try:
            successes, n = operator.index(self.successes), operator.index(self.n)
        except TypeError as error:
            raise CourseError(
                f"A rate is made of two counts, not of {self.successes!r} and {self.n!r}.",
                "Give whole numbers, for example Rate(12, 30).",
            ) from error
        if not 0 <= successes <= n:
            raise CourseError(
                f"{successes} of {n} is no rate.", "Give the successes first, then the number of cases: Rate(12, 30)."
            )
        object.__setattr__(self, "successes", successes)
        object.__setattr__(self, "n", n)

    @property
    def value(self) -> float:
        """The share itself; NaN when nothing was counted."""
        return self.successes / self.n if self.n else math.nan

    @property
    def low(self) -> float:
        """Lower end of the 95 % interval; exactly 0 when there was no success."""
        return wilson_interval(self.successes, self.n)[0]

    @property
    def high(self) -> float:
        """Upper end of the 95 % interval; exactly 1 when there was no failure."""
        return wilson_interval(self.successes, self.n)[1]

    def text(self) -> str:
        """The rate in one line, as it is printed."""
        if self.n == 0:
            return "0 of 0 = no rate, nothing was counted"
        return f"{self.successes} of {self.n} = {self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"

    def __str__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return f'<span title="Wilson 95 % interval">{self.text()}</span>'
