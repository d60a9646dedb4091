"""A course of one small chapter for the tests of grading: two exercises and a question, without a model.

It is a chapter like any other (source, library, `Exercise` objects, a released notebook in nbgrader's format), only small:
its answers take microseconds, so that what a test measures is the grading. The same notebook exists in a second
flavour, `plain_source`, in which the tests are assert statements with hidden ones among them, as most courses on
nbgrader have them; that one is what the baseline is recorded with.
"""

from __future__ import annotations

import copy
import json
import random
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from course_lib.authoring.build import build
from course_lib.authoring.chapters import Chapter
from course_lib.checks.exercise import Case, Exercise, Mistake
from course_lib.checks.questions import Choice, Question

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
LIBRARY = HERE / "library"
FOLDER, NAME = "17_mini", "mini"
SEED = 20261122
FULL, MEAN_POINTS, PEAK_POINTS, QUESTION_POINTS = 10.0, 4, 5, 1

if str(LIBRARY) not in sys.path:
    sys.path.insert(0, str(LIBRARY))


# --- exercise 17.1 ---------------------------------------------------------------------------------------------------


def weights_ignored(values: Sequence[float], weights: Sequence[float]) -> float:
    return sum(values) / len(values)


def divided_by_count(values: Sequence[float], weights: Sequence[float]) -> float:
    return sum(v * w for v, w in zip(values, weights, strict=True)) / len(values)


def not_divided(values: Sequence[float], weights: Sequence[float]) -> float:
    return sum(v * w for v, w in zip(values, weights, strict=True))


def divided_by_largest(values: Sequence[float], weights: Sequence[float]) -> float:
    return sum(v * w for v, w in zip(values, weights, strict=True)) / max(weights)


def mean_by_loop(values: Sequence[float], weights: Sequence[float]) -> float:
    total = whole = 0.0
    for place in range(len(values)):
        total += values[place] * weights[place]
        whole += weights[place]
    return total / whole


def mean_with_torch(values: Sequence[float], weights: Sequence[float]) -> Any:
    import torch

    shares = torch.tensor(weights, dtype=torch.float64)
    return (torch.tensor(values, dtype=torch.float64) * shares / shares.sum()).sum()


def hidden_means(seed: int) -> tuple[Case, ...]:
    """Cases whose numbers are found nowhere else, so that a leak of them can be searched for."""
    draw = random.Random(seed)
    values = [[draw.randrange(7_000_000, 8_000_000) / 128 for _ in range(count)] for count in (3, 5)]
    weights = [[draw.randrange(1, 9) for _ in row] for row in values]
    return tuple(Case(f"{len(v)} values from the seed", (v, w)) for v, w in zip(values, weights, strict=True))


MEAN = Exercise(
    id="17.1",
    title="The weighted mean",
    points=MEAN_POINTS,
    difficulty=1,
    minutes=5,
    reference="mini_library:weighted_mean",
    returns="The mean as a number.",
    example="Of `[1, 3]` with the weights `[1, 1]` it is 2.",
    hints=("Look at the docstring.", "Multiply before you add.", "Start from the sum of the weights."),
    why="A mean over tokens is a weighted one.",
    visible=(
        Case("equal weights", ([1.0, 2.0, 6.0], [1.0, 1.0, 1.0])),
        Case("unequal weights", ([1.0, 2.0], [1.0, 3.0])),
        Case("a weight of zero", ([5.0, 7.0, 1.0], [0.0, 2.0, 2.0])),
    ),
    hidden=hidden_means,
    mistakes=(
        Mistake("weights ignored", weights_ignored, "Your function takes every value as equally heavy."),
        Mistake("divided by count", divided_by_count, "Look at what you divide by: how many, or how heavy?"),
        Mistake("not divided", not_divided, "A sum is not a mean yet."),
        Mistake("divided by largest", divided_by_largest, "You divide by one of the weights only."),
    ),
    alternatives=(mean_by_loop, mean_with_torch),
)


# --- exercise 17.2 ---------------------------------------------------------------------------------------------------


def lowest_so_far(values: Sequence[float]) -> list[float]:
    return list(accumulate(values, min))


def peak_of_all(values: Sequence[float]) -> list[float]:
    return [max(values)] * len(values)


def one_late(values: Sequence[float]) -> list[float]:
    return [max(values[: max(place, 1)]) for place in range(len(values))]


def running_sum(values: Sequence[float]) -> list[float]:
    return list(accumulate(values))


def peaks_with_accumulate(values: Sequence[float]) -> list[float]:
    return list(accumulate(values, max))


def peaks_as_tuple(values: Sequence[float]) -> tuple[float, ...]:
    return tuple(max(values[: place + 1]) for place in range(len(values)))


def hidden_peaks(seed: int) -> tuple[Case, ...]:
    """Cases whose numbers are found nowhere else, so that a leak of them can be searched for."""
    draw = random.Random(seed + 1)
    rows = [[draw.randrange(7_000_000, 8_000_000) / 128 for _ in range(count)] for count in (4, 6)]
    return tuple(Case(f"{len(row)} values from the seed", (row,)) for row in rows)


PEAK = Exercise(
    id="17.2",
    title="The peak so far",
    points=PEAK_POINTS,
    difficulty=1,
    minutes=5,
    reference="mini_library:running_peak",
    returns="A list as long as the values.",
    example="Of `[3, 1, 4]` it is `[3, 3, 4]`.",
    hints=("Look at the docstring.", "Remember one number.", "Compare it with the next."),
    why="The peak so far is what an alarm compares with.",
    visible=(
        Case("up and down", ([3.0, 1.0, 4.0, 2.0],)),
        Case("negative values", ([-2.0, -5.0, -1.0],)),
        Case("one value", ([2.5],)),
    ),
    hidden=hidden_peaks,
    mistakes=(
        Mistake("lowest so far", lowest_so_far, "Your numbers fall, a peak does not."),
        Mistake("peak of all", peak_of_all, "A place does not know what comes behind it."),
        Mistake("one late", one_late, "The value at a place counts there already."),
        Mistake("running sum", running_sum, "Nothing is added up here."),
    ),
    alternatives=(peaks_with_accumulate, peaks_as_tuple),
)

QUESTION = Question(
    "17.Q1",
    "Can a running peak fall?",
    (
        Choice("a", "yes, when the values do", "The largest so far stays the largest so far."),
        Choice("b", "no", "It stays or rises.", right=True),
        Choice("c", "only at the end", "The end is a place like any other."),
    ),
)
EXERCISES, QUESTIONS = (MEAN, PEAK), (QUESTION,)
ITEMS = ("17.1", "17.2", "17.Q1")


class MiniRegistry:
    """The registry that `course build` reads."""

    def exercise(self, id: str) -> Exercise:
        return {exercise.id: exercise for exercise in EXERCISES}[id]

    def exercises(self, chapter: int) -> list[Exercise]:
        return list(EXERCISES) if chapter == 17 else []

    def question(self, id: str) -> Question:
        return {question.id: question for question in QUESTIONS}[id]

    def questions(self, chapter: int) -> list[Question]:
        return list(QUESTIONS) if chapter == 17 else []


def make_course(root: Path) -> Chapter:
    """Build the course in an empty folder: source, solution notebook, released notebook, settings."""
    shutil.copytree(HERE / "course" / "solutions", root / "solutions", dirs_exist_ok=True)
    shutil.copy(PROJECT / "nbgrader_config.py", root)
    build([FOLDER], root=root, registry=MiniRegistry())
    return Chapter(root, FOLDER)


@dataclass(frozen=True)
class Notebooks:
    """The released notebook, and what stands in its answer cells when they are right."""

    release: dict[str, Any]
    answers: dict[str, str]

    def right(self, *items: str, mark: str = "") -> dict[str, Any]:
        """The release with right answers to these items (to all when none is named); `mark` makes its bytes unique."""
        notebook = copy.deepcopy(self.release)
        for item in items or ITEMS:
            answer_cell(notebook, item)["source"] = self.answers[item] + (f"\n# {mark}" if mark else "")
        return notebook


def notebooks(chapter: Chapter) -> Notebooks:
    """Read both notebooks of a chapter that was built."""
    return notebooks_of(json.loads(chapter.release.read_bytes()), json.loads(chapter.solution.read_bytes()))


def notebooks_of(release: dict[str, Any], solution: dict[str, Any]) -> Notebooks:
    """The released notebook with the answers of the solution notebook."""
    answers = {}
    for item in ITEMS:
        lines = "".join(answer_cell(solution, item)["source"]).splitlines()
        answers[item] = "\n".join(line for line in lines if not line.startswith("### "))
    return Notebooks(release, answers)


def cell_by_id(notebook: dict[str, Any], grade_id: str) -> dict[str, Any]:
    """The cell with this grade id."""
    return next(c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)


def answer_cell(notebook: dict[str, Any], item: str) -> dict[str, Any]:
    """The answer cell of an item."""
    return cell_by_id(notebook, f"answer-{item}".replace(".", "-"))


def test_cell(notebook: dict[str, Any], item: str) -> dict[str, Any]:
    """The test cell of an item."""
    return cell_by_id(notebook, f"check-{item}".replace(".", "-"))


test_cell.__test__ = False  # type: ignore[attr-defined]

PLAIN_TESTS = {
    "17.1": """assert abs(weighted_mean([1.0, 2.0, 6.0], [1, 1, 1]) - 3.0) < 1e-6
assert abs(weighted_mean([1.0, 2.0], [1, 3]) - 1.75) < 1e-6
### BEGIN HIDDEN TESTS
assert abs(weighted_mean([54871.25, 61003.5], [1, 1]) - 57937.375) < 1e-6
assert abs(weighted_mean([5.0, 7.0, 1.0], [0, 2, 2]) - 4.0) < 1e-6
### END HIDDEN TESTS""",
    "17.2": """import math
assert running_peak([3.0, 1.0, 4.0, 2.0]) == [3.0, 3.0, 4.0, 4.0]
### BEGIN HIDDEN TESTS
assert running_peak([57210.5, 58811.75]) == [57210.5, 58811.75]
assert math.isclose(sum(running_peak([-2.0, -5.0, -1.0])), -5.0)
### END HIDDEN TESTS""",
    "17.Q1": """assert choice_1 in ("a", "b", "c")
### BEGIN HIDDEN TESTS
assert choice_1 == "b"
### END HIDDEN TESTS""",
}
PLAIN_HIDDEN = ("54871.25", "61003.5", "57210.5", "58811.75")


def plain_source(solution: dict[str, Any]) -> dict[str, Any]:
    """The solution notebook with assert statements as tests, as an instructor with plain nbgrader writes it."""
    notebook = copy.deepcopy(solution)
    for item, text in PLAIN_TESTS.items():
        test_cell(notebook, item)["source"] = text
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"]).replace("from course_lib.checks import check\n\n", "")
    return notebook


def hidden_numbers() -> tuple[str, ...]:
    """The numbers of the hidden cases of seed `SEED`, as they would be printed."""
    cases = (*hidden_means(SEED), *hidden_peaks(SEED))
    return tuple(str(number) for case in cases for number in case.arguments[0])
