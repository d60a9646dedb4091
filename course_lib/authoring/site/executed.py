"""A chapter's solution notebook with its outputs, run when something has changed and kept otherwise.

What an output depends on is the notebook and the library; both go into the name under which the outputs are kept. The chapter is
run as learners run it, in a kernel of its own, from top to bottom.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from course_lib.authoring.chapters import Chapter, course_root
from course_lib.authoring.execute import execute
from course_lib.authoring.source import notebook_bytes, solution_notebook
from course_lib.data.cache import cache_dir, locked
from course_lib.errors import CourseError

CELL_SECONDS = 600.0


def executed_notebook(chapter: Chapter, *, run: bool = True, say: Callable[[str], None] = print) -> Any:
    """The solution notebook of a chapter with outputs.

    Args:
        chapter: which chapter.
        run: whether to run it when there are no outputs for it as it is now.
        say: is told what takes long.

    Raises:
        CourseError: a cell failed; or there are no outputs and `run` is false.
    """
    import nbformat

    notebook = solution_notebook(chapter)
    kept = cache_dir() / "site" / f"{chapter.folder}-{_fingerprint(notebook)}.ipynb"
    if kept.is_file():
        return nbformat.read(kept, as_version=4)
    if not run:
        raise CourseError(f"Chapter {chapter.number} has not been run as it is now.", "Leave out --no-run.")
    with locked(kept):
        if not kept.is_file():
            say(f"Running chapter {chapter.number} ({chapter.folder}) …")
            _run(notebook, kept)
            for old in kept.parent.glob(f"{chapter.folder}-*.ipynb"):
                if old != kept:
                    old.unlink()
    return nbformat.read(kept, as_version=4)


def _run(notebook: Any, kept: Path) -> None:
    import nbformat
    from nbclient.exceptions import CellExecutionError, CellTimeoutError

    source = kept.with_suffix(".source.ipynb")
    source.write_bytes(notebook_bytes(notebook))
    try:
        done = execute(source, CELL_SECONDS)
    except (CellExecutionError, CellTimeoutError) as error:
        reason = str(error).strip().splitlines()[-1]
        raise CourseError(
            f"The chapter {kept.stem} stopped: {reason}", "Mend it, then run `course site` again."
        ) from error
    finally:
        source.unlink(missing_ok=True)
    partial = kept.with_suffix(".partial")
    nbformat.write(done.notebook, partial)
    partial.replace(kept)


def _fingerprint(notebook: Any) -> str:
    """A hash of the notebook and of every file of the library that can change what it shows."""
    digest = hashlib.sha256(notebook_bytes(notebook))
    library = course_root() / "course_lib"
    for path in sorted(library.rglob("*")):
        inside = path.relative_to(library)
        if inside.parts[0] in ("cli", "grading", "authoring") or "__pycache__" in inside.parts or not path.is_file():
            continue
        digest.update(inside.as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
