"""From the percent file that an author edits to the solution notebook.

The percent format is plain Python with `# %%` between the cells: it can be reviewed line by line, type-checked and
formatted. jupytext reads it. What this module adds is everything that must not be left to chance when a notebook is
built twice: metadata filled in, directives expanded, ids derived, kernel named without its version.
"""

from __future__ import annotations

from typing import Any

from course_lib.authoring.cards import expand_cards
from course_lib.authoring.chapters import Chapter
from course_lib.authoring.expand import exercise_cell, expansion_of
from course_lib.authoring.ids import assign_ids
from course_lib.authoring.metadata import complete_metadata
from course_lib.authoring.registry import Registry, course_registry
from course_lib.errors import CourseError

# Fixed on purpose: a version number here would change every notebook with every Python update.
KERNEL = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def solution_notebook(chapter: Chapter, registry: Registry | None = None) -> Any:
    """The chapter's notebook with the reference answers in place.

    Args:
        chapter: which chapter.
        registry: where exercises are looked up; that of the course when None.

    Returns:
        An `nbformat` notebook without outputs, valid for nbformat 4.5.

    Raises:
        CourseError: a directive names something that does not exist, or the metadata of a cell is not valid.
    """
    import jupytext
    import nbformat

    registry = course_registry() if registry is None else registry
    notebook: Any = jupytext.read(chapter.source, fmt="py:percent")
    notebook.metadata = nbformat.from_dict(KERNEL)
    for cell in notebook.cells:
        cell.metadata.pop("lines_to_next_cell", None)  # jupytext's note about blank lines in the percent file
    complete_metadata(notebook.cells, registry)
    for cell in notebook.cells:
        _expand(cell, registry)
    assign_ids(notebook.cells)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        problem = f"{chapter.source.name} does not give a valid notebook: {str(error).splitlines()[0]}"
        raise CourseError(problem, "Mend the metadata of that cell.") from error
    return notebook


def _expand(cell: Any, registry: Registry) -> None:
    """Replace the directives of one cell, and note in its metadata which parts of an exercise were put in."""
    if cell.cell_type == "code":
        reference = expansion_of(cell.source)
        if reference is not None:
            cell.source = exercise_cell(reference)
    elif cell.cell_type == "markdown":
        cell.source, parts = expand_cards(cell.source, registry)
        if parts:
            cell.metadata["course"] = {**cell.metadata.get("course", {}), "parts": parts}


def notebook_bytes(notebook: Any) -> bytes:
    """The notebook as it lies on disk: sorted keys, one space of indentation, one final line break."""
    import nbformat

    text: str = nbformat.writes(notebook, version=4)
    return (text.rstrip("\n") + "\n").encode()
