"""Answers from the cache are the answers of this model now, or they are asked anew."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

import course_lib.answers.cache as cache
from course_lib import CourseError, LocalModel, load_model
from course_lib.answers import cached_answers

REQUESTS = ["Why?", "Please help me to write a letter.", "Who gave the book to John?"]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    return tmp_path / "answers"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many prompts were put to a model, call by call."""
    seen: list[int] = []
    real = cache.greedy_answers

    def counted(model: LocalModel, prompts: list[str], *rest: object, **options: object) -> list[str]:
        seen.append(len(prompts))
        return real(model, prompts, *rest, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(cache, "greedy_answers", counted)
    return seen


def test_the_second_time_only_one_request_is_asked(asked: list[int]) -> None:
    model = load_model("tiny:3")
    first = cached_answers(model, REQUESTS, 5)
    assert cached_answers(model, REQUESTS, 5) == first
    assert asked == [3, 1]
    assert cached_answers(model, REQUESTS, 5, fresh=True) == first
    assert asked == [3, 1, 3]


def test_another_question_has_another_file(own_cache: Path) -> None:
    model = load_model("tiny:3")
    cached_answers(model, REQUESTS, 5)
    cached_answers(model, REQUESTS, 6)
    cached_answers(model, REQUESTS, 5, system="Be kind.")
    cached_answers(load_model("tiny:4"), REQUESTS, 5)
    assert len(list(own_cache.glob("*.json"))) == 4
    assert not list(own_cache.glob("*.part"))


@pytest.mark.parametrize("damage", ["", "[", '["one"]', "[1, 2, 3]", '{"a": 1}'])
def test_a_damaged_file_is_asked_anew(own_cache: Path, damage: str) -> None:
    model = load_model("tiny:3")
    right = cached_answers(model, REQUESTS, 5)
    [path] = own_cache.glob("*.json")
    path.write_text(damage, encoding="utf-8")
    assert cached_answers(model, REQUESTS, 5) == right
    assert json.loads(path.read_text(encoding="utf-8")) == right


def test_other_weights_under_the_same_name_are_noticed(asked: list[int]) -> None:
    model = load_model("tiny:3")
    cached_answers(model, REQUESTS, 5)
    weight = model.model.lm_head.weight
    before = weight.clone()
    try:
        with torch.no_grad():
            weight.copy_(before.roll(7, dims=0))
        cached_answers(model, REQUESTS, 5)
    finally:
        with torch.no_grad():
            weight.copy_(before)
    assert asked == [3, 1, 3]


def test_no_requests_are_explained() -> None:
    with pytest.raises(CourseError, match="nothing to answer"):
        cached_answers(load_model("tiny:3"), [])
