"""Which chapters there are, and where each one's files lie.

A chapter is a folder `solutions/NN_name` with one percent-format file `name.py`; everything else follows from that
name. nbgrader calls the folder an assignment and the file a notebook, so the same two names appear in its gradebook.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from course_lib.errors import CourseError

_FOLDER = re.compile(r"(?P<number>\d\d)_(?P<name>[a-z][a-z0-9_]*)")


@dataclass(frozen=True)
class Chapter:
    """One chapter.

    Attributes:
        root: the folder that holds `solutions`, `chapters` and `nbgrader_config.py`.
        folder: "08_interpretability_overview".
    """

    root: Path
    folder: str

    @property
    def number(self) -> int:
        """8 for "08_interpretability_overview"."""
        return int(self.folder[:2])

    @property
    def name(self) -> str:
        """The notebook's name without its ending."""
        return self.folder[3:]

    @property
    def source_folder(self) -> Path:
        """Where the author works."""
        return self.root / "solutions" / self.folder

    @property
    def source(self) -> Path:
        """The one file that an author edits."""
        return self.source_folder / f"{self.name}.py"

    @property
    def solution(self) -> Path:
        """The notebook with the reference answers; not committed."""
        return self.source_folder / f"{self.name}.ipynb"

    @property
    def release_folder(self) -> Path:
        """Where learners work."""
        return self.root / "chapters" / self.folder

    @property
    def release(self) -> Path:
        """The learner's notebook; committed."""
        return self.release_folder / f"{self.name}.ipynb"


def course_root() -> Path:
    """The folder of the course: the one above this package, where `nbgrader_config.py` lies."""
    return Path(__file__).resolve().parents[2]


def find_chapters(root: Path | None = None, wanted: Sequence[str] = ()) -> list[Chapter]:
    """The chapters under `root`, in order.

    Args:
        root: the course's folder; that of this package when None.
        wanted: numbers ("8", "08") or folder names; all chapters when empty.

    Raises:
        CourseError: a wanted chapter does not exist, or a chapter's folder has no source of its name.
    """
    root = course_root() if root is None else Path(root).resolve()
    folders = sorted(path.name for path in (root / "solutions").glob("*/") if _FOLDER.fullmatch(path.name))
    chapters = [Chapter(root, folder) for folder in folders]
    if wanted:
        chapters = [_pick(chapters, word) for word in wanted]
    for chapter in chapters:
        if not chapter.source.is_file():
            problem = f"Chapter {chapter.folder} has no source file {chapter.source.relative_to(root)}."
            raise CourseError(problem, "Create it, or give the folder the name of its file.")
    return chapters


def _pick(chapters: Sequence[Chapter], word: str) -> Chapter:
    for chapter in chapters:
        if word in (chapter.folder, chapter.name) or (word.isdigit() and int(word) == chapter.number):
            return chapter
    there = ", ".join(chapter.folder for chapter in chapters) or "none yet"
    raise CourseError(f"There is no chapter {word!r} in solutions/.", f"Chapters: {there}.")
