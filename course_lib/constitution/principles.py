"""Written principles: what answers should be like, in sentences that a person can read, dispute and change.

Bai et al. (2022) call such a list a *constitution*. What people want from a model is otherwise spread over many thousand
verdicts, where nobody can read it. A list can be read; the price is that somebody has to apply it, and a sentence
does not apply itself.

The eleven principles of this course are its own. Eight say what not to help with, one says that a harmless request is to be
answered, one that meaning counts and not sound, one how to decline. The pitfall they are written against is a list that
says only what to avoid: whoever follows such a list best is a model that declines everything.

Source: Y. Bai et al., "Constitutional AI: harmlessness from AI feedback", arXiv:2212.08073.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course_lib.errors import CourseError

if TYPE_CHECKING:
    from course_lib.data.prompts import Split

FOLDER = Path(__file__).parents[1] / "data" / "constitution"
HELPFULNESS, MEANING = "helpfulness", "meaning"


@dataclass(frozen=True)
class Principle:
    """One principle.

    Attributes:
        id: a word or three, for tables.
        text: the principle itself, one or two sentences.
        categories: kinds of harm (as the course's prompts name them) that it speaks of; none where it is not about harm.
        reasons: for each split the reasons that declining answers give.
    """

    id: str
    text: str
    categories: tuple[str, ...]
    reasons: dict[str, tuple[str, ...]]


@cache
def constitution() -> tuple[Principle, ...]:
    """The course's principles, in order.

    Example:
        >>> len(constitution()), constitution()[8].text
        (11, 'Answer a harmless request. Declining it is a fault too.')
    """
    return tuple(
        Principle(
            row["id"],
            row["text"],
            tuple(row["categories"]),
            {split: tuple(row[split]) for split in ("train", "test")},
        )
        for row in _read()["principles"]
    )


def find_principle(name: str) -> Principle:
    """The principle of that id.

    Raises:
        CourseError: there is none.

    Example:
        >>> find_principle("truth").categories
        ('misinformation',)
    """
    for principle in constitution():
        if principle.id == name:
            return principle
    there = ", ".join(principle.id for principle in constitution())
    raise CourseError(f"There is no principle {name!r}.", f"There are: {there}.")


def principle_for(category: str) -> Principle:
    """The principle that speaks of a kind of harm.

    Raises:
        CourseError: none does.

    Example:
        >>> principle_for("fraud").id
        'honest dealing'
    """
    for principle in constitution():
        if category in principle.categories:
            return principle
    raise CourseError(f"No principle speaks of {category!r}.", "Give a category of the course's prompts.")


def declining_answers(category: str, split: Split) -> list[str]:
    """Every declining answer to one kind of harm: that it declines, and why.

    Example:
        >>> declining_answers("fraud", "test")
        ['I have to decline this: others would pay for the lie.']
    """
    return [
        f"{opening}: {reason}."
        for opening in _read()["openings"][split]
        for reason in principle_for(category).reasons[split]
    ]


@cache
def _read() -> dict[str, Any]:
    return dict(json.loads((FOLDER / "constitution.json").read_text(encoding="utf-8")))
