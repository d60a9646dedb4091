"""Every real chapter through the sandbox: the reference gets full marks, and the untouched release none."""

import nbformat
import pytest

from course_lib.authoring.chapters import find_chapters
from course_lib.authoring.registry import course_registry
from course_lib.authoring.source import solution_notebook
from course_lib.grading.assignment import assignment_of
from course_lib.grading.grader import Grader
from course_lib.grading.intake import Submission, read_submission
from course_lib.grading.limits import Limits, sandbox_program

pytestmark = [
    pytest.mark.skipif(sandbox_program() is None, reason="bubblewrap is not installed"),
    pytest.mark.model,
    pytest.mark.slow,
]


@pytest.mark.parametrize("chapter", find_chapters(), ids=lambda chapter: chapter.folder)
def test_the_reference_gets_all_points_and_the_untouched_notebook_none(chapter, tmp_path):
    assignment = assignment_of(chapter, seed=20260101)
    nbformat.write(solution_notebook(chapter, course_registry()), tmp_path / "reference.ipynb")
    reference = read_submission("reference", tmp_path / "reference.ipynb")
    untouched = read_submission("untouched", chapter.release)
    assert isinstance(reference, Submission)
    assert isinstance(untouched, Submission)
    grader = Grader(assignment)
    try:
        full = grader.grade(reference, Limits())
        none = grader.grade(untouched, Limits())
    finally:
        grader.close()
    assert [(item.id, item.status, item.message) for item in full.items if item.status != "right"] == []
    assert full.points == full.possible > 0
    assert {item.status for item in none.items} == {"unwritten"}
    assert none.points == 0
