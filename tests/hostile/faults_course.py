"""A class for the tests in which something is killed: one exercise about texts, so that nothing heavy is imported.

Every fourth answer is wrong and every fourth is a known mistake, so that a lost or doubled mark shows; every answer takes
a tenth of a second, so that a signal finds something to hit.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from course_lib.authoring.chapters import Chapter
from course_lib.checks.exercise import Case, Exercise, Mistake
from course_lib.grading.assignment import Assignment
from course_lib.grading.intake import Submission, Unreadable, find_submissions
from tests.hostile.mini_course import FOLDER, LIBRARY, PROJECT

MODULES = ("IPython.core.interactiveshell",)
POINTS = 4
ANSWERS = {
    "right": "text.upper() + '!'",
    "wrong": "text",
    "also right": "''.join(letter.upper() for letter in text) + chr(33)",
    "quiet": "text.upper()",
}
MARKS = {"right": POINTS, "wrong": 0, "also right": POINTS, "quiet": 0}


def quiet(text: str) -> str:
    return text.upper()


def unchanged(text: str) -> str:
    return text


def hidden(seed: int) -> tuple[Case, ...]:
    return (Case("a text of the seed", (f"text {seed}",)),)


SHOUT = Exercise(
    id="17.1", title="Shout", points=POINTS, difficulty=1, minutes=1, reference="mini_library:shouted", returns="A text.",
    example="", hints=("", "", ""), why="", visible=(Case("a word", ("word",)), Case("nothing", ("",))), hidden=hidden,
    mistakes=(Mistake("quiet", quiet, "The mark is missing."),), alternatives=(),
)  # fmt: skip


def make_class(root: Path, learners: int) -> dict[str, float]:
    """Write a course and a class's submissions; the marks that they deserve."""
    from tests.hostile.canaries import put

    release = root / "chapters" / FOLDER
    put(release, {"mini.ipynb": _notebook("raise NotImplementedError('Exercise 17.1')")})
    deserved = {}
    for number in range(learners):
        kind = list(ANSWERS)[number % len(ANSWERS)]
        body = f"import time\n    time.sleep(0.1)\n    return {ANSWERS[kind]}  # {number}"
        learner = f"learner-{number:03d}"
        put(root / "submitted" / learner / FOLDER, {"mini.ipynb": _notebook(body)})
        deserved[learner] = float(MARKS[kind])
    return deserved


def _notebook(body: str) -> dict[str, Any]:
    def cell(name: str, source: str, **marked: Any) -> dict[str, Any]:
        fields = {
            "schema_version": 3,
            "grade": False,
            "solution": False,
            "locked": False,
            "task": False,
            "grade_id": name,
        }
        metadata = {"course": {"id": "17.1"}, "nbgrader": {**fields, **marked}}
        return {
            "cell_type": "code",
            "id": name,
            "metadata": metadata,
            "source": source,
            "outputs": [],
            "execution_count": None,
        }

    answer = cell("answer-17-1", f"def shouted(text):\n    {body}\n", solution=True)
    test = cell("check-17-1", 'check("17.1", shouted)', grade=True, locked=True, points=POINTS)
    return {"cells": [answer, test], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def assignment(root: Path) -> Assignment:
    """The class's assignment."""
    return Assignment(Chapter(root, FOLDER), (SHOUT,), (), 17, modules=MODULES, extra=(str(LIBRARY),))


def submissions(root: Path) -> list[Submission | Unreadable]:
    """What the class handed in."""
    return find_submissions(root / "submitted", Chapter(root, FOLDER), scratch=root / "scratch")


def python_path() -> str:
    """For processes that import this."""
    return f"{PROJECT}:{LIBRARY}"


def read_marks(path: Path) -> list[tuple[str, float, str]]:
    """Lines that `faults.grade_here` wrote: learner, points, when it was graded."""
    lines = path.read_text().splitlines() if path.exists() else []
    return [tuple(json.loads(line)) for line in lines if line.endswith("]")]


if str(LIBRARY) not in sys.path:
    sys.path.insert(0, str(LIBRARY))
