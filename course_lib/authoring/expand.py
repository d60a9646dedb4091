"""One text for a library function and for the exercise that asks for it.

A course that keeps its reference answers in notebooks and its library in modules has every function twice, and the two
drift apart. Here the cell of an exercise holds one line,

    # expand: course_lib.attention.averages:mean_attention

and the build writes the library's own source in its place: signature and docstring as they stand, the body between the
marks that nbgrader cuts out. So the learner is asked for exactly the function that the rest of the course calls.

What gets lost on the way: decorators are dropped (`@torch.no_grad()` changes speed and memory, not values), and the
names that the function takes from its module must be imported in the notebook. The contract's rule `names` sees to that.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from course_lib.errors import CourseError

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
_DIRECTIVE = re.compile(r"# expand: (?P<reference>[\w.]+:\w+)")


@dataclass(frozen=True)
class FunctionText:
    """The text of a function in three parts, each without a final line break.

    Attributes:
        signature: from `def` to the colon, decorators left out.
        docstring: with its quotation marks, indented.
        body: what follows, comments included, indented.
    """

    signature: str
    docstring: str
    body: str


@cache
def function_text(reference: str) -> FunctionText:
    """The source of a library function, taken apart.

    Args:
        reference: "package.module:name".

    Raises:
        CourseError: there is no such function, or it has no docstring or no body.
    """
    source = textwrap.dedent(_source(reference))
    lines = source.splitlines()
    node = ast.parse(source).body[0]
    first = node.body[0] if isinstance(node, ast.FunctionDef) else node
    documented = isinstance(node, ast.FunctionDef) and ast.get_docstring(node) is not None and len(node.body) > 1
    if not documented or first.end_lineno is None:
        remedy = "An exercise's reference is a function with a docstring and a body below it."
        raise CourseError(f"{reference} cannot become an exercise.", remedy)
    return FunctionText(
        signature="\n".join(lines[node.lineno - 1 : first.lineno - 1]),
        docstring="\n".join(lines[first.lineno - 1 : first.end_lineno]),
        body="\n".join(lines[first.end_lineno :]).strip("\n"),
    )


def _source(reference: str) -> str:
    module, _, name = reference.partition(":")
    try:
        source = import_module(module)
    except ImportError as error:
        raise CourseError(f"{module} cannot be imported: {error}.", f"{reference} is wanted from it.") from error
    try:
        return inspect.getsource(getattr(source, name))
    except (AttributeError, OSError, TypeError) as error:
        problem = f"There is no function {reference!r}: {error}."
        raise CourseError(problem, "Write it as package.module:function.") from error


def expansion_of(code: str) -> str | None:
    """The reference that a cell asks for, or None when the cell is ordinary code.

    Example:
        >>> expansion_of("# expand: course_lib.attention.averages:mean_attention")
        'course_lib.attention.averages:mean_attention'
        >>> expansion_of("x = 1  # expand: later") is None
        True
    """
    found = _DIRECTIVE.fullmatch(code.strip())
    return found["reference"] if found else None


def exercise_cell(reference: str) -> str:
    """The code of an answer cell: the library function with its body between nbgrader's marks."""
    text = function_text(reference)
    return "\n".join([text.signature, text.docstring, f"    {BEGIN}", text.body, f"    {END}"])
