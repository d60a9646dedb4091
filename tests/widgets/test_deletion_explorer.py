"""The deletion explorer: what it shows is what the tables say, and its controls move it."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from course_lib import load_model
from course_lib.attribution import method_survey
from course_lib.widgets import explore_deletion

PROMPTS = ["the cat sat on the", "Mary gave the book"]


@pytest.fixture
def explorer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    return explore_deletion(method_survey(load_model("tiny:0"), PROMPTS))


def test_it_strikes_out_the_highest_scores(explorer) -> None:
    explorer.show(0, "saliency", 2)
    scores = explorer.survey.scores["saliency"][0]
    assert explorer.gone() == set((scores[1:].topk(2).indices + 1).tolist())
    assert explorer.picture.value.count("<del") == 2
    assert f"{math.exp(explorer.log_prob()):.3f}" in explorer.text()


def test_a_shorter_prompt_cuts_the_step(explorer) -> None:
    explorer.show(0, "removal", 4)
    explorer.controls["prompt"].value = 1
    assert explorer.step == len(explorer.survey.tables[1].players)


def test_it_carries_its_text_without_a_browser(explorer) -> None:
    bundle = explorer._repr_mimebundle_()
    assert bundle["text/plain"] == explorer.text()
    assert "<del" in bundle["text/html"]
