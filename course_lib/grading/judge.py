"""From what came out of the sandbox to points and a message. Runs outside; nothing here calls learner code.

The comparison and the named mistakes are those of `check`, so at home and in class the same answer gets the same verdict
and reads the same sentence. What differs is that a class has hidden cases, and of those the learner reads only that one
failed: its name, numbers and exceptions stay here.
"""

from __future__ import annotations

import builtins
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from textwrap import shorten
from typing import Any

from course_lib.checks.exercise import Exercise
from course_lib.checks.questions import UNANSWERED, Question
from course_lib.checks.runner import NOT_WRITTEN, Outcome, Verdict, judge
from course_lib.grading.results import CaseRow, ItemResult, Status

HIDDEN = (
    "It is right on the visible cases and fails on a hidden one: it holds for those examples and not in general. Try other "
    "sizes, other models and other orders than the visible cases have."
)
STOPPED: dict[str, str] = {
    "timeout": "Your code was stopped because it took too long. This says nothing about the answer: look for a loop that "
    "does not end, or work that is done again and again.",
    "memory": "Your code was stopped because it used too much memory.",
    "killed": "Your code ended its own process, or sent something that is no result, before it was finished.",
}
TITLE_LETTERS = 80
STATUS_OF_ERROR: dict[str, Status] = {"MemoryError": "memory"}
_one_at_a_time = threading.Lock()  # models are shared, and a check puts them right


@dataclass
class Taken:
    """What was taken as the answer to one exercise or question.

    Attributes:
        outcomes: of the cases, as far as they ran.
        stopped: "timeout", "memory" or "killed" when it was stopped, "unwritten" when it is the stub, else "".
        value: of a question.
        found: whether the name was defined, and for an exercise a function.
        kind: the type of what should have been a function.
        cell_error: how the answer's own cell ended, "" if well.
        output: what was printed, hidden cases left out.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    stopped: str = ""
    value: Any = None
    found: bool = False
    kind: str = ""
    cell_error: str = ""
    output: str = ""


def outcome_of(event: Mapping[str, Any]) -> Outcome:
    """What a case gave, from its message; believes nothing of it."""
    error = event.get("error")
    raised, line = None, ""
    if isinstance(error, dict):
        raised = exception(_text(error.get("type")), _text(error.get("text")))
        line = _text(error.get("line"))[:200]
    elif error is not None:
        raised = exception("Exception", "")
    return Outcome(
        event.get("value"), raised, line, _text(event.get("side_effect"))[:200], _text(event.get("stderr"))[:500]
    )


def _text(value: Any) -> str:
    return value if type(value) is str else ""


def exception(name: str, text: str) -> Exception:
    """An exception of this name; a made-up class where Python has none of that name.

    Example:
        >>> exception("IndexError", "out of range"), type(exception("MyError", "")).__name__
        (IndexError('out of range'), 'MyError')
    """
    known = getattr(builtins, name, None)
    if isinstance(known, type) and issubclass(known, Exception) and not issubclass(known, UnicodeError):
        try:
            found = known(text) if text else known()
        except TypeError:  # an ExceptionGroup, for instance, takes more
            found = type(name, (Exception,), {})(text)
    else:
        word = "".join(letter for letter in name[:40] if letter.isascii() and (letter.isalnum() or letter == "_"))
        found = type(word or "Exception", (Exception,), {})(text)
    return found


def judge_exercise(exercise: Exercise, visible: int, taken: Taken) -> ItemResult:
    """Points and message for one exercise.

    Args:
        exercise: with the hidden cases behind the visible ones in `visible`.
        visible: how many of them are visible to learners.
        taken: what came out of the sandbox.
    """
    cases = exercise.visible
    status = _before(taken)
    if status is None and len(taken.outcomes) < len(cases):
        status = _stopped(taken) or "killed"
    if status is not None:
        message = _message_before(exercise.id, exercise.function, status, taken)
        return _item(exercise, status, message=message, cases=len(cases), output=taken.output)
    with _one_at_a_time:
        verdict = judge(exercise, cases, taken.outcomes[: len(cases)])
    rows = tuple(CaseRow(row.case.name, row.verdict, row.expected, row.actual) for row in verdict.rows[:visible])
    passed = sum(row.passed for row in verdict.rows)
    if verdict.passed:
        item = _item(exercise, "right", points=exercise.points, message="All cases pass.", rows=rows, passed=passed)
    else:
        item = _failed(exercise, verdict, taken, rows, passed, visible)
    return replace(item, cases=len(cases), output=taken.output)


def _failed(
    exercise: Exercise, verdict: Verdict, taken: Taken, rows: tuple[CaseRow, ...], passed: int, visible: int
) -> ItemResult:
    first = next(place for place, row in enumerate(verdict.rows) if not row.passed)
    hidden = verdict.rows[first].case.name if first >= visible else ""
    error = taken.outcomes[first].error
    status: Status = "wrong"
    if NOT_WRITTEN in verdict.message:
        status = "unwritten"
    elif error is not None:
        status = STATUS_OF_ERROR.get(type(error).__name__, "error")
    mistake = verdict.mistake.name if verdict.mistake else ""
    message = verdict.message if mistake or not hidden else HIDDEN
    return _item(exercise, status, mistake=mistake, message=message, rows=rows, passed=passed, hidden_case=hidden)


def judge_question(question: Question, possible: float, taken: Taken) -> ItemResult:
    """The point for one concept question, and the feedback of the choice."""
    status = _before(taken)
    given = taken.value
    letter = given.strip().lower() if type(given) is str else ""
    choice = question.choice(letter) if letter else None
    if status is None and (choice is None or letter == UNANSWERED):
        status = "unwritten" if letter in ("", UNANSWERED) and given in (None, "", UNANSWERED) else "wrong"
    message = choice.feedback if choice else "No choice was made."
    if choice is None and status == "wrong":
        message = "The answer is not one of the letters."
    if status in ("missing", "error", "timeout", "memory", "killed"):
        message = _message_before(question.id, "choice", status, taken)
    final: Status = status or ("right" if choice is not None and choice.right else "wrong")
    points = possible if final == "right" else 0.0
    mistake = f"choice {choice.letter}" if choice is not None and final == "wrong" else ""
    return ItemResult(
        question.id,
        shorten(question.text, TITLE_LETTERS, placeholder=" …"),
        points,
        possible,
        final,
        mistake,
        message,
        passed=int(final == "right"),
        cases=1,
    )


def _before(taken: Taken) -> Status | None:
    """The status of an answer that could not be compared at all; None when it can."""
    if taken.stopped:
        return _stopped(taken)
    if taken.found:
        return None
    if taken.cell_error.startswith("NotImplementedError"):
        return "unwritten"
    return "error" if taken.cell_error else "missing"


def _stopped(taken: Taken) -> Status | None:
    known: dict[str, Status] = {"timeout": "timeout", "memory": "memory", "unwritten": "unwritten"}
    return known.get(taken.stopped, "killed") if taken.stopped else None


def _message_before(item: str, name: str, status: Status, taken: Taken) -> str:
    if status in STOPPED:
        return STOPPED[status]
    if status == "unwritten":
        return f"Exercise {item}: {NOT_WRITTEN}"
    if status == "error":
        return f"The cell of your answer stopped: {taken.cell_error}"
    if taken.kind:
        return f"`{name}` should be a function; it is of type {taken.kind}."
    return f"Nothing named `{name}` is defined where the check stands. Is the answer's cell deleted, or is the name another one?"


def _item(exercise: Exercise, status: Status, *, points: float = 0.0, **rest: Any) -> ItemResult:
    return ItemResult(exercise.id, exercise.title, float(points), float(exercise.points), status, **rest)
