"""Answers in prose: what an author writes, and what learners get."""

from __future__ import annotations

import nbformat

from course_lib.authoring.chapters import find_chapters
from course_lib.authoring.leaks import all_answers
from course_lib.authoring.release import released_files
from course_lib.authoring.source import solution_notebook


def test_learners_get_an_empty_cell_that_a_person_marks(course, registry):
    (chapter,) = find_chapters(course)
    solution = solution_notebook(chapter, registry)
    released = nbformat.reads(released_files(chapter, solution)["example.ipynb"].decode(), as_version=4)
    (model,) = [cell for cell in solution.cells if cell.id == "written-1-W1"]
    (empty,) = [cell for cell in released.cells if cell.id == "written-1-W1"]
    assert "The spread can differ" in model.source
    assert empty.source == "*Write your answer here.*"
    record = empty.metadata.nbgrader
    assert (record.grade, record.solution, record.locked, record.points) == (True, True, False, 4)
    assert any("The spread can differ" in line for _, line in all_answers(solution, {}))
