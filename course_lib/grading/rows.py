"""What the gradebook says about each learner: marks by hand, extra credit and penalties included."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_lib.grading.desk import Desk


@dataclass(frozen=True)
class Row:
    """What the gradebook says about one learner.

    Attributes:
        learner: its id there.
        score: points, marks by hand and extra credit included, before the penalty.
        penalty: for handing in late.
        possible: at most.
        manual: whether an answer waits for a mark by hand.
        timestamp: when it was handed in; None when nobody says.
        due: the due date, an extension included; None without one.
        seconds_late: after the due date, extensions included.
        by_hand: the marks and comments by hand, as text, so that a change is noticed.
        names: first name, last name, email, id in the learning platform.
    """

    learner: str
    score: float
    penalty: float
    possible: float
    manual: bool
    timestamp: Any
    due: Any
    seconds_late: float
    by_hand: str
    names: tuple[str, str, str, str]

    @property
    def final(self) -> float:
        """The points that count."""
        return max(0.0, self.score - self.penalty)


def rows(desk: Desk, settings: Any) -> dict[str, Row]:
    """All rows of the chapter in the gradebook, by learner; none when there is no gradebook yet."""
    from nbgrader.api import MissingEntry

    if not database(settings).is_file():
        return {}
    with opened(settings) as book, suppress(MissingEntry):
        return {one.student.id: _row(one) for one in book.assignment_submissions(desk.chapter.folder)}
    return {}


def _row(one: Any) -> Row:
    student, grades = one.student, [grade for notebook in one.notebooks for grade in notebook.grades]
    comments = [comment for notebook in one.notebooks for comment in notebook.comments]
    by_hand = sorted(str((grade.name, grade.manual_score, grade.extra_credit)) for grade in grades)
    by_hand += sorted(str((comment.name, comment.manual_comment)) for comment in comments)
    has_due = one.assignment.duedate is not None  # nbgrader stumbles over an extension without a due date
    return Row(
        learner=student.id,
        score=float(one.score),
        penalty=float(one.late_submission_penalty or 0.0),
        possible=float(one.max_score),
        manual=bool(one.needs_manual_grade),
        timestamp=one.timestamp,
        due=one.duedate if has_due else None,
        seconds_late=float(one.total_seconds_late) if has_due else 0.0,
        by_hand=str(by_hand),
        names=(student.first_name or "", student.last_name or "", student.email or "", student.lms_user_id or ""),
    )


def opened(settings: Any) -> Any:
    """The gradebook, to be used in a `with`.

    nbgrader builds a submission before it puts it into the session, and SQLAlchemy says so for each one; nobody who
    grades can do anything about it.
    """
    from nbgrader.api import Gradebook
    from sqlalchemy.exc import SAWarning

    warnings.filterwarnings("ignore", "Object of type .* not in session", SAWarning)

    return Gradebook(settings.CourseDirectory.db_url, settings.CourseDirectory.course_id)


def name_students(book: Any, learners: Sequence[str]) -> None:
    """Give learners a row in the gradebook; who has no name is shown by id, where formgrader would show "None, None".

    Names that come later, by hand or by `nbgrader db student import`, take their place.
    """
    for learner in learners:
        student = book.update_or_create_student(learner)
        if student.first_name is None and student.last_name is None:
            book.update_or_create_student(learner, first_name="", last_name=learner)


def database(settings: Any) -> Path:
    """The file of the gradebook."""
    return Path(str(settings.CourseDirectory.db_url).removeprefix("sqlite:///"))
