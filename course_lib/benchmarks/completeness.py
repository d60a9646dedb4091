"""Do integrated gradients add up? Asked of a hundred real prompts, not of the one that works.

Speed is worth nothing if the sum is wrong: with the usual fixed number of steps it often is, and no tool says so unless
asked. Here the library's own rule chooses the steps, with a tolerance of one per cent, and what is counted is the error
that is left, as a share of what the scores should add up to. Most prompts need a few hundred steps; some need more than
a thousand, and a limit there would leave them tens of per cent off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from course_lib.attribution import integrated_gradients
from course_lib.benchmarks.store import RecordStore, circumstances, key_of
from course_lib.data.prompts import load_prompts
from course_lib.errors import CourseError
from course_lib.rates import Rate

if TYPE_CHECKING:
    from course_lib.models import LocalModel

TOLERANCE, MOST_STEPS = 0.01, 2048
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Completeness:
    """The errors that were left.

    Attributes:
        errors: |sum of scores − change| / |change| of each prompt.
        changes: f(x) − f(x') of each prompt, in nats.
        steps: how many were taken for each prompt.
    """

    errors: tuple[float, ...]
    changes: tuple[float, ...]
    steps: tuple[int, ...]

    @property
    def good(self) -> Rate:
        """On how many prompts the error is below one per cent."""
        return Rate(sum(error < TOLERANCE for error in self.errors), len(self.errors))

    def sentence(self) -> str:
        """What was found, in words."""
        missed = [abs(change) for error, change in zip(self.errors, self.changes, strict=True) if error >= TOLERANCE]
        rest = f" The others change by {min(missed):.2f} to {max(missed):.2f} nats." if missed else ""
        return (
            f"Integrated gradients add up to within 1 % on {self.good}; median error {median(self.errors):.2%}, largest "
            f"{max(self.errors):.1%}, steps {min(self.steps)} to {max(self.steps)}, median {median(self.steps):.0f}.{rest}"
        )

    def numbers(self) -> dict[str, Any]:
        """Every number in a field of its own."""
        return {
            "comparison": "completeness", "prompts": len(self.errors), "below_1_percent": self.good.successes,
            "share_low": self.good.low, "share_high": self.good.high, "median_error": median(self.errors),
            "largest_error": max(self.errors), "median_steps": median(self.steps), "largest_steps": max(self.steps),
        }  # fmt: skip


def measure_completeness(
    model: LocalModel, prompts: Sequence[str], store: RecordStore, progress: Progress | None = None
) -> Completeness:
    """Integrated gradients of each prompt's own next token, and the errors of their sums.

    Raises:
        CourseError: there are no prompts.
    """
    if not prompts:
        raise CourseError("Completeness of no prompts was asked for.", "Give 1 or more; 100 is usual.")
    here, records = circumstances(model), []
    for done, prompt in enumerate(prompts, start=1):
        key = key_of(here, "completeness", prompt, TOLERANCE, MOST_STEPS)
        record = store.get(key)
        if record is None:
            record = _measured(model, prompt)
            store.put(key, record)
        records.append(record)
        if progress is not None:
            progress("completeness", done, len(prompts))
    return Completeness(
        tuple(abs(row["error"] / row["change"]) if row["change"] else float("inf") for row in records),
        tuple(row["change"] for row in records),
        tuple(row["steps"] for row in records),
    )


def _measured(model: LocalModel, prompt: str) -> dict[str, Any]:
    """One prompt; where the change is below 1 nat, which the library counts as 1, the tolerance is that of the change."""
    tolerance = TOLERANCE
    for _ in range(2):
        settings = integrated_gradients(model, prompt, tolerance=tolerance, max_steps=MOST_STEPS).settings
        error, change = settings["completeness_error"][0], settings["change"][0]
        if abs(error) < TOLERANCE * abs(change) or abs(change) >= 1 or change == 0:
            break
        tolerance = TOLERANCE * abs(change)
    return {"error": error, "change": change, "steps": settings["steps"]}


def real_prompts(count: int) -> list[str]:
    """The first `count` harmless requests of the test split.

    Raises:
        CourseError: there are not so many.
    """
    texts = [prompt.text for prompt in load_prompts("harmless", "test")]
    if not 0 <= count <= len(texts):
        raise CourseError(f"There are not {count} prompts.", f"Give a number from 1 to {len(texts)}.")
    return texts[:count]
