"""Cell ids that stay, so that a diff of a notebook shows what changed and nothing else.

Jupyter draws cell ids at random. Made anew in each build they would touch every cell of every notebook; counted from
the top they would touch every cell below an inserted one. So an id says what the cell *is*: a graded cell has its
grade id, a cell with a role has its role, a cell that opens a section has the heading, and the cells that follow are
counted within their section. To insert a cell renames at most those behind it in the same section.

nbformat 4.5 wants 1 to 64 letters, digits, `-` and `_`, each id once in a notebook.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

_HEADING = re.compile(r"^#{1,6} +(?P<title>.+)", re.MULTILINE)
_LONGEST = 48


def assign_ids(cells: list[Any]) -> None:
    """Give every cell its id, in place.

    Args:
        cells: notebook cells whose metadata is complete (see `metadata`).
    """
    section, count = "start", 0
    seen: set[str] = set()
    for cell in cells:
        own = _own_name(cell)
        if own and cell.cell_type == "markdown":
            section, count = own, 0
        if not own:
            count += 1
        cell["id"] = _unused(own or f"{section}-{count}", seen)


def slug(text: str) -> str:
    """Lower-case words joined by hyphens, at most 48 characters.

    Example:
        >>> slug("Why *this* model refuses: 8.1")
        'why-this-model-refuses-8-1'
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:_LONGEST].strip("-")


def _own_name(cell: Any) -> str:
    grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
    if grade_id:
        return str(grade_id)
    course = cell.metadata.get("course", {})
    if course.get("role"):
        return slug(f"{course['role']} {course.get('id', '')}")
    heading = _HEADING.search(cell.source) if cell.cell_type == "markdown" else None
    return slug(heading["title"]) if heading else ""


def _unused(name: str, seen: set[str]) -> str:
    candidate, number = name, 1
    while candidate in seen:
        number += 1
        candidate = f"{name}-{number}"
    seen.add(candidate)
    return candidate
