"""A rule on what may depend on a learner's answers: tests, other answers, and nothing else.

A demonstration that calls the learner's function fails for everybody who has not written it yet, in a place that says
nothing about the exercise; and with a wrong answer it shows a wrong picture without a word. So demonstrations call the
library's functions. Since this is read from the code, the demonstrations of an untouched notebook need not be run to know
that they run (`course_lib.authoring.untouched`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from course_lib.authoring.contract.findings import Finding
from course_lib.authoring.contract.view import (
    ChapterView,
    bound_names,
    own_nodes,
    python_of,
    role_of,
    tree_of,
    used_names,
)

MAY_DEPEND = ("answer", "test")
# With these a cell reaches every name, or the output of whichever cell ran before it.
_REACH_EVERYTHING = {"globals", "locals", "vars", "exec", "eval", "get_ipython", "In", "Out", "_", "__", "___"}


def answers_apart(view: ChapterView) -> Iterator[Finding]:
    """Only answers and tests use names that an answer or a test defines."""
    dependent = [cell for cell in view.code if role_of(cell) in MAY_DEPEND]
    defined: dict[str, str] = {}
    for cell in dependent:
        defined |= dict.fromkeys(_defined(cell), str(cell["id"]))
        if _changes_without_a_name(tree_of(cell)):
            problem = "The cell assigns to a part of something that other cells share."
            yield view.finding("answers_apart", cell, problem, "An answer or a test defines names of its own only.")
    for cell in view.code:
        if role_of(cell) in MAY_DEPEND:
            continue
        if not _is_python(cell):
            problem = "The cell is no plain Python, so nobody can read from it whether it needs an answer."
            yield view.finding("answers_apart", cell, problem, "Write it in Python.")
        used = used_names(cell)
        for name in sorted(used & defined.keys()):
            problem = f"The cell uses {name}, which the cell {defined[name]} defines: it depends on an answer."
            remedy = "Call the library's function under another name, or move this into a test cell."
            yield view.finding("answers_apart", cell, problem, remedy)
        for name in sorted(used & _REACH_EVERYTHING):
            problem = f"The cell uses {name}, with which it could reach an answer."
            yield view.finding("answers_apart", cell, problem, "Name what it needs.")
        if "*" in defined:
            problem = f"The cell {defined['*']} imports *, so every name may be one of its own."
            yield view.finding("answers_apart", cell, problem, "Import names one by one.")


def _defined(cell: Any) -> set[str]:
    """What a cell defines for the cells below it, through `global` in a function too."""
    tree = tree_of(cell)
    declared = [name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names]
    return bound_names(tree) | set(declared)


def _changes_without_a_name(tree: ast.Module) -> bool:
    """Whether the outermost level of a cell assigns to an attribute or to an entry of something."""
    changed = (ast.Store, ast.Del)
    parts = (node for node in own_nodes(tree) if isinstance(node, ast.Attribute | ast.Subscript))
    return any(isinstance(part.ctx, changed) for part in parts)


def _is_python(cell: Any) -> bool:
    try:
        ast.parse(python_of(cell))
    except SyntaxError:
        return False
    return True
