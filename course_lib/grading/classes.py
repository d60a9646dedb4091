"""The folder of a class: `classes/NAME`, outside the release and outside what is committed.

    classes/NAME/nbgrader_config.py   the course's settings with this folder's places
    classes/NAME/grading/seed         the class's own seed: mode 0600; its hidden cases follow from it
    classes/NAME/release/08_…/        what learners get; the same notebook for every class
    classes/NAME/source/08_…/         the notebook with the answers, for nbgrader and formgrader
    classes/NAME/gradebook.db         knows the chapter's cells

A chapter comes into it only when grading itself works: the notebook with the answers has full marks and the untouched one
has none, with this class's hidden cases and through the sandbox that learners get.
"""

from __future__ import annotations

import copy
import hashlib
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_lib.authoring.build import refuse_leaks
from course_lib.authoring.chapters import course_root, find_chapters
from course_lib.authoring.expand import BEGIN, END, function_text
from course_lib.authoring.leaks import all_answers
from course_lib.authoring.registry import Registry, course_registry
from course_lib.authoring.release import for_a_class, released_files
from course_lib.authoring.source import notebook_bytes, solution_notebook
from course_lib.errors import CourseError
from course_lib.grading import service
from course_lib.grading.desk import Desk, seed_in
from course_lib.grading.intake import Submission
from course_lib.grading.notebooks import parse_notebook
from course_lib.grading.results import SubmissionResult
from course_lib.grading.store import ResultStore
from course_lib.grading.writing import write_file

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,40}")
SETTINGS = '''"""nbgrader's settings for the class {name}: those of the course, with the places of this folder."""

from pathlib import Path

c = get_config()  # traitlets provides it
root = Path(__file__).resolve().parent
load_subconfig("nbgrader_config.py", path=str(root.parents[1]))  # the course's own

c.CourseDirectory.course_id = {name!r}
c.CourseDirectory.root = str(root)
c.CourseDirectory.source_directory = "source"
c.CourseDirectory.release_directory = "release"
c.CourseDirectory.db_url = f"sqlite:///{{root / 'gradebook.db'}}"
# Release and source come from `course release`; formgrader's Generate would take the place of what learners have.
c.GenerateAssignment.exporter_class = "course_lib.grading.made_by_release.MadeByRelease"
'''


@dataclass(frozen=True)
class Released:
    """A chapter that a class got.

    Attributes:
        folder: of the class.
        notebook: what learners get.
        seed_file: of the class.
        points: of the notebook with the answers, which are all.
    """

    folder: Path
    notebook: Path
    seed_file: Path
    points: float


def class_folder(name: str, root: Path | None = None) -> Path:
    """The folder of a class that exists.

    Raises:
        CourseError: there is none of this name.
    """
    folder = _place(name, root)
    if not (folder / "nbgrader_config.py").is_file():
        there = sorted(path.parent.name for path in folder.parent.glob("*/nbgrader_config.py"))
        listed = f"There are: {', '.join(there)}." if there else "There is none yet."
        raise CourseError(f"There is no class {name!r}. {listed}", f"Make it: `course release NN --class {name}`.")
    return folder


def _place(name: str, root: Path | None) -> Path:
    if not _NAME.fullmatch(name):
        raise CourseError(f"{name!r} cannot be the name of a class.", "Use letters, digits, '.', '-' and '_'.")
    return (root or course_root()) / "classes" / name


def release_to_class(
    word: str, name: str, *, root: Path | None = None, registry: Registry | None = None, sandboxed: bool = True
) -> Released:
    """Make a class copy of a chapter.

    Args:
        word: the chapter's number or folder name.
        name: of the class.
        root: the course's folder; that of this package when None.
        registry: where exercises are looked up; that of the course when None.
        sandboxed: False runs the answers without isolation.

    Raises:
        CourseError: the answers do not get full marks, the untouched notebook gets more than 0, or there are submissions
            for other cells already.
    """
    from course_lib.grading.gradebook import register
    from course_lib.grading.whole_class import desk_at, open_desk

    root = course_root() if root is None else Path(root).resolve()
    (chapter,) = find_chapters(root, [word])
    folder = _place(name, root)
    solution = solution_notebook(chapter, registry)
    files = released_files(chapter, solution)
    files[chapter.release.name] = for_a_class(files[chapter.release.name])
    known = course_registry() if registry is None else registry
    references = {item.id: function_text(item.reference).body for item in known.exercises(chapter.number)}
    refuse_leaks(chapter, all_answers(solution, references), files)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    write_file(folder / "nbgrader_config.py", SETTINGS.format(name=name).encode())
    seed_in(folder / "grading" / "seed")
    trial = folder / "grading" / "trial"
    try:
        _write(trial / chapter.folder, files)
        desk = desk_at(folder, chapter.folder, sandboxed=sandboxed, releases="grading/trial")
        points = check_grading(desk, solution, trial)
        _write(folder / "release" / chapter.folder, files)
        source = {**files, chapter.release.name: notebook_bytes(solution)}
        _write(folder / "source" / chapter.folder, source)
    finally:
        shutil.rmtree(trial, ignore_errors=True)
    desk, settings = open_desk(chapter.folder, root=folder, sandboxed=sandboxed)
    register(desk, settings)
    return Released(folder, desk.chapter.release, folder / "grading" / "seed", points)


def _write(folder: Path, files: dict[str, bytes]) -> None:
    for path, content in files.items():
        write_file(folder / path, content)


def check_grading(desk: Desk, solution: Any, scratch: Path) -> float:
    """Grade the notebook with the answers and the untouched one; returns the points of the first.

    Args:
        desk: whose released notebook is tried.
        solution: the notebook with the answers.
        scratch: a folder for the results of the trial.

    Raises:
        CourseError: the first has not all points, or the second has some.
    """
    store = ResultStore(scratch / "results")
    answered = notebook_bytes(_without_marks(solution))
    results = [
        service.grade_one(desk.assignment, _as_submission(name, raw, scratch), store=store, sandboxed=desk.sandboxed)
        for name, raw in (("answers", answered), ("untouched", desk.chapter.release.read_bytes()))
    ]
    full, none = results
    wanted = sum(item.points for item in desk.assignment.exercises) + len(desk.assignment.questions)
    if not full.readable or full.points != full.possible or full.possible != wanted:
        raise CourseError(
            f"Grading does not give the reference notebook full marks: {full.points:g} of {wanted:g}. {_why(full)}",
            "It is not released. Mend the exercise, the check or the limits, and try `course gate` first.",
        )
    if none.points > 0:
        found = ", ".join(item.id for item in none.items if item.points)
        raise CourseError(
            f"The untouched notebook gets {none.points:g} points, for {found}.",
            "It is not released. See whether a cell of the chapter gives the answer away.",
        )
    return full.points


def _without_marks(solution: Any) -> Any:
    found = copy.deepcopy(solution)
    for cell in found.cells:
        cell.source = "\n".join(line for line in cell.source.splitlines() if line.strip() not in (BEGIN, END))
    return found


def _as_submission(name: str, raw: bytes, folder: Path) -> Submission:
    return Submission(name, folder / f"{name}.ipynb", hashlib.sha256(raw).hexdigest(), parse_notebook(raw))


def _why(result: SubmissionResult) -> str:
    lost = [f"{item.id} {item.status}: {item.message}" for item in result.items if item.points < item.possible]
    return " ".join(lost[:2]) or result.reason
