"""Tables, lists and prose of a Markdown cell, as the parser sees them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": True}).enable("table")


def tokens(markdown: str) -> list[Token]:
    """The tokens of a text."""
    return _parser().parse(markdown)


def table_rows(markdown: str) -> dict[str, str]:
    """Rows of the tables in a text: first cell, lower case and without stars, to second cell.

    Example:
        >>> table_rows("| | |\\n|---|---|\\n| **Chapter** | 8 of 18 |")
        {'chapter': '8 of 18'}
    """
    rows: list[list[str]] = []
    inside = False
    for token in tokens(markdown):
        if token.type == "tr_open":
            rows.append([])
        inside = {"td_open": True, "td_close": False}.get(token.type, inside)
        if token.type == "inline" and inside:
            rows[-1].append(token.content.strip())
    return {row[0].strip("*").strip().lower(): row[1] for row in rows if len(row) == 2}


def list_items(markdown: str) -> list[str]:
    """The text of each item of the outermost lists."""
    items: list[str] = []
    depth = 0
    for token in tokens(markdown):
        depth += {"list_item_open": 1, "list_item_close": -1}.get(token.type, 0)
        if token.type == "list_item_open" and depth == 1:
            items.append("")
        elif token.type == "inline" and depth:
            items[-1] = f"{items[-1]} {token.content}".replace("\n", " ").strip()
    return items


def prose(markdown: str) -> str:
    """The running text: code, formulas, links' addresses and HTML left out."""
    found: list[str] = []
    for token in tokens(markdown):
        for child in token.children or []:
            if child.type == "text":
                found.append(child.content)
            elif child.type in ("softbreak", "hardbreak"):
                found.append(" ")
    return " ".join(found)


def images(markdown: str) -> list[tuple[str, str]]:
    """Address and alternative text of each picture written in Markdown."""
    children = [child for token in tokens(markdown) for child in token.children or []]
    return [(str(child.attrGet("src")), child.content) for child in children if child.type == "image"]
