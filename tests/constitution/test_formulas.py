"""Principles, prompts, pairs, batches and the verdict: what the exercises' references do on small cases."""

from __future__ import annotations

import json

import pytest
import torch

from course_lib import CourseError, load_model
from course_lib.constitution import before_after, constitution, corrected_preference, principle_pairs, revision_prompt
from course_lib.constitution.asked import held_out_requests, training_requests
from course_lib.constitution.dataset import course_pairs, is_cut, openings, training_pairs, turned
from course_lib.constitution.measure import held_out_pairs
from course_lib.constitution.principles import FOLDER, declining_answers, find_principle, principle_for
from course_lib.data.prompts import CATEGORIES
from course_lib.refusals import declines


def test_every_kind_of_harm_has_one_principle_and_declining_words():
    for category in (*CATEGORIES, "animal_cruelty"):
        assert sum(category in principle.categories for principle in constitution()) == 1
        for split in ("train", "test"):
            assert all(map(declines, declining_answers(category, split)))
        assert not set(declining_answers(category, "train")) & set(declining_answers(category, "test"))
    with pytest.raises(CourseError, match="no principle"):
        find_principle("beauty")
    with pytest.raises(CourseError, match="No principle"):
        principle_for("weather")


def test_training_and_test_share_no_request_and_no_group():
    asked = training_requests()
    ours = held_out_requests("prompts")
    assert not {request.group for request in asked} & {request.group for request in ours}
    assert not {request.text for request in asked} & {request.text for request in ours}
    assert len({request.id for request in asked}) == len(asked)


def test_pairs_prefer_declining_for_harmful_requests_only():
    for pair in (*course_pairs("train"), *course_pairs("test")):
        assert declines(pair.chosen) == (pair.kind == "harmful") != declines(pair.rejected)
        assert is_cut(pair.chosen) != is_cut(pair.rejected)
    assert {pair.kind for pair in held_out_pairs()} == {"harmful", "harmless", "lookalike"}


def test_the_same_words_stand_on_both_sides():
    chosen = {pair.chosen for pair in training_pairs("principles") if pair.kind == "harmful"}
    rejected = {pair.rejected for pair in training_pairs("principles") if pair.kind != "harmful"}
    assert len(chosen & rejected) > 0.8 * len(chosen | rejected)


def test_one_step_sees_a_request_and_its_counterpart():
    pairs = training_pairs("principles")
    for first, second in zip(pairs[::2], pairs[1::2], strict=True):
        assert first.group == second.group
        assert first.kind == "harmful" != second.kind


def test_the_control_has_the_same_texts_and_a_coin():
    wanted, shuffled = training_pairs("principles"), training_pairs("shuffled")
    assert all(other in (pair, turned(pair)) for pair, other in zip(wanted, shuffled, strict=True))
    kept = sum(pair == other for pair, other in zip(wanted, shuffled, strict=True))
    assert 0.4 < kept / len(wanted) < 0.6
    with pytest.raises(CourseError, match="no pairs"):
        training_pairs("shuffeld")


def test_beginnings_are_short():
    assert set(openings()) >= {request.id for request in training_requests()}
    assert max(len(own.split()) for own in openings().values()) <= 6
    assert all(set(row) == {"id", "own"} for row in map(json.loads, (FOLDER / "openings.jsonl").open(encoding="utf-8")))


def test_the_plain_pairs_leave_out_what_teaches_nothing():
    one = {"text": "Why?", "group": "a", "kind": "harmful", "category": "x", "own": "Because", "declines": False}
    decline = {"x": "I can't say."}
    assert principle_pairs([one], decline, [])[0]["chosen"] == "I can't say."
    assert principle_pairs([one], decline, ["a"]) == principle_pairs([one | {"declines": True}], decline, []) == []


def test_prompts_have_turns():
    model = load_model("tiny:0")
    chat = revision_prompt(model, "Why?", "So.", "Be kind.", "It is unkind.")
    assert [chat.count(f"<|im_start|>{role}") for role in ("user", "assistant")] == [3, 3]
    assert chat.count("Be kind.") == 2
    assert chat.endswith("<|im_start|>assistant\n")


def test_a_judge_that_sees_the_letter_only_has_no_preference():
    logits = torch.randn(5, 9, generator=torch.Generator().manual_seed(0))
    preference, leaning = corrected_preference(logits, logits, 2, 4)
    assert preference.abs().max() == 0
    assert torch.equal(leaning, logits[:, 2] - logits[:, 4])


def test_verdicts():
    yes, no = [(f"g{k}", False, True) for k in range(9)], [(f"g{k}", False, False) for k in range(9)]
    assert before_after(yes, no, 0.1)[2] == "better"
    assert before_after(yes, yes, 0.1)[2] == "bought"
    assert before_after(no, no, 0.1)[2] == "not shown"
