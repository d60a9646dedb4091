"""Finds exercises and questions by id: a chapter's checks live in the package `course_lib.checks.chapterNN`.

Such a package exports `EXERCISES` (a tuple of `Exercise`, in the order of the chapter) and `QUESTIONS` (a tuple of
`Question`). Nothing else needs to know about a new chapter.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from course_lib.checks.exercise import Exercise
from course_lib.checks.questions import Question
from course_lib.errors import CourseError

N_CHAPTERS = 18


def chapters() -> list[int]:
    """The chapters that have checks."""
    return [n for n in range(1, N_CHAPTERS + 1) if find_spec(_package(n)) is not None]


@lru_cache(maxsize=N_CHAPTERS)
def _load(chapter: int) -> Any:
    if find_spec(_package(chapter)) is None:
        known = ", ".join(str(n) for n in chapters())
        raise CourseError(f"Chapter {chapter} has no exercises yet.", f"Chapters with exercises: {known}.")
    return import_module(_package(chapter))


def _package(chapter: int) -> str:
    return f"course_lib.checks.chapter{chapter:02d}"


def exercises(chapter: int) -> list[Exercise]:
    """The exercises of a chapter, in order."""
    return list(_load(chapter).EXERCISES)


def questions(chapter: int) -> list[Question]:
    """The concept questions of a chapter, in order."""
    return list(_load(chapter).QUESTIONS)


def chapter_of(exercise_id: str) -> int:
    """The chapter number in an id such as "8.1".

    Raises:
        CourseError: if the id has another form.
    """
    head = str(exercise_id).split(".")[0]
    if not head.isdigit():
        raise CourseError(f"{exercise_id!r} is not the id of an exercise.", 'Ids look like "8.1".')
    return int(head)


def exercise(exercise_id: str) -> Exercise:
    """The exercise with this id.

    Raises:
        CourseError: if there is none; the message lists those of the chapter.
    """
    found = exercises(chapter_of(exercise_id))
    for item in found:
        if item.id == exercise_id:
            return item
    known = ", ".join(item.id for item in found)
    raise CourseError(f"There is no exercise {exercise_id!r}.", f"The chapter has {known}.")


def is_question(exercise_id: str) -> bool:
    """Whether an id has the form of a concept question, "8.Q1"."""
    return ".Q" in str(exercise_id)


def question(question_id: str) -> Question:
    """The concept question with this id.

    Raises:
        CourseError: if there is none.
    """
    found = questions(chapter_of(question_id))
    for item in found:
        if item.id == question_id:
            return item
    known = ", ".join(item.id for item in found)
    raise CourseError(f"There is no question {question_id!r}.", f"The chapter has {known}.")
