"""Does the learner's notebook give an answer away?

nbgrader cuts out what lies between its marks, and nothing else. A mark that is misspelt, an answer cell that is not
marked as one, a helper cell that repeats the decisive line: each ships the answer to everybody, and nobody notices,
since the notebook works. So the build does not trust the cutting and looks at the result: no line of an answer may
stand in it, in whatever layout.

Lines are compared as the parser writes them (`ast.unparse`), so that line breaks, quotation marks and superfluous
parentheses do not hide them, and as plain text without spaces, which also finds them in prose and in hints. Short lines
(`return total`) say nothing and are left out. Where a line rightly stands in both, as in a repair exercise whose faulty
function shares most of its lines with the right one, the cell says so: `course={"shares": ["8.6"]}`.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from course_lib.authoring.expand import BEGIN, END

# Shorter lines occur by chance: `for head in heads:` has 18 characters.
LONG_ENOUGH = 20


@dataclass(frozen=True)
class Leak:
    """A line of an answer in the learner's notebook.

    Attributes:
        cell: id of the cell where it stands.
        exercise: whose answer it is from.
        line: the line.
    """

    cell: str
    exercise: str
    line: str


def all_answers(solution: Any, references: Mapping[str, str]) -> list[tuple[str, str]]:
    """What a learner must not see: pairs of an exercise's id and a line.

    Args:
        solution: the solution notebook; its answer cells are taken.
        references: the body of each exercise's reference in the library, by id. An answer that was written into a cell
            which nobody marked as one is found through them.
    """
    written = [(_exercise(cell), line) for cell in solution.cells for line in answer_lines(cell)]
    return list(dict.fromkeys([*written, *((id, line) for id, body in references.items() for line in _hidden(body))]))


def find_leaks(answers: Sequence[tuple[str, str]], released: Any) -> list[Leak]:
    """Lines of the answers that stand in the learner's notebook, and marks that were left."""
    leaks = []
    for cell in released.cells:
        shared = cell.metadata.get("course", {}).get("shares", [])
        texts = [_squeeze(cell.source), *map(_squeeze, _statements(cell.source))]
        leaks += [Leak(cell.id, "", mark) for mark in (BEGIN, END) if mark in cell.source]
        for exercise, line in answers:
            if exercise not in shared and any(_squeeze(line) in text for text in texts):
                leaks.append(Leak(cell.id, exercise, line))
    return leaks


def leaks_in_text(answers: Sequence[tuple[str, str]], text: str) -> list[str]:
    """Lines of the answers that stand in a file which is copied beside the notebook."""
    squeezed = _squeeze(text)
    return [line for _, line in answers if _squeeze(line) in squeezed]


def answer_lines(cell: Any) -> list[str]:
    """The lines of a cell that a learner must not see, the short ones left out."""
    if not cell.metadata.get("nbgrader", {}).get("solution"):
        return []
    if cell.cell_type != "code":  # an answer in prose: its lines as they stand
        return [line.strip() for line in cell.source.splitlines() if len(_squeeze(line)) > LONG_ENOUGH]
    region = re.compile(rf"^[ \t]*{BEGIN}\n(.*?)^[ \t]*{END}", re.DOTALL | re.MULTILINE)
    return [line for text in region.findall(cell.source) or [cell.source] for line in _hidden(text)]


def _hidden(code: str) -> list[str]:
    lines = [*_statements(code), *_comments(code)]
    told = ("def ", "import ", "from ", "@")  # the card shows the signature, and imports give nothing away
    return [line for line in dict.fromkeys(lines) if len(_squeeze(line)) > LONG_ENOUGH and not line.startswith(told)]


def _statements(code: str) -> list[str]:
    """One line per statement, as the parser writes it, docstrings left out; the plain lines where it cannot be read."""
    try:
        tree = ast.parse(textwrap.dedent(code))
    except SyntaxError:
        return [line.strip() for line in code.splitlines()]
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body[0] = ast.Pass()
    return [line.strip() for line in ast.unparse(tree).splitlines()]


def _comments(code: str) -> list[str]:
    return [line.strip().lstrip("# ") for line in code.splitlines() if line.strip().startswith("#")]


def _squeeze(text: str) -> str:
    """Without spaces and with one kind of quotation mark."""
    return re.sub(r"\s+", "", text).replace("'", '"')


def _exercise(cell: Any) -> str:
    return str(cell.metadata.get("course", {}).get("id", cell.metadata.nbgrader.get("grade_id", "")))
