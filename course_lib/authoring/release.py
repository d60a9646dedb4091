"""From the solution notebook to the learner's notebook, by nbgrader's own converter.

nbgrader cuts out the answers, locks the tests and stores the checksums by which it later tells whether a test was
changed. Doing that by hand would mean to follow its format for ever; so the conversion runs in a temporary course
folder with the settings of `nbgrader_config.py`, without a gradebook, and only its files are taken.
"""

from __future__ import annotations

import logging
import re
import tempfile
from pathlib import Path
from typing import Any

from course_lib.authoring.chapters import Chapter
from course_lib.authoring.source import notebook_bytes
from course_lib.errors import CourseError

_NEVER_COPIED = (".py", ".pyc", ".ipynb")


def released_files(chapter: Chapter, solution: Any) -> dict[str, bytes]:
    """Everything that belongs into `chapters/NN_name`.

    Args:
        chapter: which chapter.
        solution: its solution notebook.

    Returns:
        File contents by path relative to the chapter's folder; the notebook and the pictures it shows.

    Raises:
        CourseError: nbgrader refuses the notebook.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        source = root / "solutions" / chapter.folder
        source.mkdir(parents=True)
        (source / chapter.solution.name).write_bytes(notebook_bytes(solution))
        for path in extra_files(chapter):
            target = source / path.relative_to(chapter.source_folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
        _convert(root, chapter)
        release = root / "chapters" / chapter.folder
        files = sorted(path for path in release.rglob("*") if path.is_file())
        return {path.relative_to(release).as_posix(): path.read_bytes() for path in files}


_ASKS = re.compile(r"""\b(?P<call>choose\("\d+\.Q\d+"|check\("\d+\.Q\d+", \w+)\)""")


def for_a_class(notebook: bytes) -> bytes:
    """The learner's notebook for a class: questions note a choice, and what there is to say about it comes with the marks.

    nbgrader's checksums are made anew for the cells that change.
    """
    import nbformat
    from nbgrader.utils import compute_checksum

    found: Any = nbformat.reads(notebook.decode(), as_version=4)
    for cell in found.cells:
        changed = _ASKS.sub(lambda match: f'{match["call"]}, feedback="with the marks")', cell.source)
        if cell.cell_type == "code" and changed != cell.source:
            cell.source = changed
            if "checksum" in cell.metadata.get("nbgrader", {}):
                cell.metadata.nbgrader.checksum = compute_checksum(cell)
    return notebook_bytes(found)


def extra_files(chapter: Chapter) -> list[Path]:
    """Pictures and data beside the source; sources, notebooks and hidden files are none."""
    paths = (path for path in sorted(chapter.source_folder.rglob("*")) if path.is_file())
    return [path for path in paths if path.suffix not in _NEVER_COPIED and not _hidden(path, chapter)]


def _hidden(path: Path, chapter: Chapter) -> bool:
    return any(part.startswith((".", "__")) for part in path.relative_to(chapter.source_folder).parts)


def _convert(root: Path, chapter: Chapter) -> None:
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory

    settings = nbgrader_settings(chapter.root)
    settings.CourseDirectory.root = str(root)
    settings.CourseDirectory.assignment_id = chapter.folder
    settings.SaveCells.enabled = False
    heard = _Messages()
    log = logging.Logger("course.release")
    log.addHandler(heard)
    coursedir = CourseDirectory(config=settings, log=log)
    try:
        GenerateAssignment(coursedir=coursedir, config=settings, log=log, no_database=True).start()
    except Exception as error:
        reason = next((text for text in heard.texts if "Error" in text), str(error)).strip().splitlines()[-1]
        problem = f"nbgrader cannot convert {chapter.folder}: {reason}"
        raise CourseError(problem, "Mend that cell in the chapter's source.") from error


def nbgrader_settings(root: Path) -> Any:
    """The settings in `nbgrader_config.py` of a course's folder."""
    from traitlets.config import PyFileConfigLoader

    if not (root / "nbgrader_config.py").is_file():
        raise CourseError(f"There is no nbgrader_config.py in {root}.", "Run this in the course's folder.")
    return PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()


class _Messages(logging.Handler):
    """Keeps what nbgrader says from a warning upwards."""

    def __init__(self) -> None:
        super().__init__(level=logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())
