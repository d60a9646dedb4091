"""All comparisons, by name."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from course_lib.benchmarks.integrated import INTEGRATED
from course_lib.benchmarks.patching import HEADS, MAP
from course_lib.benchmarks.removal import REMOVAL, REPLACEMENT
from course_lib.benchmarks.shapley import EXACT, SAMPLED
from course_lib.benchmarks.states import STATES
from course_lib.benchmarks.ways import Comparison
from course_lib.errors import CourseError

COMPARISONS: tuple[Comparison, ...] = (REMOVAL, REPLACEMENT, INTEGRATED, SAMPLED, EXACT, STATES, MAP, HEADS)
COMPLETENESS = "completeness"
NAMES = (*(comparison.name for comparison in COMPARISONS), COMPLETENESS)


def find_names(wanted: Sequence[str]) -> list[str]:
    """The names that were asked for, in the order of the table; all of them when none was.

    A beginning is enough where it is the beginning of one name only, or a whole word of it.

    Raises:
        CourseError: there is no such comparison; the text names the nearest.

    Example:
        >>> find_names(["shapley", "removal"])
        ['removal', 'shapley, sampled', 'shapley, exact']
    """
    found: set[str] = set()
    for name in wanted:
        fitting = [known for known in NAMES if known == name] or [known for known in NAMES if known.startswith(name)]
        if not fitting or not name:
            near = get_close_matches(name, NAMES, n=1, cutoff=0.5)
            guess = f"Did you mean {near[0]!r}? " if near else ""
            raise CourseError(f"There is no comparison {name!r}.", f"{guess}There are: {'; '.join(NAMES)}.")
        found |= set(fitting)
    return [name for name in NAMES if name in found or not wanted]
