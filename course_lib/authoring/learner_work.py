"""Does a notebook hold work that a build would overwrite?

Learners work in the same files that a build writes: they fill answer cells, and they change a line where the text says
"change this line", add cells, take notes. An hour of somebody's thinking is worth more than a fresh file, so a build
stops at each of these. Outputs are no work: running the notebook again brings them back.

Two questions find it. nbgrader stores a checksum of every answer cell as it left the house; one that no longer has it
has been written into. And the cells as a whole (ids, kinds, sources) must be ones that a build left here: those of the
last commit (`git show HEAD:...`), or those that a build wrote since then. For the second, `builds_remembered` notes a
hash of what a build changed, in git's own folder, where nothing is committed by accident.

The pitfall is the file that cannot be read: it might be anything, so it is not overwritten either. In a folder without
git, or for a notebook that was never committed, the checksums are all there is to go by.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from course_lib.errors import CourseError

RECORD = "course-build.json"


def read_notebook(content: bytes) -> Any:
    """The notebook in `content`; None when there is none in it."""
    import nbformat

    try:
        notebook = nbformat.reads(content.decode(), as_version=4)
        return notebook if isinstance(notebook.cells, list) else None
    except (ValueError, KeyError, AttributeError, TypeError, nbformat.ValidationError):
        return None


def changed_answers(notebook: Any) -> list[str]:
    """The ids of the answer cells that were written into since the release."""
    from nbgrader.utils import compute_checksum

    answers = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("solution")]
    return [
        str(cell.metadata.nbgrader.get("grade_id"))
        for cell in answers
        if cell.metadata.nbgrader.get("checksum") not in (None, compute_checksum(cell))
    ]


def cells_hash(notebook: Any) -> str:
    """A hash of what a person writes in a notebook: every cell's id, kind and source, in order."""
    cells = [[cell.get("id"), cell.cell_type, cell.source] for cell in notebook.cells]
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()


def git(folder: Path, *words: str) -> bytes | None:
    """What git says in `folder`; None when it is not installed, or fails there."""
    try:
        return subprocess.run(["git", *words], cwd=folder, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None


def record_file(folder: Path) -> Path | None:
    """The file in git's own folder that says what builds wrote; None without git."""
    said = git(folder, "rev-parse", "--git-path", RECORD) if folder.is_dir() else None
    return None if said is None else folder / said.decode().strip()


def read_record(record: Path | None) -> dict[str, str]:
    """Path of each notebook to the hash of the cells that the last build wrote into it."""
    try:
        found = json.loads(record.read_text(encoding="utf-8")) if record else {}
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


@contextmanager
def builds_remembered(folder: Path) -> Iterator[None]:
    """Inside, a build runs: the notebooks below `folder` that it changes are noted, also when it stops half-way."""
    before = hashes_below(folder)
    try:
        yield
    finally:
        written = {path: value for path, value in hashes_below(folder).items() if before.get(path) != value}
        record = record_file(folder)
        if written and record:
            with suppress(OSError):  # a record that is missing makes the next build ask, nothing worse
                record.write_text(json.dumps(read_record(record) | written, indent=1), encoding="utf-8")


def hashes_below(folder: Path) -> dict[str, str]:
    """Path to hash of the cells, for every notebook below `folder` that can be read."""
    notebooks = {path: read_notebook(path.read_bytes()) for path in folder.rglob("*.ipynb") if path.is_file()}
    return {str(path.resolve()): cells_hash(notebook) for path, notebook in notebooks.items() if notebook is not None}


def is_as_left(path: Path, notebook: Any) -> bool:
    """Whether the cells are those of the last commit or of a build since; also true where nothing can be compared."""
    found = cells_hash(notebook)
    if read_record(record_file(path.parent)).get(str(path.resolve())) == found:
        return True
    committed = git(path.parent, "show", f"HEAD:./{path.name}")
    original = None if committed is None else read_notebook(committed)
    return original is None or cells_hash(original) == found


def refuse_to_overwrite(path: Path, shown: str) -> None:
    """Raise when the notebook at `path` holds somebody's work, or cannot be read.

    Raises:
        CourseError: with what was found, and what to do.
    """
    if path.suffix != ".ipynb" or not path.is_file():
        return
    notebook = read_notebook(path.read_bytes())
    if notebook is None:
        found = "cannot be read as a notebook, so it may hold work"
    elif changed := changed_answers(notebook):
        found = f"holds answers ({', '.join(changed)})"
    elif not is_as_left(path, notebook):
        found = "has cells that were changed or added"
    else:
        return
    raise CourseError(
        f"{shown} {found}, and a build would overwrite it.", "Copy the notebook to another place, then add --overwrite."
    )
