"""The next-token explorer: its steps are those of the greedy answer, and its sliders move what is shown."""

from __future__ import annotations

import pytest

from course_lib import load_model
from course_lib.answers import next_tokens
from course_lib.widgets import explore_next_tokens

REQUEST = "Who gave the book to John?"


@pytest.fixture
def explorer():
    return explore_next_tokens(load_model("tiny:5"), REQUEST, 6)


def test_the_best_token_of_each_step_is_the_one_that_was_said(explorer) -> None:
    for step, piece in enumerate(explorer.pieces):
        explorer.show(step, 1.0)
        assert explorer.best()[0][0] == piece


def test_the_first_step_is_the_distribution_behind_the_chat(explorer) -> None:
    model = load_model("tiny:5")
    expected = next_tokens(model, model.chat(REQUEST), 8)
    assert [token for token, _ in explorer.best()] == [token for token, _ in expected]
    assert [p for _, p in explorer.best()] == pytest.approx([p for _, p in expected], rel=1e-4)


def test_heat_evens_out(explorer) -> None:
    explorer.show(1, 0.25)
    cold = explorer.best()[0][1]
    explorer.show(1, 2.0)
    assert explorer.best()[0][1] < cold
    assert "temperature 2" in explorer.text()


def test_it_carries_its_text_without_a_browser(explorer) -> None:
    bundle = explorer._repr_mimebundle_()
    assert bundle["text/plain"] == explorer.text()
    assert "<table>" in bundle["text/html"]
