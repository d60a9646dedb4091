"""The explorer of attributions shows the library's own scores, and keeps them."""

from __future__ import annotations

import pytest
import torch

from course_lib import CourseError, LocalModel, load_model
from course_lib.attribution import gradient_x_input, removal_attribution
from course_lib.widgets import explore_attribution
from course_lib.widgets.attribution_explorer import METHODS

PROMPT = "Mary gave the book to"


@pytest.fixture(scope="module")
def model() -> LocalModel:
    """Random weights, 2 layers."""
    return load_model("tiny:1")


def test_the_scores_are_the_methods_own(model: LocalModel) -> None:
    explorer = explore_attribution(model, PROMPT, [" John"])
    assert explorer.targets[0] == " John"
    torch.testing.assert_close(
        explorer.scores("removal", " John").scores, removal_attribution(model, PROMPT, " John").scores
    )
    explorer.show("gradient × input")
    torch.testing.assert_close(
        torch.tensor([row["score"] for row in explorer.rows()]), gradient_x_input(model, PROMPT, " John").scores[0]
    )
    assert explorer.scores("removal", " John") is explorer.scores("removal", " John")


@pytest.mark.parametrize("method", list(METHODS))
def test_every_method_can_be_chosen(model: LocalModel, method: str) -> None:
    explorer = explore_attribution(model, PROMPT, [" John", " Mary"])
    explorer.controls["method"].value = method
    explorer.controls["target"].value = " Mary"
    assert explorer.text().startswith(f"{method}: why ' Mary'?")


def test_a_new_prompt_brings_its_own_targets(model: LocalModel) -> None:
    explorer = explore_attribution(model, PROMPT)
    before = explorer.targets
    explorer.controls["text"].value = "The capital of France is"
    assert explorer.prompt == "The capital of France is"
    assert explorer.targets != before
    assert explorer.target in explorer.targets
    explorer.controls["text"].value = "a"
    assert "2 to 64 tokens" in explorer.picture.value
    assert explorer.prompt == "The capital of France is"


def test_what_cannot_be_asked_is_refused(model: LocalModel) -> None:
    with pytest.raises(CourseError, match="2 to 64 tokens"):
        explore_attribution(model, "a")
    with pytest.raises(CourseError, match="one token"):
        explore_attribution(model, PROMPT, [" a whole sentence"])
    with pytest.raises(CourseError, match="no method"):
        explore_attribution(model, PROMPT).show("astrology")
    with pytest.raises(CourseError, match="not among the targets"):
        explore_attribution(model, PROMPT).show("removal", " never")
