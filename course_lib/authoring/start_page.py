"""The course's start page: the chapters with what each teaches, made from the chapters' own cards.

`chapters/start.ipynb` is the first thing that a learner sees. It says nothing that a chapter does not say of itself:
title, minutes and key insight are read from the card, so the page cannot fall behind.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from course_lib.authoring.chapters import Chapter
from course_lib.authoring.contract.markdown import table_rows
from course_lib.authoring.source import KERNEL, notebook_bytes

_TITLE = re.compile(r"^# +(?:\d+\. +)?(?P<title>.+)$", re.MULTILINE)

_WELCOME = """# AI Safety and Alignment, hands-on

You run language models on your own machine. Here you learn to look inside them: on a real model, offline, with exercises that
tell you which mistake a wrong answer makes.

**How to work.** Open a chapter, run its cells from top to bottom (Shift+Enter), write your answer where it says
`raise NotImplementedError`, and run the check below it. Three hints stand folded under each exercise, and `reveal("8.1")` in a
new cell shows the reference answer. Your work is saved in the notebook and stays on this machine.

**If something does not work**, open a terminal (File → New → Terminal) and run `course doctor`.
"""


def start_page(chapters: Sequence[tuple[Chapter, Any]]) -> bytes:
    """The start page as the bytes of a notebook.

    Args:
        chapters: each chapter with its solution notebook.
    """
    import nbformat

    rows = "\n".join(_row(chapter, notebook) for chapter, notebook in chapters)
    table = f"## Chapters\n\n| chapter | key insight | minutes |\n|---|---|---|\n{rows}\n"
    cells = [nbformat.v4.new_markdown_cell(text, id=id) for id, text in (("welcome", _WELCOME), ("chapters", table))]
    return notebook_bytes(nbformat.v4.new_notebook(cells=cells, metadata=nbformat.from_dict(KERNEL)))


def _row(chapter: Chapter, notebook: Any) -> str:
    card = next(cell for cell in notebook.cells if cell.metadata.get("course", {}).get("role") == "card")
    facts, found = table_rows(card.source), _TITLE.search(card.source)
    title = found["title"] if found else chapter.name
    minutes = re.match(r"\d+", facts.get("minutes", ""))
    link = f"{chapter.folder}/{chapter.release.name}"
    return f"| [{chapter.number}. {title}]({link}) | {facts.get('key insight', '')} | {minutes[0] if minutes else ''} |"
