"""Writing so that a full disk, a locked gradebook or a kill leaves nothing half done, and one clear sentence."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from course_lib.errors import CourseError

AGAIN = "Then run the same command again: it goes on from here, and nothing that was written is lost."


def write_file(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a file so that it is whole or absent.

    Raises:
        CourseError: it cannot be written, for example because the disk is full.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as stream:
            stream.write(content)
        os.replace(part, path)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        problem = f"{path} cannot be written: {error.strerror or error}."
        raise CourseError(problem, "Make room there, then run the same command again: it goes on from here.") from error


@contextmanager
def one_writer(folder: Path) -> Iterator[None]:
    """The lock of this class's gradebook."""
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / "gradebook.lock", timeout=0):
            yield
    except Timeout as error:
        problem = f"Another `course grade` is writing marks in {folder.parent}."
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
