"""A submission laid over the release: every cell of the course at its place, the learner's cells in their order between.

The rules, each for the sake of an honest learner:

* What the course gave is run as it was released. If the learner changed such a cell (added an import), the released text
  comes first and the learner's version after it, as a cell of their own.
* Answers and cells of the learner's own stay where the learner has them. Cells of the course that were deleted or moved
  go back behind the one that they follow in the release.
* Of several copies of an answer, the last one above its test that defines the name is the answer; if there is none above,
  the last one below, and the test moves behind it. Other copies that were written into run as own cells; stubs that
  nobody touched are left out, so that they cannot undo an answer that was written into another cell.
* The learner's Markdown and raw cells are kept for whoever reads, and never run, with one exception: an answer cell is
  code whatever its type was switched to.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from course_lib.grading.matching import (
    Handed,
    Released,
    defines,
    handed_cells,
    match,
    released_cells,
    variables,
)
from course_lib.grading.sources import names_of

Place = Literal["text", "given", "answer", "test", "prose", "own", "note"]
MOST_WARNINGS = 30
ELSEWHERE = "# This answer was handed in together with another one, in another cell."


@dataclass(frozen=True)
class Placed:
    """One cell of the arrangement.

    Attributes:
        role: what it is; "own" is code of the learner's, "note" anything else of theirs.
        source: the text that counts.
        released: the cell of the release that it is, or None.
        handed: the cell of the submission that it comes from, or None.
        present: False for an answer that was not handed in at all, or stands in another answer's cell.
    """

    role: Place
    source: str
    released: Released | None = None
    handed: Handed | None = None
    present: bool = True


@dataclass
class Arrangement:
    """The cells in order, and what was noticed on the way."""

    cells: list[Placed] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def arrange(release: dict[str, Any], submitted: Any) -> Arrangement:
    """Lay a submission over its release.

    Args:
        release: the released notebook, parsed; the course's own.
        submitted: the notebook that was handed in, parsed; anything at all.
    """
    released, handed = released_cells(release), handed_cells(submitted)
    match(released, handed)
    work = _Work(released, handed)
    work.choose_answers()
    work.lay_out()
    work.move_tests()
    return Arrangement(work.out, work.warnings[:MOST_WARNINGS])


class _Work:
    """The steps of `arrange`, which share the two lists of cells."""

    def __init__(self, released: list[Released], handed: list[Handed]) -> None:
        self.released, self.handed = released, handed
        self.names = variables(released)
        self.winner: dict[int, Handed] = {}  # answer's place in the release → the cell that is the answer
        self.answers: dict[int, list[int]] = {}  # a handed-in cell's place → the answers that it is
        self.out: list[Placed] = []
        self.warnings: list[str] = []

    def warn(self, sentence: str) -> None:
        if sentence not in self.warnings:
            self.warnings.append(sentence)

    # Which cell is the answer

    def choose_answers(self) -> None:
        for place, cell in enumerate(self.released):
            if cell.role in ("answer", "prose"):
                chosen = self._choose(place, cell)
                if chosen is not None:
                    self.winner[place] = chosen
                    self.answers.setdefault(chosen.place, []).append(place)
                elif cell.role == "answer":
                    self.warn(f"{_called(cell)}: the answer cell is not there any more.")

    def _choose(self, place: int, cell: Released) -> Handed | None:
        mine = [one for one in self.handed if one.of == place]
        if cell.role == "prose":
            return mine[-1] if mine else None
        names = self.names.get(cell.item, ())
        written = [one for one in self.handed if self._could_be(one, place) and any(defines(one, n) for n in names)]
        test = self._test_place(cell.item)
        above = [one for one in written if one.place < test]
        if len(written) > 1:
            where = "above its test" if above else "in the notebook"
            self.warn(f"{_called(cell)}: {len(written)} cells define the answer; the last one {where} counts.")
        elif written and written[0].of != place:
            self.warn(f"{_called(cell)}: the answer was found in a cell of your own.")
        if written:
            return (above or written)[-1]
        touched = [one for one in mine if one.source.strip() and not one.untouched]
        return (touched or mine or [None])[-1]  # type: ignore[list-item]

    def _could_be(self, one: Handed, place: int) -> bool:
        """Whether a cell's code may be the answer: it is code, and no text of the course's own."""
        if one.of is None:
            return one.kind == "code"
        role = self.released[one.of].role
        if one.kind != "code" and one.of != place:
            return False
        return role in ("answer", "given", "text", "test") and not one.untouched

    def _test_place(self, item: str) -> int:
        tests = [p for p, cell in enumerate(self.released) if any(take.item == item for take in cell.takes)]
        return max((one.place for one in self.handed if one.of in tests), default=len(self.handed) + 10**6)

    # Where everything stands

    def lay_out(self) -> None:
        anchors = self._anchors()
        staying = _longest_rising(list(anchors.values()))
        self._warn_of_moves(anchors, staying)
        missing = self._missing(staying)
        for place in missing.get(-1, ()):
            self._put_released(place)
        for one in self.handed:
            anchor = anchors.get(one.place)
            if anchor is not None and (anchor in staying or self.released[anchor].role in ("answer", "prose")):
                self._put_released(anchor, one)
            self._put_own(one)
            for later in missing.get(anchor, ()) if anchor is not None and anchor in staying else ():
                self._put_released(later)

    def _anchors(self) -> dict[int, int]:
        """For each handed-in cell that is one of the release, by its place: the place in the release."""
        found: dict[int, int] = {}
        used: set[int] = set()
        for one in self.handed:
            mine = self.answers.get(one.place, [])
            place = one.of if one.of in mine else (mine[0] if mine else one.of)
            if place is None or place in used or (self.released[place].role in ("answer", "prose") and not mine):
                continue
            if one.spare and not mine:
                continue
            found[one.place] = place
            used.add(place)
        return found

    def _missing(self, staying: set[int]) -> dict[int, list[int]]:
        """Cells of the release that have no place yet, by the one that they follow; -1 is the beginning."""
        found: dict[int, list[int]] = {}
        last = -1
        for place, cell in enumerate(self.released):
            if place in staying:
                last = place
            elif cell.role not in ("answer", "prose") or not self._has_own_place(place):
                found.setdefault(last, []).append(place)
        return found

    def _has_own_place(self, place: int) -> bool:
        chosen = self.winner.get(place)
        return chosen is not None and self._first_answer(chosen) == place

    def _first_answer(self, chosen: Handed) -> int:
        mine = self.answers[chosen.place]
        return chosen.of if chosen.of in mine else mine[0]

    def _put_released(self, place: int, one: Handed | None = None) -> None:
        cell = self.released[place]
        if cell.role in ("answer", "prose"):
            elsewhere = ELSEWHERE if place in self.winner else cell.source
            source = elsewhere if one is None else one.source
            self.out.append(Placed(cell.role, source, cell, one, present=one is not None))
            if one is not None and one.kind != "code" and cell.role == "answer":
                self.warn(f"{_called(cell)}: the answer cell was switched to {one.kind}; it was run as code.")
        else:
            self.out.append(Placed(cell.role, cell.source, cell, one))

    def _put_own(self, one: Handed) -> None:
        """The learner's part of a cell, if it is more than what was released or an answer."""
        if one.place in self.answers or not one.source.strip():
            return
        cell = None if one.of is None else self.released[one.of]
        if cell is None or (one.spare and cell.role == "given"):
            self.out.append(Placed("own" if one.kind == "code" else "note", one.source, None, one))
            return
        if one.untouched:
            return
        if cell.role == "test":
            self.warn(f"{_called(cell)}: the test was changed; the released one counts.")
            found = names_of(one.source)
            if found is not None and not found.defines:
                return
        elif cell.role == "given" and one.kind == "code":
            self.warn("A cell of the course was changed; it was run as released, and your version after it.")
        code = one.kind == "code" or cell.role == "answer"
        self.out.append(Placed("own" if code else "note", one.source, None, one))

    def _warn_of_moves(self, anchors: dict[int, int], staying: set[int]) -> None:
        there = set(anchors.values())
        given = [p for p, cell in enumerate(self.released) if cell.role in ("given", "test")]
        lost, moved = sum(p not in there for p in given), sum(p in there and p not in staying for p in given)
        if lost:
            self.warn(f"{lost} of the course's code cells were missing or changed beyond recognition; put back.")
        if moved:
            self.warn(f"{moved} of the course's code cells had been moved; put back.")
        for place in sorted(there - staying):
            if self.released[place].role == "answer":
                self.warn(f"{_called(self.released[place])}: the answer cell was moved; it was run where it stands.")

    # Tests come behind their answers

    def move_tests(self) -> None:
        for test in [cell for cell in self.out if cell.role == "test"]:
            items = {take.item for take in test.released.takes} if test.released is not None else set()
            chosen = {self.winner[p].place for p, c in enumerate(self.released) if c.item in items and p in self.winner}
            last = max((n for n, c in enumerate(self.out) if c.handed and c.handed.place in chosen), default=-1)
            now = self.out.index(test)
            if now < last:
                self.out.insert(last, self.out.pop(now))
                self.warn(f"{_called(test.released)}: the answer stands below its test; it was taken from there.")


def _called(cell: Released | None) -> str:
    """How a warning calls a cell: by its exercise or question."""
    item = "" if cell is None else (cell.item or next((take.item for take in cell.takes), ""))
    return f"{'Question' if '.Q' in item else 'Exercise'} {item}" if item else "A test"


def _longest_rising(places: Sequence[int]) -> set[int]:
    """The members of a longest rising part of a sequence: what stayed in order while the rest was moved.

    Example:
        >>> sorted(_longest_rising([1, 5, 2, 3, 4]))
        [1, 2, 3, 4]
    """
    ends: list[int] = []
    chain: list[int] = []
    before: dict[int, int | None] = {}
    for place in places:
        at = bisect_left(ends, place)
        before[place] = chain[at - 1] if at else None
        ends[at:] = [place, *ends[at + 1 :]]
        chain[at:] = [place, *chain[at + 1 :]]
    found: set[int] = set()
    last = chain[-1] if chain else None
    while last is not None:
        found.add(last)
        last = before[last]
    return found
