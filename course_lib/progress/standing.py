"""Where a learner stands in each chapter: solved, solved with help, tried, not yet.

A chapter's exercises are read from its released notebook (nbgrader's ids, `answer-8-1`), not from the checks: the start
page has to be there at once, and the checks want PyTorch.

"Solved" means that a check has passed once. It stays solved when the answer is changed later, and it says nothing about
a class's mark. An exercise counts as solved *with the answer* when the reference was shown before it first passed: that
is a way to learn, and worth another try without.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from course_lib.progress.events import Event, read_events

_ANSWER = re.compile(r"answer-(\d+)-(Q?\d+)")


@dataclass(frozen=True)
class Standing:
    """How far somebody is in one chapter.

    Attributes:
        chapter: its number.
        items: ids of its exercises and questions, in the order of the chapter.
        solved: those whose check has passed.
        tried: those whose check has failed and not passed yet.
        hinted: those solved or tried for which a hint was opened.
        shown: those whose reference answer was shown before their check first passed.
    """

    chapter: int
    items: tuple[str, ...]
    solved: frozenset[str]
    tried: frozenset[str]
    hinted: frozenset[str]
    shown: frozenset[str]

    @property
    def exercises(self) -> tuple[str, ...]:
        """The exercises, without the questions."""
        return tuple(item for item in self.items if ".Q" not in item)

    @property
    def questions(self) -> tuple[str, ...]:
        """The concept questions."""
        return tuple(item for item in self.items if ".Q" in item)

    @property
    def next(self) -> str:
        """The first exercise, then the first question, that is not solved; "" when all are."""
        return next((item for item in (*self.exercises, *self.questions) if item not in self.solved), "")

    @property
    def done(self) -> bool:
        """Whether everything in the chapter is solved."""
        return bool(self.items) and not self.next

    @property
    def begun(self) -> bool:
        """Whether anything was tried or solved."""
        return bool(self.solved or self.tried)

    def text(self) -> str:
        """In a few words: "3 of 6 exercises, 1 of 5 questions; 8.2 with the answer shown"."""
        if not self.begun:
            return "not begun"
        parts = [f"{_count(self.exercises, self.solved)} exercises"] if self.exercises else []
        parts += [f"{_count(self.questions, self.solved)} questions"] if self.questions else []
        shown = [item for item in self.items if item in self.shown and item in self.solved]
        return ", ".join(parts) + (f"; {', '.join(shown)} with the answer shown" if shown else "")


def standings(notebooks: Iterable[Path], events: Sequence[Event] | None = None) -> list[Standing]:
    """The standing in each chapter.

    Args:
        notebooks: the chapters' notebooks, in the order wanted; one that cannot be read, or has no exercise, is left out.
        events: what the learner did; this learner's own when None.
    """
    events = read_events() if events is None else events
    found = ((items, standing_of(items, events)) for items in map(items_of, notebooks))
    return [standing for items, standing in found if items]


def standing_of(items: Sequence[str], events: Iterable[Event]) -> Standing:
    """Sum up what was done about these exercises and questions of one chapter."""
    wanted, solved, tried, hinted, shown = set(items), set[str](), set[str](), set[str](), set[str]()
    for event in events:
        if event.item not in wanted:
            continue
        if event.kind == "answer" and event.item not in solved:
            shown.add(event.item)
        {"passed": solved, "failed": tried, "hint": hinted}.get(event.kind, set()).add(event.item)
    chapter = int(items[0].split(".")[0]) if items else 0
    return Standing(chapter, tuple(items), *map(frozenset, (solved, tried - solved, hinted, shown)))


def items_of(notebook: Path) -> list[str]:
    """The ids of a notebook's exercises and questions, in its order; empty when it cannot be read."""
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        ids = [cell.get("metadata", {}).get("nbgrader", {}).get("grade_id", "") for cell in cells]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []
    matches = (_ANSWER.fullmatch(str(name)) for name in ids)
    return list(dict.fromkeys(f"{int(match[1])}.{match[2]}" for match in matches if match))


def _count(items: Sequence[str], solved: frozenset[str]) -> str:
    return f"{sum(item in solved for item in items)} of {len(items)}"
