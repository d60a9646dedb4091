"""Checks: what a notebook calls under each exercise, and the help on the way to the answer.

    check("8.1", token_attribution)    # a table of cases, and what went wrong
    check("8.Q1", "b")                 # the explanation of that choice
    hint("8.1", 1)                     # nudge; 2 is the approach, 3 nearly the code
    reveal("8.1")                      # the reference solution

At home all of it runs in the learner's own kernel. A class is graded with the same exercises, hidden cases and the
learner's function in a sandbox.
"""

from __future__ import annotations

import inspect
from typing import Any

from course_lib.checks.questions import Answered, grade
from course_lib.checks.registry import exercise, is_question, question
from course_lib.checks.report import CheckFailed, Report
from course_lib.checks.runner import run
from course_lib.errors import CourseError

__all__ = ["CheckFailed", "check", "hint", "reveal"]


class Shown(str):
    """Markdown that a notebook renders and a terminal prints."""

    __slots__ = ()

    def _repr_markdown_(self) -> str:
        return str(self)

    __repr__ = str.__str__


def check(exercise_id: str, answer: Any) -> None:
    """Check an answer and show the report: a function on the exercise's visible cases, or the letter of a choice.

    Args:
        exercise_id: for example "8.1", or "8.Q1" for a concept question.
        answer: the function that was written, or the letter.

    Raises:
        CheckFailed: if it is not right; the message names the mistake where it is a known one, and for a choice says
            what is wrong with it.
    """
    if is_question(exercise_id):
        answered = grade(question(exercise_id), answer)
        _show(answered)
        passed, message = answered.right, answered.feedback
    else:
        verdict = run(exercise(exercise_id), answer)
        _show(Report(verdict))
        passed, message = verdict.passed, verdict.message
    if not passed:
        raise CheckFailed(f"{exercise_id} is not solved yet.", message)


def hint(exercise_id: str, stage: int = 1) -> Shown:
    """A hint: stage 1 nudges, 2 gives the approach, 3 is nearly the code."""
    hints = exercise(exercise_id).hints
    if stage not in range(1, len(hints) + 1):
        raise CourseError(f"There is no hint of stage {stage!r}.", f"Stages are 1 to {len(hints)}.")
    return Shown(hints[stage - 1])


def reveal(exercise_id: str) -> Shown:
    """The reference solution: the library's own function."""
    return Shown(f"```python\n{inspect.getsource(exercise(exercise_id).reference_function)}```")


def _show(report: Report | Answered) -> None:
    try:
        from IPython.core.getipython import get_ipython
        from IPython.display import display
    except ImportError:
        print(report.text())
        return
    if get_ipython() is None:
        print(report.text())
    else:
        display(report)
