"""The course's words, each in a sentence or two, with the chapters that use it first.

The list is `course_lib/data/glossary.toml`. Terms are those of the field; where the field uses one word for two things, the
entry says which of them the course means.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "data" / "glossary.toml"


@dataclass(frozen=True)
class Term:
    """One entry: the term, what it means, and the chapter that introduces it."""

    term: str
    meaning: str
    chapter: int


def read_glossary(path: Path = SOURCE) -> list[Term]:
    """All terms, in alphabetical order."""
    entries = tomllib.loads(path.read_text(encoding="utf-8"))
    terms = [Term(name, entry["meaning"], entry["chapter"]) for name, entry in entries.items()]
    return sorted(terms, key=lambda term: term.term.lower())


def glossary_page(addresses: Mapping[int, str]) -> str:
    """The glossary as Markdown.

    Args:
        addresses: by chapter number, the address of its page; chapters that are missing are named without a link.
    """
    parts = ["# Glossary", "The words of the course, and the chapter that introduces each."]
    for term in read_glossary():
        address = addresses.get(term.chapter)
        where = f"[Chapter {term.chapter}]({address})" if address else f"Chapter {term.chapter}"
        parts.append(f"{term.term}\n: {term.meaning} *{where}.*")
    return "\n\n".join(parts) + "\n"
