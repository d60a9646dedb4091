"""Rules on exercises: how many, in which order their cells stand, and that a mark really depends on the answer."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

from course_lib.authoring.contract.findings import Finding
from course_lib.authoring.contract.view import ChapterView, Region, bound_names, calls_in, role_of, tree_of
from course_lib.authoring.registry import ExerciseFacts
from course_lib.errors import CourseError

# A cell that only defines or imports something shows nothing.
_AT_WORK = (ast.Expr, ast.Assign, ast.For, ast.With)
_PARTS = {"exercise": "card", "hints": "hints", "why": "“why this matters”"}


def _exercises(view: ChapterView) -> list[Region]:
    return view.of_role("exercise", "repair")


def exercise_count(view: ChapterView) -> Iterator[Finding]:
    """Three to six exercises, the same ones as in the registry, each once."""
    ids = [region.id for region in _exercises(view)]
    if not 3 <= len(ids) <= 6:
        problem = f"There are {len(ids)} exercises."
        yield view.finding("exercise_count", None, problem, "A chapter has 3 to 6.")
    registered = [str(exercise.id) for exercise in view.registry.exercises(view.number)]
    for id in registered:
        if ids.count(id) != 1:
            problem = f"Exercise {id} of the registry stands {ids.count(id)} times in the notebook."
            yield view.finding("exercise_count", None, problem, "Give it one cell with its role and id.")
    for region in _exercises(view):
        if region.id not in registered:
            problem = f"Exercise “{region.id}” is not in the registry of chapter {view.number}."
            yield view.finding("exercise_count", region.head, problem, "Register it, or mend the id.")


def exercise_parts(view: ChapterView) -> Iterator[Finding]:
    """Each exercise shows its card, its hints with the way to the reference, and why it matters."""
    for region in _exercises(view):
        shown = [part for cell in region.cells for part in cell.metadata.get("course", {}).get("parts", [])]
        for part, words in _PARTS.items():
            if f"{part} {region.id}" not in shown:
                problem = f"Exercise {region.id} does not show its {words}."
                remedy = f"Write {{{{{part} {region.id}}}}} on a line of its own in a Markdown cell of the exercise."
                yield view.finding("exercise_parts", region.head, problem, remedy)


def exercise_order(view: ChapterView) -> Iterator[Finding]:
    """Task, then answer, then at least one test."""
    for region in _exercises(view):
        kinds = [
            "answer" if cell.metadata.nbgrader.get("solution") else "test"
            for cell in region.cells
            if cell.metadata.get("nbgrader", {}).get("solution") or cell.metadata.get("nbgrader", {}).get("grade")
        ]
        right = region.head.cell_type == "markdown" and kinds[:1] == ["answer"] and kinds[1:2] == ["test"]
        if not right or kinds.count("answer") != 1:
            found = ", ".join(["task", *kinds])
            problem = f"Exercise {region.id} is made of: {found}."
            remedy = "The order is: task (Markdown), one answer cell, then tests."
            yield view.finding("exercise_order", region.head, problem, remedy)


def exercise_points(view: ChapterView) -> Iterator[Finding]:
    """The test cells of an exercise give its points."""
    for region in _exercises(view):
        facts = _facts(view, region)
        points = sum(cell.metadata.nbgrader.get("points", 0) for cell in region.graded)
        if facts is not None and region.graded and points != facts.points:
            problem = f"The tests of exercise {region.id} give {points} points; the registry says {facts.points}."
            yield view.finding("exercise_points", region.graded[0], problem, "Leave the points out, or mend them.")


def exercise_check(view: ChapterView) -> Iterator[Finding]:
    """A test calls `check` with the exercise's id and the function that the answer defines."""
    for region in _exercises(view):
        facts = _facts(view, region)
        if facts is None or not region.graded:
            continue
        calls = [call for cell in region.graded for call in calls_in(tree_of(cell), "check")]
        if not any(_checks(call, facts) for call in calls):
            problem = f"No test of exercise {region.id} checks the function {facts.function}."
            remedy = f'Write check("{region.id}", {facts.function}) in its test cell.'
            yield view.finding("exercise_check", region.graded[0], problem, remedy)
        for cell in region.answers:
            if facts.function not in bound_names(tree_of(cell)):
                problem = f"The answer of exercise {region.id} does not define {facts.function}."
                remedy = f'Write "# expand: {facts.reference}" as the only line of the cell.'
                yield view.finding("exercise_check", cell, problem, remedy)


def repair(view: ChapterView) -> Iterator[Finding]:
    """One exercise repairs a published fault, which is seen at work above the answer."""
    cards = view.of_role("card")
    none_published = bool(cards) and cards[0].head.metadata["course"].get("fault") is False
    repairs = view.of_role("repair")
    if not repairs and not none_published:
        remedy = 'Give one exercise the role "repair", or say "fault": false at the card if none is published.'
        yield view.finding("repair", None, "No exercise repairs a published fault.", remedy)
    for region in repairs:
        shown = [cell for cell in _above(view, region) if role_of(cell) == "fault" and _is_about(cell, region.id)]
        if not any(isinstance(node, _AT_WORK) for cell in shown for node in tree_of(cell).body):
            problem = f"Exercise {region.id} does not show the fault at work."
            remedy = f'Above its answer, run it on real numbers in a cell course={{"role": "fault", "shares": ["{region.id}"]}}.'
            yield view.finding("repair", region.head, problem, remedy)


def written(view: ChapterView) -> Iterator[Finding]:
    """An answer in prose has a task above it, a model answer in it, points, and an id of its own."""
    seen: set[str] = set()
    for region in view.of_role("written"):
        head, remedy = region.head, 'Write: # %% [markdown] course={"role": "written", "id": "8.W1", "points": 4}'
        place = next(i for i, cell in enumerate(view.cells) if cell is head)
        above = view.cells[place - 1] if place else None
        if head.cell_type != "markdown":
            yield view.finding("written", head, "An answer in prose is a Markdown cell.", remedy)
        if not re.fullmatch(rf"{view.number}\.W\d+", region.id) or region.id in seen:
            problem = f"“{region.id}” is no id for an answer in prose, or stands there twice."
            yield view.finding("written", head, problem, remedy)
        if not head.metadata.get("nbgrader", {}).get("points"):
            yield view.finding("written", head, f"The answer {region.id} is worth no point.", remedy)
        if above is None or above.cell_type != "markdown" or role_of(above) == "written":
            problem = f"No task stands above the answer {region.id}."
            yield view.finding("written", head, problem, "Put a Markdown cell with the task above it.")
        if len(head.source.split()) < 5:
            problem = f"The answer {region.id} has no model answer."
            yield view.finding("written", head, problem, "Write one into the cell; learners get an empty one.")
        seen.add(region.id)


def _above(view: ChapterView, region: Region) -> Iterator[Any]:
    """The cells above the answer of an exercise."""
    for cell in view.cells:
        if any(cell is answer for answer in region.answers):
            return
        yield cell


def _is_about(cell: Any, id: str) -> bool:
    return id in cell.metadata["course"].get("shares", [])


def _facts(view: ChapterView, region: Region) -> ExerciseFacts | None:
    try:
        facts: ExerciseFacts = view.registry.exercise(region.id)
    except (KeyError, CourseError):
        return None
    return facts


def _checks(call: ast.Call, facts: ExerciseFacts) -> bool:
    if len(call.args) < 2:
        return False
    id, function = call.args[:2]
    right_id = isinstance(id, ast.Constant) and id.value == facts.id
    return right_id and isinstance(function, ast.Name) and function.id == facts.function
