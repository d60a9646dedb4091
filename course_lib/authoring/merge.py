"""A newer version of a chapter and a learner's work in the older one become one notebook, and no answer is lost.

Three notebooks are laid beside each other, as in every three-way merge: the *base* that the learner began with, *mine*
with the learner's work, and *theirs*, the newer release. Where only one side changed a cell, that side wins. What a
general merge tool cannot know is what a cell *is*:

* **An answer is the learner's.** What was written there stays to the letter, whatever the newer version has in its place; if
  the exercise's own beginning changed, that stands below it to compare. An answer of an exercise that is gone stays too.
* **A test is the course's.** It comes from the newer version; nbgrader would not accept another.
* **Text and examples** that both sides changed: the newer version counts, and the learner's stands below it, not run.
* **Cells of the learner's own** stay behind the cell that they stood behind.

Cells are matched by id, answers and tests by nbgrader's id, which stays when a cell moves. Outputs stay where the code stayed.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

YOURS = "**Your version of this cell, from before the update:**"
NEW_START = "**The update changed how this exercise begins.** Your answer above is as you left it. The new beginning:"
GONE = "**Your answer to an exercise that this version no longer has ({name}):**"


@dataclass
class Merged:
    """The result of a merge.

    Attributes:
        notebook: the merged notebook.
        answers: ids of the answers that were carried over, as "8.1".
        restarted: those among them whose exercise begins in another way now.
        gone: ids of answers whose exercise is gone; they were kept as text.
        both: how many cells were changed on both sides; the learner's version stands below.
        own: how many cells of the learner's own, or with the learner's changes, were carried over.
    """

    notebook: Any
    answers: list[str] = field(default_factory=list)
    restarted: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    both: int = 0
    own: int = 0

    def text(self) -> str:
        """What the merge did, in a line."""
        parts = [f"answers kept: {', '.join(self.answers)}" if self.answers else "no answers yet"]
        parts += [f"compare with the new beginning: {', '.join(self.restarted)}"] if self.restarted else []
        parts += [f"exercise gone, answer kept as text: {', '.join(self.gone)}"] if self.gone else []
        parts += [f"your own cells and changes kept: {self.own}"] if self.own else []
        parts += [f"changed by you and by the update, both there: {self.both}"] if self.both else []
        return "; ".join(parts)


def merge_notebooks(base: Any, mine: Any, theirs: Any) -> Merged:
    """Merge a newer release into a learner's notebook; none of the three is changed.

    Args:
        base: the release that the learner began with, as a notebook of `nbformat`.
        mine: the learner's notebook.
        theirs: the newer release.
    """
    old = {key(cell): cell for cell in base.cells}
    held = {key(cell): cell for cell in mine.cells}
    merged = Merged(copy.deepcopy(theirs))
    cells: list[Any] = []
    for new in theirs.cells:
        cells += _one(old.get(key(new)), held.get(key(new)), new, merged)
    _add_what_is_only_mine(cells, old, mine.cells, {key(cell) for cell in theirs.cells}, merged)
    merged.notebook.cells = _with_own_ids(cells)
    return merged


def key(cell: Any) -> str:
    """What a cell is known by: nbgrader's id where it has one, else its own id."""
    name = cell.metadata.get("nbgrader", {}).get("grade_id")
    return f"grade {name}" if name else f"cell {cell.get('id', '')}"


def is_answer(cell: Any) -> bool:
    """Whether a learner writes in this cell and it counts."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def is_test(cell: Any) -> bool:
    """Whether this cell belongs to the course alone."""
    facts = cell.metadata.get("nbgrader", {})
    return bool(facts.get("grade") or facts.get("locked")) and not facts.get("solution")


def _one(old: Any, held: Any, new: Any, merged: Merged) -> list[Any]:
    """The cells that stand in the place of one cell of the newer release."""
    new = copy.deepcopy(new)
    if held is None:
        return [new]
    if held.source == new.source:
        return [_with_outputs(new, held)]
    touched = old is None or held.source != old.source
    if not touched or is_test(new):
        return [new]
    if is_answer(new):
        return _answer(old, held, new, merged)
    if old is not None and new.source == old.source:
        new.source = held.source
        merged.own += 1
        return [_with_outputs(new, held)]
    merged.both += 1
    return [new, _as_text(YOURS, held)]


def _answer(old: Any, held: Any, new: Any, merged: Merged) -> list[Any]:
    merged.answers.append(_name(new))
    begins_anew = old is None or new.source != old.source
    below = [_as_text(NEW_START, new)] if begins_anew else []
    if begins_anew:
        merged.restarted.append(_name(new))
    new.source = held.source
    return [_with_outputs(new, held), *below]


def _add_what_is_only_mine(
    cells: list[Any], old: dict[str, Any], mine: Iterable[Any], there: set[str], merged: Merged
) -> None:
    """Put the learner's own cells, and answers whose exercise is gone, behind the cell that they stood behind."""
    behind = ""
    for cell in mine:
        known = key(cell)
        if known in there:
            behind = known
            continue
        if known in old and (cell.source == old[known].source or is_test(cell)):
            continue  # the newer version took it out, and the learner had not changed it
        if known in old and is_answer(cell):
            merged.gone.append(_name(cell))
            added = _as_text(GONE.format(name=_name(cell)), cell)
        else:
            merged.own += 1
            added = copy.deepcopy(cell)
        cells.insert(_place_behind(cells, behind), added)
        behind = key(added)


def _place_behind(cells: list[Any], known: str) -> int:
    place = next((n for n, cell in enumerate(cells) if key(cell) == known), -1) + 1
    while place < len(cells) and cells[place].metadata.get("course", {}).get("role") == "kept" and place > 0:
        place += 1  # what a merge put below that cell stays below it
    return place


def _as_text(heading: str, cell: Any) -> Any:
    """A cell that shows another one without running it."""
    import nbformat

    shown = f"```python\n{cell.source}\n```" if cell.cell_type == "code" else cell.source
    made: Any = nbformat.v4.new_markdown_cell(f"{heading}\n\n{shown}")
    made.metadata["course"] = {"role": "kept"}
    return made


def _with_outputs(new: Any, held: Any) -> Any:
    if new.cell_type == "code" and held.cell_type == "code":
        new.outputs, new.execution_count = copy.deepcopy(held.outputs), held.execution_count
    return new


def _with_own_ids(cells: list[Any]) -> list[Any]:
    """The cells, each with an id that no other has."""
    import nbformat

    seen: set[str] = set()
    for cell in cells:
        if cell.get("id") in seen:
            cell["id"] = nbformat.v4.new_markdown_cell().id
        seen.add(str(cell.get("id")))
    return cells


def _name(cell: Any) -> str:
    """ "8.1" for nbgrader's "answer-8-1"."""
    return str(cell.metadata["nbgrader"].get("grade_id", "")).removeprefix("answer-").replace("-", ".", 1)
