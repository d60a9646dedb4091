"""One file that a learner handed in: read, and believed in nothing.

A submission is a file that somebody else chose: it may be a link to another learner's work or to the gradebook, a pipe
that never ends, three gigabytes, or a photograph. So it is opened once, without following a link, and everything that
is asked of it is asked of the open file. What cannot be read is an `Unreadable`: one learner's line in the report, with
the next step, and never the end of the run for everybody behind.

Where the files of a class lie, and whose they are, is the business of `submissions`.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course_lib.grading.notebooks import LIMITS, Limits, NotANotebook, parse_notebook

if TYPE_CHECKING:
    from course_lib.authoring.chapters import Chapter

HAND_IN = "Hand in the notebook file (.ipynb) itself."
_TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d{1,6})?( ?[A-Za-z][\w/+-]{0,40}|Z|[+-]\d\d:?\d\d)?")


@dataclass(frozen=True)
class Submission:
    """A notebook that was handed in and can be read.

    Attributes:
        learner: the name under which marks are kept; safe as the name of a folder.
        path: the file.
        sha256: of the file's bytes.
        notebook: what grading uses of it, as plain Python (see `notebooks`).
        timestamp: when it was handed in, as nbgrader writes it; "" when nobody says.
        warnings: what was noticed while it was looked for, one sentence each.
    """

    learner: str
    path: Path
    sha256: str
    notebook: dict[str, Any]
    timestamp: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unreadable:
    """Something that was handed in and cannot be graded.

    Attributes:
        learner: as for `Submission`.
        path: the file; None when there is none.
        reason: what is wrong and what the learner does next.
        sha256: of the file's bytes; "" when they were not read.
    """

    learner: str
    path: Path | None
    reason: str
    sha256: str = ""


class Refused(ValueError):
    """A file that is not opened, or not read to its end; the text is for the learner."""


def read_submission(learner: str, path: Path, *, limits: Limits = LIMITS) -> Submission | Unreadable:
    """Read one notebook file.

    Args:
        learner: whose it is.
        path: the file; a link is not followed.
        limits: what is taken.

    Returns:
        The submission, or why there is none; never an exception for anything that a learner can hand in.
    """
    try:
        raw = read_file(path, limits.file_bytes)
    except Refused as refused:
        return Unreadable(learner, path, str(refused))
    sha256 = hashlib.sha256(raw).hexdigest()
    try:
        return Submission(learner, path, sha256, parse_notebook(raw, limits))
    except NotANotebook as reason:
        return Unreadable(learner, path, str(reason), sha256)
    except MemoryError:
        return Unreadable(
            learner, path, "The file needs more memory than there is. Clear the outputs and save.", sha256
        )


def read_file(path: Path, most: int, *, folder: int | None = None) -> bytes:
    """The bytes of a regular file of at most `most` bytes.

    Args:
        path: the file.
        most: how many bytes are taken.
        folder: an open folder to which `path` is relative, for a folder that somebody else may be changing.

    Raises:
        Refused: it is a link, a folder, a pipe or a device, it is too large, or it cannot be read.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        if not hasattr(os, "O_NOFOLLOW") and os.path.islink(path):
            raise Refused(f"The file is a link to another file. {HAND_IN}")
        handle = os.open(path, flags | getattr(os, "O_CLOEXEC", 0), dir_fd=folder)
    except (OSError, ValueError) as error:
        if getattr(error, "errno", None) == errno.ELOOP or (folder is None and os.path.islink(path)):
            raise Refused(f"The file is a link to another file. {HAND_IN}") from error
        why = getattr(error, "strerror", None) or "its name cannot be used"
        raise Refused(f"The file cannot be opened ({why}). Hand it in again.") from error
    try:
        return _read(handle, most)
    except OSError as error:
        raise Refused(f"The file cannot be read ({error.strerror}). Hand it in again.") from error
    finally:
        os.close(handle)


def _read(handle: int, most: int) -> bytes:
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        raise Refused(f"What was handed in is a folder, a pipe or a device, and no file. {HAND_IN}")
    if status.st_size > most:
        raise Refused(too_large(most))
    parts, size = [], 0
    while chunk := os.read(handle, 2**20):
        parts.append(chunk)
        size += len(chunk)
        if size > most:  # it grew while it was read
            raise Refused(too_large(most))
    return b"".join(parts)


def too_large(most: int) -> str:
    """The sentence for a file of more than `most` bytes."""
    size = f"{most // 2**20} MB" if most >= 2**20 else f"{most} bytes"
    return f"The file is larger than {size}. Clear the outputs, save, and hand it in again."


def read_timestamp(path: Path) -> str:
    """nbgrader's note of when something was handed in; "" when there is none that can be understood."""
    try:
        text = read_file(path, 200).decode("ascii", "replace").strip()
    except Refused:
        return ""
    return text if _TIME.fullmatch(text) else ""


def find_submissions(
    source: Path, chapter: Chapter, *, pattern: str = "", scratch: Path
) -> list[Submission | Unreadable]:
    """What a class handed in for a chapter, one entry per learner, in order of name; see `submissions`."""
    from course_lib.grading.submissions import find

    return find(source, chapter, pattern=pattern, scratch=scratch)
