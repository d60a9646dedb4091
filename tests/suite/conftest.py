"""A store of their own, a tiny model, and parts that play every ending."""

from __future__ import annotations

import pytest

from course_lib import load_model
from tests.suite.played import played


@pytest.fixture(autouse=True)
def own_store(tmp_path, monkeypatch):
    """Results of these tests lie in a folder of their own; models come from the usual one."""
    folder = tmp_path / "cache"
    monkeypatch.setattr("course_lib.suite.store.cache_dir", lambda: folder)
    return folder / "suite"


@pytest.fixture(scope="session")
def tiny():
    """A tiny random model."""
    return load_model("tiny:0")


@pytest.fixture
def cast():
    """`cast(filter=ValueError("…"))`: the parts, played."""
    return played
