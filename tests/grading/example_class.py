"""The example chapter as a class gets it: its exercises with cases, mistakes and hidden cases, and learners of all kinds.

`assignment` is what nbgrader's settings name in place of the course's own, so that a class of the example chapter goes
through the real sandbox, the real gradebook and the real commands in seconds.
"""

from __future__ import annotations

import copy
import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
EXAMPLE = PROJECT / "tests" / "authoring" / "example"
sys.path[:0] = [folder for folder in (str(EXAMPLE), str(PROJECT / "tests" / "grading")) if folder not in sys.path]

import example_course  # noqa: E402

from course_lib.authoring.chapters import Chapter  # noqa: E402
from course_lib.checks.exercise import Case, Exercise, Mistake  # noqa: E402
from course_lib.checks.questions import Choice, Question  # noqa: E402
from course_lib.grading.assignment import Assignment  # noqa: E402

CHAPTER, NAME, SEED = example_course.CHAPTER, "example", 77
FULL, WRITTEN = 14.0, 4.0  # 3 + 2 + 5 and four questions; and an answer in prose, which is marked by hand
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
HIDDEN_CASE = "a case that only the seed knows"
SCRIPT = "<script>alert('here')</script>"


def sum_of(scores: Sequence[float]) -> float:
    return float(sum(scores))


def signed_gap(scores: Sequence[float]) -> float:
    return max(scores[i + 1] - scores[i] for i in range(len(scores) - 1))


def share_from(scores: Sequence[float], threshold: float) -> float:
    return sum(score >= threshold for score in scores) / len(scores)


MISTAKES = {
    "1.1": Mistake("sum", sum_of, "That is the sum; how many scores are there?"),
    "1.2": Mistake("sign kept", signed_gap, "A step down counts too."),
    "1.3": Mistake("equal counted", share_from, "A score that equals the threshold is not above it."),
}


def hidden(id: str, seed: int) -> tuple[Case, ...]:
    scores = [float((seed * k) % 97) for k in (3, 5, 11, 13)]
    return (Case(HIDDEN_CASE, (scores, 40.0) if id == "1.3" else (scores,)),)


def exercise(facts: Any) -> Exercise:
    return Exercise(
        id=facts.id, title=facts.title, points=facts.points, difficulty=facts.difficulty, minutes=facts.minutes,
        reference=facts.reference, returns=facts.returns, example=facts.example, hints=facts.hints, why=facts.why,
        visible=tuple(Case(f"case {n}", case) for n, case in enumerate(facts.cases, start=1)),
        hidden=lambda seed: hidden(facts.id, seed), mistakes=(MISTAKES[facts.id],), alternatives=(),
    )  # fmt: skip


EXERCISES = tuple(map(exercise, example_course.REGISTRY.facts))
QUESTIONS = tuple(
    Question(asked.id, asked.text, (Choice("a", "yes", "Look again."), Choice("b", "no", "Right.", True)))
    for asked in example_course.REGISTRY.asked
)


def assignment(chapter: Chapter, seed: int) -> Assignment:
    return Assignment(chapter, EXERCISES, QUESTIONS, seed, modules=("json",), extra=(str(EXAMPLE),))


def configure(root: Path, more: str = "") -> None:
    """Let nbgrader in this folder use the example's exercises."""
    with open(root / "nbgrader_config.py", "a") as stream:
        stream.write(f'\nc.SubmissionExporter.assignment = "example_class:assignment"\n{more}\n')


# --- what learners hand in -------------------------------------------------------------------------------------------

Notebook = dict[str, Any]


def released(root: Path) -> Notebook:
    return json.loads((root / "chapters" / CHAPTER / f"{NAME}.ipynb").read_bytes())


def answers(root: Path) -> dict[str, str]:
    solution = json.loads((root / "solutions" / CHAPTER / f"{NAME}.ipynb").read_bytes())
    marks = (BEGIN, END)
    return {
        cell["id"]: "".join(line for line in cell["source"] if line.strip() not in marks)
        for cell in solution["cells"]
        if cell["metadata"].get("nbgrader", {}).get("solution")
    }


def filled(root: Path, change: Callable[[str, str], str | None] = lambda id, text: text) -> Notebook:
    """The release with the right answers; `change(cell id, answer)` gives another text, or None for the stub."""
    notebook, right = released(root), answers(root)
    for cell in notebook["cells"]:
        if cell["id"] in right:
            text = change(cell["id"], right[cell["id"]])
            cell["source"] = cell["source"] if text is None else text
    return notebook


def sums(root: Path) -> Notebook:
    """The named mistake of 1.1."""
    wrong = "def mean_score(scores):\n    return float(sum(scores))"
    return filled(root, lambda id, text: wrong if id == "answer-1-1" else text)


def scripts(root: Path) -> Notebook:
    """Scripts wherever a learner can put one: text, output, exception, a cell of its own."""
    raises = f"def mean_score(scores):\n    print({SCRIPT!r})\n    raise ValueError({SCRIPT!r})"
    notebook = filled(root, lambda id, text: raises if id == "answer-1-1" else text)
    page = {"output_type": "display_data", "metadata": {}, "data": {"text/html": SCRIPT, "text/plain": SCRIPT}}
    own = [
        {"cell_type": "markdown", "id": "m1", "metadata": {}, "source": f"notes {SCRIPT} [x](javascript:alert(1))"},
        {"cell_type": "raw", "id": "r1", "metadata": {"raw_mimetype": "text/html"}, "source": SCRIPT},
        {"cell_type": "code", "id": "c1", "metadata": {}, "source": "1", "outputs": [page], "execution_count": 1},
    ]
    notebook["cells"][1:1] = own
    return notebook


def copied(root: Path) -> Notebook:
    """All right, and an answer cell pasted a second time: its grade id is there twice."""
    notebook = filled(root)
    place = next(n for n, cell in enumerate(notebook["cells"]) if cell["id"] == "answer-1-1")
    notebook["cells"].insert(place, {**copy.deepcopy(notebook["cells"][place]), "id": "pasted"})
    return notebook


def strange_schema(root: Path) -> Notebook:
    """All right, and metadata that says: a schema of the future, a thousand points."""
    notebook = filled(root)
    for cell in notebook["cells"]:
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"] |= {"schema_version": 99, "points": 1000}
    return notebook


def hand_in(root: Path, learner: str, content: Notebook | bytes, name: str = f"{NAME}.ipynb") -> Path:
    """Lay a submission where nbgrader expects it."""
    path = root / "submitted" / learner / CHAPTER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def copy_of(course: Path, target: Path) -> Path:
    """A copy of a built course with its gradebook, which knows its own place."""
    return Path(shutil.copytree(course, target, symlinks=True))


def python_path() -> str:
    """For commands in a process of their own."""
    return os.pathsep.join([str(EXAMPLE), str(PROJECT), str(PROJECT / "tests" / "grading")])


def settings(root: Path) -> Any:
    from course_lib.authoring.release import nbgrader_settings

    return nbgrader_settings(root)


def desk(root: Path) -> Any:
    """The desk of the example class in a folder; without a sandbox where there is none."""
    from course_lib.grading.desk import Desk, PlacedChapter

    return Desk(PlacedChapter(root, CHAPTER), assignment, sandboxed=shutil.which("bwrap") is not None)
