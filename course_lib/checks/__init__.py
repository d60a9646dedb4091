"""Checks: what a notebook calls under each exercise, and the help on the way to the answer.

    check("8.1", token_attribution)    # a table of cases, and what went wrong
    check("8.Q1", "b")                 # the explanation of that choice
    hint("8.1", 1)                     # nudge; 2 is the approach, 3 nearly the code
    reveal("8.1")                      # the reference solution

At home all of it runs in the learner's own kernel. A class is graded with the same exercises, hidden cases and the
learner's function in a sandbox.
"""

from __future__ import annotations

from typing import Any

from course_lib.checks.choose import Chosen, Feedback, choose
from course_lib.checks.error_sentences import explain_errors
from course_lib.checks.help_panel import Shown, answer_text, help_panel, hint_text
from course_lib.checks.questions import grade
from course_lib.checks.registry import exercise, is_question, question
from course_lib.checks.report import CheckFailed, Report
from course_lib.checks.runner import run
from course_lib.errors import CourseError
from course_lib.progress import note, progress_file

__all__ = ["CheckFailed", "check", "choose", "hint", "reveal"]

explain_errors()


def check(exercise_id: str, answer: Any, *, feedback: Feedback = "now") -> None:
    """Check an answer and show the report: a function on the exercise's visible cases, or the letter of a choice.

    Args:
        exercise_id: for example "8.1", or "8.Q1" for a concept question.
        answer: the function that was written, or the letter.
        feedback: of a question: "with the marks" says only whether there is a choice, as a class's notebook does.

    Raises:
        CheckFailed: if it is not right; the message names the mistake where it is a known one, and for a choice says
            what is wrong with it.
    """
    live = in_notebook() and progress_file() is not None
    if is_question(exercise_id):
        answered = grade(question(exercise_id), answer)
        if feedback != "now":
            if answered.choice is None:
                raise CheckFailed(f"{exercise_id} is not answered yet.", answered.feedback)
            print(f"{exercise_id}: {answered.choice.letter} is noted. The explanation comes with the marks.")
            return
        _show(answered)
        passed, message, detail = answered.right, answered.feedback, answered.given
        tried = answered.choice is not None
    else:
        verdict = run(exercise(exercise_id), answer)
        _show(Report(verdict))
        passed, message, detail = verdict.passed, verdict.message, verdict.mistake.name if verdict.mistake else ""
        tried = not verdict.untouched
        if live:
            _show(help_panel(exercise(exercise_id), solved=passed))
    if live and tried and not isinstance(answer, Chosen):  # what was clicked was noted then
        note(exercise_id, "passed" if passed else "failed", detail)
    if not passed:
        raise CheckFailed(f"{exercise_id} is not solved yet.", message)


def hint(exercise_id: str, stage: int = 1) -> Shown:
    """A hint: stage 1 nudges, 2 gives the approach, 3 is nearly the code."""
    wanted = exercise(exercise_id)
    if stage not in range(1, len(wanted.hints) + 1):
        raise CourseError(f"There is no hint of stage {stage!r}.", f"Stages are 1 to {len(wanted.hints)}.")
    return hint_text(wanted, stage)


def reveal(exercise_id: str) -> Shown:
    """The reference solution: the library's own function."""
    return answer_text(exercise(exercise_id))


def in_notebook() -> bool:
    """Whether a Jupyter kernel is running this, so that somebody may see what is displayed."""
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        return False
    shell = get_ipython()
    return shell is not None and hasattr(shell, "kernel")


def _show(report: Any) -> None:
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
