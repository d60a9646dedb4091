"""Writes results into nbgrader's gradebook, by nbgrader's own converter, for those learners that need it.

There is one writer: the process that runs `course grade`, under a lock. What it writes for one learner is complete when
the notebook in `autograded/` carries the key of its result, because nbgrader writes that file last; a run that was
killed therefore starts again with the first learner whose notebook does not. A gradebook that is locked by another
program or a full disk ends the run with one sentence, and the next run goes on.

Marks by hand, comments by hand and extra credit are nbgrader's affair and stay. Where an answer is graded again that
had a mark by hand, nbgrader keeps the mark and asks for another look.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from course_lib.errors import CourseError
from course_lib.grading.desk import Desk, Handed, as_notebook
from course_lib.grading.results import SubmissionResult
from course_lib.grading.rows import Row, database, name_students, opened, rows
from course_lib.grading.writing import clear_errors, one_writer

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

    with one_writer(desk.folder), clear_errors(desk.chapter.root):
        known = rows(desk, settings)
        todo = [one for one in handed if again or not _is_written(desk, one, results[one.learner], known)]
        kept = [one.learner for one in handed if one not in todo]
        desk.known.update(results)
        for one in todo:
            desk.note(results[one.learner])
        if todo:
            with opened(settings) as book:
                name_students(book, [one.learner for one in todo])
        converter = ClassAutograde(desk, settings, {one.learner: one for one in todo}, progress)
        failed = converter.run() if todo else {}
        late_again(desk, settings, [known[name] for name in kept])
    return Written(tuple(one.learner for one in todo if one.learner not in failed), tuple(kept), failed)


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
    with one_writer(desk.folder), clear_errors(desk.chapter.root):
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

    if not database(settings).is_file():
        return False
    records = [cell["metadata"].get("nbgrader", {}) for cell in desk.assignment.release["cells"]]
    wanted = {(record["grade_id"], float(record["points"])) for record in records if record.get("grade")}
    with opened(settings) as book:
        try:
            cells = book.find_notebook(desk.chapter.name, desk.chapter.folder).grade_cells
        except MissingEntry:
            return False
        return wanted == {(cell.name, float(cell.max_score)) for cell in cells}


def quiet_log() -> tuple[logging.Logger, list[str]]:
    """A log for nbgrader that prints nothing and keeps what it says from a warning upwards."""
    heard: list[str] = []

    class Heard(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.getMessage())

    log = logging.Logger("course.grade")
    log.addHandler(Heard(level=logging.WARNING))
    return log, heard
