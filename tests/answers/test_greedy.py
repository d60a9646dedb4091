"""The written-out loop says what the fast one says, and the next-token list is the head of a distribution."""

from __future__ import annotations

import pytest

from course_lib import load_model
from course_lib.answers import greedy_answer, next_tokens
from course_lib.checks.chapter01.greedy import STOPPING


@pytest.mark.parametrize(("seed", "request_text"), [*STOPPING, (5, "Who gave the book to John?")])
def test_the_loop_is_the_fast_one(seed: int, request_text: str) -> None:
    model = load_model(f"tiny:{seed}")
    assert greedy_answer(model, request_text, 9) == model.generate(model.chat(request_text), 9)


@pytest.mark.parametrize(("seed", "request_text"), STOPPING)
def test_the_table_of_stopping_answers_holds(seed: int, request_text: str) -> None:
    model = load_model(f"tiny:{seed}")
    short, long = (greedy_answer(model, request_text, n) for n in (6, 12))
    assert short == long != "", "chapter 1 needs answers that end by themselves"


def test_no_tokens_no_answer() -> None:
    assert greedy_answer(load_model("tiny:0"), "Why?", 0) == ""


def test_all_next_tokens_sum_to_one() -> None:
    model = load_model("tiny:4")
    found = next_tokens(model, "The model reads", model.text_config.vocab_size)
    probabilities = [probability for _, probability in found]
    assert sum(probabilities) == pytest.approx(1, abs=1e-4)
    assert probabilities == sorted(probabilities, reverse=True)
    assert next_tokens(model, "The model reads", 3) == found[:3]


@pytest.mark.model
def test_the_default_model_answers_as_the_fast_loop() -> None:
    model = load_model()
    request = "What is the capital of France?"
    assert (
        greedy_answer(model, request, 12)
        == model.generate(model.chat(request), 12)
        == "The capital of France is Paris."
    )
