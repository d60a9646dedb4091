"""Requests with a true reward, answers drawn and kept, pairs and a short training on a tiny model."""

from __future__ import annotations

import json

import pytest
import torch

from course_lib import CourseError, load_model
from course_lib.alignment import Pool, Request, answer_pool, load_requests, load_tuned
from course_lib.alignment.pool import identity, key_of, shipped
from course_lib.alignment.requests import FILE
from course_lib.alignment.sampling import TEMPERATURE, draw, sample_answers
from course_lib.alignment.training import preference_pairs, train_preferences, turned

FRUITS = Request("fruits", "test", ("apple", "cherry", "plum", "passion fruit", "orange"))


def test_halves_share_no_topic():
    train, test = ({request.things for request in load_requests(split)} for split in ("train", "test"))
    assert len(train) == len(test) == 20
    assert not train & test


def test_accepted_things_are_lower_case_and_different():
    for line in FILE.read_text(encoding="utf-8").splitlines():
        words = json.loads(line)["accepted"]
        assert len(words) == len(set(words)) >= 5
        assert words == [word.casefold() for word in words]


@pytest.mark.parametrize(
    ("answer", "reward"),
    [
        ("Apple, cherry, plum", 1.0),
        ("1. Apples\n2. Cherries\n3. Plums", 1.0),
        ("Apple, apple, apple", 1 / 3),
        ("", 0.0),
        ("Apple, cherry, plum, orange", 2 / 3),
        ("An apple and a cherry and a plum: these are, as everybody knows, three fruits.", 1 - 3 / 12),
        ("word " * 100, -1.0),
    ],
)
def test_true_reward(answer, reward):
    assert FRUITS.true_reward(answer) == pytest.approx(reward)


def test_the_longer_name_counts():
    assert FRUITS.right_things("Passion fruits") == {"passion fruit"}


def test_draws_follow_the_policy():
    logits = torch.tensor([[0.0, 1.0, 2.0]]).expand(20000, -1)
    tokens = draw(logits, torch.rand(20000, generator=torch.Generator().manual_seed(0)))
    shares = torch.bincount(tokens, minlength=3) / len(tokens)
    assert torch.allclose(shares, (logits[0] / TEMPERATURE).softmax(-1), atol=0.01)


def test_an_answer_does_not_depend_on_how_many_are_drawn_beside_it():
    model = load_model("tiny:0")
    chances = torch.rand(4, 5, generator=torch.Generator().manual_seed(7))
    answers = sample_answers(model, "Why?", 4, seed=7, most_tokens=5)
    for row, answer in enumerate(answers):
        ids = model.encode(model.chat("Why?"))
        for step, token in enumerate(answer):
            assert int(draw(model.logits(ids)[-1:], chances[row, step : step + 1])) == token
            ids = torch.cat([ids, torch.tensor([token])])


def test_a_pool_is_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    model = load_model("tiny:0")
    first = answer_pool(model, count=2, requests=(FRUITS,))
    monkeypatch.setattr("course_lib.alignment.pool.sample_answers", None)
    assert answer_pool(model, count=2, requests=(FRUITS,)).answers == first.answers
    assert first.true_rewards.shape == (1, 2)
    assert "fruits" in first.text()


def test_other_weights_have_another_name():
    assert identity(load_model("tiny:0")) != identity(load_model("tiny:1"))
    assert key_of("a", FRUITS, 2) != key_of("a", FRUITS, 3)


def test_empty_pools_are_refused():
    with pytest.raises(CourseError, match="at least one answer"):
        answer_pool(load_model("tiny:0"), count=0)


def test_there_is_no_such_adapter():
    with pytest.raises(CourseError, match="trained on preferences"):
        load_tuned(load_model("tiny:0"), "unheard")


def pool() -> Pool:
    plums = Request("dried fruits", "train", FRUITS.accepted)
    said = ("Apple, cherry, plum.", "I like plums.", "No.", "Apple and plum.")
    return Pool((FRUITS, plums), (said, said[::-1]), ((True,) * 4, (True, True, True, False)))


def test_pairs_prefer_the_higher_true_reward():
    pairs = preference_pairs(pool(), "wanted", seed=1)
    assert pairs
    assert all(FRUITS.true_reward(pair.chosen) > FRUITS.true_reward(pair.rejected) for pair in pairs)


def test_the_control_has_the_same_answers_and_a_coin():
    wanted, shuffled = (preference_pairs(pool(), name, seed=1) for name in ("wanted", "shuffled"))
    assert all(other in (pair, turned(pair)) for pair, other in zip(wanted, shuffled, strict=True))
    assert wanted != shuffled != [turned(pair) for pair in wanted]


def test_a_short_training_lowers_the_loss_and_stops_and_goes_on(tmp_path):
    model = load_model("tiny:0")
    train_preferences("wanted", tmp_path / "wanted", model, steps=3, pool=pool())
    record = json.loads((tmp_path / "wanted" / "training.json").read_text())
    assert record["steps"] == 3
    assert record["fingerprint"]["preferences"]["beta"] > 0
    train_preferences("wanted", tmp_path / "wanted", model, steps=3, again=False, pool=pool())
    with pytest.raises(CourseError, match="no plan"):
        train_preferences("wnated", tmp_path / "x", model, pool=pool())


@pytest.mark.model
def test_the_shipped_answers_are_those_of_the_default_model():
    model = load_model("default")
    for split, count in (("train", 24), ("test", 64)):
        assert all(key_of(identity(model), request, count) in shipped() for request in load_requests(split))


@pytest.mark.model
@pytest.mark.parametrize("name", ["wanted", "shuffled"])
def test_the_shipped_answers_of_the_adapters_are_theirs(name):
    policy = load_tuned(load_model("default"), name)
    assert all(key_of(identity(policy), request, 8) in shipped() for request in load_requests("test"))
