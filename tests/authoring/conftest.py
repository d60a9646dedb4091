"""A course of one small chapter in a temporary folder, and its registry."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent / "example"))

import example_course


@pytest.fixture(autouse=True)
def kernels_find_the_example(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", example_course.python_path())


@pytest.fixture
def registry():
    return example_course.REGISTRY


@pytest.fixture
def course(tmp_path):
    """The folder of the example course, nothing built yet."""
    return example_course.make_course(tmp_path)


@pytest.fixture
def source(course):
    """The one source file of the example chapter."""
    return course / "solutions" / example_course.CHAPTER / "example.py"
