"""What a hostile (or honest but odd) submission is made of, and what is expected of it.

A case is a function with one sentence that says what it tries; it gets a `Kit` and returns what is handed in. Payloads
are harmless even where they succeed, because the baseline runs them under plain nbgrader: they write markers, delete
nothing, never leave the machine, and end by themselves. A marker is written in two halves (`"plan" + "ted-…"`), so that
the text of the submission itself is not taken for one.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.hostile.mini_course import FULL, NAME, Notebooks, answer_cell

WRONG = {
    "17.1": "def weighted_mean(values, weights):\n    return 0.0\n",
    "17.2": "def running_peak(values):\n    return []\n",
    "17.Q1": 'choice_1 = "a"\n',
}
NOTEBOOK = f"{NAME}.ipynb"
NO_GAIN = ("wrong", "error", "missing", "unwritten")
TOOLS = '''import os, sys


def loot(what):
    """Show what was found, and try to leave it outside."""
    print("LOOT", what)
    keep("@LOOT@/found-@CASE@", what)


def keep(path, what, mode="a"):
    """Try to write."""
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, mode) as stream:
            stream.write(f"{what}\\n")
    except OSError as error:
        print("NOT", type(error).__name__)


MARK = "plan" + "ted-@CASE@"
'''


@dataclass(frozen=True)
class Link:
    """A symbolic link, by what it points to."""

    target: str


@dataclass(frozen=True)
class Pipe:
    """A named pipe: whoever opens it waits for ever."""


Content = dict[str, Any] | bytes | Link | Pipe


@dataclass(frozen=True)
class Handed:
    """What is handed in.

    Attributes:
        files: by path in the learner's folder of the assignment.
        accomplice: the files of a second learner, who comes after.
        archive: in place of both: a zip of the whole class, as a learning platform gives it.
    """

    files: dict[str, Content] = field(default_factory=dict)
    accomplice: dict[str, Content] | None = None
    archive: bytes | None = None


@dataclass(frozen=True)
class Kit:
    """What a case builds with.

    Attributes:
        case: its name.
        notebooks: the release and the right answers.
        at: places by name, as `@NAME@` in the text of a payload: ROOT (the course), HOME, LOOT, STORE, LIBRARY, PORT and PID
            (a listener and a process of the instructor's), LEARNER, OTHER (a classmate's notebook), NEARLY (seconds).
    """

    case: str
    notebooks: Notebooks
    at: dict[str, str]

    def text(self, code: str) -> str:
        """A payload with the places filled in."""
        for name, value in {**self.at, "CASE": self.case}.items():
            code = code.replace(f"@{name}@", value)
        return code

    def attack(self, code: str, item: str = "17.1", right: tuple[str, ...] = (), tools: bool = True) -> dict[str, Any]:
        """A notebook whose answer to `item` is an attack, with a wrong answer before it; `right` are the right ones."""
        notebook = self.notebooks.right(*right) if right else copy.deepcopy(self.notebooks.release)
        payload = (TOOLS if tools else "") + WRONG[item] + code
        answer_cell(notebook, item)["source"] = self.text(payload)
        return notebook

    def wrong(self) -> dict[str, Any]:
        """A notebook whose answers are all wrong."""
        notebook = copy.deepcopy(self.notebooks.release)
        for item, text in WRONG.items():
            answer_cell(notebook, item)["source"] = text
        return notebook

    def right(self) -> dict[str, Any]:
        """A notebook whose answers are all right."""
        return self.notebooks.right(mark=self.case)


@dataclass(frozen=True)
class Case:
    """One submission of the suite.

    Attributes:
        name: how it is called in the table.
        group: the part of the suite; "honest" for oddities that must keep their marks.
        tries: one sentence.
        make: makes it.
        marks: what it deserves; an accomplice deserves nothing.
        status: what exercise 17.1 may be reported as; empty when nothing is said about it.
        words: the report has to contain one of these, in any case; empty when nothing is said.
        readable: whether there is a notebook to grade; None where both are right.
        probes: what it is after, as `canaries` names it.
    """

    name: str
    group: str
    tries: str
    make: Callable[[Kit], dict[str, Any] | Handed]
    marks: float = 0.0
    status: tuple[str, ...] = NO_GAIN
    words: tuple[str, ...] = ()
    readable: bool | None = True
    probes: tuple[str, ...] = ()

    @property
    def honest(self) -> bool:
        """Whether it is an honest oddity."""
        return self.group == "honest"

    def handed(self, kit: Kit) -> Handed:
        """What is handed in."""
        made = self.make(kit)
        return made if isinstance(made, Handed) else Handed({NOTEBOOK: made})


ALL: dict[str, Case] = {}


def case(group: str, **expected: Any) -> Callable[[Callable[[Kit], Any]], Callable[[Kit], Any]]:
    """Enter a function as a case; its name and the first line of its docstring are the case's."""

    def enter(make: Callable[[Kit], Any]) -> Callable[[Kit], Any]:
        name = make.__name__
        assert name not in ALL, name
        if group == "honest":
            expected.setdefault("marks", FULL)
            expected.setdefault("status", ("right",))
        ALL[name] = Case(name, group, (make.__doc__ or "").strip().splitlines()[0], make, **expected)
        return make

    return enter


def own_cell(source: str, cell_type: str = "code", **more: Any) -> dict[str, Any]:
    """A cell that a learner adds."""
    found: dict[str, Any] = {
        "cell_type": cell_type,
        "metadata": {},
        "source": source,
        "id": f"own-{abs(hash(source)) % 10**8}",
    }
    if cell_type == "code":
        found |= {"execution_count": None, "outputs": []}
    return {**found, **more}
