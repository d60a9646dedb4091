"""Tricks with what stands beside the cells: tags, ids, kinds, versions, points."""

from __future__ import annotations

import copy
from typing import Any

from tests.hostile.kit import WRONG, Handed, Kit, case, own_cell
from tests.hostile.mini_course import FULL, answer_cell, test_cell

NOTEBOOK = "mini.ipynb"


@case("metadata")
def tests_skipped_by_tag(kit: Kit) -> Any:
    """Tags the test cells `skip-execution`: nbclient leaves them out."""
    notebook = kit.wrong()
    for item in ("17.1", "17.2", "17.Q1"):
        test_cell(notebook, item)["metadata"]["tags"] = ["skip-execution", "raises-exception"]
    return notebook


@case("metadata")
def duplicated_test_ids(kit: Kit) -> Any:
    """Adds a second cell with the id of each test, which does nothing."""
    notebook = kit.wrong()
    for item in ("17.1", "17.2"):
        copied = copy.deepcopy(test_cell(notebook, item))
        copied |= {"source": "pass", "id": f"second-{item[-1]}"}
        notebook["cells"].append(copied)
    return notebook


@case("metadata", marks=FULL, status=("right",))
def duplicated_answer_ids(kit: Kit) -> Any:
    """Right answers, with every answer cell twice: an honest slip that a learner can also make on purpose."""
    notebook = kit.right()
    for item in ("17.1", "17.2"):
        copied = copy.deepcopy(answer_cell(notebook, item))
        copied["id"] = f"second-{item[-1]}"
        notebook["cells"].insert(notebook["cells"].index(answer_cell(notebook, item)), copied)
    return notebook


@case("metadata")
def swapped_ids(kit: Kit) -> Any:
    """Swaps the grade ids of answer and test."""
    notebook = kit.wrong()
    answer, test = answer_cell(notebook, "17.1"), test_cell(notebook, "17.1")
    answer["metadata"]["nbgrader"], test["metadata"]["nbgrader"] = (
        test["metadata"]["nbgrader"],
        answer["metadata"]["nbgrader"],
    )
    return notebook


@case("metadata")
def test_id_on_own_cell(kit: Kit) -> Any:
    """Takes the id from the test and gives it to a cell of its own that is declared a manual answer."""
    notebook = kit.wrong()
    for item in ("17.1", "17.2"):
        test = test_cell(notebook, item)
        mine = own_cell("1 + 1")
        mine["metadata"]["nbgrader"] = {**test["metadata"]["nbgrader"], "solution": True, "locked": False}
        del test["metadata"]["nbgrader"]
        notebook["cells"].append(mine)
    return notebook


@case("metadata")
def tests_unlocked(kit: Kit) -> Any:
    """Declares the tests unlocked and ungraded, empties them, and claims their checksum."""
    notebook = kit.wrong()
    for item in ("17.1", "17.2"):
        cell = test_cell(notebook, item)
        cell["metadata"]["nbgrader"] |= {"locked": False, "grade": False, "solution": True}
        cell["source"] = "pass"
    return notebook


@case("metadata")
def tests_made_markdown(kit: Kit) -> Any:
    """Turns the test cells into Markdown."""
    notebook = kit.wrong()
    for item in ("17.1", "17.2", "17.Q1"):
        cell = test_cell(notebook, item)
        cell["cell_type"] = "markdown"
        cell.pop("outputs"), cell.pop("execution_count")
    return notebook


@case("metadata", marks=FULL, status=("right",))
def unknown_schema_version(kit: Kit) -> Any:
    """Right answers, but the cells claim nbgrader schema 99."""
    notebook = kit.right()
    for cell in notebook["cells"]:
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"]["schema_version"] = 99
    return notebook


@case("metadata", marks=FULL, status=("right",))
def old_schema_version(kit: Kit) -> Any:
    """Right answers, but the cells claim nbgrader schema 1, and one claims none."""
    notebook = kit.right()
    for item in ("17.1", "17.2"):
        answer_cell(notebook, item)["metadata"]["nbgrader"]["schema_version"] = 1
    del test_cell(notebook, "17.2")["metadata"]["nbgrader"]["schema_version"]
    return notebook


@case("metadata", marks=5.0, status=("wrong",))
def points_raised(kit: Kit) -> Any:
    """One right answer, whose test claims 1000 points."""
    notebook = kit.notebooks.right("17.2")
    answer_cell(notebook, "17.1")["source"] = WRONG["17.1"]
    for item in ("17.1", "17.2"):
        test_cell(notebook, item)["metadata"]["nbgrader"]["points"] = 1000
    return notebook


@case("metadata", status=("wrong", "unwritten"))
def points_not_a_number(kit: Kit) -> Any:
    """Points of NaN, of a text and of minus five."""
    notebook = kit.wrong()
    for item, value in {"17.1": float("nan"), "17.2": "many", "17.Q1": -5}.items():
        test_cell(notebook, item)["metadata"]["nbgrader"]["points"] = value
    return notebook


@case("metadata", status=(), readable=None, words=("can be read", "unwritten"))
def ids_of_wrong_types(kit: Kit) -> Any:
    """Grade ids that are lists and numbers, metadata that is a text, a source that is a table."""
    notebook = copy.deepcopy(kit.notebooks.release)
    first, second, third = answer_cell(notebook, "17.1"), answer_cell(notebook, "17.2"), test_cell(notebook, "17.Q1")
    first["metadata"]["nbgrader"]["grade_id"] = ["a", {"b": 1}]
    second["metadata"]["nbgrader"], third["metadata"]["nbgrader"] = "answer-17-2", None
    notebook["cells"][0]["source"] = {"text": 5}
    return notebook


@case("metadata", marks=FULL, status=("right",))
def kernel_that_is_a_path(kit: Kit) -> Any:
    """Right answers; the kernel is called "../../evil" and comes with a command line."""
    notebook = kit.right()
    notebook["metadata"]["kernelspec"] = {
        "name": "../../evil", "display_name": "evil", "argv": ["/bin/sh", "-c", "true"], "language": "bash",
    }  # fmt: skip
    return notebook


@case("metadata", readable=False, status=(), words=("nbformat", "format", "version"))
def notebook_format_99(kit: Kit) -> Any:
    """Claims nbformat 99."""
    return {**kit.right(), "nbformat": 99}


@case("metadata", readable=False, status=(), words=("json", "notebook", "read", "list", "table", "cells"))
def notebook_that_is_a_list(kit: Kit) -> Any:
    """A file of valid JSON that is no notebook."""
    return Handed({NOTEBOOK: b'["a", "b"]'})


@case("metadata", readable=False, status=(), words=("deep", "nested", "json", "read"))
def json_nested_100000_deep(kit: Kit) -> Any:
    """A hundred thousand nested lists, for readers that recurse."""
    return Handed({NOTEBOOK: b'{"nbformat": 4, "cells": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"})


@case("metadata", readable=False, status=(), words=("utf-8", "utf8", "text", "read"))
def bytes_that_are_no_text(kit: Kit) -> Any:
    """Random bytes under the notebook's name."""
    return Handed({NOTEBOOK: bytes(range(256)) * 40})


@case("metadata", status=("wrong",))
def question_answered_with_everything(kit: Kit) -> Any:
    """Answers the question with an object that is every letter."""
    notebook = kit.wrong()
    answer_cell(notebook, "17.Q1")["source"] = """class Any(str):
    def __eq__(self, other): return True
    def __hash__(self): return hash("b")
    def strip(self, *args): return "b"
    def lower(self): return "b"
    def __str__(self): return "b"
choice_1 = Any("abc")
"""
    return notebook
