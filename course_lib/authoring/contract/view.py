"""A chapter as the rules see it: cells with roles, and the stretch of cells that belongs to each.

A *region* is a cell with a role and everything behind it until the next such cell. An author may therefore put a role
on the heading or on the code below it, as the text flows. Answers and tests do not open a region: they belong to the
exercise or question above them.
"""

from __future__ import annotations

import ast
import symtable
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from course_lib.authoring.contract.findings import Finding
from course_lib.authoring.registry import Registry

ROLES = (
    "card",
    "cold_open",
    "exercise",
    "repair",
    "signature",
    "control",
    "limits",
    "interactive",
    "questions",
    "written",
    "own_model",
    "references",
)
# These stand inside a region and do not open one.
INNER_ROLES = ("answer", "test", "question", "fault")
_OWN_SCOPE = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True)
class Region:
    """A cell with a role and the cells that belong to it."""

    role: str
    cells: tuple[Any, ...]

    @property
    def head(self) -> Any:
        """The cell that carries the role."""
        return self.cells[0]

    @property
    def id(self) -> str:
        """The exercise's id, or ""."""
        return str(self.head.metadata.get("course", {}).get("id", ""))

    @property
    def code(self) -> list[Any]:
        """Its code cells."""
        return [cell for cell in self.cells if cell.cell_type == "code"]

    @property
    def graded(self) -> list[Any]:
        """Its cells that give points."""
        return [cell for cell in self.cells if cell.metadata.get("nbgrader", {}).get("grade")]

    @property
    def answers(self) -> list[Any]:
        """Its cells that a learner fills in."""
        return [cell for cell in self.cells if cell.metadata.get("nbgrader", {}).get("solution")]


@dataclass(frozen=True)
class ChapterView:
    """A chapter's solution notebook, ready to be read.

    Attributes:
        chapter: the chapter's folder name.
        cells: all cells.
        registry: where exercises are looked up.
    """

    chapter: str
    cells: Sequence[Any]
    registry: Registry

    @property
    def number(self) -> int:
        """8 for "08_interpretability_overview"."""
        return int(self.chapter[:2])

    @cached_property
    def regions(self) -> list[Region]:
        """All regions, in order."""
        starts = [i for i, cell in enumerate(self.cells) if role_of(cell) not in ("", *INNER_ROLES)]
        ends = [*starts[1:], len(self.cells)][: len(starts)]
        return [
            Region(role_of(self.cells[start]), tuple(self.cells[start:end]))
            for start, end in zip(starts, ends, strict=True)
        ]

    def of_role(self, *roles: str) -> list[Region]:
        """The regions with one of these roles."""
        return [region for region in self.regions if region.role in roles]

    @property
    def code(self) -> list[Any]:
        """All code cells."""
        return [cell for cell in self.cells if cell.cell_type == "code"]

    def finding(self, rule: str, cell: Any, problem: str, remedy: str, level: str = "error") -> Finding:
        """A finding in this chapter; `cell` is None where one is missing."""
        return Finding(self.chapter, "" if cell is None else str(cell["id"]), rule, problem, remedy, level)


def role_of(cell: Any) -> str:
    """The cell's role, or ""."""
    return str(cell.metadata.get("course", {}).get("role", ""))


def python_of(cell: Any) -> str:
    """The code of a cell; lines that belong to IPython (`%matplotlib`, `!pip`) are empty."""
    return "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in cell.source.splitlines())


def tree_of(cell: Any) -> ast.Module:
    """The syntax tree of a code cell, lines that belong to IPython left out; empty where it is no Python."""
    try:
        return ast.parse(python_of(cell))
    except SyntaxError:
        return ast.Module(body=[], type_ignores=[])


def names_in(tree: ast.AST) -> set[str]:
    """Every plain name that is read."""
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def calls_in(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    """The calls of a function by its plain name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            yield node


def bound_names(tree: ast.Module) -> set[str]:
    """The names that a cell defines for the cells below it; the insides of functions and comprehensions are their own."""
    names: set[str] = set()
    todo: list[ast.AST] = list(tree.body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif not isinstance(node, _OWN_SCOPE):
            names |= {node.id} if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) else set()
            todo += ast.iter_child_nodes(node)
    return names


def used_names(cell: Any) -> set[str]:
    """Names that the cell reads at its outermost level, or takes from there into a function, annotations included.

    A name that the cell itself defines is among them: `x = x + 1` needs an earlier `x`.
    """
    updated = {node.target.id for node in own_nodes(tree_of(cell)) if _is_update(node)}
    declared = {name for node in ast.walk(tree_of(cell)) if isinstance(node, ast.Global) for name in node.names}
    return _outermost(cell, lambda symbol: True) | updated | declared


def own_nodes(tree: ast.Module) -> Iterator[Any]:
    """The nodes of a cell's outermost level; the insides of functions and classes are not among them."""
    todo: list[ast.AST] = list(tree.body)
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            todo += ast.iter_child_nodes(node)


def _is_update(node: ast.AST) -> bool:
    """`x += 1`, which a symbol table counts as a definition of x only."""
    return isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name)


def free_names(cell: Any) -> set[str]:
    """Those of the used names that the cell does not define itself."""
    return _outermost(cell, lambda symbol: not symbol.is_assigned())


def _outermost(cell: Any, counts: Callable[[symtable.Symbol], bool]) -> set[str]:
    """Names read in functions from the outermost level, and those read at that level which count."""
    try:
        table = symtable.symtable(python_of(cell), "cell", "exec")
    except SyntaxError:
        return set()
    found: set[str] = set()

    def visit(scope: symtable.SymbolTable, top: bool) -> None:
        for symbol in scope.get_symbols():
            if symbol.is_referenced() and ((symbol.is_global() and not top) or (top and counts(symbol))):
                found.add(symbol.get_name())
        for child in scope.get_children():
            visit(child, top=False)

    visit(table, top=True)
    return found
