"""What a learner gets back: the notebook as a page, with our report in place of each test's output, and a short text.

The page is nbgrader's own (`generate_feedback`), through the sanitiser of `nbgrader_config.py`, so it shows marks by
hand and the comments beside answers. The text is for a mail or a terminal: per exercise the points, what happened, and
the next step. Neither knows a hidden case.

The page of a learner is made again only when something that it shows has changed: the result, a mark or a comment by
hand, the penalty. What it was made from is noted beside the reports. Where there are many pages to make, processes
share them, one for each core; what such a process does not make is made here, so that its error is a sentence here.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from course_lib.authoring.chapters import Chapter
from course_lib.grading.cell_report import text_of
from course_lib.grading.desk import Desk
from course_lib.grading.gradebook import quiet_log
from course_lib.grading.results import SubmissionResult
from course_lib.grading.rows import Row
from course_lib.grading.writing import clear_errors, write_file

TEXT = "feedback.txt"
WORTH_A_PROCESS = 25
"""Pages for which a process of their own pays: it needs 3 s to start, and a page 0.2 s (CPU)."""


def feedback_text(result: SubmissionResult, row: Row | None = None) -> str:
    """The short text of one learner.

    Args:
        result: of grading.
        row: of the gradebook, with marks by hand and the penalty; None leaves them out.

    Example:
        >>> print(feedback_text(SubmissionResult("ada", 8, "", readable=False, reason="It is empty.")))
        Chapter 8, ada
        Your submission could not be read. It is empty.
    """
    lines = [f"Chapter {result.chapter}, {result.learner}"]
    if not result.readable:
        lines.append(f"Your submission could not be read. {result.reason}")
    else:
        lines.append(f"{result.points:g} of {result.possible:g} points for code and questions.")
    if row is not None and (row.penalty or row.manual or row.score != result.points):
        waiting = " An answer still waits for its mark." if row.manual else ""
        late = f", {row.penalty:g} taken off for handing in late" if row.penalty else ""
        lines.append(f"In all: {row.final:g} of {row.possible:g} points{late}.{waiting}")
    lines += [f"Noticed: {warning}" for warning in result.warnings]
    return "\n".join([*lines, *("\n" + text_of(item) for item in result.items)])


def write_feedback(
    desk: Desk,
    settings: Any,
    results: Sequence[SubmissionResult],
    rows: dict[str, Row],
    *,
    again: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, str]:
    """Write page and text of each learner into nbgrader's folder `feedback/`.

    Args:
        desk: of the class and chapter.
        settings: of `nbgrader_config.py`.
        results: of whom.
        rows: of the gradebook, by learner.
        again: also where nothing has changed.
        progress: called as `progress(done, total)`.

    Returns:
        Why, for each learner for whom nbgrader could make no page.

    Raises:
        CourseError: nothing can be written.
    """
    todo = [result for result in results if again or not _is_there(desk, result, rows.get(result.learner))]
    with clear_errors(desk.chapter.root):
        failed = _pages(desk, settings, [result.learner for result in todo], progress) if todo else {}
    for result in todo:
        row = rows.get(result.learner)
        write_file(_folder(desk, result.learner) / TEXT, f"{feedback_text(result, row)}\n".encode())
        if result.learner not in failed:
            write_file(_note(desk, result.learner), _content(result, row).encode())
    return failed


def _folder(desk: Desk, learner: str) -> Path:
    return desk.chapter.root / "feedback" / learner / desk.chapter.folder


def _note(desk: Desk, learner: str) -> Path:
    return desk.reports / "feedback" / learner


def _content(result: SubmissionResult, row: Row | None) -> str:
    shown = replace(result, graded_at="", seconds=0.0, inside=0.0, cpu=0.0, inside_cpu=0.0)
    return hashlib.sha256(f"{shown.to_json()}\n{row}".encode()).hexdigest()


def _is_there(desk: Desk, result: SubmissionResult, row: Row | None) -> bool:
    folder = _folder(desk, result.learner)
    try:
        noted = _note(desk, result.learner).read_text(encoding="utf-8")
    except OSError:
        return False
    return (
        noted == _content(result, row)
        and (folder / TEXT).is_file()
        and (folder / f"{desk.chapter.name}.html").is_file()
    )


def _pages(
    desk: Desk, settings: Any, learners: Sequence[str], progress: Callable[[int, int], None] | None
) -> dict[str, str]:
    """Make the pages of these learners; why, for each for whom nbgrader could make none."""
    done: set[str] = set()
    processes = min(_cores(), len(learners) // WORTH_A_PROCESS)
    if processes > 1:
        done = pages_beside(desk.chapter, settings, learners, processes, progress)
    left = [learner for learner in learners if learner not in done]
    failed = pages_here(desk.chapter, settings, left, _behind(progress, len(done), len(learners))) if left else {}
    if progress is not None:
        progress(len(learners), len(learners))
    return failed


def _behind(progress: Callable[[int, int], None] | None, done: int, total: int) -> Callable[[int, int], None] | None:
    return None if progress is None else lambda now, _: progress(done + now, total)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def pages_beside(
    chapter: Chapter,
    settings: Any,
    learners: Sequence[str],
    processes: int,
    progress: Callable[[int, int], None] | None = None,
) -> set[str]:
    """Make pages in several processes; for whom they were made.

    Each process gets every so-manieth learner, and says a name when that page is made. Whatever else becomes of a process
    costs the pages that it has not made, and nothing more.
    """
    made: list[str] = []
    folder = chapter.root / "feedback"
    path = os.pathsep.join(folder for folder in sys.path if folder)
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1"}

    def one(part: Sequence[str]) -> None:
        with suppress(OSError, pickle.PicklingError, TypeError, AttributeError):
            job = pickle.dumps((chapter, settings, list(part)))
            command = [sys.executable, "-m", "course_lib.grading.feedback"]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
            with subprocess.Popen(command, env=environment, **pipes) as process:  # type: ignore[call-overload]
                with process.stdin as stream:
                    stream.write(job)
                for line in process.stdout:
                    made.append(json.loads(line))
                    if progress is not None:
                        progress(len(made), len(learners))

    with ThreadPoolExecutor(processes) as pool:
        list(pool.map(one, [learners[first::processes] for first in range(processes)]))
    return {name for name in made if (folder / name / chapter.folder / f"{chapter.name}.html").is_file()}


def pages_here(
    chapter: Chapter,
    settings: Any,
    learners: Sequence[str],
    progress: Callable[[int, int], None] | None = None,
    made: Callable[[str], None] | None = None,
) -> dict[str, str]:
    """Make pages one after the other.

    Args:
        chapter: with the folder of the class.
        settings: of `nbgrader_config.py`.
        learners: for whom.
        progress: called as `progress(done, total)`.
        made: called with a learner's name when that page is made.

    Returns:
        Why, for each learner for whom nbgrader could make no page.
    """
    from nbgrader.converters import GenerateFeedback
    from nbgrader.converters.base import NbGraderException
    from nbgrader.coursedir import CourseDirectory

    class ClassFeedback(GenerateFeedback):
        """nbgrader's feedback for given learners."""

        def init_notebooks(self) -> None:
            folders = {learner: self._format_source(chapter.folder, learner) for learner in learners}
            name = chapter.release.name
            self.assignments = {folder: [str(Path(folder) / name)] for folder in folders.values()}
            self.notebooks: list[str] = []

        def init_assignment(self, assignment_id: str, student_id: str) -> None:
            if progress is not None:
                progress(sorted(learners).index(student_id), len(learners))
            super().init_assignment(assignment_id, student_id)

        def convert_single_notebook(self, notebook_filename: str) -> None:
            super().convert_single_notebook(notebook_filename)
            if made is not None:
                made(Path(notebook_filename).parent.parent.name)

    log, heard = quiet_log()
    coursedir = CourseDirectory(config=settings, log=log)
    coursedir.assignment_id = chapter.folder
    converter = ClassFeedback(coursedir=coursedir, config=settings, log=log)
    converter.force = True
    try:
        converter.start()
    except NbGraderException as error:
        if error.__context__ is not None and not isinstance(error.__context__, NbGraderException):
            raise error.__context__ from None
    folder = chapter.root / "feedback"
    missing = [name for name in learners if not (folder / name / chapter.folder / f"{chapter.name}.html").is_file()]
    return dict.fromkeys(missing, heard[-1] if heard else "nbgrader made no page")


def main() -> None:
    """Make the pages of the job on stdin, which this package's own process wrote; a line on stdout for each."""
    chapter, settings, learners = pickle.load(sys.stdin.buffer)
    pages_here(chapter, settings, learners, made=lambda name: print(json.dumps(name), flush=True))


if __name__ == "__main__":
    main()
