"""The explorer of the logit lens reads what `logit_lens` reads, at every layer and position."""

from __future__ import annotations

import pytest
import torch

from course_lib import CourseError, LocalModel, load_model
from course_lib.patching import logit_lens
from course_lib.widgets import explore_lens

TEXT = "Mary gave the book to"


@pytest.fixture(scope="module")
def model() -> LocalModel:
    """Random weights, 2 layers."""
    return load_model("tiny:1")


@pytest.mark.parametrize("position", [0, 2, -1])
def test_it_reads_what_the_lens_reads(model: LocalModel, position: int) -> None:
    explorer = explore_lens(model, TEXT, " John")
    explorer.show(1, position)
    expected = logit_lens(model, TEXT, " John", position=position)
    rows = explorer.rows()
    assert [row["rank"] for row in rows] == expected.ranks[:, 0].tolist()
    torch.testing.assert_close(torch.tensor([row["log probability"] for row in rows]), expected.log_probs[:, 0])
    assert [row["most likely"] for row in rows] == list(expected.top_tokens)


def test_the_controls_change_what_is_shown(model: LocalModel) -> None:
    explorer = explore_lens(model, TEXT)
    explorer.controls["blocks"].value = 0
    explorer.controls["position"].value = 1
    explorer.controls["follow"].value = " John"
    assert "after 0 of 2 blocks" in explorer.text()
    assert "' John': rank" in explorer.text()
    explorer.controls["follow"].value = "no such token at all"
    assert 'role="alert"' in explorer.picture.value
    explorer.controls["follow"].value = ""
    explorer.controls["text"].value = "The cat"
    assert explorer.controls["position"].value == explorer.position == len(explorer.tokens) - 1
    assert explorer.tokens == tuple(model.tokens(model.encode("The cat")))


def test_what_is_not_there_is_named(model: LocalModel) -> None:
    explorer = explore_lens(model, TEXT)
    for bad in ((3, 0), (0, 99)):
        with pytest.raises(CourseError):
            explorer.show(*bad)
    with pytest.raises(CourseError, match="tokens"):
        explore_lens(model, "")
