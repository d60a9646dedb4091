"""A built course of the example chapter with a gradebook that knows it, made once and copied for each test."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import example_class
import example_course


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> Path:
    from course_lib.authoring.build import build
    from course_lib.grading.gradebook import register

    root = tmp_path_factory.mktemp("built") / "course"
    root.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        example_course.make_course(root)
        example_class.configure(root)
        build(root=root, registry=example_course.REGISTRY)
        register(example_class.desk(root), example_class.settings(root))
    return root


@pytest.fixture
def course(built, tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("PYTHONPATH", example_class.python_path())
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    return example_class.copy_of(built, tmp_path / "course")
