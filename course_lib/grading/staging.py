"""Copies of what a class handed in, laid where nbgrader looks for them.

A learning platform gives one archive, a mailbox loose files; formgrader and `nbgrader autograde` want
`submitted/LEARNER/CHAPTER/notebook.ipynb`. What lies there already is left as it is. A copy is made of the bytes that
were read and of nothing else: no link, no second file, no name that the learner chose.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from course_lib.grading.desk import Desk, Handed
from course_lib.grading.intake import Refused, Submission, read_file, read_timestamp
from course_lib.grading.notebooks import LIMITS
from course_lib.grading.writing import write_file


def stage(desk: Desk, handed: list[Handed]) -> list[Handed]:
    """Lay copies into nbgrader's folder of submissions.

    Args:
        desk: of the class and chapter.
        handed: what was found, wherever it lies.

    Returns:
        The same, with the paths of the copies. What cannot be copied (a link, a pipe) keeps its path or has none.

    Raises:
        CourseError: a copy cannot be written.
    """
    return [_staged(desk, one) for one in handed]


def _staged(desk: Desk, one: Handed) -> Handed:
    folder = desk.submitted / one.learner / desk.chapter.folder
    mend_time(folder)
    if one.path is None or _is_under(one.path, folder):
        return desk.recalled(one)
    try:
        raw = read_file(one.path, LIMITS.file_bytes)
    except Refused:
        return one
    target = folder / desk.chapter.release.name
    if one.sha256 and hashlib.sha256(raw).hexdigest() != one.sha256:
        return one  # it was changed since it was read; what was read is graded
    if not _holds(target, raw):
        write_file(target, raw)
    if isinstance(one, Submission) and one.timestamp:
        write_file(folder / "timestamp.txt", f"{one.timestamp}\n".encode("ascii"))
    desk.remember(one)
    return replace(one, path=target)


def mend_time(folder: Path) -> None:
    """Put a note of the time aside that is none: one such file would keep formgrader from listing the whole class."""
    note = folder / "timestamp.txt"
    if not folder.is_symlink() and (note.is_symlink() or note.exists()) and not read_timestamp(note):
        with suppress(OSError):
            note.replace(folder / "timestamp.txt.unreadable")


def _is_under(path: Path, folder: Path) -> bool:
    return path.absolute().is_relative_to(folder.absolute())


def _holds(path: Path, raw: bytes) -> bool:
    with suppress(Refused):
        return read_file(path, LIMITS.file_bytes) == raw
    return False
