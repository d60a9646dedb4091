"""How the tests are dealt out to workers: what shares something stays together, what is long comes first."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("xdist")
SPEC = importlib.util.spec_from_file_location("dealing_out", Path(__file__).with_name("conftest.py"))
assert SPEC is not None
dealing: Any = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(dealing)  # type: ignore[union-attr]
NOTEBOOK = "tests/authoring/test_real_chapters.py::test_solution_runs_whole[{}]"
CLASS = "tests/grading/test_nbgrader_flow.py::test_{}[{}]"


def test_what_shares_something_goes_to_one_worker() -> None:
    group = dealing.group_of
    assert group("tests/browser/test_lab.py::test_a") == group("tests/browser/test_chapter08.py::test_b")
    assert group("tests/probing/test_cache.py::test_a[x]") == group("tests/probing/test_cache.py::test_b")
    assert group(CLASS.format("a", "08_x")) == group(CLASS.format("b", "08_x")) != group(CLASS.format("a", "01_y"))
    assert group(NOTEBOOK.format("08_x")) != group(NOTEBOOK.format("09_y"))


class Item:
    def __init__(self, nodeid: str, slow: bool = False) -> None:
        self.nodeid, self.slow = nodeid, slow

    def get_closest_marker(self, name: str) -> bool:
        return self.slow and name == "slow"


class Worker:
    workerinput: dict[str, str] = {}  # noqa: RUF012


def test_long_ones_come_first_in_a_worker_and_only_there() -> None:
    items = [
        Item("tests/cli/test_table.py::test_a"),
        Item("tests/models/test_gguf.py::test_a"),
        Item("tests/models/test_gguf.py::test_b", slow=True),
        Item(CLASS.format("a", "08_x"), slow=True),
        Item("tests/authoring/test_real_chapters.py::test_is_built[08_x]"),
        Item(NOTEBOOK.format("08_x"), slow=True),
    ]
    dealing.pytest_collection_modifyitems(object(), items)
    assert items[0].nodeid == "tests/cli/test_table.py::test_a"
    dealing.pytest_collection_modifyitems(Worker(), items)
    files = [item.nodeid.split("::")[0].rpartition("/")[2].removeprefix("test_") for item in items]
    assert files == ["real_chapters.py", "real_chapters.py", "nbgrader_flow.py", "gguf.py", "gguf.py", "table.py"]
    assert items[0].slow
    assert items[3].nodeid.endswith("test_a"), "the order within a file stays"
