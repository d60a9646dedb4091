"""The text of a cell as Python sees it: its syntax tree, and whether two cells are the same.

The source is somebody else's: Python's parser is only shown what is short and flat enough for it.
"""

from __future__ import annotations

import ast
import re
import threading
import warnings

LONGEST, DEEPEST_BRACKETS = 100_000, 60
_MAGIC = re.compile(
    r"^(?P<indent>[ \t]*)(?:[%!?]).*$"
    r"|^(?P<left>[^#\n'\"]*?=[ \t]*)[%!](?!=).*$"
    r"|^(?P<query>[ \t]*)[\w.]+\?\??[ \t]*$",
    re.MULTILINE,
)
CELL_MAGIC = re.compile(r"\s*%%(?P<name>\w+)[^\n]*\n?")
TIMED = ("time", "capture", "prun", "timeit")
_IGNORED = re.compile(r"#[^\n]*|[\s()]+")
_parser = threading.Lock()


def parse_code(text: str) -> ast.Module | None:
    """The syntax tree of a cell, IPython's own lines blanked; None when it has none, or a bad one to look at.

    Example:
        >>> [type(node).__name__ for node in parse_code("%matplotlib inline\\nx = 1").body]
        ['Pass', 'Assign']
        >>> parse_code("def f(:") is None
        True
    """
    if _too_much(text):
        return None
    magic = CELL_MAGIC.match(text)
    if magic:
        text = text[magic.end() :] if magic["name"] in TIMED else ""
    return _tree(text) or _tree(_MAGIC.sub(_blank, text))


def _blank(found: re.Match[str]) -> str:
    if found["left"] is not None:
        return f"{found['left']}None"
    return f"{found['indent'] or found['query'] or ''}pass"


def _too_much(text: str) -> bool:
    return len(text) > LONGEST or _depth(text) > DEEPEST_BRACKETS


def _depth(text: str) -> int:
    """How deep brackets are nested, those in strings included."""
    deepest = depth = 0
    for found in re.finditer(r"[()\[\]{}]", text):
        depth = depth + 1 if found[0] in "([{" else max(0, depth - 1)
        deepest = max(deepest, depth)
    return deepest


def _tree(text: str) -> ast.Module | None:
    try:
        with _parser, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def same_code(one: str, other: str) -> bool:
    """Whether two cells are the same but for white space and comments."""
    if one.strip() == other.strip():
        return True
    if _IGNORED.sub("", one) != _IGNORED.sub("", other):
        return False
    left, right = (None if _too_much(text) else _tree(text) for text in (one, other))
    if left is None or right is None:
        return False
    try:
        return ast.dump(left) == ast.dump(right)
    except RecursionError:
        return False
