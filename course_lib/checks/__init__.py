"""Checks: what a notebook calls under each exercise, and the help on the way to the answer.

    check("8.1", token_attribution)    # a table of cases, and what went wrong
    hint("8.1", 1)                     # nudge; 2 is the approach, 3 nearly the code
    reveal("8.1")                      # the reference solution

At home all of it runs in the learner's own kernel. A class is graded with the same exercises, hidden cases and the
learner's function in a sandbox.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from course_lib.checks.questions import Score, grade
from course_lib.checks.registry import chapter_of, exercise, questions
from course_lib.checks.report import CheckFailed, Report
from course_lib.checks.runner import run
from course_lib.errors import CourseError

__all__ = ["CheckFailed", "check", "check_answers", "hint", "reveal"]


class Shown(str):
    """Markdown that a notebook renders and a terminal prints."""

    __slots__ = ()

    def _repr_markdown_(self) -> str:
        return str(self)

    __repr__ = str.__str__


def check(exercise_id: str, answer: Any) -> None:
    """Check an answer on the exercise's visible cases and show the report.

    Args:
        exercise_id: for example "8.1".
        answer: the function that was written.

    Raises:
        CheckFailed: if a case fails; its message names the mistake where it is a known one.
    """
    verdict = run(exercise(exercise_id), answer)
    _show(Report(verdict))
    if not verdict.passed:
        raise CheckFailed(f"Exercise {exercise_id} is not solved yet.", verdict.message)


def check_answers(chapter: int, answers: Mapping[str, Any]) -> Score:
    """Check the answers to a chapter's concept questions; each gets the feedback of the choice that was picked.

    Args:
        chapter: the chapter's number.
        answers: question id to letter, `{"8.Q1": "b"}`; "?" stands for not answered.

    Raises:
        CheckFailed: if no question is answered.
    """
    if not isinstance(answers, Mapping):
        raise CheckFailed("The answers should be a dict.", 'Write them as {"8.Q1": "b", ...}.')
    score = grade(questions(chapter), answers)
    if all(answered.choice is None for answered in score.answers):
        raise CheckFailed("No question is answered yet.", 'Put a letter in place of each "?".')
    return score


def hint(exercise_id: str, stage: int = 1) -> Shown:
    """A hint: stage 1 nudges, 2 gives the approach, 3 is nearly the code."""
    hints = exercise(exercise_id).hints
    if stage not in range(1, len(hints) + 1):
        raise CourseError(f"There is no hint of stage {stage!r}.", f"Stages are 1 to {len(hints)}.")
    return Shown(hints[stage - 1])


def reveal(exercise_id: str) -> Shown:
    """The reference solution: the library's own function."""
    chapter_of(exercise_id)
    return Shown(f"```python\n{inspect.getsource(exercise(exercise_id).reference_function)}```")


def _show(report: Report) -> None:
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
