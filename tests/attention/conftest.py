"""A small random model whose numbers of layers (2), heads (3) and positions differ."""

from __future__ import annotations

import pytest

from course_lib.models import LocalModel, load_model

TEXT = "The model reads the question and writes"


@pytest.fixture(scope="session")
def tiny() -> LocalModel:
    return load_model("tiny:3")
