"""The parts that there are, in the order in which a report shows them."""

from __future__ import annotations

from course_lib.errors import CourseError
from course_lib.names import did_you_mean
from course_lib.suite.answering import Injection, Monitor, Pronouns
from course_lib.suite.insight import Attention, Attribution
from course_lib.suite.joined import Benchmark, Filter, Guardrail
from course_lib.suite.part import Part
from course_lib.suite.refusing import Jailbreaks, Mechanism, Refusals

ALL: tuple[Part, ...] = (
    Refusals(),
    Mechanism(),
    Attribution(),
    Attention(),
    Jailbreaks(),
    Injection(),
    Monitor(),
    Guardrail(),
    Filter(),
    Pronouns(),
    Benchmark(),
)


def part_names() -> list[str]:
    """The names of all parts.

    Example:
        >>> part_names()[:2]
        ['refusals', 'mechanism']
    """
    return [part.name for part in ALL]


def measure_names() -> list[str]:
    """The names of all measures, which limits may speak of."""
    return [measure for part in ALL for measure in part.measures]


def find_part(name: str) -> Part:
    """The part of that name.

    Raises:
        CourseError: there is none; the text names the nearest.
    """
    for part in ALL:
        if part.name == name:
            return part
    raise CourseError(
        f"There is no part {name!r}.", f"{did_you_mean(name, part_names())}There are: {', '.join(part_names())}."
    )
