"""One grader: a warm sandbox, the answers that are taken in it, and the marks that are decided outside.

An answer that fails on hidden cases only is looked at once more by itself, since hidden cases run behind all answers of
the notebook and another answer may have left something behind.
"""

from __future__ import annotations

import datetime
import shutil
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

from course_lib.errors import CourseError
from course_lib.grading.assignment import Assignment
from course_lib.grading.attempt import Answers, encoded_cases, take_again, take_answers
from course_lib.grading.intake import Submission
from course_lib.grading.judge import Taken, judge_exercise, judge_question
from course_lib.grading.limits import Limits
from course_lib.grading.normalise import normalise
from course_lib.grading.program import Program
from course_lib.grading.results import ItemResult, SubmissionResult
from course_lib.grading.sandbox import Sandbox, SandboxDied

TRIES = 3
QUESTION_POINTS = 1.0


def judged(assignment: Assignment, answers: Answers) -> tuple[ItemResult, ...]:
    """Points and messages for each exercise and question that answers were taken of."""
    exercises = [
        judge_exercise(exercise, assignment.shown[item], answers.taken[item])
        for item, exercise in assignment.whole.items()
        if item in answers.taken
    ]
    questions = [
        judge_question(question, QUESTION_POINTS, answers.taken[question.id])
        for question in assignment.questions
        if question.id in answers.taken
    ]
    return (*exercises, *questions)


def in_doubt(result: SubmissionResult) -> tuple[str, ...]:
    """The exercises that failed where another answer of the same notebook may be the reason.

    They pass every visible case and fail on a hidden one, which runs behind all answers; or the process that all share ended
    while they ran.
    """
    return tuple(item.id for item in result.items if item.hidden_case or item.status in ("killed", "memory"))


def as_result(
    assignment: Assignment,
    submission: Submission,
    items: tuple[ItemResult, ...],
    answers: Answers,
    warnings: tuple[str, ...],
    clocks: tuple[float, float],
) -> SubmissionResult:
    """A submission's result; `clocks` are the seconds and the CPU seconds that it took."""
    seconds, cpu = clocks
    return SubmissionResult(
        submission.learner, assignment.chapter.number, submission.sha256, readable=True, items=items,
        warnings=(*warnings, *answers.said), seconds=round(seconds, 3), inside=round(min(answers.inside, seconds), 3),
        cpu=round(cpu, 3), inside_cpu=round(min(answers.inside_cpu, cpu), 3), graded_at=now(),
    )  # fmt: skip


class Grader:
    """Grades submissions of one assignment in one sandbox, any number at a time.

    Args:
        assignment: what is graded.
        sandboxed: False runs learner code without isolation.
    """

    def __init__(self, assignment: Assignment, sandboxed: bool = True) -> None:
        self.assignment, self.sandboxed = assignment, sandboxed
        self._lock, self._sandbox = threading.Lock(), None  # type: tuple[threading.Lock, Sandbox | None]
        self._scratch = Path(tempfile.mkdtemp(prefix="course-sealed-"))
        self._place = assignment.place(self._scratch)
        self._cases = encoded_cases(assignment.whole, assignment.shown)
        try:
            self.sandbox()
        except BaseException:
            self.close()
            raise

    def sandbox(self) -> Sandbox:
        """The warm sandbox; a new one where the last has died."""
        with self._lock:
            for _ in range(TRIES + 1):
                if self._sandbox is not None and not self._sandbox.dead:
                    return self._sandbox
                with suppress(SandboxDied):
                    self._sandbox = Sandbox(self._place, confined=self.sandboxed)
        raise CourseError(
            "The sandbox was killed whenever it started.", "Look for what ends processes here; is memory short?"
        )

    def close(self) -> None:
        """End the sandbox and take its files away."""
        if self._sandbox is not None:
            self._sandbox.close()
        with suppress(OSError):
            shutil.rmtree(self._scratch)

    def grade(self, submission: Submission, limits: Limits) -> SubmissionResult:
        """Grade one submission."""
        found = self._graded(submission, limits, ())
        doubted = in_doubt(found)
        return found.looked_at_again(self._graded(submission, limits, doubted)) if doubted else found

    def _graded(self, submission: Submission, limits: Limits, only: tuple[str, ...]) -> SubmissionResult:
        begin, begin_cpu = time.monotonic(), time.thread_time()
        program, answers = self.take(submission, limits, only)
        items = judged(self.assignment, answers)
        clocks = (time.monotonic() - begin, answers.cpu + time.thread_time() - begin_cpu)
        return as_result(self.assignment, submission, items, answers, program.warnings, clocks)

    def take(self, submission: Submission, limits: Limits, only: tuple[str, ...] = ()) -> tuple[Program, Answers]:
        """Run one submission, or, with `only`, some of its answers by themselves; what was run, and what came out."""
        program = normalise(self.assignment.release, submission.notebook)
        for _ in range(TRIES):
            with suppress(SandboxDied):
                box = self.sandbox()
                if only:
                    return program, take_again(box, program, self._cases, limits, only)
                found = take_answers(box, program, self._cases, limits)
                found.taken |= {item: Taken() for item in self._items() if item not in found.taken}
                return program, found
        stopped = {item: Taken(stopped="killed") for item in only or self._items()}
        return program, Answers(stopped, ["The sandbox ended three times while this submission ran."])

    def _items(self) -> list[str]:
        return [*self.assignment.whole, *(question.id for question in self.assignment.questions)]


def now() -> str:
    """The time, ISO 8601 in UTC."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
