"""Files of what an explorer shows: a table for a spreadsheet, a page for a browser."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

FORMATS = {"PNG": ".png", "CSV": ".csv", "HTML": ".html"}
LONGEST_NAME = 100


def free_path(folder: Path, stem: str, suffix: str) -> Path:
    """A path in `folder` at which nothing lies yet: `stem.png`, `stem-2.png`, and so on.

    Example:
        >>> free_path(Path("nowhere"), "map", ".png").name
        'map.png'
    """
    stem = stem[:LONGEST_NAME].rstrip("-")
    path, number = folder / f"{stem}{suffix}", 1
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}{suffix}"
    return path


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """Write rows as CSV (UTF-8 with the mark by which spreadsheets know it); columns in order of appearance."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_page(path: Path, title: str, frame: str, text: str) -> Path:
    """Write a page that stands alone: the picture, and the same in words; no scripts, nothing from outside."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        "<style>:root{color-scheme:light dark}body{font-family:system-ui,sans-serif;max-width:60rem;margin:2rem auto;"
        f"padding:0 1rem}}pre{{overflow-x:auto}}</style></head><body><main><h1>{escape(title)}</h1>{frame}"
        f"<h2>In words</h2><pre>{escape(text)}</pre></main></body></html>\n",
        encoding="utf-8",
    )
    return path
