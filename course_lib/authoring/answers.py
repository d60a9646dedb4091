"""Takes the answers out of a notebook: for each exercise, the function that its answer cell defines.

The gate runs on what learners and graders really have: the stub from the released notebook, the reference from the
solution notebook. Only the cells that define names (imports and functions) are executed, not the whole notebook.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat

from course_lib.checks.registry import exercises
from course_lib.errors import CourseError

ROOT = Path(__file__).resolve().parents[2]


def notebook_path(chapter: int, kind: str, root: Path = ROOT) -> Path:
    """The notebook of a chapter, in "chapters" or "solutions".

    Raises:
        CourseError: if it is not there.
    """
    found = sorted((root / kind).glob(f"{chapter:02d}_*/*.ipynb"))
    if not found:
        raise CourseError(f"Chapter {chapter} has no notebook in {kind}.", "Build it with: course build")
    return found[0]


def answer_functions(chapter: int, kind: str, root: Path = ROOT) -> dict[str, Callable[..., Any]]:
    """Exercise id to the function that the notebook defines for it."""
    notebook = nbformat.read(notebook_path(chapter, kind, root), as_version=4)
    namespace: dict[str, Any] = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            _define(cell.source, namespace)
    return {item.id: namespace[item.function] for item in exercises(chapter) if item.function in namespace}


def _define(source: str, namespace: dict[str, Any]) -> None:
    """Execute the imports and function definitions of a cell, and nothing else of it."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return
    tree.body = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef)]
    exec(compile(tree, "<notebook>", "exec"), namespace)
