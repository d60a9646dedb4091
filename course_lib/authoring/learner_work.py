"""Does a notebook hold work that a build would overwrite?

Learners work in the same files that a build writes. When nbgrader makes a release it stores a checksum of every answer
cell as it left the house; a cell that no longer has its checksum has been written into. A build then stops, because an
hour of somebody's thinking is worth more than a fresh file.
"""

from __future__ import annotations

from pathlib import Path

from course_lib.errors import CourseError


def changed_answers(content: bytes) -> list[str]:
    """The ids of the answer cells that were written into since the release; all empty when it is no notebook.

    Args:
        content: the bytes of a notebook file.
    """
    import nbformat
    from nbgrader.utils import compute_checksum

    try:
        notebook = nbformat.reads(content.decode(), as_version=4)
    except (ValueError, nbformat.ValidationError):
        return []
    answers = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("solution")]
    return [
        str(cell.metadata.nbgrader.get("grade_id"))
        for cell in answers
        if cell.metadata.nbgrader.get("checksum") not in (None, compute_checksum(cell))
    ]


def refuse_to_overwrite(path: Path, shown: str) -> None:
    """Raise when the notebook at `path` holds answers.

    Raises:
        CourseError: with the cells that were written into, and what to do.
    """
    changed = changed_answers(path.read_bytes()) if path.suffix == ".ipynb" and path.is_file() else []
    if changed:
        raise CourseError(
            f"{shown} holds answers ({', '.join(changed)}), and a build would overwrite them.",
            "Copy the notebook to another place, then add --overwrite.",
        )
