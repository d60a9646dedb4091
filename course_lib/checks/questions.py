"""Concept questions: multiple choice in which every choice has an explanation, also the wrong ones.

A learner who picks a wrong choice has a reason for it. The feedback of a choice answers that reason, so it is worth more
than the mark. Each question counts one point.
"""

from __future__ import annotations

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
    """One question with the letter that was picked; draws itself as the feedback for that choice."""

    question: Question
    given: str

    @property
    def choice(self) -> Choice | None:
        """What was picked; None when it is none of the choices."""
        return self.question.choice(self.given)

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
            return f"This question is not answered yet: pick a choice above, or write its letter ({letters}) there."
        return f"{self.given!r} is none of the choices ({letters})."

    def text(self) -> str:
        """The verdict and the feedback, as text."""
        return f"{'✔ right' if self.right else '✘ not right'}: {self.question.id} {self.given}. {self.feedback}"

    __repr__ = text

    def _repr_html_(self) -> str:
        return f"<p>{escape(self.text())}</p>"


def grade(question: Question, answer: Any) -> Answered:
    """Lay an answer, a letter, beside the key.

    Example:
        >>> choices = (Choice("a", "yes", "No.", False), Choice("b", "no", "Yes.", True))
        >>> grade(Question("1.Q1", "Is it?", choices), " B ").right
        True
    """
    return Answered(question, str(answer).strip())
