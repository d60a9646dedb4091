"""A whole class through plain nbgrader: generate, release, fetch, submit, collect, autograde, feedback, export.

Five learners hand in: everything right, the first half, nothing, everything right but noisy on stderr, and everything
right with an answer cell copied. nbgrader by itself gives 0 to a test cell with anything on stderr, and stops for the whole
class at a copied answer cell; what it does there is recorded here too, so that a new version of it is noticed.

The whole class is taken through the example chapter and one real one. What could go wrong for one chapter and not for
another is tested elsewhere, once and without nbgrader's seventeen commands: that every test cell passes with the right
answers and fails without, and does not need what a trimmed notebook lacks, in `tests/authoring/test_real_chapters.py`; that
the points of the test cells are those of the registry, by `course lint`. What is left to nbgrader is reading the notebook:
every chapter goes through `generate_assignment`, and has to come out as `course build` writes it.
"""

from __future__ import annotations

import copy
import csv
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

PROJECT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(PROJECT / "tests" / "authoring" / "example"), str(PROJECT / "tests" / "grading")]

import example_class  # noqa: E402
import example_course  # noqa: E402
from nbgrader_commands import nbgrader  # noqa: E402

from course_lib.authoring.build import build  # noqa: E402
from course_lib.authoring.chapters import Chapter, find_chapters  # noqa: E402
from course_lib.authoring.source import notebook_bytes, solution_notebook  # noqa: E402

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nbgrader's exchange does not run on Windows")

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
NO_OWNERS = "--ExchangeCollect.check_owner=False"  # one account plays all five
COURSE = "ai_safety_hands_on"
SCRIPT = "<script>alert('here')</script>"
NOISE = "import sys, warnings; warnings.warn('deprecated', stacklevel=1); print('loading', file=sys.stderr)"


@dataclass(frozen=True)
class Class:
    """A course folder with a released chapter, an exchange, and five submissions collected from it."""

    root: Path
    chapter: Chapter
    exchange: tuple[str, ...]
    log: Path

    def run(self, *arguments: str, cwd: Path | None = None) -> int:
        return nbgrader(*arguments, *self.exchange, cwd=cwd or self.root, log=self.log)

    def right(self, *arguments: str, cwd: Path | None = None) -> None:
        code = self.run(*arguments, cwd=cwd)
        assert code == 0, f"nbgrader {' '.join(arguments)} exits {code}:\n{self.log.read_text()[-3000:]}"

    def marks(self) -> dict[str, float]:
        """Score by learner, as exported."""
        self.right("export", "--to=grades.csv")
        with open(self.root / "grades.csv", newline="") as stream:
            return {row["student_id"]: float(row["score"]) for row in csv.DictReader(stream)}


REAL = find_chapters(PROJECT, ["8"])[0].folder
OTHERS = [chapter.folder for chapter in find_chapters(PROJECT) if chapter.folder != REAL]


def make_assignment(folder: str, base: Path) -> Class:
    """The course folder of a chapter, its notebook generated from the source by nbgrader."""
    root = base / "course"
    if folder == example_course.CHAPTER:
        root.mkdir()
        example_course.make_course(root)
        example_class.configure(root)
        build(root=root, registry=example_course.REGISTRY)
    else:
        shutil.copytree(PROJECT / "solutions" / folder, root / "solutions" / folder)
        shutil.copy(PROJECT / "nbgrader_config.py", root)
        chapter = Chapter(root, folder)
        chapter.solution.write_bytes(notebook_bytes(solution_notebook(chapter)))
    exchange = (f"--Exchange.root={base / 'exchange'}", f"--Exchange.cache={base / 'cache'}", NO_OWNERS)
    group = Class(root, Chapter(root, folder), exchange, base / "log.txt")
    shutil.rmtree(root / "chapters", ignore_errors=True)
    group.right("generate_assignment", folder)
    return group


@pytest.fixture(scope="module")
def places(tmp_path_factory) -> Iterator[None]:
    """The variables by which nbgrader and its kernels find what they need."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", example_class.python_path())
        patch.setenv("JUPYTER_DATA_DIR", str(tmp_path_factory.mktemp("data")))
        # nbgrader calls `alembic` by its plain name when it makes a gradebook.
        patch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        yield


@pytest.fixture(
    scope="module",
    params=[example_course.CHAPTER, pytest.param(REAL, marks=[pytest.mark.model, pytest.mark.slow])],
)
def collected(request, places, tmp_path_factory) -> Class:
    """The class, up to and including `nbgrader collect`."""
    folder, base = request.param, tmp_path_factory.mktemp("class")
    group = make_assignment(folder, base)
    group.right("release_assignment", folder)
    for learner, answer in LEARNERS.items():
        desk = base / learner
        desk.mkdir()
        group.right("fetch_assignment", folder, f"--course={COURSE}", cwd=desk)
        answer(desk / folder / group.chapter.release.name, group.chapter.solution)
        if folder != example_course.CHAPTER:
            trim(desk / folder / group.chapter.release.name)
        group.right("submit", folder, f"--course={COURSE}", f"--student={learner}", cwd=desk)
    group.right("collect", folder)
    return group


def fill_in(path: Path, solution: Path, change: Callable[[int, int, str], str | None]) -> nbformat.NotebookNode:
    """Put answers into a fetched notebook: `change(index, count, code)` gives the text of an answer cell, or None."""
    notebook, answers = nbformat.read(path, 4), nbformat.read(solution, 4)
    code = {c.id: c.source for c in answers.cells if c.metadata.get("nbgrader", {}).get("solution")}
    cells = [cell for cell in notebook.cells if cell.id in code]
    assert len(cells) == len(code) > 0
    for index, cell in enumerate(cells):
        text = change(index, len(cells), code[cell.id])
        cell.source = cell.source if text is None else without_marks(text)
    nbformat.write(notebook, path)
    return notebook


def trim(path: Path) -> None:
    """Leave out code that is neither answer nor test nor the first cell with its imports, to save minutes.

    That the whole notebook runs is tested once, in `tests/authoring/test_real_chapters.py`, and not five times here.
    """
    notebook = nbformat.read(path, 4)
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    notebook.cells = [c for c in notebook.cells if c is first or c.cell_type != "code" or c.metadata.get("nbgrader")]
    nbformat.write(notebook, path)


def without_marks(code: str) -> str:
    return "\n".join(line for line in code.splitlines() if line.strip() not in (BEGIN, END))


def full(path: Path, solution: Path) -> None:
    fill_in(path, solution, lambda index, count, code: code)


def half(path: Path, solution: Path) -> None:
    notebook = fill_in(path, solution, lambda index, count, code: code if index < count // 2 else None)
    notebook.cells.insert(1, nbformat.v4.new_markdown_cell(f"My notes {SCRIPT}"))
    first = next(index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code")
    notebook.cells.insert(
        first + 1, nbformat.v4.new_code_cell(f'from IPython.display import HTML\nHTML("""{SCRIPT}""")')
    )
    nbformat.write(notebook, path)


def untouched(path: Path, solution: Path) -> None:
    fill_in(path, solution, lambda index, count, code: None)


def warns(path: Path, solution: Path) -> None:
    fill_in(path, solution, lambda index, count, code: code.replace(BEGIN, NOISE))


def copied(path: Path, solution: Path) -> None:
    """All right, and a copy of the first answer cell stands before it, as a paste in JupyterLab leaves it."""
    notebook = fill_in(path, solution, lambda index, count, code: code)
    place = next(i for i, c in enumerate(notebook.cells) if c.metadata.get("nbgrader", {}).get("solution"))
    duplicate = copy.deepcopy(notebook.cells[place])
    duplicate["id"] = "pasted"
    notebook.cells.insert(place, duplicate)
    nbformat.write(notebook, path)


LEARNERS = {"copied": copied, "full": full, "half": half, "untouched": untouched, "warns": warns}


def points(chapter: Chapter) -> list[float]:
    """The points of each answer, in order."""
    cells = nbformat.read(chapter.solution, 4).cells
    found: list[float] = []
    for cell in cells:
        marked = cell.metadata.get("nbgrader", {})
        if marked.get("solution"):
            found.append(0.0)
        elif marked.get("grade"):
            found[-1] += marked["points"]
    return found


def test_release_is_what_course_build_writes(collected):
    """`nbgrader generate_assignment` and `course build` give the same bytes."""
    holds_what_build_writes(collected)


@pytest.mark.parametrize("folder", OTHERS)
def test_release_of_every_other_chapter_is_what_course_build_writes(folder, places, tmp_path):
    """As above, for the chapters through which no class is taken."""
    holds_what_build_writes(make_assignment(folder, tmp_path))


def holds_what_build_writes(group: Class) -> None:
    """A real chapter is held against the built one of the project, which `test_real_chapters.py` holds against `build`."""
    generated = {path.name: path.read_bytes() for path in group.chapter.release_folder.iterdir()}
    assert generated
    if group.chapter.folder == example_course.CHAPTER:
        states = build([group.chapter.folder], root=group.root, registry=example_course.REGISTRY, check=True)
        assert [state for state in states if not state.right] == []
    else:
        built = PROJECT / "chapters" / group.chapter.folder
        names = [path.name for path in built.iterdir() if not path.name.startswith((".", "__"))]
        assert generated == {name: (built / name).read_bytes() for name in names}


def test_five_submissions_get_their_marks(collected):
    """The marks, through to the exported table, and a feedback page without the learner's script."""
    worth = points(collected.chapter)
    collected.right("autograde", collected.chapter.folder)
    collected.right("generate_feedback", collected.chapter.folder)
    assert collected.marks() == {
        "full": sum(worth),
        "half": sum(worth[: len(worth) // 2]),
        "untouched": 0.0,
        "warns": sum(worth),
        "copied": sum(worth),
    }
    for learner in LEARNERS:
        page = collected.root / "feedback" / learner / collected.chapter.folder / f"{collected.chapter.name}.html"
        assert page.is_file(), f"no feedback for {learner}"
        assert SCRIPT not in page.read_text()
        assert "three hints (a nudge" in page.read_text()


@pytest.mark.parametrize("collected", [example_course.CHAPTER], indirect=True)
def test_what_nbgrader_does_by_itself_at_a_copied_cell(collected, tmp_path):
    """One copied cell stops everybody behind it; learner by learner, only its own submission fails."""
    root = tmp_path / "course"
    for name in ("solutions", "chapters"):
        shutil.copytree(collected.root / name, root / name)
    for learner in ("copied", "full"):
        shutil.copytree(collected.root / "submitted" / learner, root / "submitted" / learner)
    config = (PROJECT / "nbgrader_config.py").read_text()
    ours = config[config.index("# From a submission to a mark.") : config.index("# What a learner wrote is shown")]
    assert "c.Autograde." in ours
    (root / "nbgrader_config.py").write_text(config.replace(ours, ""))
    group = Class(root, Chapter(root, collected.chapter.folder), collected.exchange, tmp_path / "log.txt")
    group.right("generate_assignment", group.chapter.folder, "--force")

    assert group.run("autograde", group.chapter.folder) != 0
    assert "use an old version" in group.log.read_text()
    assert not (root / "autograded" / "full").exists(), "nbgrader goes on after a copied cell now"

    assert group.run("autograde", group.chapter.folder, "--student=copied") != 0
    group.right("autograde", group.chapter.folder, "--student=full")
    assert group.marks()["full"] == sum(points(group.chapter))
