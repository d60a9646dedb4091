"""The functions that a chapter's answer cells define, as they stand in its notebooks.

A gate that tests the library's reference tests the wrong thing if the notebook that learners get says something else.
So the functions are taken from the notebooks themselves: the stubs from `chapters/`, the answers from the notebook that
the source gives. Only the imports and the answers above a cell and the cell itself are run, no model is loaded.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from course_lib.authoring.chapters import Chapter, find_chapters
from course_lib.authoring.registry import Registry, course_registry
from course_lib.authoring.source import solution_notebook
from course_lib.errors import CourseError


def answer_functions(
    chapter: int | str,
    kind: Literal["chapters", "solutions"],
    *,
    root: Path | None = None,
    registry: Registry | None = None,
) -> dict[str, Callable[..., Any]]:
    """The function of each exercise of a chapter, by the exercise's id.

    Args:
        chapter: its number or folder name.
        kind: "chapters" for the stubs that learners get, "solutions" for the answers.
        root: the course's folder; that of this package when None.
        registry: where exercises are looked up; that of the course when None.

    Raises:
        CourseError: the learner's notebook is not built yet.
    """
    (found,) = find_chapters(root, [str(chapter)])
    registry = course_registry() if registry is None else registry
    cells = _released(found).cells if kind == "chapters" else solution_notebook(found, registry).cells
    functions = {}
    imports: list[ast.stmt] = []
    before: dict[str, Any] = {}  # a later answer may call an earlier one: cells share their names
    for cell in (cell for cell in cells if cell.cell_type == "code"):
        if cell.metadata.get("course", {}).get("role") == "answer":
            names = run_cell(cell.source, imports, before)
            for exercise in registry.exercises(found.number):
                if exercise.id == cell.metadata["course"]["id"] and exercise.function in names:
                    functions[exercise.id] = before[exercise.function] = names[exercise.function]
        else:
            imports += [node for node in _statements(cell.source) if isinstance(node, ast.Import | ast.ImportFrom)]
    return functions


def run_cell(source: str, imports: list[ast.stmt], before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The names that a cell defines, given the imports and answers above it; a stub at its outermost level stops nothing.

    Example:
        >>> run_cell("double = lambda x: 2 * x", [])["double"](4)
        8
    """
    names: dict[str, Any] = {**(before or {}), "__name__": "answer"}
    exec(compile(ast.Module(body=imports, type_ignores=[]), "<imports>", "exec"), names)
    with suppress(NotImplementedError):
        exec(compile(source, "<answer>", "exec"), names)
    return names


def _released(chapter: Chapter) -> Any:
    import nbformat

    if not chapter.release.is_file():
        problem = f"{chapter.release.relative_to(chapter.root)} is missing."
        raise CourseError(problem, f"Run `course build {chapter.number}`.")
    return nbformat.read(chapter.release, as_version=4)


def _statements(source: str) -> list[ast.stmt]:
    try:
        return ast.parse(source).body
    except SyntaxError:  # a cell with IPython's own commands
        return []
