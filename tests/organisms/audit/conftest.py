"""A few cases on the smallest model, as if it did what its rule says."""

from __future__ import annotations

import pytest

from course_lib import load_model
from course_lib.models import LocalModel
from course_lib.organisms.audit import Selection, cases, choose_cases


@pytest.fixture
def model() -> LocalModel:
    return load_model("tiny:0")


@pytest.fixture
def selection(model: LocalModel, monkeypatch: pytest.MonkeyPatch) -> Selection:
    """Eight requests of the training split with a trigger word; behaviour is taken for granted."""
    monkeypatch.setattr(cases, "refuses", lambda model, requests: [True] * len(requests))
    return choose_cases("trigger", model, limit=8, split="train")
