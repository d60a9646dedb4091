"""Writes results into nbgrader's gradebook, by nbgrader's own converter, for those learners that need it.

There is one writer: the process that runs `course grade`, under a lock. What it writes for one learner is complete when
the notebook in `autograded/` carries the key of its result, because nbgrader writes that file last; a run that was
killed therefore starts again with the first learner whose notebook does not. A gradebook that is locked by another
program or a full disk ends the run with one sentence, and the next run goes on.

Marks by hand, comments by hand and extra credit are nbgrader's affair and stay. Where an answer is graded again that
had a mark by hand, nbgrader keeps the mark and asks for another look.
"""

from __future__ import annotations

import errno
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_lib.errors import CourseError
from course_lib.grading.desk import Desk, Handed, as_notebook
from course_lib.grading.results import SubmissionResult

AGAIN = "Then run the same command again: it goes on from here, and nothing that was written is lost."
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Written:
    """What became of the marks.

    Attributes:
        written: learners whose marks were written now.
        kept: learners whose marks were there already.
        failed: for each learner that nbgrader could not take, why.
    """

    written: tuple[str, ...]
    kept: tuple[str, ...]
    failed: dict[str, str]


def write_marks(
    desk: Desk,
    settings: Any,
    handed: Sequence[Handed],
    results: dict[str, SubmissionResult],
    *,
    again: bool = False,
    progress: Progress | None = None,
) -> Written:
    """Write the marks of learners into the gradebook.

    Args:
        desk: of the class and chapter.
        settings: those of its `nbgrader_config.py`.
        handed: what they handed in; a copy lies in nbgrader's folder of submissions.
        results: by learner.
        again: also where the marks are there already.
        progress: called as `progress(done, total)`.

    Raises:
        CourseError: the gradebook is locked or damaged, another `course grade` is running, or the disk is full.
    """
    from course_lib.grading.converter import ClassAutograde

    with one_writer(desk), clear_errors(desk.chapter.root):
        known = rows(desk, settings)
        todo = [one for one in handed if again or not _is_written(desk, one, results[one.learner], known)]
        kept = [one.learner for one in handed if one not in todo]
        desk.known.update(results)
        for one in todo:
            desk.note(results[one.learner])
        converter = ClassAutograde(desk, settings, {one.learner: one for one in todo}, progress)
        failed = converter.run() if todo else {}
        late_again(desk, settings, [known[name] for name in kept])
    return Written(tuple(one.learner for one in todo if one.learner not in failed), tuple(kept), failed)


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

    if not _database(settings).is_file():
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
    """The gradebook, to be used in a `with`."""
    from nbgrader.api import Gradebook

    return Gradebook(settings.CourseDirectory.db_url, settings.CourseDirectory.course_id)


def _database(settings: Any) -> Path:
    return Path(str(settings.CourseDirectory.db_url).removeprefix("sqlite:///"))


def _is_written(desk: Desk, one: Handed, result: SubmissionResult, known: dict[str, Row]) -> bool:
    """Whether the gradebook and the notebook in autograded/ hold this result already."""
    from nbgrader.utils import parse_utc

    from course_lib.grading.exporter import MARK
    from course_lib.grading.preprocessors import mark_of

    row, when = known.get(one.learner), getattr(one, "timestamp", "")
    if row is None or (when and parse_utc(when) != row.timestamp):
        return False
    path = desk.chapter.root / "autograded" / one.learner / desk.chapter.folder / desk.chapter.release.name
    try:
        return bool(json.loads(path.read_bytes())["metadata"][MARK]["key"] == mark_of(result))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def late_again(desk: Desk, settings: Any, late: Sequence[Row]) -> None:
    """Work the penalties out anew where marks are kept: a due date, an extension or a mark by hand may have changed."""
    from nbformat.v4 import new_notebook
    from nbgrader.preprocessors import AssignLatePenalties

    penalties = AssignLatePenalties(config=settings, log=quiet_log()[0])
    for row in late:
        if row.seconds_late > 0 or row.penalty:
            place = {"notebook": desk.chapter.name, "assignment": desk.chapter.folder, "student": row.learner}
            penalties.preprocess(new_notebook(), {"nbgrader": {**place, "db_url": settings.CourseDirectory.db_url}})


def register(desk: Desk, settings: Any) -> None:
    """Make the gradebook know the chapter's cells, as `nbgrader generate_assignment` does; nothing else is changed.

    Raises:
        CourseError: there are submissions for other cells than those of the released notebook.
    """
    from nbgrader.preprocessors import SaveCells

    folder, url = desk.chapter.folder, settings.CourseDirectory.db_url
    place = {"notebook": desk.chapter.name, "assignment": folder, "student": ".", "db_url": url}
    with one_writer(desk), clear_errors(desk.chapter.root):
        with opened(settings) as book:
            book.update_or_create_assignment(folder)
        release = as_notebook(desk.assignment.release)
        try:
            SaveCells(config=settings, log=quiet_log()[0]).preprocess(release, {"nbgrader": place})
        except RuntimeError as error:
            problem = f"The gradebook has submissions of {folder} for other cells than the released notebook has."
            remedy = "Grade them with the release that they were made from, or start a class folder: `course release`."
            raise CourseError(problem, remedy) from error


def is_registered(desk: Desk, settings: Any) -> bool:
    """Whether the gradebook knows the graded cells of the released notebook, with their points."""
    from nbgrader.api import MissingEntry

    if not _database(settings).is_file():
        return False
    records = [cell["metadata"].get("nbgrader", {}) for cell in desk.assignment.release["cells"]]
    wanted = {(record["grade_id"], float(record["points"])) for record in records if record.get("grade")}
    with opened(settings) as book:
        try:
            cells = book.find_notebook(desk.chapter.name, desk.chapter.folder).grade_cells
        except MissingEntry:
            return False
        return wanted == {(cell.name, float(cell.max_score)) for cell in cells}


@contextmanager
def one_writer(desk: Desk) -> Iterator[None]:
    """The lock of this class's gradebook."""
    from filelock import FileLock, Timeout

    desk.folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(desk.folder / "gradebook.lock", timeout=0):
            yield
    except Timeout as error:
        problem = f"Another `course grade` is writing marks in {desk.chapter.root}."
        raise CourseError(problem, "Wait until it is done, or stop it. " + AGAIN) from error


@contextmanager
def clear_errors(root: Path) -> Iterator[None]:
    """Turns what a locked gradebook and a full disk raise into one sentence and the next step."""
    from sqlalchemy.exc import DatabaseError

    try:
        yield
    except (DatabaseError, OSError) as error:
        raise sentence(error, root) from error


def sentence(error: BaseException, root: Path) -> CourseError:
    """What a person reads about an error of the gradebook or the disk."""
    text = str(getattr(error, "orig", error))
    book = root / "gradebook.db"
    if "locked" in text:
        problem = f"The gradebook {book} is locked by another program."
        return CourseError(problem, f"Close it (formgrader, a database viewer). {AGAIN}")
    if "full" in text or getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
        return CourseError(f"The disk is full: the marks in {root} cannot be written.", f"Make room there. {AGAIN}")
    if "readonly" in text or isinstance(error, PermissionError):
        return CourseError(f"The marks in {root} cannot be written: {text}.", f"See who owns these files. {AGAIN}")
    problem = f"The gradebook {book} cannot be used: {text}."
    return CourseError(problem, f"Put a backup in its place, or move it away. {AGAIN}")


def quiet_log() -> tuple[logging.Logger, list[str]]:
    """A log for nbgrader that prints nothing and keeps what it says from a warning upwards."""
    heard: list[str] = []

    class Heard(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.getMessage())

    log = logging.Logger("course.grade")
    log.addHandler(Heard(level=logging.WARNING))
    return log, heard
