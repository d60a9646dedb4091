"""What is run of a submission: cells in their order, and the places at which an answer is taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["given", "answer", "own"]


@dataclass(frozen=True)
class Cell:
    """One code cell.

    Attributes:
        name: the released cell's id, or "own-3" for the third that the learner added.
        source: its code, as IPython takes it.
        kind: "given" by the course (the released text, whatever was handed in), an "answer", or the learner's "own".
        item: for an answer the id of its exercise or question, else "".
    """

    name: str
    source: str
    kind: Kind
    item: str = ""


@dataclass(frozen=True)
class Take:
    """Here the notebook's test stands: the named variable is taken as the answer to an exercise or question."""

    item: str
    variable: str


Step = Cell | Take


@dataclass(frozen=True)
class Program:
    """A submission as it is run.

    Attributes:
        steps: what is needed for the answers, in order: the cells that they depend on by name, and the takes.
        complete: the same with every cell; run when something in `steps` turns out to be missing.
        warnings: what was noticed and mended, one sentence each.
    """

    steps: tuple[Step, ...]
    complete: tuple[Step, ...]
    warnings: tuple[str, ...] = ()
