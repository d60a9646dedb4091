"""One list of everything that the chapters name as further reading, with the chapters that do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from course_lib.authoring.contract.markdown import list_items

_ARXIV = re.compile(r"arXiv:(\d{4}\.\d{4,5})")
_DOI = re.compile(r"\b(10\.\d{4,9}/[^\s,;]*[\w)])")


def further_reading(notebook: Any) -> list[str]:
    """The entries of a chapter's list "Further reading", as Markdown."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and "## Further reading" in cell.source:
            return list_items(cell.source.split("## Further reading", 1)[1])
    return []


def references_page(chapters: Iterable[tuple[int, str, Any]]) -> str:
    """The page of references.

    Args:
        chapters: number, address of the page, and notebook of each chapter.
    """
    entries: dict[str, tuple[str, dict[int, str]]] = {}
    for number, address, notebook in chapters:
        for entry in further_reading(notebook):
            entries.setdefault(_same(entry), (entry, {}))[1][number] = address
    lines = []
    for entry, where in sorted(entries.values(), key=lambda pair: pair[0].lower()):
        named = ", ".join(f"[{number}]({address})" for number, address in sorted(where.items()))
        lines.append(f"- {linked(entry)} *Chapter {named}.*")
    return (
        "# References\n\nWhat the chapters name as further reading, and the chapters that do.\n\n"
        + "\n".join(lines)
        + "\n"
    )


def linked(entry: str) -> str:
    """The entry with its arXiv ids and DOIs as links.

    Example:
        >>> linked("A (2017). *B.* arXiv:1703.01365. Why.")
        'A (2017). *B.* [arXiv:1703.01365](https://arxiv.org/abs/1703.01365). Why.'
    """
    entry = _ARXIV.sub(r"[arXiv:\1](https://arxiv.org/abs/\1)", entry)
    return entry if "](http" in entry or "](<http" in entry else _DOI.sub(r"[\1](https://doi.org/\1)", entry)


def _same(entry: str) -> str:
    """By what two entries are the same work."""
    found = _ARXIV.search(entry) or _DOI.search(entry)
    return found[1].lower() if found else re.sub(r"\W+", " ", entry.lower())[:60]
