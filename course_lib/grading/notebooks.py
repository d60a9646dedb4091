"""From the bytes of a notebook to plain Python, for files that anybody may have written.

A notebook is JSON, and JSON from a stranger can be large, deep, in another alphabet, or something else altogether. All
of that is found out before memory is spent on it, and is one exception, `NotANotebook`, with a sentence for the learner.

What comes out holds only what grading uses: of each cell its kind, its text, the two ids by which a cell is recognised,
and outputs that are plain text or a picture. Everything else a learner's file says about itself (tags, points, schema
versions, trust, attachments) is left behind here, so that nothing further down can be led by it.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any

from course_lib.checks.choose import saved_choice
from course_lib.checks.questions import UNANSWERED
from course_lib.grading.outputs import plain_outputs

SAVE_AGAIN = "Open it in JupyterLab, save it, and hand in the .ipynb file again."
_KINDS = ("code", "markdown", "raw")
_CHOOSE = re.compile(
    r"""(?P<name>\w+) *= *choose\(["'](?P<id>\d+\.Q\d+)["'](?:, *feedback *= *["'][\w ]+["'])?\)(?: *#.*)?"""
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class Limits:
    """What is taken of one notebook.

    Attributes:
        file_bytes: of the file.
        brackets: opening brackets in it; each becomes an object of its own in memory.
        commas: in it; each separates two values.
        cells: in the notebook.
        cell_text: characters in one cell.
        all_text: characters in all cells; the largest chapter has 74,000.
    """

    file_bytes: int = 20 * 2**20
    brackets: int = 400_000
    commas: int = 2_000_000
    cells: int = 2_000
    cell_text: int = 300_000
    all_text: int = 600_000


LIMITS = Limits()


class NotANotebook(ValueError):
    """A file that cannot be taken as a notebook; the text is one sentence and the next step."""


def parse_notebook(raw: bytes, limits: Limits = LIMITS) -> dict[str, Any]:
    """The notebook in a file's bytes, as plain Python with nothing in it that grading does not use.

    Raises:
        NotANotebook: whatever is wrong with it.

    Example:
        >>> cell = b'{"cell_type": "code", "source": ["x = 1"], "metadata": {"tags": ["skip-execution"]}}'
        >>> parse_notebook(b'{"nbformat": 4, "nbformat_minor": 5, "cells": [' + cell + b']}')["cells"]
        [{'cell_type': 'code', 'source': 'x = 1', 'metadata': {}, 'outputs': []}]
    """
    if len(raw) > limits.file_bytes:
        most = limits.file_bytes // 2**20
        raise NotANotebook(f"The file is larger than {most} MB. Clear the outputs, save, and hand it in again.")
    tree = _json(_text(raw), limits)
    if not isinstance(tree, dict):
        raise NotANotebook(f"The file is JSON, but no notebook. {SAVE_AGAIN}")
    _check_version(tree)
    return _reduced(tree, limits)


def _text(raw: bytes) -> str:
    """The bytes as text; most of the reasons for which a file is no notebook show here."""
    if not raw.strip():
        raise NotANotebook("The file is empty. Save the notebook in JupyterLab, and hand in the .ipynb file again.")
    head = raw[:512].lstrip()
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in raw[:4]:
        raise NotANotebook(f"The file is not in UTF-8 (it looks like UTF-16 or UTF-32). {SAVE_AGAIN}")
    if head.startswith((b"PK\x03\x04", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf")):
        raise NotANotebook("The file is an archive under a notebook's name. Hand in the .ipynb file itself.")
    if head.startswith(b"%PDF"):
        raise NotANotebook("The file is a PDF under a notebook's name. Hand in the .ipynb file itself.")
    if head.lower().removeprefix(b"\xef\xbb\xbf").startswith((b"<!doctype", b"<html")):
        raise NotANotebook(
            "The file is a web page that shows a notebook. Download the .ipynb file itself, and hand it in."
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotANotebook(f"The file is not in UTF-8 (byte {error.start}). {SAVE_AGAIN}") from error


def _json(text: str, limits: Limits) -> Any:
    """The text as JSON; numbers that Python would stumble over become 0."""
    if text.count("[") + text.count("{") > limits.brackets or text.count(",") > limits.commas:
        raise NotANotebook(
            "The file has more parts than a notebook has. Clear the outputs, save, and hand it in again."
        )
    try:
        return json.loads(text, parse_constant=lambda name: None, parse_int=_whole, parse_float=_real)
    except RecursionError as error:
        raise NotANotebook(f"The file's brackets are nested too deeply. {SAVE_AGAIN}") from error
    except ValueError as error:
        place = f" at line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        short = " The end of the file is missing." if _ends_early(text, error) else ""
        raise NotANotebook(f"The file is not valid JSON{place}.{short} {SAVE_AGAIN}") from error


def _ends_early(text: str, error: ValueError) -> bool:
    """Whether the text is JSON that was cut off: the error is at its end, or in a string that never ends."""
    if not isinstance(error, json.JSONDecodeError) or not text.lstrip().startswith("{"):
        return False
    return error.pos >= len(text.rstrip()) - 1 or error.msg.startswith("Unterminated string")


def _whole(digits: str) -> int:
    return int(digits) if len(digits) < 20 else 0


def _real(digits: str) -> float:
    value = float(digits)
    return value if math.isfinite(value) else 0.0


def _check_version(tree: dict[str, Any]) -> None:
    version = tree.get("nbformat")
    if type(version) is not int:
        raise NotANotebook(f"The file is JSON, but does not say that it is a notebook. {SAVE_AGAIN}")
    if version < 4:
        raise NotANotebook(f"The notebook is in the old format {max(version, 0)}. {SAVE_AGAIN}")
    if version > 4:
        raise NotANotebook(f"The notebook is in a format newer than 4. {SAVE_AGAIN}")


def _reduced(tree: dict[str, Any], limits: Limits) -> dict[str, Any]:
    cells = tree.get("cells")
    if not isinstance(cells, list):
        raise NotANotebook(f"The notebook has no list of cells. {SAVE_AGAIN}")
    if len(cells) > limits.cells:
        raise NotANotebook(
            f"The notebook has {len(cells)} cells, more than {limits.cells}. Hand in your own work only."
        )
    found, characters = [], 0
    for place, cell in enumerate(cells, start=1):
        text = source_of(cell)
        if text is None:
            raise NotANotebook(f"Cell {place} of the notebook has no text that can be read. {SAVE_AGAIN}")
        characters += len(text)
        if len(text) > limits.cell_text or characters > limits.all_text:
            problem = (
                f"The text of cell {place} is too long" if len(text) > limits.cell_text else "The cells are too long"
            )
            raise NotANotebook(f"{problem}. Put data into a file of its own, and hand in the notebook again.")
        found.append(reduced_cell(cell, with_choice(text, cell.get("outputs"))))
    minor = tree.get("nbformat_minor")
    return {
        "nbformat": 4,
        "nbformat_minor": minor if type(minor) is int and 0 <= minor < 1000 else 5,
        "metadata": {},
        "cells": found,
    }


def with_choice(text: str, outputs: Any) -> str:
    """A cell that asks a question by `choose`, with the letter that was picked in place of the call.

    Example:
        >>> from course_lib.checks.choose import CHOICE
        >>> with_choice('q = choose("8.Q1")', [{"data": {CHOICE: {"question": "8.Q1", "letter": "b"}}}])
        'q = "b"'
        >>> with_choice('q = choose("8.Q1")', [])
        'q = "?"'
    """
    asked = _CHOOSE.fullmatch(text.strip())
    return text if asked is None else f'{asked["name"]} = "{saved_choice(outputs, asked["id"]) or UNANSWERED}"'


def source_of(cell: Any) -> str | None:
    """The text of a cell: no carriage returns, nothing that cannot be written as UTF-8. None when it has no text.

    Example:
        >>> source_of({"source": ["x = 1\\r\\n", "y = 2"]})
        'x = 1\\ny = 2'
    """
    source = cell.get("source") if isinstance(cell, dict) else None
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    return clean_text(source) if isinstance(source, str) else None


def clean_text(text: str) -> str:
    """The text with `\\n` for every line break, and without control characters and halves of characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", text).encode("utf-8", "replace").decode("utf-8")


def reduced_cell(cell: dict[str, Any], text: str) -> dict[str, Any]:
    """A cell with its kind, text, the ids it can be recognised by, and plain outputs."""
    kind = cell.get("cell_type")
    kept: dict[str, Any] = {"cell_type": kind if kind in _KINDS else "raw", "source": text, "metadata": {}}
    if isinstance(cell.get("id"), str):
        kept["id"] = cell["id"][:64]
    if grade_id := grade_id_of(cell):
        kept["metadata"] = {"nbgrader": {"grade_id": grade_id}}
    if kept["cell_type"] == "code":
        kept["outputs"] = plain_outputs(cell.get("outputs"))
    return kept


def grade_id_of(cell: dict[str, Any]) -> str:
    """The id under which nbgrader knows a cell; "" when it has none."""
    metadata = cell.get("metadata")
    record = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    found = record.get("grade_id") if isinstance(record, dict) else None
    return found[:200] if isinstance(found, str) else ""
