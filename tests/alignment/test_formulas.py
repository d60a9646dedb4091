"""The five formulas of chapter 2, held against TRL, against a simulation, and against each other."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch

from course_lib import load_model
from course_lib.alignment import (
    answer_log_probs,
    answer_rows,
    best_of_n,
    bradley_terry_loss,
    dpo_loss,
    goodhart_curve,
    measured_kl,
    policy_divergence,
    row_logits,
)
from course_lib.alignment.curve import share_ties
from course_lib.alignment.rows import row_log_probs

ORACLE = json.loads(Path(__file__).with_name("trl_oracle.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def trl() -> tuple[torch.Tensor, torch.Tensor]:
    """Log probabilities of TRL's batch under the policy and under the reference, by our function."""
    ids, is_answer = torch.tensor(ORACLE["ids"]), torch.tensor(ORACLE["is_answer"]).bool()
    policy, reference = (answer_log_probs(load_model(name).logits(ids), ids, is_answer) for name in ORACLE["models"])
    return policy, reference


def test_answer_log_probs_are_those_of_trl(trl):
    chosen, rejected = trl[0].chunk(2)
    assert float(chosen.mean()) == pytest.approx(ORACLE["metrics"]["logps/chosen"], abs=1e-3)
    assert float(rejected.mean()) == pytest.approx(ORACLE["metrics"]["logps/rejected"], abs=1e-3)


def test_dpo_loss_and_rewards_are_those_of_trl(trl):
    policy, reference = trl
    loss, rewards = dpo_loss(*policy.chunk(2), *reference.chunk(2), beta=ORACLE["beta"])
    assert float(loss) == pytest.approx(ORACLE["loss"], rel=1e-4)
    assert float(rewards[0].mean()) == pytest.approx(ORACLE["metrics"]["rewards/chosen"], rel=1e-3)
    assert float(rewards[1].mean()) == pytest.approx(ORACLE["metrics"]["rewards/rejected"], rel=1e-3)


def test_untrained_policy_has_the_loss_of_a_coin():
    same = torch.randn(2, 5)
    loss, rewards = dpo_loss(*same, *same, beta=0.3)
    assert float(loss) == pytest.approx(math.log(2))
    assert rewards.abs().max() == 0


def test_dpo_is_bradley_terry_on_implicit_rewards():
    numbers = torch.randn(4, 6)
    loss, rewards = dpo_loss(*numbers, beta=0.7)
    assert float(loss) == pytest.approx(float(bradley_terry_loss(*rewards)))


def test_bradley_terry_is_finite_far_away():
    assert float(bradley_terry_loss(torch.tensor([-500.0]), torch.tensor([500.0]))) == pytest.approx(1000.0)


def test_best_of_n_is_what_drawing_gives():
    generator = torch.Generator().manual_seed(0)
    proxy, true = torch.randn(2, 9, generator=generator), torch.randn(2, 9, generator=generator)
    draws = torch.rand(20000, 9, generator=generator).argsort(1)[:, :4]
    kept = [draws.gather(1, row[draws].argmax(1, keepdim=True))[:, 0] for row in proxy]
    expected = [sum(float(x[i][kept[i]].mean()) for i in range(2)) / 2 for x in (proxy, true)]
    assert best_of_n(proxy, true, 4)[:2] == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("n", [1, 2, 7])
def test_ends_of_best_of_n(n):
    values = torch.tensor([[3.0, 1.0, 2.0, 5.0, 4.0, 6.0, 0.0]])
    proxy, true, kl = best_of_n(values, values, n)
    assert proxy == pytest.approx(true)
    assert proxy == pytest.approx({1: 3.0, 2: 13 / 3, 7: 6.0}[n])
    assert kl == pytest.approx(math.log(n) - (n - 1) / n)


def test_ties_take_divergence_away():
    assert measured_kl(torch.tensor([[0.0, 0.0, 1.0, 1.0]]), 2) < measured_kl(torch.arange(4.0)[None], 2)
    assert measured_kl(torch.zeros(1, 9), 5) == 0


def test_shared_ties_keep_the_mean():
    proxy, true = torch.tensor([[1.0, 2.0, 1.0, 2.0, 3.0]]), torch.tensor([[0.0, 1.0, 1.0, 0.0, 4.0]])
    assert share_ties(proxy, true).tolist() == [[0.5, 0.5, 0.5, 0.5, 4.0]]


def test_a_perfect_proxy_never_falls():
    true = torch.randn(3, 16, generator=torch.Generator().manual_seed(1))
    values = [estimate.value for estimate in goodhart_curve("itself", true, true, (1, 2, 4, 8, 16)).true]
    assert values == sorted(values)


def test_divergence_is_the_mean_log_ratio_on_many_draws():
    generator = torch.Generator().manual_seed(3)
    policy, reference = torch.randn(2, 1, 2, 6, generator=generator)
    p, q = policy[0, 0].log_softmax(-1), reference[0, 0].log_softmax(-1)
    draws = torch.multinomial(p.exp(), 50000, replacement=True, generator=generator)
    exact = policy_divergence(policy, reference, torch.tensor([[False, True]]))
    assert float(exact) == pytest.approx(float((p - q)[draws].mean()), abs=0.02)


def test_rows_give_what_the_whole_chat_gives():
    model = load_model("tiny:0")
    chats = [("Why?", "So.", True), ("Why is it so?", "It is.", False)]
    rows = answer_rows(model, chats)
    batched = answer_log_probs(row_logits(model.model, rows), rows.ids, rows.is_answer)
    for row, (request, answer, ended) in enumerate(chats):
        asked, said = model.encode(model.chat(request)), model.encode(answer)
        said = torch.cat([said, torch.tensor([model.tokenizer.eos_token_id])]) if ended else said
        logits = model.logits(torch.cat([asked, said]))[len(asked) - 1 : -1] / 0.7
        alone = logits.log_softmax(-1).gather(1, said[:, None]).sum()
        assert float(batched[row]) == pytest.approx(float(alone), abs=1e-3)


def test_the_fast_log_probs_agree_with_the_plain_ones():
    model = load_model("tiny:0")
    rows = answer_rows(model, [("Why?", "So.", True), ("Why is it so?", "It is as it is.", False)])
    plain = answer_log_probs(row_logits(model.model, rows), rows.ids, rows.is_answer)
    assert torch.allclose(row_log_probs(model.model, rows), plain, atol=1e-4)
