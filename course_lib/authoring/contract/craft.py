"""Rules on craft: figures that can be read aloud, cells that fit on a screen, numbers that a run produced."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator
from typing import Any

from course_lib.authoring.contract.findings import Finding
from course_lib.authoring.contract.markdown import images, prose
from course_lib.authoring.contract.view import ChapterView, bound_names, free_names, names_in, role_of, tree_of

LONGEST_CELL = 40
_ARXIV = re.compile(r"arXiv:\d{4}\.\d{4,5}")
_DECIMAL = re.compile(r"(?<![\w.])[-−]?\d+\.\d+(?![\w.]*\d)")
_IMAGE_TAG = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_ALT = re.compile(r"\balt\s*=\s*[\"'][^\"']+[\"']", re.IGNORECASE)


def figures(view: ChapterView) -> Iterator[Finding]:
    """Every figure has a text: drawn by the library, wrapped in `Picture`, or a picture file with alternative text."""
    drawing = {name for cell in view.code for name in _matplotlib_names(tree_of(cell))}
    for cell in view.code:
        names = names_in(tree_of(cell))
        if names & drawing and "Picture" not in names:
            problem = "The cell draws a figure that has no text."
            remedy = "Use a function of course_lib.figures, or return Picture(figure, title, text)."
            yield view.finding("figures", cell, problem, remedy)
    for cell in view.cells:
        if cell.cell_type != "markdown":
            continue
        without = [source for source, text in images(cell.source) if not text.strip()]
        without += [tag for tag in _IMAGE_TAG.findall(cell.source) if not _ALT.search(tag)]
        for picture in without:
            problem = f"The picture {picture[:40]} has no alternative text."
            yield view.finding("figures", cell, problem, "Say in its alternative text what it shows.")


def cell_length(view: ChapterView) -> Iterator[Finding]:
    """No code cell is longer than a screen; docstrings and blank lines do not count."""
    for cell in view.code:
        lines = _lines_of_code(cell)
        if lines > LONGEST_CELL:
            problem = f"The cell has {lines} lines of code."
            yield view.finding("cell_length", cell, problem, f"Split it: {LONGEST_CELL} lines fit on a screen.")


def numbers(view: ChapterView) -> Iterator[Finding]:
    """Decimal numbers in the prose are tied to the run; what is tied stands in the text."""
    for cell in view.cells:
        if cell.cell_type != "markdown" or role_of(cell) == "references":
            continue
        course = cell.metadata.get("course", {})
        tied, given = course.get("numbers", {}), course.get("given", [])
        for text in tied:
            if text not in cell.source:
                problem = f"The number “{text}” is tied to an expression, but the cell does not say it."
                yield view.finding("numbers", cell, problem, 'Mend the text, or "numbers" in the cell\'s metadata.')
        if course.get("parts"):
            continue  # an exercise's card and hints: their numbers are examples, held by the exercise's own tests
        for number in _DECIMAL.findall(_ARXIV.sub("", prose(cell.source))):
            if not any(number in text for text in (*tied, *given)) and not _is_exercise(number, view):
                problem = f"The number {number} stands in the prose, and nothing holds it against a run."
                remedy = (
                    f'Add course={{"numbers": {{"{number}": "expression"}}}}, or "given": ["{number}"] for a setting.'
                )
                yield view.finding("numbers", cell, problem, remedy, level="warning")


def names(view: ChapterView) -> Iterator[Finding]:
    """An answer uses only names that the notebook has defined by then."""
    known = set(dir(builtins))
    for cell in view.code:
        tree = tree_of(cell)
        if cell.metadata.get("nbgrader", {}).get("solution"):
            missing = sorted(free_names(cell) - known - bound_names(tree))
            if missing:
                problem = f"The answer uses {', '.join(missing)}, which the notebook has not defined."
                yield view.finding("names", cell, problem, "Import it in the chapter's first cell.")
        known |= bound_names(tree)


def _matplotlib_names(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {a.asname or a.name.split(".")[0] for a in node.names if a.name.startswith("matplotlib")}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("matplotlib"):
            found |= {alias.asname or alias.name for alias in node.names}
    return found


def _lines_of_code(cell: Any) -> int:
    tree = tree_of(cell)
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node, clean=False) is not None:
            skipped |= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    lines = enumerate(cell.source.splitlines(), start=1)
    return sum(1 for number, line in lines if line.strip() and number not in skipped)


def _is_exercise(number: str, view: ChapterView) -> bool:
    return any(number == region.id for region in view.regions)
