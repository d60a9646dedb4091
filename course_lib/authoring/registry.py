"""What the authoring tools need to know about an exercise.

Titles, points, hints and the place of the reference answer are facts about an *exercise*, and the exercise registry of
`course_lib.checks` holds them. The tools here only read them, so they say what they read (`ExerciseFacts`) and take
any registry that has it; tests pass a small one of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Protocol


class ExerciseFacts(Protocol):
    """The facts of one exercise that a notebook shows."""

    @property
    def id(self) -> str:
        """The exercise's id: "8.1"."""

    @property
    def title(self) -> str:
        """A few words."""

    @property
    def points(self) -> int:
        """What it is worth."""

    @property
    def difficulty(self) -> int:
        """1 to 5."""

    @property
    def minutes(self) -> int:
        """How long it takes somebody who meets the topic for the first time."""

    @property
    def function(self) -> str:
        """The name that the learner defines."""

    @property
    def reference(self) -> str:
        """Where the answer is: "package.module:name"."""

    @property
    def returns(self) -> str:
        """One sentence: what the function returns."""

    @property
    def example(self) -> str:
        """One worked example, Markdown."""

    @property
    def hints(self) -> Sequence[str]:
        """Nudge, approach, near-code, Markdown."""

    @property
    def why(self) -> str:
        """Why it matters to somebody who runs a model on their own machine."""


class QuestionFacts(Protocol):
    """The facts of one concept question that a notebook shows."""

    @property
    def id(self) -> str:
        """The question's id: "8.Q1"."""

    def markdown(self) -> str:
        """The question and its choices, without the key."""


class Registry(Protocol):
    """Where exercises are looked up; `course_lib.checks.registry` is one."""

    def exercise(self, id: str, /) -> Any:
        """The exercise with this id; raises when there is none."""

    def exercises(self, chapter: int) -> Any:
        """The exercises of a chapter, in order."""

    def question(self, id: str, /) -> Any:
        """The concept question with this id; raises when there is none."""

    def questions(self, chapter: int) -> Any:
        """The concept questions of a chapter, in order."""


def course_registry() -> Registry:
    """The registry of this course."""
    module: Any = import_module("course_lib.checks.registry")
    return module
