"""Runs a function on the cases of an exercise and finds out which mistake it makes.

Besides a wrong result an answer can raise, or leave something behind that spoils every later cell of the notebook; what
that is and how it is put right stands in `side_effects`.

Whatever the answer writes to stderr is kept and shown on stdout: plain nbgrader gives 0 for a test cell with anything on
stderr, and a warning is no mistake.
"""

from __future__ import annotations

import copy
import io
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass, field
from typing import Any

from course_lib.checks.compare import Difference, brief, compare
from course_lib.checks.error_sentences import sentence_for
from course_lib.checks.exercise import Case, Exercise, Mistake, ModelHandle
from course_lib.checks.side_effects import Watch

SEALED = "(sealed)"
NOT_WRITTEN = "It is not written yet: put your answer in place of the line `raise NotImplementedError(...)`."


@dataclass(frozen=True)
class Outcome:
    """What one call gave: a value or an exception, and what happened beside it."""

    value: Any = None
    error: BaseException | None = None
    line: str = ""
    side_effect: str = ""
    stderr: str = ""


@dataclass(frozen=True)
class CaseResult:
    """One row of the report; `values` are the expected and the given numbers where a picture may show both."""

    case: Case
    expected: str
    actual: str
    verdict: str
    detail: str
    stderr: str = ""
    values: tuple[Any, Any] | None = field(default=None, repr=False, compare=False)

    @property
    def passed(self) -> bool:
        """Whether the answer was right on this case."""
        return self.verdict == "pass"


@dataclass(frozen=True)
class Verdict:
    """The result of an exercise: a row per case, the mistake it was recognised as, what was put right before, and whether
    nothing has been written yet.
    """

    exercise: Exercise
    rows: tuple[CaseResult, ...]
    mistake: Mistake | None = None
    message: str = ""
    note: str = ""
    untouched: bool = False

    @property
    def passed(self) -> bool:
        """Whether all cases passed."""
        return bool(self.rows) and all(row.passed for row in self.rows)


def resolve(arguments: Sequence[Any]) -> list[Any]:
    """Arguments ready for a call: models loaded, data copied so that the case itself cannot be changed."""
    return [_loaded(a.name) if isinstance(a, ModelHandle) else copy.deepcopy(a) for a in arguments]


def _loaded(name: str) -> Any:
    from course_lib.models import load_model  # torch and all; a check on texts and lists does without

    return load_model(name)


def call(function: Callable[..., Any], case: Case, *, look_before: bool = True) -> Outcome:
    """Call `function` on a case; nothing that it does wrong gets out.

    Args:
        function: the answer.
        case: the case.
        look_before: False where the call before this one has just left the models in order.
    """
    arguments = resolve(case.arguments)
    watch = Watch(case.arguments, arguments, look_before=look_before)
    stderr = io.StringIO()
    value, error, line = None, None, ""
    with redirect_stderr(stderr), warnings.catch_warnings():
        warnings.simplefilter("default")
        try:
            value = function(*arguments)
        except (Exception, SystemExit, KeyboardInterrupt) as exception:
            if isinstance(exception, KeyboardInterrupt) and not getattr(exception, "rehearsed", False):
                raise  # somebody at the keyboard
            error, line = exception, _line_in(exception, function)
        finally:
            changes = watch.changes()  # also when the learner interrupts a slow answer
    return Outcome(value, error, line, changes, stderr.getvalue())


_known: dict[tuple[int, int], tuple[Any, Case, Outcome]] = {}


def call_known(exercise: Exercise, function: Callable[..., Any], place: int) -> Outcome:
    """What the reference or a named wrong solution gives on visible case number `place`; computed once a session."""
    case = exercise.visible[place]
    key = (id(function), id(case))  # both are kept in the value, so that neither id is given away again
    if key in _known:
        return _known[key][2]
    outcome = call(function, case)
    if not isinstance(outcome.error, MemoryError):  # that one says something about the machine, not about the case
        _known[key] = (function, case, outcome)
    return outcome


def outcomes_of(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> Iterator[Outcome]:
    """What the reference or a named wrong solution gives, case by case, as far as somebody asks; see `call_known`."""
    places = {id(case): place for place, case in enumerate(exercise.visible)}
    for case in cases:
        known = id(case) in places
        yield call_known(exercise, function, places[id(case)]) if known else call(function, case)


def reference_outcomes(exercise: Exercise, cases: Sequence[Case]) -> list[Outcome]:
    """What the reference gives on some cases; on visible ones computed once a session."""
    return list(outcomes_of(exercise, exercise.reference_function, cases))


def run(
    exercise: Exercise, function: Any, cases: Sequence[Case] | None = None, expected: Sequence[Outcome] | None = None
) -> Verdict:
    """Run the exercise's visible cases (or `cases`) and recognise the mistake, if there is one.

    Args:
        exercise: the exercise.
        function: the answer.
        cases: in place of the visible ones.
        expected: what the reference gives on these cases, where that is known already.
    """
    if not callable(function):
        text = f"A function is expected; what was passed is of type {type(function).__name__}."
        return Verdict(exercise, (), message=text)
    cases = exercise.visible if cases is None else cases
    found = [Watch(case.arguments, resolve(case.arguments)).found_before for case in cases]
    note = next((f"Before the check {text}; that was put right." for text in found if text), "")
    ours = any(function is mistake.function for mistake in exercise.mistakes)
    outcomes = list(outcomes_of(exercise, function, cases)) if ours else [call(function, case) for case in cases]
    return judge(exercise, cases, outcomes, expected, note)


def judge(
    exercise: Exercise,
    cases: Sequence[Case],
    outcomes: Sequence[Outcome],
    expected: Sequence[Outcome] | None = None,
    note: str = "",
) -> Verdict:
    """Lay what an answer gave beside what the reference gives, and recognise the mistake, if there is one.

    Args:
        exercise: the exercise.
        cases: its cases.
        outcomes: what the answer gave on each of them, wherever it ran.
        expected: what the reference gives on them, where that is known already.
        note: what was put right before the answer ran.
    """
    expected = reference_outcomes(exercise, cases) if expected is None else expected
    rows = tuple(_row(exercise, *item) for item in zip(cases, expected, outcomes, strict=True))
    if all(row.passed for row in rows):
        return Verdict(exercise, rows, note=note)
    if any(is_stub(outcome.error) for outcome in outcomes):
        return Verdict(exercise, rows, message=f"Exercise {exercise.id}: {NOT_WRITTEN}", note=note, untouched=True)
    mistake = recognise(exercise, cases, expected, outcomes)
    first = next(row for row in rows if not row.passed)
    message = mistake.message if mistake else f"Case “{first.case.name}”. {first.detail}"
    return Verdict(exercise, rows, mistake, message, note)


def is_stub(error: BaseException | None) -> bool:
    """Whether this is the exception of an untouched answer cell, and not one that torch raises under the same name."""
    return isinstance(error, NotImplementedError) and (not error.args or str(error).startswith("Exercise "))


def recognise(
    exercise: Exercise, cases: Sequence[Case], expected: Sequence[Outcome], outcomes: Iterable[Outcome]
) -> Mistake | None:
    """The named wrong solution that gives the same results as the answer on every case, if any.

    Of `outcomes`, which is gone through once for each wrong solution, no more is asked for than tells the two apart.
    """
    for mistake in exercise.mistakes:
        theirs = outcomes_of(exercise, mistake.function, cases)  # one by one: most differ on the first, cheap case
        wrong = False
        for their, ours, right in zip(theirs, outcomes, expected, strict=True):
            if not agree(exercise, their, ours):
                break
            wrong = wrong or not agree(exercise, their, right)
        else:
            if wrong:
                return mistake
    return None


def agree(exercise: Exercise, left: Outcome, right: Outcome) -> bool:
    """Whether two calls ended alike: the same result within the tolerance, or an exception of the same type."""
    if (left.error is None) != (right.error is None):
        return False
    if left.error is not None:
        return type(left.error).__name__ == type(right.error).__name__
    return compare(left.value, right.value, rtol=exercise.rtol, atol=exercise.atol) is None


def _row(exercise: Exercise, case: Case, expected: Outcome, outcome: Outcome) -> CaseResult:
    if expected.error is not None:
        raise RuntimeError(f"the reference of {exercise.id} fails on case {case.name!r}") from expected.error
    wanted, stderr = SEALED if exercise.sealed_parts else brief(expected.value), outcome.stderr.strip()
    if outcome.error is not None:
        detail = f"Your function stopped with {type(outcome.error).__name__}: {outcome.error}"
        detail += f" — in your line `{outcome.line}`." if outcome.line else "."
        detail = f"{detail} {sentence_for(outcome.error)}".strip()
        return CaseResult(case, wanted, type(outcome.error).__name__, "error", detail, stderr)
    difference = compare(expected.value, outcome.value, rtol=exercise.rtol, atol=exercise.atol)
    if difference is not None and exercise.sealed_parts:
        difference = _sealed(exercise, expected.value, outcome.value, difference)
    if difference is None and outcome.side_effect:
        difference = Difference(
            "side effect", "no side effect", outcome.side_effect, _side_effect_sentence(outcome.side_effect)
        )
    if difference is None:
        return CaseResult(case, wanted, brief(outcome.value), "pass", "", stderr)
    values = (expected.value, outcome.value) if difference.what == "values" and not exercise.sealed_parts else None
    return CaseResult(case, difference.expected, difference.actual, difference.what, difference.detail, stderr, values)


def _sealed(exercise: Exercise, expected: Any, given: Any, found: Difference) -> Difference:
    """The difference by the name of the first entry that is not right, without what was expected."""
    parts = exercise.sealed_parts
    if not isinstance(given, list | tuple) or len(given) != len(parts):
        detail = f"The result has {len(parts)} entries: {', '.join(parts)}."
        return Difference("kind", f"{len(parts)} entries", brief(given), detail)
    for part, left, right in zip(parts, expected, given, strict=True):
        difference = compare(left, right, rtol=exercise.rtol, atol=exercise.atol)
        if difference is not None:
            same = "" if difference.what in ("values", "not a number") else f" {difference.detail}"
            return Difference(part, SEALED, brief(right), f"Of your result, {part} does not hold for this model.{same}")
    return found


def _side_effect_sentence(text: str) -> str:
    return f"The numbers are right, but {text}; everything that runs afterwards would compute with it."


def _line_in(error: BaseException, function: Callable[..., Any]) -> str:
    """The text of the line of the learner's own function at which the exception passed."""
    filename = getattr(getattr(function, "__code__", None), "co_filename", None)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == filename]
    return (frames[-1].line or "").strip() if frames else ""
