"""Answers in prose: what an author writes, what learners get, and what the contract says about half of one."""

from __future__ import annotations

import nbformat
import pytest

from course_lib.authoring.chapters import find_chapters
from course_lib.authoring.contract import lint
from course_lib.authoring.leaks import all_answers
from course_lib.authoring.release import released_files
from course_lib.authoring.source import solution_notebook

CELL = '# %% [markdown] course={"role": "written", "id": "1.W1", "points": 4}'
MODEL = (
    "# The spread can differ: one list may hold a single large value and the other none. A plot of the scores, or the largest\n"
    "# gap of 1.2, shows it."
)


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


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ((CELL, CELL.replace("1.W1", "8.W1")), "is no id for an answer in prose"),
        ((CELL, CELL.replace(', "points": 4', "")), "is worth no point"),
        ((CELL, CELL.replace(" [markdown]", "")), "is a Markdown cell"),
        ((MODEL, "# Yes."), "has no model answer"),
    ],
)  # fmt: skip
def test_the_contract_asks_for_a_whole_one(source, course, registry, change, words):
    text = source.read_text()
    assert change[0] in text
    source.write_text(text.replace(*change))
    found = [finding.problem for finding in lint(root=course, registry=registry) if finding.rule == "written"]
    assert any(words in problem for problem in found), found
