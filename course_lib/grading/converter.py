"""nbgrader's autograder for the learners that it is given, with their submissions and results at hand.

It differs from `nbgrader autograde` in three points: it does not search the folder of submissions, it ends at the first
error that would hit everybody (a locked gradebook, a full disk), and it says how far it is.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import OperationalError

from course_lib.grading.desk import Desk, Handed
from course_lib.grading.gradebook import quiet_log

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


class Halt(BaseException):
    """Ends a conversion past nbgrader's own handling; the cause says why."""


class ClassAutograde(Autograde):
    """Converts the submissions of given learners.

    Args:
        desk: of the class and chapter.
        settings: of `nbgrader_config.py`.
        handed: the submissions, by learner.
        progress: called as `progress(done, total)`, or None.
    """

    def __init__(
        self, desk: Desk, settings: Any, handed: dict[str, Handed], progress: Callable[[int, int], None] | None
    ) -> None:
        log, self.heard = quiet_log()
        coursedir = CourseDirectory(config=settings, log=log)
        coursedir.assignment_id = desk.chapter.folder
        super().__init__(coursedir=coursedir, config=settings, log=log)
        self.desk, self.handed, self.progress = desk, handed, progress
        self.force = True
        self.failed: dict[str, str] = {}

    def init_notebooks(self) -> None:
        """Those that were given, whatever the file's name."""
        self.assignments = {
            self._format_source(self.desk.chapter.folder, learner): [
                str(Path(self._format_source(self.desk.chapter.folder, learner)) / self.desk.chapter.release.name)
            ]
            for learner in self.handed
        }
        self.notebooks: list[str] = []

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """Say how far it is, and stop where nothing can be written any more."""
        if self.progress is not None:
            self.progress(sorted(self.handed).index(student_id), len(self.handed))
        self._halting(super().init_assignment, student_id, assignment_id, student_id)

    def convert_single_notebook(self, notebook_filename: str) -> None:
        """As nbgrader does, and stop where nothing can be written any more."""
        self._halting(super().convert_single_notebook, Path(notebook_filename).parent.parent.name, notebook_filename)

    def _halting(self, method: Callable[..., Any], learner: str, *arguments: Any) -> None:
        try:
            method(*arguments)
        except OperationalError as error:
            raise Halt from error
        except OSError as error:
            if error.errno in FULL:
                raise Halt from error
            self.failed[learner] = str(error)
            raise
        except Exception as error:
            self.failed[learner] = f"{type(error).__name__}: {error}"
            raise

    def run(self) -> dict[str, str]:
        """Convert all; returns why for each learner that could not be converted.

        Raises:
            OperationalError, OSError: what stops everybody.
        """
        try:
            self.start()
        except Halt as halt:
            raise halt.__cause__ from None  # type: ignore[misc]
        except NbGraderException:
            if not self.failed:
                raise
        if self.progress is not None:
            self.progress(len(self.handed), len(self.handed))
        return self.failed
