"""What a cell's code says about names, without running it: which it binds, which it reads, which it changes.

A cell reads a name *now* (while it runs) or *later* (inside a function that somebody calls afterwards); the difference
decides which definition it gets. It changes a name without binding it by assigning to a part of it, or by a statement
that is nothing but a method call: `cache.update(x=1)`, `torch.manual_seed(0)`.

Parsing is the business of `cell_code`, and what a function reads from outside that of `scopes`.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from functools import lru_cache

from course_lib.grading.cell_code import CELL_MAGIC, TIMED, parse_code
from course_lib.grading.scopes import annotations_of, captured, free_names, root_of

_STRANGE = frozenset(
    ("exec", "eval", "globals", "locals", "vars", "setattr", "delattr", "get_ipython", "__import__", "compile")
)
_STRANGE_LINE = re.compile(r"^[ \t]*%(run|load|pylab|autocall|edit|macro|rerun|recall)\b", re.MULTILINE)
_SHOWING = frozenset(
    ("print", "display", "check", "len", "type", "help", "repr", "str", "list", "sorted", "sum", "max", "min", "dir", "id")
)  # fmt: skip


@dataclass
class Names:
    """What a cell does with names.

    Attributes:
        binds: names that exist after it in any case.
        may_bind: names that it binds under a condition, or inside a function that says `global`.
        now: names that it reads while it runs, and has not bound before.
        later: names that its functions read when they are called.
        touches: names whose value it changes.
        passes: names whose value it gives to a function in a statement of its own, `fill(cache)`.
        calls: names that it calls while it runs.
        writers: for each function of the cell, the global names that a call binds.
        modules: names that it binds by an import.
        strange: it uses something that hides names (`exec`, `globals`, a star import).
    """

    binds: set[str] = field(default_factory=set)
    may_bind: set[str] = field(default_factory=set)
    now: set[str] = field(default_factory=set)
    later: set[str] = field(default_factory=set)
    touches: set[str] = field(default_factory=set)
    passes: set[str] = field(default_factory=set)
    calls: set[str] = field(default_factory=set)
    writers: dict[str, set[str]] = field(default_factory=dict)
    modules: set[str] = field(default_factory=set)
    strange: bool = False

    @property
    def defines(self) -> set[str]:
        """All names that it may give a value."""
        return self.binds | self.may_bind


@lru_cache(maxsize=512)  # a chapter's own cells come again with every submission; a text has at most 100,000 letters
def names_of(text: str) -> Names | None:
    """What the code of a cell does with names; None when that cannot be said. The caller changes nothing in it.

    Example:
        >>> found = names_of("seed = 3\\ndef draw(n):\\n    return seed + n + offset\\ncache['a'] = draw(1)")
        >>> sorted(found.binds), sorted(found.now), sorted(found.later), sorted(found.touches)
        (['draw', 'seed'], ['cache'], ['offset', 'seed'], ['cache'])
    """
    tree = parse_code(text)
    if tree is None:
        return None
    magic = CELL_MAGIC.match(text)
    hides = magic is not None and magic["name"] not in TIMED
    found = Names(strange=hides or _STRANGE_LINE.search(text) is not None)
    try:
        for statement in tree.body:
            _Reader(found).statement(statement, sure=True)
    except RecursionError:
        return None
    return found


class _Reader(ast.NodeVisitor):
    """Collects the names of one statement at the cell's own level."""

    def __init__(self, found: Names) -> None:
        self.found, self.sure = found, True

    def statement(self, node: ast.stmt, sure: bool) -> None:
        """Read a statement; `sure` if it runs in any case."""
        before, self.sure = self.sure, sure
        self.visit(node)
        self.sure = before

    def _bind(self, name: str) -> None:
        (self.found.binds if self.sure else self.found.may_bind).add(name)

    def _read(self, name: str) -> None:
        if name not in self.found.binds:
            self.found.now.add(name)
        if name in _STRANGE:
            self.found.strange = True

    def _block(self, statements: list[ast.stmt], sure: bool) -> None:
        for one in statements:
            self.statement(one, sure and self.sure)

    def visit_Name(self, node: ast.Name) -> None:
        """A name read, bound or deleted."""
        if isinstance(node.ctx, ast.Load):
            self._read(node.id)
        elif isinstance(node.ctx, ast.Store):
            self._bind(node.id)
        else:
            self.found.touches.add(node.id)
            self._read(node.id)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """`name.part = …` changes `name`."""
        self._part(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        """`name[part] = …` changes `name`."""
        self._part(node)

    def _part(self, node: ast.Attribute | ast.Subscript) -> None:
        root = root_of(node)
        if root and not isinstance(node.ctx, ast.Load):
            self.found.touches.add(root)
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        """The value is read before the names are bound."""
        self.visit(node.value)
        for target in node.targets:
            self.visit(target)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """Without a value it binds nothing."""
        self.visit(node.annotation)
        if node.value is not None:
            self.visit(node.value)
            self.visit(node.target)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """`name += 1` reads and changes."""
        self.visit(node.value)
        root = root_of(node.target)
        if root:
            self._read(root)
            self.found.touches.add(root)
        if not isinstance(node.target, ast.Name):
            self.visit(node.target)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        """`(name := value)`; not in any case, it may stand behind an `and`."""
        self.visit(node.value)
        self.found.may_bind.add(node.target.id)

    def visit_Expr(self, node: ast.Expr) -> None:
        """A statement that is a call may change what it is called on, or what it is given."""
        call = node.value.value if isinstance(node.value, ast.Await) else node.value
        if isinstance(call, ast.Call):
            root = root_of(call.func)
            if root and not isinstance(call.func, ast.Name):
                self.found.touches.add(root)
            if root not in _SHOWING:
                given = [*call.args, *(keyword.value for keyword in call.keywords)]
                self.found.passes |= {name for name in map(root_of, given) if name}
        self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        """Remember what is called by name."""
        if isinstance(node.func, ast.Name):
            self.found.calls.add(node.func.id)
        self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        """`import a.b` binds `a`."""
        for alias in node.names:
            self._bind(alias.asname or alias.name.split(".")[0])
            self.found.modules.add(alias.asname or alias.name.split(".")[0])

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """A star hides the names."""
        for alias in node.names:
            if alias.name == "*":
                self.found.strange = True
            else:
                self._bind(alias.asname or alias.name)
                self.found.modules.add(alias.asname or alias.name)

    def visit_If(self, node: ast.If | ast.While) -> None:
        """What is inside happens under a condition."""
        self.visit(node.test)
        self._block([*node.body, *node.orelse], sure=False)

    visit_While = visit_If

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        """A loop may have no round."""
        self.visit(node.iter)
        before, self.sure = self.sure, False
        self.visit(node.target)
        self.sure = before
        self._block([*node.body, *node.orelse], sure=False)

    visit_AsyncFor = visit_For

    def visit_Try(self, node: ast.Try) -> None:
        """Anything in it may be left half-way."""
        self._block(node.body, sure=False)
        for handler in node.handlers:
            if handler.type is not None:
                self.visit(handler.type)
            self._block(handler.body, sure=False)
        self._block(node.orelse, sure=False)
        self._block(node.finalbody, sure=True)

    visit_TryStar = visit_Try  # type: ignore[assignment]

    def visit_Match(self, node: ast.Match) -> None:
        """Which case it is, is seen when it runs."""
        self.visit(node.subject)
        for case in node.cases:
            self.found.may_bind |= set(captured(case.pattern))
            if case.guard is not None:
                self.visit(case.guard)
            self._block(case.body, sure=False)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Decorators, defaults and annotations are read now, the body later."""
        for part in [*node.decorator_list, *node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)]:
            self.visit(part)
        for annotation in annotations_of(node):
            self.visit(annotation)
        later, written = free_names(node)
        self.found.later |= later
        self.found.may_bind |= written
        if written:
            self.found.writers[node.name] = written
        self._bind(node.name)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """As a function without a name."""
        for part in [*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)]:
            self.visit(part)
        self.found.later |= free_names(node)[0]

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Its body runs now, with names of its own; its methods later."""
        for part in [*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)]:
            self.visit(part)
        inner = Names(binds=set(self.found.binds))
        reader = _Reader(inner)
        for statement in node.body:
            reader.statement(statement, sure=True)
        self.found.now |= inner.now
        self.found.later |= inner.later
        self.found.touches |= inner.touches
        self.found.calls |= inner.calls
        self.found.strange |= inner.strange
        self._bind(node.name)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        """Its own names stay inside."""
        own = {n.id for g in node.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)}
        inner = Names(binds=set(self.found.binds) | own)
        reader = _Reader(inner)
        for generator in node.generators:
            reader.visit(generator.iter)
            for condition in generator.ifs:
                reader.visit(condition)
        for part in [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]:
            reader.visit(part)
        self.found.now |= inner.now - own
        self.found.later |= inner.later - own
        self.found.calls |= inner.calls
        self.found.may_bind |= inner.may_bind
        self.found.strange |= inner.strange

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension
