"""A course of one small chapter: what the authoring tools are tested on, without torch and in milliseconds.

It plays three parts at once: the library whose functions become exercises, the registry that describes them, and the
`check` that a learner's notebook calls.
"""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[2]
CHAPTER = "01_example"


def mean_score(scores: Sequence[float]) -> float:
    """The mean of some scores.

    Args:
        scores: at least one number.
    """
    total = 0.0
    # every score counts once, also a zero
    for score in scores:
        total = total + float(score)
    return total / len(scores)


def largest_gap(scores: Sequence[float]) -> float:
    """The largest step between neighbours.

    Args:
        scores: at least two numbers.
    """
    steps = [abs(scores[i + 1] - scores[i]) for i in range(len(scores) - 1)]
    return max(steps)


def share_above(scores: Sequence[float], threshold: float) -> float:
    """The share of scores strictly above a threshold.

    Args:
        scores: at least one number.
        threshold: a score that equals it is not above it.
    """
    above = [score for score in scores if score > threshold]
    return len(above) / len(scores)


@dataclass(frozen=True)
class Facts:
    """What the notebook shows of an exercise."""

    id: str
    title: str
    points: int
    function: str
    cases: tuple[tuple[Any, ...], ...]
    difficulty: int = 2
    minutes: int = 10
    returns: str = "The result as a number."
    example: str = "`[1, 2]` is a short list."
    hints: tuple[str, str, str] = ("Look at the docstring.", "Go through the scores once.", "Start from `0.0`.")
    why: str = "Whoever reads a mean should know what it hides."

    @property
    def reference(self) -> str:
        return f"example_course:{self.function}"


@dataclass(frozen=True)
class Question:
    """A question with choices a and b, of which b is right."""

    id: str
    text: str

    def markdown(self) -> str:
        return f"**{self.id}** {self.text}\n\n- **a** yes\n- **b** no"


@dataclass(frozen=True)
class Registry:
    """A registry of given exercises and questions."""

    facts: tuple[Facts, ...]
    asked: tuple[Question, ...]

    def exercise(self, id: str) -> Facts:
        return {facts.id: facts for facts in self.facts}[id]

    def exercises(self, chapter: int) -> list[Facts]:
        return [facts for facts in self.facts if facts.id.startswith(f"{chapter}.")]

    def question(self, id: str) -> Question:
        return {question.id: question for question in self.asked}[id]

    def questions(self, chapter: int) -> list[Question]:
        return [question for question in self.asked if question.id.startswith(f"{chapter}.")]


REGISTRY = Registry(
    (
        Facts("1.1", "The mean", 3, "mean_score", (([1, 2, 6],), ([0.5],))),
        Facts("1.2", "The largest gap", 2, "largest_gap", (([1, 5, 2],), ([3, 3],))),
        Facts("1.3", "The share above", 5, "share_above", (([1, 2, 3], 2), ([4, 5], 1))),
    ),
    (
        Question("1.Q1", "Does a mean show the spread?"),
        Question("1.Q2", "Is 2 above 2?"),
        Question("1.Q3", "Can a gap be negative?"),
        Question("1.Q4", "Is a threshold measured?"),
    ),
)


def check(id: str, function: Callable[..., Any] | str, *, feedback: str = "at once") -> None:
    """Compare an answer with the reference; what it writes to stderr is shown on stdout."""
    if ".Q" in id and feedback != "at once":
        print(f"Question {id}: {function} is noted")
        return
    if ".Q" in id:
        assert function == "b", f"Question {id}: {function} is not right"
        return
    facts = REGISTRY.exercise(id)
    stderr = io.StringIO()
    with redirect_stderr(stderr):
        wrong = [case for case in facts.cases if function(*case) != globals()[facts.function](*case)]
    if stderr.getvalue():
        print(f"Your function wrote to stderr: {stderr.getvalue()}")
    if wrong:
        raise AssertionError(f"Exercise {id}: wrong for {wrong}")
    print(f"Exercise {id}: right")


class Model:
    """Stands for a loaded model."""

    def generate(self, text: str) -> str:
        return text[::-1]


def load_model(name: str = "default") -> Model:
    """Stands for the course's `load_model`."""
    return Model()


def make_course(root: Path) -> Path:
    """A course folder with the example chapter and the project's own nbgrader settings."""
    shutil.copytree(HERE / "solutions", root / "solutions")
    shutil.copy(PROJECT / "nbgrader_config.py", root)
    return root


def python_path() -> str:
    """For kernels: this folder and the project's."""
    return f"{HERE}{';' if sys.platform == 'win32' else ':'}{PROJECT}"
