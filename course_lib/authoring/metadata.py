"""What an author writes at the top of a cell, and what nbgrader wants to find there.

An author writes the cell's role, and no more than that where the rest follows from it:

    # %% course={"role": "answer"}
    # %% course={"role": "test"}

The exercise is the one whose card stands above, the points are the registry's, and the grade ids `answer-8-1` and
`check-8-1` follow from the id. nbgrader's own metadata may be written too (`nbgrader={"points": 2}`); what is written
wins, what is missing is filled in. A second test cell of the same exercise needs its points written: the first one
takes all of them otherwise, and the contract's rule `points` notices.
"""

from __future__ import annotations

from typing import Any

from course_lib.authoring.registry import Registry
from course_lib.errors import CourseError

EXERCISE_ROLES = ("exercise", "repair", "question")


def complete_metadata(cells: list[Any], registry: Registry) -> None:
    """Fill in `course.id` and nbgrader's fields, in place.

    Args:
        cells: notebook cells as read from the percent file.
        registry: tells the points of an exercise.
    """
    current: str | None = None
    tests: dict[str, int] = {}
    for cell in cells:
        course = cell.metadata.get("course", {})
        role = course.get("role")
        if role in EXERCISE_ROLES:
            current = course.get("id")
        written = cell.metadata.get("nbgrader")
        if written is None and role not in ("answer", "test"):
            continue
        grade = bool((written or {}).get("grade", role == "test"))
        solution = bool((written or {}).get("solution", role == "answer"))
        id = course.get("id", current)
        if id is not None and (grade or solution):
            cell.metadata["course"] = {**course, "role": "test" if grade and not solution else "answer", "id": id}
        fields = {"schema_version": 3, "grade": grade, "solution": solution, "locked": not solution, "task": False}
        if grade:
            fields["points"] = _points(id, registry, first=id not in tests)
        fields["grade_id"] = _grade_id(str(id), grade=grade, count=tests.get(str(id), 0))
        if grade:
            tests[str(id)] = tests.get(str(id), 0) + 1
        cell.metadata["nbgrader"] = {**fields, **(written or {})}


def _points(id: str | None, registry: Registry, *, first: bool) -> int:
    if id is None or not first:
        return 0
    try:
        return int(registry.exercise(id).points)
    except (KeyError, CourseError):
        return 0


def _grade_id(id: str, *, grade: bool, count: int) -> str:
    name = f"{'check' if grade else 'answer'}-{id}".replace(".", "-")
    return name if count == 0 or not grade else f"{name}-{count + 1}"
