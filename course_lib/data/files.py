"""Small files that are there whole or not at all, and folders in which one may write.

A long computation ends with a file. Whether that file can be written is known before the computation begins, so it is
asked then, and asked in the only way that answers: by writing. (A look at the permissions is wrong for root, for
read-only disks, and for full ones.) What is written then goes into a file beside the final one, which is renamed: a stop
in between leaves the old content, never half of the new.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from course_lib.errors import CourseError


def check_writable(folder: Path) -> None:
    """Make the folder where it is not there, and write and remove a small file in it.

    Raises:
        CourseError: that fails.
    """
    probe = folder / f".writable-{uuid.uuid4().hex}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"x")
        probe.unlink()
    except OSError as error:
        raise _cannot(folder, error) from error


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """Give the path of a file to write; it takes the place of `path` when the block ends well.

    Raises:
        CourseError: the file cannot be written.

    Example:
        >>> from tempfile import mkdtemp
        >>> path = Path(mkdtemp()) / "a.txt"
        >>> with replaced(path) as partial:
        ...     _ = partial.write_text("all of it")
        >>> path.read_text(), [other.name for other in path.parent.iterdir()]
        ('all of it', ['a.txt'])
    """
    partial = path.parent / f".{path.name}.{uuid.uuid4().hex}.partial"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        os.replace(partial, path)
    except OSError as error:
        raise _cannot(path, error) from error
    finally:
        partial.unlink(missing_ok=True)


def write_whole(path: Path, text: str) -> None:
    """Write a text file, UTF-8, through `replaced`."""
    with replaced(path) as partial:
        partial.write_text(text, encoding="utf-8")


def file_hash(*paths: Path) -> str:
    """The SHA-256 of the content of files, one after the other, in hexadecimal."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _cannot(path: Path, error: OSError) -> CourseError:
    reason = error.strerror or str(error)
    return CourseError(f"{path} cannot be written ({reason}).", "Make its folder writable, or choose another one.")
