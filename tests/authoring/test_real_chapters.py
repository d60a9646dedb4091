"""Every chapter of the course: built, within its contract, and run.

The solution notebook runs whole: in under 90 s on two idle cores and 4 GiB, once the model and what it caches are there. The
machine of a test also does other things, other tests for one, so wall time is reported and CPU time is held to the limit:
two cores have 180 CPU seconds to give in 90 s, and a notebook that needs more cannot keep the contract however well it
uses them. With one thread a core, as `course test` runs it, no thread waits for another and CPU seconds are work.

The learner's notebook has to fail in its tests and nowhere else. Of it only the cells that can behave otherwise than in
the solution notebook are run; why that is enough, and what it rests on, stands in `course_lib.authoring.untouched`.
"""

import nbformat
import pytest

from course_lib.authoring.build import build
from course_lib.authoring.chapters import find_chapters
from course_lib.authoring.contract import lint
from course_lib.authoring.execute import execute, unexpected_failures
from course_lib.authoring.numbers import verify_numbers
from course_lib.authoring.source import notebook_bytes, solution_notebook
from course_lib.authoring.untouched import differences, without_demonstrations

CHAPTERS = pytest.mark.parametrize("chapter", find_chapters(), ids=lambda chapter: chapter.folder)
CPU_SECONDS, BYTES = 2 * 90, 4 * 2**30
CELL_TIMEOUT = 900  # the first run of a chapter also computes what it caches


@pytest.mark.model
@pytest.mark.slow
@CHAPTERS
def test_solution_runs_whole_and_its_numbers_agree(chapter, tmp_path, record_property):
    path = tmp_path / chapter.solution.name
    path.write_bytes(notebook_bytes(solution_notebook(chapter)))
    run = execute(path, CELL_TIMEOUT, cwd=chapter.release_folder)
    assert verify_numbers(run.notebook) == []
    assert run.peak_bytes < BYTES, run.text()
    if run.cpu_seconds >= CPU_SECONDS:  # the first run also fills the caches; the limit is for the next
        run = execute(path, CELL_TIMEOUT, cwd=chapter.release_folder)
    record_property("run", run.text())
    print(run.text())
    assert run.cpu_seconds < CPU_SECONDS, run.text()


@pytest.mark.model
@pytest.mark.slow
@CHAPTERS
def test_untouched_notebook_fails_only_in_its_tests(chapter, tmp_path):
    released = nbformat.read(chapter.release, as_version=4)
    assert differences(released, solution_notebook(chapter)) == []
    path = tmp_path / chapter.release.name
    nbformat.write(without_demonstrations(released), path)
    run = execute(path, CELL_TIMEOUT, allow_errors=True, cwd=chapter.release_folder)
    assert unexpected_failures(run) == []
    graded = [
        cell.id
        for cell in released.cells
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade")
    ]
    assert graded == [cell.id for cell in run.failed if cell.role == "test"]


@CHAPTERS
def test_is_built(chapter):
    assert [state for state in build([chapter.folder], check=True) if not state.right] == []


@CHAPTERS
def test_keeps_the_contract(chapter):
    assert [finding.text() for finding in lint([chapter.folder])] == []
