"""A class from what was handed in to marks, feedback and a report: what `course grade` does, step by step.

Every step can be killed and done again: what was graded is in the store, a learner's marks are complete or not there,
pages are made again only where something changed. So nothing here remembers how far it was; it asks what is there.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from course_lib.authoring.chapters import Chapter, course_root, find_chapters
from course_lib.authoring.release import nbgrader_settings
from course_lib.errors import CourseError
from course_lib.grading import service
from course_lib.grading.class_report import ClassReport, class_report
from course_lib.grading.desk import AssignmentMaker, Desk, Handed, PlacedChapter, noticed
from course_lib.grading.intake import Submission, find_submissions
from course_lib.grading.results import SubmissionResult
from course_lib.names import did_you_mean

Progress = Callable[[str, int, int, float | None], None]
"""Called as `progress(what, done, total, seconds left or None)`."""
MOST_NAMES = 20
DEFAULT_MAKER = "course_lib.grading.assignment:assignment_of"


@dataclass(frozen=True)
class Wishes:
    """What the instructor asked for.

    Attributes:
        submitted: where the submissions are; nbgrader's folder when None.
        pattern: how loose files are named, for instance "{learner}_{chapter}.ipynb".
        learners: only these; everybody when empty.
        again: grade again what was graded.
        workers: submissions at a time; the number of cores when None.
        scheduler: the address of a dask scheduler.
    """

    submitted: Path | None = None
    pattern: str = ""
    learners: tuple[str, ...] = ()
    again: bool = False
    workers: int | None = None
    scheduler: str | None = None


@dataclass(frozen=True)
class Graded:
    """What came of it.

    Attributes:
        report: on the class.
        rows: of the gradebook, by learner.
        written: learners whose marks were written now.
        kept: learners whose marks were there already.
        problems: what did not work, one sentence each.
        files: the report's files.
    """

    report: ClassReport
    rows: dict[str, Any]
    written: tuple[str, ...]
    kept: tuple[str, ...]
    problems: tuple[str, ...]
    files: tuple[Path, ...]


def open_desk(word: str, *, root: Path | None = None, sandboxed: bool = True) -> tuple[Desk, Any]:
    """The desk of a chapter in the folder of a course or a class, and nbgrader's settings there.

    Args:
        word: the chapter's number or folder name.
        root: the folder with `nbgrader_config.py`; the course's own when None.
        sandboxed: False runs learner code without isolation.

    Raises:
        CourseError: there is no such chapter, or it was not released there.
    """
    root = course_root() if root is None else Path(root).resolve()
    desk = desk_at(root, _folder(word, root), sandboxed=sandboxed)
    if not desk.chapter.release.is_file():
        raise _not_there(desk.chapter)
    return desk, nbgrader_settings(root)


def _not_there(chapter: Chapter) -> CourseError:
    """What to say where there is no notebook for learners: a class has what was released to it, the course what was built."""
    if chapter.root == course_root():
        return CourseError(f"{chapter.release} is missing.", f"Run `course build {chapter.number}`.")
    number, name = f"{chapter.number:02}", chapter.root.name
    released = sorted({path.parent.name[:2] for path in chapter.root.glob("release/[0-9][0-9]_*/*.ipynb")})
    there = f"released: {', '.join(released)}" if released else "nothing is"
    problem = f"Chapter {number} has not been released to the class {name!r} ({there})."
    return CourseError(problem, f"Release it: `course release {number} --class {name}`.")


def desk_at(root: Path, folder: str, *, sandboxed: bool = True, releases: str = "") -> Desk:
    """The desk of a chapter in a folder with `nbgrader_config.py`.

    Args:
        root: the folder.
        folder: of the chapter.
        sandboxed: False runs learner code without isolation.
        releases: where released notebooks are, relative to `root`; as the settings say when "".
    """
    settings = nbgrader_settings(root)
    places, own = settings.CourseDirectory, settings.SubmissionExporter
    chapter = PlacedChapter(root, folder, places.source_directory, releases or places.release_directory)
    module, _, name = str(own.assignment if "assignment" in own else DEFAULT_MAKER).partition(":")
    make: AssignmentMaker = getattr(import_module(module), name)
    return Desk(chapter, make, sandboxed and ("sandboxed" not in own or bool(own.sandboxed)))


def _folder(word: str, root: Path) -> str:
    """The chapter's folder name; a class folder has released chapters and no sources."""
    with suppress(CourseError):
        return find_chapters(root, [word])[0].folder
    there = sorted(path.parent.name for path in root.glob("*/[0-9][0-9]_*/*.ipynb"))
    for folder in there:
        if word in (folder, folder[3:]) or (word.isdigit() and int(word) == int(folder[:2])):
            return folder
    return find_chapters(None, [word])[0].folder


def grade_class(desk: Desk, settings: Any, wishes: Wishes, progress: Progress) -> Graded:
    """Grade a class.

    Args:
        desk: of class and chapter.
        settings: nbgrader's there.
        wishes: what the instructor asked for.
        progress: hears how far it is.

    Raises:
        CourseError: what a person can put right: no submissions, no sandbox, a locked gradebook, a full disk.
    """
    from course_lib.grading.feedback import write_feedback
    from course_lib.grading.gradebook import is_registered, register, write_marks
    from course_lib.grading.rows import rows
    from course_lib.grading.writing import clear_errors

    with clear_errors(desk.chapter.root), tempfile.TemporaryDirectory(prefix="course-grade-") as scratch:
        handed = collect(desk, wishes, Path(scratch))
        if not is_registered(desk, settings):
            register(desk, settings)
        results = results_of(desk, handed, wishes, progress)
        marks = write_marks(
            desk,
            settings,
            handed,
            results,
            again=wishes.again,
            progress=lambda done, n: progress("marks", done, n, None),
        )
    with clear_errors(desk.chapter.root):
        known = rows(desk, settings)
    pages = write_feedback(
        desk, settings, list(results.values()), known, progress=lambda done, n: progress("feedback", done, n, None)
    )
    report = class_report(f"{desk.chapter.folder} ({desk.chapter.root.name})", _everybody(desk, results, known))
    failed = [f"{name}: the marks could not be written. {why}" for name, why in marks.failed.items()]
    failed += [f"{name}: there is no feedback page. {why}" for name, why in pages.items()]
    return Graded(report, known, marks.written, marks.kept, tuple(failed), tuple(report.write(desk.reports)))


def _everybody(desk: Desk, results: dict[str, SubmissionResult], known: dict[str, Any]) -> list[SubmissionResult]:
    """The last result of everybody who is in the gradebook, whoever was graded now."""
    noted = {result.learner: result for result in desk.noted() if result.learner in known}
    return list({**noted, **results}.values())


def collect(desk: Desk, wishes: Wishes, scratch: Path) -> list[Handed]:
    """What was handed in, with a copy of each in nbgrader's folder."""
    from course_lib.grading.staging import stage

    source = wishes.submitted or desk.submitted
    if not source.exists():
        remedy = "Put submissions into submitted/LEARNER/CHAPTER/, or say where they are: --submitted FOLDER_OR_ZIP."
        raise CourseError(f"There is no {source}.", f"{_classes_of(desk)}{remedy}")
    handed = find_submissions(source, desk.chapter, pattern=wishes.pattern, scratch=scratch)
    return stage(desk, _picked(handed, wishes.learners))


def _classes_of(desk: Desk) -> str:
    """Which classes there are, for who works in the course's own folder."""
    there = sorted(path.parent.name for path in desk.chapter.root.glob("classes/*/nbgrader_config.py"))
    return f"For a class, add --class NAME ({', '.join(there)}). " if there else ""


def _picked(handed: Sequence[Handed], learners: Sequence[str]) -> list[Handed]:
    names = [one.learner for one in handed]
    for learner in learners:
        if learner not in names:
            listed = ", ".join(names[:MOST_NAMES]) + (", …" if len(names) > MOST_NAMES else "")
            remedy = f"{did_you_mean(learner, names)}There are {len(names)}: {listed}."
            raise CourseError(f"There is no submission of {learner!r}.", remedy)
    return [one for one in handed if not learners or one.learner in learners]


def results_of(desk: Desk, handed: Sequence[Handed], wishes: Wishes, progress: Progress) -> dict[str, SubmissionResult]:
    """The result of each submission, by learner; what was graded before comes from the store."""
    if wishes.again:
        for one in handed:
            if isinstance(one, Submission):
                desk.store.forget(service.key_for(desk.assignment, one))
    by_learner = {one.learner: one for one in handed}
    found = {}
    graded = service.grade(
        desk.assignment, handed, store=desk.store, workers=wishes.workers, scheduler=wishes.scheduler,
        sandboxed=desk.sandboxed, progress=lambda done, total, left: progress("graded", done, total, left),
    )  # fmt: skip
    for result in graded:
        found[result.learner] = noticed(result, by_learner[result.learner])
    return {learner: found[learner] for learner in by_learner}
