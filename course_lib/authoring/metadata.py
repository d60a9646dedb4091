"""What an author writes at the top of a cell, and what nbgrader wants to find there.

An author writes the cell's role, and no more than that where the rest follows from it:

    # %% course={"role": "answer"}
    # %% course={"role": "test"}

The exercise is the one whose card stands above, the points are the registry's (a concept question gives one), and the
grade ids `answer-8-1` and `check-8-1` follow from the id. nbgrader's own metadata may be written too
(`nbgrader={"points": 2}`); what is written wins, what is missing is filled in. A second test cell of the same exercise
needs its points written: the first one takes all of them otherwise, and the contract's rule `exercise_points` notices.

A *written* answer is prose that a person marks, in formgrader. It is one Markdown cell with an id and points of its own,
and holds the model answer; the learner gets an empty one, and automatic grading leaves it alone:

    # %% [markdown] course={"role": "written", "id": "8.W1", "points": 4}
"""

from __future__ import annotations

from typing import Any

from course_lib.authoring.registry import Registry
from course_lib.errors import CourseError

EXERCISE_ROLES = ("exercise", "repair", "question")
WRITTEN = "written"
QUESTION_POINTS = 1


def complete_metadata(cells: list[Any], registry: Registry) -> None:
    """Fill in `course.id` and nbgrader's fields, in place.

    Args:
        cells: notebook cells as read from the percent file.
        registry: tells the points of an exercise.
    """
    current = ""
    tests: dict[str, int] = {}
    for cell in cells:
        course, written = cell.metadata.get("course", {}), cell.metadata.get("nbgrader", {})
        role = course.get("role")
        if role in EXERCISE_ROLES:
            current = str(course.get("id", ""))
        grade = bool(written.get("grade", role in ("test", WRITTEN)))
        solution = bool(written.get("solution", role in ("answer", WRITTEN)))
        if role == WRITTEN:
            cell.metadata["nbgrader"] = {**_written_fields(course), **written}
        elif grade or solution:
            id = str(course.get("id", current))
            role = "answer" if solution else "test"
            cell.metadata["course"] = {**course, "role": role, "id": id}
            earlier = tests.get(id, 0)
            tests[id] = earlier + int(grade)
            cell.metadata["nbgrader"] = {**_fields(id, grade, solution, earlier, registry), **written}


def _fields(id: str, grade: bool, solution: bool, earlier: int, registry: Registry) -> dict[str, Any]:
    """nbgrader's record of a cell: all that its schema wants."""
    name = f"{'answer' if solution else 'check'}-{id}".replace(".", "-")
    fields: dict[str, Any] = {
        "schema_version": 3,
        "grade": grade,
        "solution": solution,
        "locked": not solution,
        "task": False,
    }
    fields["grade_id"] = name if solution or not earlier else f"{name}-{earlier + 1}"
    if grade:
        fields["points"] = 0 if earlier else _points(id, registry)
    return fields


def _written_fields(course: dict[str, Any]) -> dict[str, Any]:
    """nbgrader's record of an answer in prose: one cell is the answer and what is marked."""
    name = f"written-{course.get('id', '')}".replace(".", "-")
    shape = {"schema_version": 3, "grade": True, "solution": True, "locked": False, "task": False}
    return {**shape, "grade_id": name, "points": course.get("points", 0)}


def _points(id: str, registry: Registry) -> int:
    try:
        return int(registry.exercise(id).points)
    except (KeyError, CourseError):
        return QUESTION_POINTS if ".Q" in id else 0
