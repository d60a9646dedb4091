"""Does nbgrader's Validate button answer in JupyterLab?"""

from __future__ import annotations

from typing import Any

import nbformat
import pytest

from tests.browser.lab import open_notebook, press_validate, write_in_cell
from tests.browser.server import LabServer

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def write_assignment(lab: LabServer, name: str, answer: str) -> str:
    """A notebook with one answer cell and one test cell, in nbgrader's format; returns its name."""
    cells = [
        nbformat.v4.new_code_cell(answer, id="answer", metadata={"nbgrader": graded("answer", solution=True)}),
        nbformat.v4.new_code_cell(
            "assert double(3) == 6, 'double(3) is not 6'", id="test", metadata={"nbgrader": graded("test", points=2)}
        ),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, lab.root / name)
    return name


def graded(grade_id: str, solution: bool = False, points: int | None = None) -> dict[str, Any]:
    """nbgrader's metadata of an answer cell (`solution`) or of a test cell worth `points`."""
    metadata = {"grade_id": grade_id, "schema_version": 3, "solution": solution, "locked": not solution, "task": False}
    return metadata | ({"grade": False} if points is None else {"grade": True, "points": points})


def test_validate_names_the_failed_assertion_and_then_sees_the_mended_answer(lab: LabServer, page: Any) -> None:
    open_notebook(page, lab, write_assignment(lab, "validate.ipynb", "def double(x):\n    return x ** 2"))
    assert "double(3) is not 6" in press_validate(page)

    write_in_cell(page, 0, "def double(x): return 2 * x")

    assert "Success" in press_validate(page)
