"""The files that were handed in, wherever they lie: on the disk, in a class's archive, in a learner's archive.

No link is followed. What comes out of an archive is written under a number, never under a name that somebody else chose;
the name is kept beside it, since it says whose file it is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from course_lib.errors import CourseError
from course_lib.grading.archives import (
    CLASS_CAPS,
    BadArchive,
    Member,
    is_archive,
    is_other_archive,
    name_problem,
    open_archive,
)
from course_lib.grading.intake import HAND_IN

MOST_FILES, MOST_OF_A_CLASS, DEEPEST = 2_000, 500_000, 4
SKIPPED = (".", "__MACOSX")
ATTEMPT = re.compile(r"-(\d{1,6})(?=\.[^.]+$)")


@dataclass(frozen=True)
class File:
    """One file that was handed in.

    Attributes:
        path: where it lies now.
        name: what the learner called it.
        attempt: the platform's number of it, 0 for the first.
        modified: "YYYY-MM-DD HH:MM:SS" in UTC, "" when unknown.
        problem: why it is not opened; "" when it is.
    """

    path: Path
    name: str
    attempt: int = 0
    modified: str = ""
    problem: str = ""

    @property
    def age(self) -> tuple[int, str, str]:
        """What is compared to find the newest."""
        return (self.attempt, self.modified, self.name)


@dataclass
class HandIn:
    """All that one learner handed in."""

    learner: str
    folder: Path | None = None
    files: list[File] = field(default_factory=list)
    timestamp: str = ""
    warnings: list[str] = field(default_factory=list)


def entries_of(folder: Path, most: int) -> list[os.DirEntry[str]]:
    """What lies in a folder, in order of name, without what programs leave there."""
    with os.scandir(folder) as found:
        mine = (entry for entry in found if not entry.name.startswith(SKIPPED))
        return sorted(islice(mine, most), key=lambda entry: entry.name)


def files_below(folder: Path, most: int) -> Iterator[File]:
    """The files below a folder; no link is followed."""
    left = [(folder, DEEPEST)]
    while left:
        here, depth = left.pop()
        try:
            entries = entries_of(here, most)
        except OSError:
            continue
        most -= len(entries)
        for entry in entries:
            path = Path(entry.path)
            if not entry.is_dir(follow_symlinks=False):
                yield File(path, path.relative_to(folder).as_posix(), attempt_of(entry.name), _modified(entry))
            elif depth > 1:
                left.append((path, depth - 1))


def is_interesting(name: str) -> bool:
    """Whether a file's name is that of a notebook or an archive."""
    return name.lower().endswith(".ipynb") or is_archive(name) or is_other_archive(name)


def attempt_of(name: str) -> int:
    """The number that a platform puts into a name: 2 for "x-2.ipynb", 0 without one."""
    found = ATTEMPT.search(name)
    return int(found[1]) if found else 0


def _modified(entry: os.DirEntry[str]) -> str:
    try:
        status = entry.stat(follow_symlinks=False)
        return datetime.fromtimestamp(status.st_mtime, UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (OSError, OverflowError, ValueError):
        return ""


def unpacked_class(archive: Path, scratch: Path) -> Iterator[File]:
    """The files of a class's archive, each written into `scratch` under a number; what is bad is named and left out."""
    folder = scratch / "class"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with open_archive(archive, CLASS_CAPS) as members:
            for number, member in enumerate(members):
                parts = [part for part in member.name.split("/") if part not in ("", "..")]
                if parts and not any(part.startswith(SKIPPED) for part in parts):
                    yield _written(member, folder / f"{number}{_ending(parts[-1])}")
    except BadArchive as error:
        raise CourseError(f"{archive} cannot be read: {error}", "Download it again from the platform.") from error


def _written(member: Member, path: Path) -> File:
    name = member.name if not name_problem(member.name) else _without_tricks(member.name)
    if member.problem:
        return File(path, name, problem=f"The file in the archive is not read: {member.problem}. {HAND_IN}")
    try:
        if is_interesting(name):
            path.write_bytes(member.read())
    except BadArchive as error:
        return File(path, name, problem=str(error))
    return File(path, name, attempt_of(name), member.modified)


def _without_tricks(name: str) -> str:
    """A name by which a learner can still be told; it is never used as a path."""
    return "/".join(part for part in name[:400].replace("\\", "/").split("/") if part not in ("", ".", ".."))


def _ending(name: str) -> str:
    lower = name.lower()
    return next((e for e in (".ipynb", ".tar.gz", ".tgz", ".tar", ".zip") if lower.endswith(e)), ".other")


def unpacked_learner(file: File, folder: Path) -> list[File]:
    """The notebooks of a learner's archive, written into `folder` under numbers.

    Raises:
        BadArchive: it cannot be read, or something in it is not as it should be.
    """
    found = []
    folder.mkdir(parents=True, exist_ok=True)
    with open_archive(file.path) as members:
        for number, member in enumerate(members):
            parts = member.name.split("/")
            if member.problem:
                raise BadArchive(f"A file in the archive is not read: {member.problem}. {HAND_IN}")
            if parts[-1].lower().endswith(".ipynb") and not any(part.startswith(SKIPPED) for part in parts):
                path = folder / f"{number}.ipynb"
                path.write_bytes(member.read())
                found.append(File(path, parts[-1], attempt_of(parts[-1]), member.modified))
    if not found:
        raise BadArchive(f"There is no notebook in the archive. {HAND_IN}")
    return found


def stem_of(name: str) -> str:
    """A notebook's name without folders and ending."""
    return name.rpartition("/")[2].removesuffix(".ipynb")
