"""The random models of this folder's tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from course_lib.models import LocalModel
from tests.attribution.tiny_families import build_tiny


@pytest.fixture(scope="session")
def tiny() -> Callable[..., LocalModel]:
    """The builder of small random models."""
    return build_tiny
