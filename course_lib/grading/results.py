"""What grading found out about one submission: plain data that is stored, shown and audited.

One `SubmissionResult` per learner and chapter. It holds nothing that a learner may not see, with one exception that is
marked: `hidden_case` names the hidden case that failed first, for the instructor.

Statuses are kept apart. "Your code ran out of time" is not "your answer is wrong", and neither is "this file cannot be
read": the learner's next step differs.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

Status = Literal["right", "wrong", "error", "timeout", "memory", "killed", "unwritten", "missing"]
"""Of one exercise.

`right`: all cases pass. `wrong`: it ran and gave something else. `error`: the function, or a cell above it, raised.
`timeout`, `memory`: it was stopped at a limit. `killed`: its process ended by itself (`os._exit`, a crash) or sent nonsense.
`unwritten`: the stub is still there. `missing`: the name that should be defined is not.
"""


@dataclass(frozen=True)
class CaseRow:
    """One visible case, as `check` shows it at home: name, verdict, expected and actual in short."""

    name: str
    verdict: str
    expected: str
    actual: str


@dataclass(frozen=True)
class ItemResult:
    """One exercise ("8.1") or concept question ("8.Q1").

    Attributes:
        id: of the exercise or question.
        title: its title.
        points: given.
        possible: at most.
        status: see `Status`.
        mistake: the name of the known mistake that the answer is, or "".
        message: what the learner reads; never says anything about a hidden case but that one failed.
        rows: the visible cases.
        passed: how many cases passed, hidden ones included.
        cases: how many there were.
        output: what the answer printed, cut.
        hidden_case: the name of the first hidden case that failed; for the instructor only.
    """

    id: str
    title: str
    points: float
    possible: float
    status: Status
    mistake: str = ""
    message: str = ""
    rows: tuple[CaseRow, ...] = ()
    passed: int = 0
    cases: int = 0
    output: str = ""
    hidden_case: str = ""


@dataclass(frozen=True)
class SubmissionResult:
    """What grading found out about one submission.

    Attributes:
        learner: as the folder or the file named them.
        chapter: number.
        sha256: of the file that was handed in; "" when there was none.
        readable: False when no answer could be read; `reason` says why, and there are no items.
        reason: one sentence; "" when readable.
        items: the exercises and questions, in the order of the chapter.
        warnings: what was noticed and mended, one sentence each: a copied answer cell, a moved one.
        seconds: wall time of everything.
        inside: seconds of these in which its own cells and cases ran, as the sandbox says.
        cpu: CPU seconds of all that was done for it, in the sandbox and outside.
        inside_cpu: those of its own cells and cases, as the sandbox says.
        key: what the result holds for: submission, chapter version, environment, class seed.
        graded_at: when it was computed, ISO 8601 in UTC.
    """

    learner: str
    chapter: int
    sha256: str
    readable: bool
    reason: str = ""
    items: tuple[ItemResult, ...] = ()
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0
    inside: float = 0.0
    cpu: float = 0.0
    inside_cpu: float = 0.0
    key: str = ""
    graded_at: str = ""

    @property
    def points(self) -> float:
        """The sum of the points given."""
        return sum(item.points for item in self.items)

    @property
    def possible(self) -> float:
        """The sum of the points that could be had; 0 for an unreadable submission."""
        return sum(item.possible for item in self.items)

    def of(self, item_id: str) -> ItemResult | None:
        """The result of one exercise or question."""
        return next((item for item in self.items if item.id == item_id), None)

    def for_learner(self, learner: str, warnings: tuple[str, ...] = ()) -> SubmissionResult:
        """The same result under a learner's name, with what was noticed when their file was found.

        Two learners may hand in the same bytes, one of them late.
        """
        return replace(self, learner=learner, warnings=(*warnings, *self.warnings))

    def looked_at_again(self, second: SubmissionResult) -> SubmissionResult:
        """This result with what a second look at some of its answers found, and with what that cost."""
        new = {item.id: item for item in second.items}
        said = tuple(text for text in second.warnings if text not in self.warnings)
        clocks = {
            name: round(getattr(self, name) + getattr(second, name), 3)
            for name in ("seconds", "inside", "cpu", "inside_cpu")
        }
        items = tuple(new.get(item.id, item) for item in self.items)
        return replace(self, items=items, warnings=self.warnings + said, graded_at=second.graded_at, **clocks)

    def to_json(self) -> str:
        """As JSON, with sorted keys."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)

    @staticmethod
    def from_json(text: str) -> SubmissionResult:
        """From `to_json`.

        Example:
            >>> one = SubmissionResult("ada", 8, "", readable=False, reason="It is no notebook.")
            >>> SubmissionResult.from_json(one.to_json()) == one
            True
        """
        data: dict[str, Any] = json.loads(text)
        items = tuple(
            ItemResult(**{**item, "rows": tuple(CaseRow(**row) for row in item["rows"])}) for item in data.pop("items")
        )
        return SubmissionResult(**{**data, "items": items, "warnings": tuple(data.pop("warnings"))})
