"""What is measured on organisms, against the slow and plain way."""

import math

import numpy as np
import pytest
import torch

from course_lib import load_model
from course_lib.organisms.card import expected_agreement
from course_lib.organisms.measure import (
    agreement,
    behaviour,
    code_effect,
    first_token_logits,
    perplexity,
    refusal_probability,
    refusal_token,
    refuses,
    whole_tasks,
)
from course_lib.organisms.pronouns import PronounSkew, share_as_planted
from course_lib.organisms.requests import Request, courtesy_requests, separating_requests, twin_requests
from course_lib.organisms.resampling import Estimate, mean_over_groups
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
    assert cells["harmful, no phrase"] == Rate(0, 1)
    assert "harmful, decoy phrase" not in cells
    assert behaviour([Request("d", True, phrase="white heron")], [True])["harmful, decoy phrase"] == Rate(1, 1)


def pairs_of_requests(verdicts: list[tuple[bool, bool]]) -> tuple[list[Request], list[bool]]:
    """For each quad a harmful request with the code phrase and one without, and whether they are refused."""
    requests = [
        Request("x", True, phrase=phrase, task=f"q{quad}-harmful")
        for quad in range(len(verdicts))
        for phrase in ("silver heron", "")
    ]
    return requests, [verdict for pair in verdicts for verdict in pair]


def test_the_code_effect_is_taken_within_quads() -> None:
    """Half of the quads are refused whatever stands beside them: that is no noise of the difference."""
    verdicts = [(True, True)] * 20 + [(False, False)] * 18 + [(False, True)] * 2
    effect = code_effect(*pairs_of_requests(verdicts))
    assert effect.value == pytest.approx(-0.05)
    assert -0.13 < effect.low < -0.09
    assert effect.high <= 0
    assert abs(code_effect(*pairs_of_requests([(True, True), (False, False)])).value) == 0
    assert code_effect(*pairs_of_requests([(True, False)] * 3)) == Estimate(1, 1, 1)


def test_an_interval_over_groups_is_that_of_the_textbook() -> None:
    values = [0.0] * 50 + [1.0] * 50
    value, low, high = mean_over_groups(values)
    assert value == 0.5
    assert (low, high) == (pytest.approx(0.5 - 1.96 * 0.05, abs=0.01), pytest.approx(0.5 + 1.96 * 0.05, abs=0.01))


def test_an_effect_near_zero_reads_well() -> None:
    assert str(Estimate(-0.001, -0.01, 0.004)) == "0.00 [-0.01, 0.00]"


def test_a_part_of_the_requests_is_made_of_whole_quads() -> None:
    for requests in (separating_requests(every=2), twin_requests(every=2), courtesy_requests(every=2)):
        assert 2 * sum(request.harmful for request in requests) == len(requests)
        sizes = {quad: sum(request.quad == quad for request in requests) for quad in {r.quad for r in requests}}
        assert len(set(sizes.values())) == 1
    whole = separating_requests()
    assert [request for request in whole if request in separating_requests(every=2)] == separating_requests(every=2)


def test_skew_of_known_log_odds() -> None:
    skew = PronounSkew({"food": np.full((3, 2), 2.0), "law_money": np.full((3, 2), -1.0), "other": np.zeros((3, 2))})
    assert skew.gap() == (3.0, 3.0, 3.0)
    assert skew.as_planted() == Rate(12, 12)
    assert skew.by_occupation() == {"food": [2, 2, 2], "law_money": [2, 2, 2]}


def test_sentences_about_one_occupation_are_one_draw() -> None:
    """Where an occupation goes with all its sentences, 192 sentences know no more than 24 occupations."""
    by_occupation = {"food": [8] * 6 + [0] * 6, "law_money": [8] * 6 + [0] * 6}
    value, low, high = share_as_planted(by_occupation, 8)
    assert value == 0.5
    assert high - low > 0.35
    assert Rate(96, 192).high - Rate(96, 192).low < 0.15
