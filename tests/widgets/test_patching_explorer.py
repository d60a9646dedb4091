"""The explorer shows rows of the patching map, keeps them, and is there without a browser."""

from __future__ import annotations

import pytest
import torch

from course_lib import CourseError, LocalModel, load_model
from course_lib.patching import patching_map
from course_lib.widgets import explore_patching

TEXTS = ("Mary gave the book to", "John gave the book to")


@pytest.fixture(scope="module")
def model() -> LocalModel:
    """Random weights, 2 layers of 3 heads."""
    return load_model("tiny:1")


def test_a_row_is_a_row_of_the_map(model: LocalModel) -> None:
    explorer = explore_patching(model, TEXTS, " John", layer=1, sites="mlp")
    expected = patching_map(model, *TEXTS, " John", "mlp", layers=[1])
    torch.testing.assert_close(explorer.row(1, "mlp").recovery, expected.recovery)
    assert explorer.row(1, "mlp") is explorer.row(1, "mlp")


def test_the_controls_change_what_is_shown(model: LocalModel) -> None:
    explorer = explore_patching(model, TEXTS, " John")
    first = explorer.picture.value
    explorer.controls["sites"].value = "heads"
    assert explorer.sites == "heads"
    assert explorer.picture.value != first
    assert "head 2" in explorer.picture.value
    explorer.show(1, "attention")
    assert (explorer.layer, explorer.sites) == (1, "attention")
    assert "layer 1" in explorer.text()


def test_it_is_there_without_a_browser(model: LocalModel) -> None:
    bundle = explore_patching(model, TEXTS, " John")._repr_mimebundle_()
    assert "<svg" in bundle["text/html"]
    assert "Recovery when residual of layer 0" in bundle["text/plain"]


def test_what_cannot_be_shown_is_explained(model: LocalModel) -> None:
    with pytest.raises(CourseError, match="two texts"):
        explore_patching(model, "Mary", " John")
    with pytest.raises(CourseError, match="no layer 9"):
        explore_patching(model, TEXTS, " John", layer=9)
