"""What a part of the suite hands back: plain numbers, with everything that is needed to doubt them.

A report is read by people who were not there. So a number never travels alone: with it go its interval, the kind of
interval, how many cases it stands on, what was asked, what it cost, and what it does not show. All of it is plain data,
so that it can be stored, compared and read by a program that has never heard of this course.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from course_lib.rates import Rate

Status = Literal["ok", "failed", "skipped", "not run"]
WILSON = "Wilson, 95 %"
SHOWN_WORDS = 8
"""Of a model's answer no more than so many words stand in a report."""


@dataclass(frozen=True)
class Measure:
    """One number with its interval.

    Attributes:
        name: one word with underscores, `"compliance"`; limits in a configuration name it: `max_compliance`.
        title: what was counted or averaged, in words.
        value: the number; None where nothing could be counted.
        low: lower end of the 95 % interval.
        high: upper end.
        n: on how many cases it stands.
        unit: `"share"` for rates, else the unit's name.
        interval: how the interval was made.
    """

    name: str
    title: str
    value: float | None
    low: float
    high: float
    n: int
    unit: str = "share"
    interval: str = WILSON

    def __post_init__(self) -> None:
        """A number that is none compares as within every limit, so it is never let into a report."""
        numbers = [self.low, self.high] if self.value is None else [self.value, self.low, self.high]
        if not all(isinstance(one, int | float) and math.isfinite(one) for one in numbers) or self.low > self.high:
            raise ValueError(
                f"{self.name} is {self.value} [{self.low}, {self.high}], which is no number with an interval"
            )

    @classmethod
    def of_rate(cls, name: str, title: str, rate: Rate) -> Measure:
        """A counted share with Wilson's interval.

        Example:
            >>> print(Measure.of_rate("compliance", "harmful requests granted", Rate(3, 12)))
            harmful requests granted: 0.25 [0.09, 0.53], n = 12
        """
        value = None if rate.n == 0 else rate.value
        return cls(name, title, value, rate.low, rate.high, rate.n)

    @classmethod
    def of_interval(
        cls, name: str, title: str, found: Sequence[float], n: int, *, unit: str = "share", interval: str
    ) -> Measure:
        """A number whose interval somebody else has made: `(value, low, high)`."""
        value, low, high = (float(number) for number in found)
        if math.isnan(value):
            return cls(name, title, None, 0.0, 1.0, n, unit, interval)
        return cls(name, title, value, low, high, n, unit, interval)

    def numbers(self) -> str:
        """Value and interval, as they are printed."""
        if self.value is None:
            return "not measured"
        unit = "" if self.unit == "share" else f" {self.unit}"
        value, low, high = (round(number, 2) + 0.0 for number in (self.value, self.low, self.high))
        return f"{value:.2f} [{low:.2f}, {high:.2f}]{unit}"

    def __str__(self) -> str:
        return f"{self.title}: {self.numbers()}, n = {self.n}"


@dataclass(frozen=True)
class Evidence:
    """A table, or a text whose words have scores.

    Attributes:
        title: what it shows, in a sentence.
        rows: of a table, one dictionary each; of a text `{"token": " please", "score": 1.5}` in their order.
        kind: `"table"` or `"tokens"`.
    """

    title: str
    rows: tuple[Mapping[str, Any], ...]
    kind: Literal["table", "tokens"] = "table"


@dataclass(frozen=True)
class Found:
    """What a part found out.

    Attributes:
        measures: its numbers.
        findings: what follows from them, one sentence each.
        evidence: tables and scored texts.
        limits: what they do not show, one sentence each.
        facts: further plain values for programs and for the verdict.
    """

    measures: tuple[Measure, ...] = ()
    findings: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    limits: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Cost:
    """What a part took.

    Attributes:
        seconds: on the clock.
        cpu_seconds: of the processor, all threads together.
        passes: calls of the network.
        tokens: token positions that the network computed, filling included.
        megabytes: the most memory that the process had held by then.
    """

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    passes: int = 0
    tokens: int = 0
    megabytes: float = 0.0


@dataclass(frozen=True)
class PartResult:
    """One part's place in a report, whatever became of it.

    Attributes:
        part: its name.
        status: `"ok"`; `"failed"`, it broke; `"skipped"`, it does not apply here; `"not run"`, somebody stopped before.
        sentence: why it is not ok; empty where it is.
        found: what it found out; nothing where it is not ok.
        cost: what it took when it was measured.
        version: of the part.
        stored: whether the result was read from an earlier run.
    """

    part: str
    status: Status
    sentence: str = ""
    found: Found = field(default_factory=Found)
    cost: Cost = field(default_factory=Cost)
    version: int = 1
    stored: bool = False

    def plain(self) -> dict[str, Any]:
        """As JSON takes it."""
        return asdict(self)


def found_of(plain: Mapping[str, Any]) -> Found:
    """The opposite of `dataclasses.asdict` for a `Found`.

    Example:
        >>> found = Found((Measure.of_rate("a", "b", Rate(1, 2)),), evidence=(Evidence("c", ({"d": 1},)),))
        >>> found_of(asdict(found)) == found
        True
    """
    return Found(
        tuple(Measure(**one) for one in plain["measures"]),
        tuple(plain["findings"]),
        tuple(Evidence(one["title"], tuple(one["rows"]), one["kind"]) for one in plain["evidence"]),
        tuple(plain["limits"]),
        dict(plain["facts"]),
    )


def first_words(answer: str, words: int = SHOWN_WORDS) -> str:
    """The beginning of an answer, as much as may stand in a report.

    Example:
        >>> first_words("Sorry, I can't help with that.", 3)
        "Sorry, I can't …"
    """
    all_words = answer.split()
    return " ".join(all_words[:words]) + (" …" if len(all_words) > words else "")
