"""A class that nobody is in: submissions of every kind that graders meet, with the marks that they should get.

A third is right, in the words of the reference or of another right solution; most of the others make one known mistake
each and are right elsewhere; a few are untouched, do not run, or are no notebooks. The answers are the very functions by
which the checks recognise mistakes, cut out of their modules with whatever they call.
"""

from __future__ import annotations

import ast
import copy
import inspect
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle, zip_longest
from typing import Any

from course_lib.checks.exercise import Exercise
from course_lib.grading.assignment import Assignment

SHARES = {"right": 35, "mistake": 53, "untouched": 6, "does not run": 4, "no notebook": 2}
"""Of a hundred."""
ENOUGH_FOR_ALL = 8


@dataclass(frozen=True)
class Handed:
    """One generated submission.

    Attributes:
        learner: a number as a name.
        kind: a key of `SHARES`.
        content: the file.
        points: what it should get; None for what cannot be read.
        mistake: the exercise and the name of the mistake that should be recognised, or two empty texts.
    """

    learner: str
    kind: str
    content: bytes
    points: float | None
    mistake: tuple[str, str] = ("", "")


def generated_class(assignment: Assignment, solution: Any, size: int, seed: int = 0) -> list[Handed]:
    """Submissions of a class.

    Args:
        assignment: the chapter.
        solution: its solution notebook.
        size: how many learners.
        seed: of the order.
    """
    numbers = random.Random(seed)
    answers = {cell.id: cell.source for cell in solution.cells if cell.metadata.get("nbgrader", {}).get("solution")}
    full = float(sum(exercise.points for exercise in assignment.exercises) + len(assignment.questions))
    wrong, right = cycle(_mistakes(assignment)), cycle(_others(assignment))
    found = []
    for number, kind in enumerate(_kinds(numbers, size)):
        name, changed, points, mistake = f"learner{number:04}", dict(answers), full, ("", "")
        if kind == "right":
            changed |= next(right)
        elif kind == "mistake":
            exercise, title, text = next(wrong)
            changed[f"answer-{exercise.id}".replace(".", "-")] = text
            points, mistake = full - exercise.points, (exercise.id, title)
        elif kind == "does not run":
            first = assignment.exercises[number % len(assignment.exercises)]
            changed[f"answer-{first.id}".replace(".", "-")] = "def broken(:\n    return"
            points = full - first.points
        notebook = _filled(assignment.release, {} if kind == "untouched" else changed, number)
        content = json.dumps(notebook).encode()
        if kind == "untouched":
            points = 0.0
        if kind == "no notebook":
            found.append(Handed(name, kind, content[: len(content) // 2], None))
            continue
        found.append(Handed(name, kind, content, points, mistake))
    return found


def _kinds(numbers: random.Random, size: int) -> list[str]:
    """What each learner hands in, by `SHARES`; a class of eight or more has each kind."""
    found = numbers.choices(list(SHARES), weights=list(SHARES.values()), k=size)
    for missing in (kind for kind in SHARES if size >= ENOUGH_FOR_ALL and kind not in found):
        most = max(SHARES, key=found.count)
        found[len(found) - 1 - found[::-1].index(most)] = missing
    return found


def _filled(release: dict[str, Any], answers: dict[str, str], number: int) -> dict[str, Any]:
    """The release with answers in their cells, and a cell of the learner's own, so that no two files are alike."""
    notebook = copy.deepcopy(release)
    for cell in notebook["cells"]:
        if cell.get("id") in answers:
            text = answers[cell["id"]]
            cell["source"] = "\n".join(line for line in text.splitlines() if not line.strip().startswith("### "))
    own = {"cell_type": "markdown", "id": f"mine-{number}", "metadata": {}, "source": f"My notes, number {number}."}
    notebook["cells"].insert(1, own)
    return notebook


def _mistakes(assignment: Assignment) -> Iterator[tuple[Exercise, str, str]]:
    """The known mistakes, an exercise at a time in turn, so that a small class makes some in each."""
    found = []
    for exercise in assignment.exercises:
        texts = [(exercise, one.name, answer_source(one.function, exercise.function)) for one in exercise.mistakes]
        found.append([one for one in texts if one[2]])
    return (one for turn in zip_longest(*found) for one in turn if one is not None)


def _others(assignment: Assignment) -> Iterator[dict[str, str]]:
    """The reference as it stands, then other right solutions, one exercise at a time."""
    found: list[dict[str, str]] = [{}]
    for exercise in assignment.exercises:
        for function in exercise.alternatives:
            text = answer_source(function, exercise.function)
            found += [{f"answer-{exercise.id}".replace(".", "-"): text}] if text else []
    return iter(found)


def answer_source(function: Callable[..., Any], name: str) -> str:
    """A cell that defines `name` as a function of the checks does, with all that it calls.

    "" where it has no source, or rests on the course's own `name`, which no learner has: the sandbox withholds it.

    Example:
        >>> from course_lib.checks.registry import exercise
        >>> text = answer_source(exercise("8.2").mistakes[0].function, "mean_attention")
        >>> text.splitlines()[-1].startswith("mean_attention = ")
        True
    """
    module = inspect.getmodule(function)
    if module is None or function.__closure__ or "<" in function.__name__:
        return ""
    tree = ast.parse(inspect.getsource(module))
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom) and not _of_checks(node)]
    defined = {name: node for node in tree.body for name in _names(node)}
    wanted, seen = [function.__name__], dict[str, ast.stmt]()
    while wanted:
        word = wanted.pop()
        if word in defined and word not in seen:
            seen[word] = defined[word]
            wanted += [node.id for node in ast.walk(defined[word]) if isinstance(node, ast.Name)]
    kept = [node for node in tree.body if any(node is other for other in seen.values())]
    used = {node.id for part in kept for node in ast.walk(part) if isinstance(node, ast.Name)}
    if any(alias.name == name and (alias.asname or name) in used for node in imports for alias in node.names):
        return ""
    parts = [ast.unparse(node) for node in [*imports, *kept]]
    return "\n".join([*parts, *([f"{name} = {function.__name__}"] if name != function.__name__ else [])])


def _of_checks(node: ast.Import | ast.ImportFrom) -> bool:
    return isinstance(node, ast.ImportFrom) and (node.module or "").startswith("course_lib.checks")


def _names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [part.id for target in node.targets for part in ast.walk(target) if isinstance(part, ast.Name)]
    return []
