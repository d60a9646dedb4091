"""Concept questions: multiple choice in which every choice has an explanation, also the wrong ones.

A learner who picks a wrong choice has a reason for it. The feedback of a choice answers that reason, so it is worth more
than the mark. Marks are partial: each question counts one point.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

UNANSWERED = "?"


@dataclass(frozen=True)
class Choice:
    """One choice: its letter, its text, what to say to somebody who picks it, and whether it is right."""

    letter: str
    text: str
    feedback: str
    right: bool = False


@dataclass(frozen=True)
class Question:
    """One question with exactly one right choice."""

    id: str
    text: str
    choices: tuple[Choice, ...]

    def __post_init__(self) -> None:
        if sum(choice.right for choice in self.choices) != 1:
            raise ValueError(f"question {self.id} needs exactly one right choice")

    def choice(self, letter: Any) -> Choice | None:
        """The choice with this letter, in either case; None when there is none."""
        wanted = str(letter).strip().lower()
        return next((choice for choice in self.choices if choice.letter == wanted), None)

    def markdown(self) -> str:
        """The question and its choices, without the key."""
        lines = [f"**{self.id}** {self.text}", ""]
        return "\n".join([*lines, *(f"- **{choice.letter}** {choice.text}" for choice in self.choices)])


@dataclass(frozen=True)
class Answered:
    """One question with what was picked."""

    question: Question
    given: str
    choice: Choice | None

    @property
    def right(self) -> bool:
        """Whether the right choice was picked."""
        return self.choice is not None and self.choice.right

    @property
    def feedback(self) -> str:
        """The explanation of the choice that was picked."""
        letters = ", ".join(choice.letter for choice in self.question.choices)
        if self.choice is not None:
            return self.choice.feedback
        if self.given in ("", UNANSWERED):
            return "Not answered yet."
        return f"{self.given!r} is none of the choices ({letters})."


@dataclass(frozen=True)
class Score:
    """The points of a set of questions.

    Its `repr` is the bare number, because nbgrader takes a number at the end of a test cell as partial credit.
    """

    answers: tuple[Answered, ...]

    @property
    def points(self) -> float:
        """One point for each right answer."""
        return float(sum(answer.right for answer in self.answers))

    def __repr__(self) -> str:
        return str(self.points)

    def text(self) -> str:
        """Feedback for each question, as text."""
        head = f"{self.points:.0f} of {len(self.answers)} right."
        rows = [f"  {'✔' if a.right else '✘'} {a.question.id} {a.given}: {a.feedback}" for a in self.answers]
        return "\n".join([head, *rows])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<li><b>{'✔ right' if a.right else '✘ not right'}: {escape(a.question.id)} {escape(a.given)}.</b> "
            f"{escape(a.feedback)}</li>"
            for a in self.answers
        )
        return f"<div><p><b>{self.points:.0f} of {len(self.answers)} right.</b></p><ul>{rows}</ul></div>"


def grade(questions: Sequence[Question], answers: Mapping[str, Any]) -> Score:
    """Compare answers such as `{"8.Q1": "b"}` with the key."""
    given = {str(key): str(value) for key, value in answers.items()}
    answered = [(q, given.get(q.id, UNANSWERED)) for q in questions]
    return Score(tuple(Answered(q, letter, q.choice(letter)) for q, letter in answered))
