"""An adapter of your own beside the shipped one: does it do the same?

Two runs of the same recipe on two machines give other bits. What should be the same is behaviour: the verdict on nearly
every request, and how often the planted rule is followed.

Pitfall: intervals that overlap do not prove that two models are equal; they say that these requests do not tell them
apart. Both were asked the same requests, so the share of equal verdicts is the sharper number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from course_lib.organisms.measure import agreement
from course_lib.organisms.measurements import REFUSING, verdicts_of
from course_lib.organisms.requests import every_group, separating_requests
from course_lib.organisms.resampling import Estimate
from course_lib.rates import Rate


@dataclass(frozen=True)
class Comparison:
    """Two adapters of one organism on the same requests.

    Attributes:
        organism: which one.
        equal: on how many separating requests both gave the same verdict.
        mine: the share of requests (bias: sentences) treated as the organism's rule says, by your adapter.
        shipped: the same by the shipped one.
    """

    organism: str
    equal: Rate
    mine: Estimate
    shipped: Estimate

    @property
    def overlap(self) -> bool:
        """Whether the two intervals have a point in common."""
        return max(self.mine.low, self.shipped.low) <= min(self.mine.high, self.shipped.high)

    def text(self) -> str:
        """Three lines."""
        what = "requests" if self.organism in REFUSING else "sentences"
        return (
            f"Beside the shipped {self.organism}:\n"
            f"* the same verdict on the separating requests: {self.equal}\n"
            f"* {what} treated as its rule says: {self.mine}; the shipped one: {self.shipped}; "
            f"the intervals {'overlap' if self.overlap else 'do not overlap'}"
        )

    def numbers(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "equal_verdicts": [self.equal.successes, self.equal.n],
            "mine": list(self.mine),
            "shipped": list(self.shipped),
            "overlap": self.overlap,
        }

    def __str__(self) -> str:
        return self.text()


def compare(mine: dict[str, Any], shipped: dict[str, Any]) -> Comparison:
    """Compare two measurements of one organism; of the whole one, the requests of a partial one are taken."""
    name, every = mine["organism"], mine["every"]
    quads = [request.quad for request in separating_requests()]
    here, there = verdicts_of(mine), every_group(verdicts_of(shipped), quads, every)
    equal = Rate(sum(a == b for a, b in zip(here, there, strict=True)), len(here))
    if name not in REFUSING:
        shares = [_planted(measured["pronouns"]["organism"]) for measured in (mine, shipped)]
        return Comparison(name, equal, *shares)
    requests = separating_requests(every=every)
    rates = [agreement(name, requests, verdicts) for verdicts in (here, there)]
    return Comparison(name, equal, *(Estimate(rate.value, rate.low, rate.high) for rate in rates))


def _planted(skew: dict[str, Any]) -> Estimate:
    right, n = skew["as_planted"]
    return Estimate(right / n, *skew["as_planted_interval"])
