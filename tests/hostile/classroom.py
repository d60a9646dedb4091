"""The class of the hostile suite: every submission between two honest ones, graded in one go by `service.grade`."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course_lib.grading.assignment import Assignment
from course_lib.grading.intake import Submission, Unreadable, find_submissions
from course_lib.grading.limits import Limits
from course_lib.grading.normalise import clean_notebook
from course_lib.grading.results import SubmissionResult
from course_lib.grading.service import grade
from course_lib.grading.store import ResultStore
from tests.hostile.canaries import Canaries, end_leftovers, hand_in, put, running, wait_until
from tests.hostile.kit import Case, Kit
from tests.hostile.mini_course import (
    EXERCISES,
    FOLDER,
    LIBRARY,
    QUESTIONS,
    SEED,
    hidden_numbers,
    make_course,
    notebooks,
)

MODULES = ("numpy", "torch", "matplotlib.pyplot", "IPython.core.interactiveshell", "course_lib.models")
LIMITS = Limits(
    step_seconds=8.0, total_seconds=30.0, cpu_seconds=20, memory=2**30, processes=64, scratch=64 * 2**20,
    answers=32 * 2**20,
)  # fmt: skip


@dataclass
class Outcome:
    """What came of one case.

    Attributes:
        result: of the case's learner.
        accomplice: of the second learner, if there is one.
        others: marks of the honest ones, the one before and the one behind.
        reached: what it did outside, as `canaries` names it.
        seen: which secrets stand in what it was told.
        notebook: what nbgrader would get to see of it.
        seconds: from the result before to this one.
    """

    result: SubmissionResult | None = None
    accomplice: SubmissionResult | None = None
    others: list[float] = field(default_factory=list)
    reached: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    notebook: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def text(self) -> str:
        """Everything that the report says, in one text."""
        return "\n".join(one.to_json() for one in (self.result, self.accomplice) if one is not None)

    def probes(self) -> list[str]:
        """All that was reached or seen."""
        found = [*self.reached, *self.seen]
        if self.accomplice is not None and self.accomplice.points > 0:
            found.append("accomplice")
        if any(number in _shown(self.result) for number in hidden_numbers()):
            found.append("hidden")
        return sorted(set(found))


def _shown(result: SubmissionResult | None) -> str:
    return "" if result is None else result.to_json()


def assignment(root: Path, seed: int = SEED) -> Assignment:
    """The mini course as it is graded."""
    from course_lib.authoring.chapters import Chapter

    return Assignment(Chapter(root, FOLDER), EXERCISES, QUESTIONS, seed, modules=MODULES, extra=(str(LIBRARY),))


def grade_cases(cases: Iterable[Case], base: Path, *, limits: Limits = LIMITS) -> dict[str, Outcome]:
    """Grade cases in one class, each between two honest learners.

    Args:
        cases: which.
        base: an empty folder for the course, the home and everything else.
        limits: of each submission.
    """
    root, store, scratch = base / "course", base / "store", base / "scratch"
    root.mkdir(parents=True)
    scratch.mkdir()
    chapter = make_course(root)
    sheets = notebooks(chapter)
    found: dict[str, Outcome] = {}
    with Canaries(root, base / "home", base / "loot") as canaries:
        honest = _honest(root, sheets, -1, canaries)
        handed_in: list[Submission | Unreadable] = []
        owners: dict[str, tuple[str, str]] = {}
        for number, case in enumerate(cases):
            learner, accomplice = f"l{number:03d}-m", f"l{number:03d}-n"
            places = canaries.places(
                LEARNER=learner,
                LIBRARY=str(LIBRARY),
                STORE=str(store),
                OTHER=str(honest),
                NEARLY=str(limits.step_seconds - 2),
            )
            handed = case.handed(Kit(case.name, sheets, places))
            found[case.name] = Outcome()
            if handed.archive is not None:
                archive = base / "archives" / f"{case.name}.zip"
                archive.parent.mkdir(exist_ok=True)
                archive.write_bytes(handed.archive)
                names = {"mallory": "m", "ada": "a", "zoe": "z"}
                for one in find_submissions(archive, chapter, scratch=scratch / case.name):
                    word = next((word for name, word in names.items() if name in one.learner), "x")
                    owners[f"{case.name}-{one.learner}"] = (case.name, word)
                    handed_in.append(_called(one, f"{case.name}-{one.learner}"))
                continue
            hand_in(root / "submitted", learner, accomplice, handed)
            _honest(root, sheets, number, canaries)
            owners |= {learner: (case.name, "m"), accomplice: (case.name, "n")}
        folders = find_submissions(root / "submitted", chapter, scratch=scratch / "class")
        handed_in = [*folders, *handed_in]
        _grade(assignment(root), handed_in, ResultStore(store), limits, found, owners, canaries)
        for name, one in found.items():
            wait_until(lambda name=name: not running(f"leftover-{name}"), 2)
            one.reached = sorted(set(one.reached) | set(canaries.reached(name)))
            one.seen = canaries.seen([one.text, json.dumps(one.notebook)]) if one.result else []
            end_leftovers(f"leftover-{name}")
    return found


def _honest(root: Path, sheets: Any, number: int, canaries: Canaries) -> Path:
    """The honest learner behind case `number`; the path of its notebook."""
    name = f"l{number:03d}-z" if number >= 0 else "l---a"
    folder = root / "submitted" / name / FOLDER
    put(folder, {"mini.ipynb": sheets.right(mark=f"{name} {canaries.secrets['other']}")})
    return folder / "mini.ipynb"


def _called(one: Submission | Unreadable, name: str) -> Submission | Unreadable:
    from dataclasses import replace

    return replace(one, learner=name)


def _grade(
    course: Assignment,
    handed_in: list[Submission | Unreadable],
    store: ResultStore,
    limits: Limits,
    found: dict[str, Outcome],
    owners: dict[str, tuple[str, str]],
    canaries: Canaries,
) -> None:
    notebook_of = {one.learner: one.notebook for one in handed_in if isinstance(one, Submission)}
    order = [one.learner for one in handed_in]
    marks: dict[str, float] = {}
    before = time.monotonic()
    for result in grade(course, handed_in, store=store, workers=1, limits=limits):
        marks[result.learner] = result.points
        case, role = owners.get(result.learner, ("", ""))
        if os.environ.get("HOSTILE_VERBOSE"):
            statuses = [item.status for item in result.items]
            print(f"{time.strftime('%H:%M:%S')} {result.learner} {case} {result.points} {statuses}", flush=True)
        if role == "m":
            found[case].result, found[case].seconds = result, time.monotonic() - before
            if result.learner in notebook_of:
                found[case].notebook = clean_notebook(course.release, notebook_of[result.learner])
            wait_until(lambda case=case: "leftover" not in canaries.reached(case), 1)
            found[case].reached = canaries.reached(case)
        elif role == "n":
            found[case].accomplice = result
        elif role in ("a", "z"):
            found[case].others.append(result.points)
        before = time.monotonic()
    for learner, (case, role) in owners.items():
        if role == "m" and learner.startswith("l") and learner in order:
            place = order.index(learner)
            around = [name for name in order if name.endswith("-z") or name == "l---a"]
            found[case].others = [
                marks[next(name for name in reversed(order[:place]) if name in around)],
                marks[next(name for name in order[place:] if name in around)],
            ]
