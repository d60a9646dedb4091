"""The sentences fit what PyTorch and Python really say today: each error here is made, not quoted."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import torch

from course_lib.authoring.kernel import kernel_environment, kernel_manager
from course_lib.checks.error_sentences import explain_errors, sentence_for
from course_lib.errors import CourseError

z = torch.zeros


def nothing() -> Any:
    """What a function without a `return` gives."""


ERRORS: dict[str, tuple[Callable[[], Any], str]] = {
    "broadcast": (lambda: z(2, 7) + z(2, 6), "dimension 1 has 7 entries in one and 6 in the other"),
    "product": (lambda: z(3, 4) @ z(5, 6), r"columns in `a` \(4\) as rows in `b` \(5\)"),
    "stack": (lambda: torch.stack([z(3), z(4)]), r"got \[3\] and \[4\]"),
    "cat": (lambda: torch.cat([z(2, 3), z(2, 4)]), "along dimension 0"),
    "reshape": (lambda: z(5).reshape(2, 3), "has 5 entries"),
    "dtype": (lambda: z(2, 2) @ z(2, 2).half(), "different number formats"),
    "mean of ids": (lambda: torch.tensor([1, 2]).mean(), r"float\(\).mean"),
    "cast": (lambda: torch.tensor([1]).add_(0.5), "would be Float"),
    "index type": (lambda: z(3)[z(2)], "whole numbers"),
    "embedding of decimals": (lambda: torch.nn.Embedding(4, 2)(z(2)), "ids are whole numbers|used as an index"),
    "embedding of a large id": (lambda: torch.nn.Embedding(4, 2)(torch.tensor([4])), "no token id of this model"),
    "index": (lambda: z(3)[3], "from 0 to 3 minus 1"),
    "dimension": (lambda: z(3, 3).sum(2), "no dimension 2"),
    "too many": (lambda: z(3)[0, 1], "more indices"),
    "no graph": (lambda: z(1).sum().backward(), "no path"),
    "numpy": (lambda: z(2, requires_grad=True).numpy(), "detach"),
    "scalar": (lambda: z(2).item(), "Choose one"),
    "truth": (lambda: bool(z(2) > 0), "all"),
    "none": (lambda: nothing()[0], "is None"),
    "name": (lambda: not_there, "called `not_there`"),  # type: ignore[name-defined]
}


@pytest.mark.parametrize("name", sorted(ERRORS))
def test_a_common_error_gets_its_sentence(name: str) -> None:
    make, words = ERRORS[name]
    with pytest.raises(Exception) as caught:  # noqa: PT011
        make()
    assert re.search(words, sentence_for(caught.value)), str(caught.value)


def test_no_sentence_where_none_fits_and_none_for_our_own() -> None:
    assert sentence_for(ValueError("42")) == ""
    assert sentence_for(CourseError("index 3 is out of bounds for dimension 0 with size 3", "Look.")) == ""


def test_outside_a_notebook_nothing_is_installed() -> None:
    assert explain_errors() is False


@pytest.mark.slow
def test_in_a_notebook_the_sentence_follows_the_traceback() -> None:
    import nbformat
    from nbclient import NotebookClient

    cells = ["import torch\nfrom course_lib import check", "torch.zeros(2, 7) + torch.zeros(2, 6)", "1 / 0"]
    notebook: Any = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    client = NotebookClient(notebook, km=kernel_manager(), timeout=120, allow_errors=True)
    with client.setup_kernel(cleanup_kc=True, env=kernel_environment()):
        for place, cell in enumerate(notebook.cells):
            client.execute_cell(cell, place)
    error, sentence = notebook.cells[1].outputs
    assert error.output_type == "error"
    assert "must match the size" in error.evalue
    assert "What this means" in sentence.data["text/markdown"]
    assert [output.output_type for output in notebook.cells[2].outputs] == ["error"]
