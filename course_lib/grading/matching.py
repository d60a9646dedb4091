"""Which cell of a submission is which cell of the release.

Nobody is made to keep a notebook tidy: cells get copied, moved, split and deleted, and some programs drop every id when
they save. So a cell is recognised by what is left: nbgrader's grade id, the cell's own id, the text, and for an answer
the name that it defines. An id is only a hint *which* cell this is; what the cell is worth, whether it is run and what
it is run as follows from the release alone.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import Any, Literal

from course_lib.grading.cell_code import parse_code, same_code
from course_lib.grading.notebooks import grade_id_of, source_of, with_choice
from course_lib.grading.program import Take
from course_lib.grading.sources import names_of

Role = Literal["text", "given", "answer", "test", "prose"]


@dataclass(frozen=True)
class Released:
    """A cell of the release.

    Attributes:
        name: its id.
        role: "text" (Markdown), "given" code, an "answer" in code, a "test", or "prose": an answer in Markdown.
        source: its text.
        cell: all of it, as it was released.
        item: the exercise or question of an answer.
        takes: of a test, what it checks.
        grade_id: nbgrader's name of it, or "".
    """

    name: str
    role: Role
    source: str
    cell: dict[str, Any]
    item: str = ""
    takes: tuple[Take, ...] = ()
    grade_id: str = ""


@dataclass
class Handed:
    """A cell that was handed in.

    Attributes:
        place: where it stands in the submission.
        kind: "code", "markdown" or "raw".
        source: its text.
        outputs: its plain outputs.
        grade_id: as the learner's file has it.
        id: likewise.
        of: the place of the released cell that it is, None for a cell of the learner's own.
        spare: a copy of a released cell that another one already is.
        untouched: it is a released cell as it was released, white space and comments aside.
    """

    place: int
    kind: str
    source: str
    outputs: list[Any] = field(default_factory=list)
    grade_id: str = ""
    id: str = ""
    of: int | None = None
    spare: bool = False
    untouched: bool = False


def released_cells(release: dict[str, Any]) -> list[Released]:
    """The cells of a release with their roles; the release is the course's own and is believed."""
    found = []
    for place, cell in enumerate(release["cells"]):
        source = with_choice(source_of(cell) or "", None)  # as a hand-in in which nothing was chosen
        record = cell.get("metadata", {}).get("nbgrader", {})
        name = str(cell.get("id", f"cell-{place + 1}"))
        takes = takes_of(source) if record.get("grade") and cell["cell_type"] == "code" else ()
        role: Role = "given" if cell["cell_type"] == "code" else "text"
        if record.get("solution"):
            role = "answer" if cell["cell_type"] == "code" else "prose"
        elif record.get("grade") and cell["cell_type"] == "code":
            role = "test"
        item = str(cell.get("metadata", {}).get("course", {}).get("id", "")) if role == "answer" else ""
        found.append(Released(name, role, source, cell, item, takes, str(record.get("grade_id", ""))))
    return [_with_item(found, place) for place in range(len(found))]


def _with_item(cells: list[Released], place: int) -> Released:
    """An answer without the course's own record belongs to the next test."""
    cell = cells[place]
    if cell.role != "answer" or cell.item:
        return cell
    item = next((take.item for later in cells[place:] for take in later.takes), "")
    return Released(cell.name, cell.role, cell.source, cell.cell, item, cell.takes, cell.grade_id)


def takes_of(source: str) -> tuple[Take, ...]:
    """What a test cell checks: one `Take` for each `check("8.1", name)`.

    Example:
        >>> takes_of('check("8.1", token_attribution)')
        (Take(item='8.1', variable='token_attribution'),)
    """
    tree = parse_code(source)
    found = []
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "check":
            match node.args:
                case [ast.Constant(value=str(item)), ast.Name(id=variable)]:
                    found.append(Take(item, variable))
    return tuple(found)


def handed_cells(submitted: Any) -> list[Handed]:
    """The cells of a submission that have a text; whatever is no cell is left out."""
    cells = submitted.get("cells") if isinstance(submitted, dict) else None
    found = []
    for place, cell in enumerate(cells if isinstance(cells, list) else ()):
        source = source_of(cell)
        if source is not None:
            kind = cell.get("cell_type") if cell.get("cell_type") in ("code", "markdown") else "raw"
            id = cell["id"] if isinstance(cell.get("id"), str) else ""
            outputs = cell["outputs"] if isinstance(cell.get("outputs"), list) else []
            found.append(Handed(place, kind, source, outputs, grade_id_of(cell), id))
    return found


def match(released: list[Released], handed: list[Handed]) -> None:
    """Set `of`, `spare` and `untouched` of every cell that was handed in."""
    _match_ids(released, handed)
    _match_texts(released, handed)
    _match_names(released, handed)
    _settle_copies(released, handed)
    for cell in handed:
        cell.untouched = cell.of is not None and same_code(cell.source, released[cell.of].source)


def _match_ids(released: list[Released], handed: list[Handed]) -> None:
    grades = {cell.grade_id: place for place, cell in enumerate(released) if cell.grade_id}
    ids = {cell.name: place for place, cell in enumerate(released)}
    for cell in handed:
        cell.of = grades.get(cell.grade_id, ids.get(cell.id))


def _match_texts(released: list[Released], handed: list[Handed]) -> None:
    """Cells without an id that are still word for word what was released."""
    texts: dict[str, list[int]] = {}
    for place, one in enumerate(released):
        texts.setdefault(one.source.strip(), []).append(place)
    taken = {cell.of for cell in handed}
    for cell in handed:
        if cell.of is None and cell.source.strip():
            places = texts.get(cell.source.strip(), [])
            cell.of = next((place for place in places if place not in taken), places[-1] if places else None)
            taken.add(cell.of)


def _match_names(released: list[Released], handed: list[Handed]) -> None:
    """Cells of no known id that define what an answer has to define, or begin to."""
    wanted = variables(released)
    taken = {cell.of for cell in handed}
    for place, cell in enumerate(released):
        if cell.role == "answer" and place not in taken:
            names = wanted.get(cell.item, ())
            mine = [c for c in handed if c.of is None and c.kind == "code"]
            found = [c for c in mine if any(defines(c, name) for name in names)]
            for one in found or [c for c in mine if any(begins(c, name) for name in names)]:
                one.of = place


def _settle_copies(released: list[Released], handed: list[Handed]) -> None:
    """Of several copies of a released cell one is it: of a given cell the first, of others the last."""
    first: dict[int, Handed] = {}
    for cell in handed:
        if cell.of is None:
            continue
        earlier = first.get(cell.of)
        if earlier is None:
            first[cell.of] = cell
        elif released[cell.of].role in ("given", "text"):
            cell.spare = True
        else:
            earlier.spare = True
            first[cell.of] = cell


def variables(released: list[Released]) -> dict[str, tuple[str, ...]]:
    """The names that the tests take, by exercise or question."""
    found: dict[str, tuple[str, ...]] = {}
    for cell in released:
        for take in cell.takes:
            found[take.item] = (*found.get(take.item, ()), take.variable)
    return found


def defines(cell: Handed, name: str) -> bool:
    """Whether a cell's code gives a value to a name."""
    found = names_of(cell.source) if name in cell.source else None
    return found is not None and name in found.defines


def begins(cell: Handed, name: str) -> bool:
    """Whether code that Python cannot read looks as if it was to define a name."""
    pattern = rf"^[ \t]*(def[ \t]+{re.escape(name)}\b|{re.escape(name)}[ \t]*=)"
    return name in cell.source and names_of(cell.source) is None and re.search(pattern, cell.source, re.M) is not None
