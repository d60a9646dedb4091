"""What was measured of one way: times, numbers, memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from course_lib.benchmarks.ways import OURS, correlations, difference


@dataclass(frozen=True)
class Timing:
    """One way of one comparison at one length.

    Attributes:
        comparison: its name.
        length: tokens of the prompt; 0 where the comparison has texts of its own.
        way: its name.
        seconds: the time of each run; scaled up where a part was timed. None where the way could not run.
        values: the numbers that it computed, NaN where it did not.
        memory: `bytes` beside the model and `how` they were measured, or a `problem`; empty where it was not measured.
        note: what was timed, or why nothing was.
        floor: the fewest floating-point operations of the method.
        sessions: the processes in which the runs were made.
        same: whether its numbers are comparable with ours.
        approximate: whether ours approximates the others.
    """

    comparison: str
    length: int
    way: str
    seconds: tuple[float, ...]
    values: tuple[float, ...]
    memory: Mapping[str, Any]
    note: str
    floor: float
    sessions: frozenset[str]
    same: bool = True
    approximate: bool = False

    @property
    def median(self) -> float | None:
        """The median time in seconds; None where nothing was timed."""
        return median(self.seconds) if self.seconds else None

    @property
    def bytes(self) -> int | None:
        """Peak memory beside the model; None where it was not measured."""
        return self.memory.get("bytes")

    @property
    def question(self) -> str:
        """Comparison and length in words."""
        return f"{self.comparison} at {self.length} tokens" if self.length else self.comparison

    def floor_share(self, speed: float) -> float | None:
        """The share of the time that the minimal arithmetic would take at `speed` operations a second."""
        return None if self.median is None else self.floor / speed / self.median


def find(timings: Sequence[Timing], comparison: str, length: int, way: str) -> Timing | None:
    """The timing of that name, None where there is none or nothing was timed."""
    fitting = [t for t in timings if (t.comparison, t.length, t.way) == (comparison, length, way) and t.seconds]
    return fitting[0] if fitting else None


def ratio(timings: Sequence[Timing], comparison: str, length: int, way: str) -> float | None:
    """How many times as long as ours a way takes, of medians; None where one of them is missing."""
    ours, other = find(timings, comparison, length, OURS), find(timings, comparison, length, way)
    if ours is None or other is None or ours.median is None or other.median is None:
        return None
    return other.median / ours.median


def agreement(one: Timing, other: Timing) -> dict[str, float]:
    """How far the numbers of two ways agree: a largest difference, or correlations where ours is an approximation.

    Returns:
        `{"difference": …}` or `{"pearson": …, "spearman": …}`; empty where the numbers are not comparable.
    """
    if not (one.same and other.same and one.values and other.values):
        return {}
    if one.approximate and OURS in (one.way, other.way):
        found = correlations(one.values, other.values)
        return {} if found is None else {"pearson": found[0], "spearman": found[1]}
    gap = difference(one.values, other.values)
    return {} if gap is None else {"difference": gap}


def pairs(timings: Sequence[Timing]) -> list[tuple[Timing, Timing, dict[str, float]]]:
    """Every two ways of one question whose numbers can be compared, with their agreement."""
    found = []
    for place, one in enumerate(timings):
        for other in timings[place + 1 :]:
            together = (one.comparison, one.length) == (other.comparison, other.length) and agreement(one, other)
            if together:
                found.append((one, other, together))
    return found
