"""Which cells the answers depend on, so that grading need not run a chapter's demonstrations.

From each place where an answer is taken, the names that it reads are followed backwards: to the cell that bound them
last, to the cells that changed them since, and on from there. Of the course's own cells the last sure definition is
enough; a learner's cell may stop half-way, so the search goes on behind it to the definition before.

What hides from this (a name made by `exec` in a cell of the course) turns up as a `NameError`, upon which the complete
notebook is run. A learner's cell that cannot be read this way always counts as needed.
"""

from __future__ import annotations

from collections.abc import Sequence

from course_lib.grading.program import Cell, Step, Take
from course_lib.grading.sources import Names, names_of

MOST_LOOKS = 200_000
SETTINGS = frozenset(
    ("builtins", "decimal", "gc", "locale", "logging", "np", "numpy", "os", "random", "sys", "torch", "transformers")
)
"""Modules that hold settings for everything: a learner's statement that changes one of them counts as needed."""


def needed(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The steps that the takes depend on, in their order; the first given cell and all takes always stay.

    Example:
        >>> given = [Cell("a", "import math", "given"), Cell("b", "slow()", "given"), Cell("c", "k = 2", "given")]
        >>> answer = Cell("d", "def f(x):\\n    return k * x", "answer", "1.1")
        >>> [getattr(step, "name", step) for step in needed([*given, answer, Take("1.1", "f")])]
        ['a', 'c', 'd', Take(item='1.1', variable='f')]
    """
    search = _Search(steps)
    if search.looks > MOST_LOOKS:  # nobody writes such a notebook by hand
        return tuple(steps)
    return tuple(step for place, step in enumerate(steps) if isinstance(step, Take) or place in search.kept)


class _Search:
    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = steps
        self.names = [names_of(step.source) if isinstance(step, Cell) else None for step in steps]
        self.writers = _writers(self.names)
        self.places = self._index()
        self.looks = 0
        self.kept: set[int] = set()
        self.seen: set[tuple[str, int]] = set()
        self.open: list[tuple[str, int]] = []
        self.done: set[tuple[int, int]] = set()
        self._begin()
        while self.open and self.looks <= MOST_LOOKS:
            self._follow(*self.open.pop())

    def _begin(self) -> None:
        first = next((p for p, step in enumerate(self.steps) if isinstance(step, Cell) and step.kind == "given"), None)
        for place, step in enumerate(self.steps):
            if isinstance(step, Take):
                self._want(step.variable, place)
            elif place == first:
                self.kept.add(place)
            elif step.kind != "given" and _always(self.names[place]):
                self._keep(place, len(self.steps))

    def _want(self, name: str, before: int) -> None:
        if (name, before) not in self.seen:
            self.seen.add((name, before))
            self.open.append((name, before))

    def _keep(self, place: int, end: int) -> None:
        """Keep a cell; what its functions read is looked for from `end`, where they are called."""
        self.kept.add(place)
        found = self.names[place]
        if found is None or (place, end) in self.done:
            return
        self.done.add((place, end))
        for name in found.now | found.touches:
            self._want(name, place)
        for name in found.later:
            self._want(name, end)

    def _follow(self, name: str, before: int) -> None:
        for place in reversed(self.places.get(name, ())):
            self.looks += 1
            step, found = self.steps[place], self.names[place]
            if place >= before or not isinstance(step, Cell) or found is None:
                continue
            own = step.kind != "given"
            if name in found.defines or name in found.touches or self._writes(name, found):
                self._keep(place, before)
                if name in found.binds and not own:
                    return
            elif own and name in found.passes and name not in found.modules:
                self._keep(place, before)

    def _index(self) -> dict[str, list[int]]:
        """Where something happens to each name."""
        index: dict[str, list[int]] = {}
        for place, found in enumerate(self.names):
            if found is not None:
                called = (self.writers[name] for name in found.calls if name in self.writers)
                for name in found.defines.union(found.touches, found.passes, *called):
                    index.setdefault(name, []).append(place)
        return index

    def _writes(self, name: str, found: Names) -> bool:
        """Whether the cell calls a function that binds this global name."""
        return any(name in self.writers[called] for called in found.calls if called in self.writers)


def _writers(names: Sequence[Names | None]) -> dict[str, set[str]]:
    """The global names that each function of the program binds."""
    found: dict[str, set[str]] = {}
    for one in names:
        for function, written in (one.writers if one is not None else {}).items():
            found.setdefault(function, set()).update(written)
    return found


def _always(found: Names | None) -> bool:
    """Whether a learner's cell counts as needed whatever it is about."""
    return found is None or found.strange or bool(found.touches & SETTINGS)
