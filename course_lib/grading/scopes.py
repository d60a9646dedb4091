"""Which names a function reads from outside, and which it binds there: Python's rules of scope, without running anything."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def root_of(node: ast.AST) -> str:
    """`a` for `a`, `a.b[0].c` and `a.b().c`; "" when it does not begin with a name."""
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        else:
            return ""
    return node.id


def captured(pattern: ast.pattern) -> Iterator[str]:
    """The names that a `case` binds."""
    for node in ast.walk(pattern):
        name = getattr(node, "name", None) or getattr(node, "rest", None)
        if isinstance(name, str):
            yield name


def annotations_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.expr]:
    """The annotations of a function's arguments and of what it returns."""
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
    found = [argument.annotation for argument in arguments if argument is not None]
    return [annotation for annotation in [*found, node.returns] if annotation is not None]


def free_names(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> tuple[set[str], set[str]]:
    """The global names that a function may read when it is called, and those that it binds by `global`.

    A name that is bound anywhere inside is taken for a local one, functions inside it included; that is right but for
    names which an inner function has of its own and the outer one reads from outside, so those are kept.
    """
    reads: set[str] = set()
    written: set[str] = set()
    _scope(function, frozenset(), reads, written)
    return reads, written


def _scope(function: ast.AST, outer: frozenset[str], reads: set[str], written: set[str]) -> None:
    own, inner = set(_parameters(function)), []
    loads: set[str] = set()
    globals_: set[str] = set()
    body = function.body if isinstance(function.body, list) else [function.body]  # type: ignore[attr-defined]
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            if not isinstance(node, ast.Lambda):
                own.add(node.name)
                stack += [*node.decorator_list, *annotations_of(node)]
            stack += [*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)]
            inner.append(node)
            continue
        if isinstance(node, ast.Global):
            globals_ |= set(node.names)
        elif isinstance(node, ast.Name):
            (loads if isinstance(node.ctx, ast.Load) else own).add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            own |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ClassDef | ast.ExceptHandler) and node.name:
            own.add(node.name)
        elif isinstance(node, ast.pattern):
            own |= set(captured(node))
        stack += ast.iter_child_nodes(node)
    written |= own & globals_
    visible = (outer | own) - globals_
    reads |= (loads | globals_) - visible
    for one in inner:
        _scope(one, frozenset(visible), reads, written)


def _parameters(function: ast.AST) -> Iterator[str]:
    arguments: ast.arguments = function.args  # type: ignore[attr-defined]
    for one in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]:
        if one is not None:
            yield one.arg
