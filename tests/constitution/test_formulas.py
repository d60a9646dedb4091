"""Principles, prompts, pairs, batches and the verdict: what the exercises' references do on small cases."""

from __future__ import annotations

import json
import math
from statistics import stdev

import pytest
import torch

from course_lib import CourseError, load_model
from course_lib.constitution import before_after, constitution, corrected_preference, principle_pairs, revision_prompt
from course_lib.constitution.asked import held_out_requests, training_requests
from course_lib.constitution.dataset import course_pairs, is_cut, openings, training_pairs, turned
from course_lib.constitution.measure import held_out_pairs
from course_lib.constitution.principles import FOLDER, declining_answers, find_principle, principle_for
from course_lib.data.prompts import CATEGORIES
from course_lib.rates import Rate
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


def rows(changes: list[int]) -> list[tuple[str, bool, bool]]:
    """One request a group, with a change of -1, 0 or 1 each."""
    return [(f"g{k}", change < 0, change > 0) for k, change in enumerate(changes)]


def test_verdicts():
    yes, no = rows([1] * 40), rows([0] * 40)
    assert before_after(yes, no, 0.1)[2] == "better"
    assert before_after(yes, yes, 0.1)[2] == "bought"
    assert before_after(no, no, 0.1)[2] == "not shown"


@pytest.mark.parametrize(("groups", "end"), [(26, 0.13), (52, 0.07)])
def test_no_change_in_any_group_is_no_certainty(groups, end):
    still = [(f"g{k}", k % 3 == 0, k % 3 == 0) for k in range(groups)]
    change = before_after(rows([0, 1]), still, 0.1)[1]
    assert change == (0, -Rate(0, groups).high, Rate(0, groups).high)
    assert round(change[2], 2) == end


def test_few_groups_without_a_change_do_not_show_that_there_is_no_price():
    more = rows([1] * 19 + [0])
    assert before_after(more, rows([0] * 34), 0.1)[2] == "bought"
    assert before_after(more, rows([0] * 35), 0.1)[2] == "better"


@pytest.mark.parametrize("change", [-1, 1])
def test_the_same_change_in_every_group_is_no_certainty_either(change):
    found, wilson = before_after(rows([change] * 30), rows([0, 1]), 0.1)[0], Rate(0, 30).high
    low, high = (1 - 2 * wilson, 1) if change == 1 else (-1, 2 * wilson - 1)
    assert found == pytest.approx((change, low, high))


def test_groups_that_agree_on_a_half():
    halves = [(f"g{k}", False, late) for k in range(30) for late in (False, True)]
    wilson = Rate(0, 30).high
    assert before_after(halves, halves, 0.1)[0] == pytest.approx((0.5, 0.5 - 1.5 * wilson, 0.5 + 0.5 * wilson))


def test_where_groups_differ_the_interval_is_1_96_standard_errors():
    change = before_after(rows([1, 0, 0, 1, -1, 1]), rows([0, 1]), 0.1)[0]
    half = 1.96 * stdev([1, 0, 0, 1, -1, 1]) / math.sqrt(6)
    assert change == pytest.approx((1 / 3, 1 / 3 - half, 1 / 3 + half))
