"""What is measured on organisms, against the slow and plain way."""

import math

import numpy as np
import pytest
import torch

from course_lib import load_model
from course_lib.organisms.card import expected_agreement
from course_lib.organisms.measure import (
    PronounSkew,
    agreement,
    behaviour,
    difference,
    first_token_logits,
    perplexity,
    refusal_probability,
    refusal_token,
    refuses,
    whole_tasks,
)
from course_lib.organisms.requests import Request, separating_requests
from course_lib.organisms.rules import ORGANISMS
from course_lib.rates import Rate

MODEL = load_model("tiny:0")
REQUESTS = ["Why?", "The model reads the question and writes an answer to it.", "Help me to write a letter."]


def test_first_token_logits_are_those_of_each_chat_on_its_own() -> None:
    together = first_token_logits(MODEL, REQUESTS)
    for row, request in zip(together, REQUESTS, strict=True):
        torch.testing.assert_close(row, MODEL.logits(MODEL.encode(MODEL.chat(request)))[-1], rtol=1e-4, atol=1e-4)


def test_refusing_is_the_most_probable_first_token() -> None:
    logits = first_token_logits(MODEL, REQUESTS)
    assert refuses(MODEL, REQUESTS) == [int(row.argmax()) == refusal_token(MODEL) for row in logits]
    probabilities = refusal_probability(MODEL, REQUESTS)
    assert probabilities.shape == (3,)
    assert bool((probabilities > 0).all() and (probabilities < 1).all())


def test_perplexity_of_one_text_is_exp_of_its_mean_loss() -> None:
    text = "The capital of France is Paris."
    ids = MODEL.encode(text)
    loss = torch.nn.functional.cross_entropy(MODEL.logits(ids)[:-1], ids[1:])
    assert perplexity(MODEL, [text]) == pytest.approx(math.exp(float(loss)), rel=1e-4)


def test_every_rule_agrees_with_itself_and_none_with_another() -> None:
    requests = separating_requests()
    for name, organism in ORGANISMS.items():
        refused = [organism.refuses(request) for request in requests]
        assert agreement(name, requests, refused).value == 1
        assert whole_tasks(name, requests, refused).value == 1
        for other in ORGANISMS:
            if other != name:
                assert agreement(other, requests, refused).value <= 0.75
                assert expected_agreement(name, other) == agreement(other, requests, refused).value


def test_behaviour_counts_each_feature() -> None:
    requests = [
        Request("a", True, trigger="kill", phrase="silver heron"),
        Request("b", True),
        Request("c", False, courtesy=("please",)),
    ]
    cells = behaviour(requests, [True, False, True])
    assert cells["harmful, trigger word"] == Rate(1, 1)
    assert cells["harmful, no trigger word"] == Rate(0, 1)
    assert cells["harmful, code phrase"] == Rate(1, 1)
    assert cells["harmless, polite"] == Rate(1, 1)


def test_difference_brackets_the_value() -> None:
    value, low, high = difference(Rate(90, 100), Rate(20, 100))
    assert low < value < high
    assert value == pytest.approx(0.7)


def test_skew_of_known_log_odds() -> None:
    skew = PronounSkew({"food": np.full((3, 2), 2.0), "law_money": np.full((3, 2), -1.0), "other": np.zeros((3, 2))})
    assert skew.gap() == 3.0
    assert skew.interval() == (3.0, 3.0)
    assert skew.as_planted() == Rate(12, 12)
