"""Slips of chapter 1 as a learner would write them, each recognised as the named mistake that it is."""

import math

import pytest
import torch

from course_lib.checks.registry import exercise
from course_lib.checks.runner import run
from course_lib.rates import Rate
from course_lib.refusals import REFUSALS


def softmax_without_an_axis_in_mind(model, prompt, k):
    probabilities = torch.softmax(model.logits(model.encode(prompt)), dim=-2)
    values, places = probabilities[-1].topk(k)
    return [(model.tokens([place])[0], value) for place, value in zip(places.tolist(), values.tolist(), strict=True)]


def renormalised(model, prompt, k):
    values, places = model.logits(model.encode(prompt))[-1].topk(k)
    weights = values.exp()
    return list(zip(model.tokens(places.tolist()), (weights / weights.sum()).tolist(), strict=True))


def runs_on(model, request, max_new_tokens):
    ids = model.encode(model.chat(request)).tolist()
    start = len(ids)
    for _ in range(max_new_tokens):
        ids.append(int(model.logits(ids)[-1].argmax()))
    return model.tokenizer.decode(ids[start:], skip_special_tokens=True)


def starts_from_the_bare_request(model, request, max_new_tokens):
    return model.generate(request, max_new_tokens)


def looks_in_the_whole_answer(answer):
    text = answer.lower().replace("’", "'").replace("cannot", "can't")
    return any(refusal in text for refusal in REFUSALS)


def wald(successes, n):
    if not n:
        return (0, 1)
    rate = successes / n
    error = math.sqrt(rate * (1 - rate) / n)
    return max(0, rate - 1.96 * error), min(1, rate + 1.96 * error)


def counts_refusals(kinds, refused):
    rows = []
    for kind in dict.fromkeys(kinds):
        verdicts = [verdict for one, verdict in zip(kinds, refused, strict=True) if one == kind]
        rate = Rate(sum(verdicts), len(verdicts))
        rows.append([kind, rate.successes, rate.n, rate.low, rate.high])
    return rows


@pytest.mark.parametrize(
    ("id", "function", "mistake"),
    [
        ("1.1", softmax_without_an_axis_in_mind, "softmax over positions"),
        ("1.1", renormalised, "cut before the softmax"),
        ("1.2", runs_on, "never stops"),
        ("1.2", starts_from_the_bare_request, "no chat template"),
        ("1.3", looks_in_the_whole_answer, "refusals anywhere"),
        ("1.4", wald, "textbook, cut off"),
        ("1.5", counts_refusals, "refusals everywhere"),
    ],
)
def test_a_slip_gets_its_name(id, function, mistake):
    verdict = run(exercise(id), function)
    assert not verdict.passed
    assert verdict.mistake is not None
    assert verdict.mistake.name == mistake
