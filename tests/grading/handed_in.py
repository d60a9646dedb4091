"""Notebooks as learners hand them in, made of the real releases and the reference answers."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

from course_lib.authoring.chapters import Chapter, find_chapters
from course_lib.authoring.registry import course_registry
from course_lib.authoring.source import solution_notebook

PROJECT = Path(__file__).resolve().parents[2]
MARKS = ("### BEGIN SOLUTION", "### END SOLUTION")
Notebook = dict[str, Any]


def chapter(number: int = 8) -> Chapter:
    return find_chapters(PROJECT, [str(number)])[0]


@cache
def _release(number: int) -> str:
    return chapter(number).release.read_text(encoding="utf-8")


def release(number: int = 8) -> Notebook:
    return json.loads(_release(number))


@cache
def answers(number: int = 8) -> dict[str, str]:
    """The reference answers, by the id of the answer cell."""
    cells = solution_notebook(chapter(number), course_registry()).cells
    solved = [cell for cell in cells if cell.metadata.get("nbgrader", {}).get("solution")]
    return {c.id: "\n".join(line for line in c.source.splitlines() if line.strip() not in MARKS) for c in solved}


def filled(number: int = 8) -> Notebook:
    """The release with every answer written in."""
    notebook = release(number)
    for cell in notebook["cells"]:
        if cell["id"] in answers(number):
            cell["source"] = answers(number)[cell["id"]].splitlines(keepends=True)
    return notebook


def place(notebook: Notebook, id: str) -> int:
    return next(n for n, cell in enumerate(notebook["cells"]) if cell.get("id") == id)


def cell(notebook: Notebook, id: str) -> dict[str, Any]:
    return notebook["cells"][place(notebook, id)]


def code(source: str, **fields: Any) -> dict[str, Any]:
    """A code cell of the learner's own."""
    return {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [], "source": source, **fields}


def add(notebook: Notebook, source: str, *, before: str = "", after: str = "", **fields: Any) -> None:
    """Put a code cell of the learner's own beside a cell of the release."""
    where = place(notebook, before) if before else place(notebook, after) + 1
    notebook["cells"].insert(where, code(source, id=f"new-{len(notebook['cells'])}", **fields))


def bare(notebook: Notebook) -> Notebook:
    """The same as a program saves it that knows neither ids nor metadata."""
    found = copy.deepcopy(notebook)
    for one in found["cells"]:
        one.pop("id", None)
        one["metadata"] = {}
    found["nbformat_minor"] = 0
    return found


def save(notebook: Any, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path
