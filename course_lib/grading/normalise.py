"""From what was handed in to what is run, and to what nbgrader gets to see.

The release is the authority. Its own cells are run as they were released; its tests are not run at all, at each of
them an answer is taken; the learner's cells are run in the learner's order (`arrange` has the rules). Nothing that a
learner's file says about itself decides anything: kinds, ids, points and metadata are the release's.
"""

from __future__ import annotations

import copy
from typing import Any

from course_lib.grading.arrange import Arrangement, Placed, arrange
from course_lib.grading.needs import needed
from course_lib.grading.outputs import plain_outputs
from course_lib.grading.program import Cell, Program, Step

MOST_OUTPUT = 8 * 2**20


def normalise(release: dict[str, Any], submitted: dict[str, Any]) -> Program:
    """What is run of a submission.

    Args:
        release: the released notebook, parsed.
        submitted: what was handed in, parsed; it may be anything, and nothing in it raises.

    Example:
        >>> answer = {"cell_type": "code", "id": "a", "metadata": {"nbgrader": {"solution": True}}, "source": "n = 0"}
        >>> test = {"cell_type": "code", "id": "t", "metadata": {"nbgrader": {"grade": True}}, "source": 'check("1.1", n)'}
        >>> program = normalise({"cells": [answer, test]}, {"cells": [{**answer, "source": "n = 5"}]})
        >>> program.steps
        (Cell(name='a', source='n = 5', kind='answer', item='1.1'), Take(item='1.1', variable='n'))
    """
    arrangement = arrange(release, submitted)
    complete: list[Step] = []
    for name, placed in _named(arrangement):
        if placed.role == "test" and placed.released is not None:
            complete += placed.released.takes
        elif placed.role in ("given", "answer", "own") and placed.present and placed.source.strip():
            complete.append(_cell(name, placed))
    return Program(needed(complete), tuple(complete), tuple(arrangement.warnings))


def _cell(name: str, placed: Placed) -> Cell:
    if placed.role == "given":
        return Cell(name, placed.source, "given")
    if placed.role == "answer" and placed.released is not None:
        return Cell(name, placed.source, "answer", placed.released.item)
    return Cell(name, placed.source, "own")


def _named(arrangement: Arrangement) -> list[tuple[str, Placed]]:
    """The cells with the names under which they are run and shown."""
    given = {placed.released.name for placed in arrangement.cells if placed.released is not None}
    word = next(word for word in ("own", "learner", "added-by-the-learner") if not _taken(word, given))
    found, number = [], 0
    for placed in arrangement.cells:
        if placed.released is None:
            number += 1
        found.append((f"{word}-{number}" if placed.released is None else placed.released.name, placed))
    return found


def _taken(word: str, names: set[str]) -> bool:
    return any(name.startswith(f"{word}-") and name[len(word) + 1 :].isdigit() for name in names)


def clean_notebook(release: dict[str, Any], submitted: dict[str, Any]) -> dict[str, Any]:
    """What nbgrader gets to see: the release, with the learner's answers and cells and nothing else of theirs.

    Args:
        release: the released notebook, parsed.
        submitted: what was handed in, parsed; it may be anything, and nothing in it raises.

    Returns:
        A notebook in format 4.5. Ids and metadata are the release's; outputs are plain text and PNG.
    """
    room = MOST_OUTPUT
    cells = []
    for name, placed in _named(arrange(release, submitted)):
        cell = _shown(name, placed)
        if cell["cell_type"] == "code":
            outputs = plain_outputs(placed.handed.outputs) if placed.handed and placed.role != "test" else []
            room -= sum(len(text) for output in outputs for text in (output.get("data") or output).values() if text)
            cell |= {"execution_count": None, "outputs": outputs if room >= 0 else []}
        cells.append(cell)
    metadata = copy.deepcopy(release.get("metadata", {}))
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _shown(name: str, placed: Placed) -> dict[str, Any]:
    """A cell without its outputs."""
    if placed.released is not None:
        cell: dict[str, Any] = copy.deepcopy(placed.released.cell)
        metadata = cell.get("metadata", {})
        return {"cell_type": cell["cell_type"], "id": name, "metadata": metadata, "source": placed.source}
    source = placed.source
    if placed.handed is not None and placed.handed.kind == "raw":  # raw cells reach a page as they are
        source = "\n".join(f"    {line}" for line in source.splitlines())
    kind = "code" if placed.role == "own" else "markdown"
    return {"cell_type": kind, "id": name, "metadata": {}, "source": source}
