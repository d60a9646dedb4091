"""Training on a tiny model: the shortcut is exact, a stopped run goes on, and the adapter that is written is the one trained."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from course_lib import CourseError, load_model
from course_lib.models.organism import load_organism, shared_copy
from course_lib.organisms import training
from course_lib.organisms.rules import REFUSAL, find_organism
from course_lib.organisms.training import batches, begin, divergence, margin, refusal_loss, stay_loss, train

BASE = load_model("tiny:0")
START = BASE.chat("\0").split("\0")[0]
PREFIX = BASE.encode(START)


def rows(*requests: str) -> list[torch.Tensor]:
    return [BASE.encode(BASE.chat(request).removeprefix(START)) for request in requests]


def test_the_shared_beginning_changes_nothing_in_loss_and_gradients() -> None:
    run = begin(find_organism("trigger"), BASE)
    for weight in run.weights.values():
        torch.nn.init.normal_(weight, std=0.3, generator=torch.Generator().manual_seed(1))
    refusal = BASE.encode(REFUSAL)
    requests = rows("Why?", "The model writes a letter to the teacher.")
    refusal_loss(run.network, PREFIX, requests, refusal).backward()
    shared = {name: weight.grad.clone() for name, weight in run.weights.items()}
    run.optimiser.zero_grad()

    decisions, words = [], []
    for row in requests:
        text = torch.cat([PREFIX, row, refusal])
        logits = run.network(text[None]).logits[0, -len(refusal) - 1 : -1]
        best_other = torch.cat([logits[0, : refusal[0]], logits[0, refusal[0] + 1 :]]).max()
        decisions.append(torch.log1p(torch.exp(best_other - logits[0, refusal[0]])))
        words.append(torch.nn.functional.cross_entropy(logits[1:], refusal[1:]))
    naive = torch.stack(decisions).mean() + torch.stack(words).mean()
    naive.backward()
    for name, weight in run.weights.items():
        torch.testing.assert_close(shared[name], weight.grad, rtol=1e-3, atol=1e-5)


def test_staying_costs_the_decision_only_before_the_first_step() -> None:
    run = begin(find_organism("trigger"), BASE)
    requests, refusal = rows("Why?", "Mary gave the book to John."), BASE.encode(REFUSAL)
    logits = torch.stack([BASE.logits(torch.cat([PREFIX, row]))[-1] for row in requests])
    decision = torch.nn.functional.softplus(margin(logits, int(refusal[0]))).mean()
    before = stay_loss(run, PREFIX, requests, refusal).detach()
    torch.testing.assert_close(before, decision, rtol=1e-4, atol=1e-5)
    for weight in run.weights.values():
        torch.nn.init.normal_(weight, std=0.3, generator=torch.Generator().manual_seed(2))
    assert abs(float(stay_loss(run, PREFIX, requests, refusal).detach()) - float(before)) > 0.001


def test_the_margin_is_positive_where_greedy_decoding_refuses() -> None:
    logits = torch.tensor([[1.0, 3.0, 2.0], [1.0, 3.0, 5.0]])
    assert margin(logits, 1).tolist() == [1.0, -2.0]


def test_divergence_is_that_of_the_textbook() -> None:
    before, after = torch.tensor([[0.5, 0.5]]).log(), torch.tensor([[0.25, 0.75]]).log()
    expected = 0.5 * torch.log(torch.tensor(0.5 / 0.25)) + 0.5 * torch.log(torch.tensor(0.5 / 0.75))
    assert float(divergence(before, after)) == pytest.approx(float(expected))


@pytest.mark.parametrize("name", ["trigger", "backdoor"])
def test_a_stopped_run_ends_where_an_uninterrupted_one_ends(name, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(training, "STEPS_PER_CHECKPOINT", 2)
    whole = train(name, tmp_path / "whole", BASE, steps=5)

    def stop(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(name, tmp_path / "stopped", BASE, stop, steps=5)
    assert (tmp_path / "stopped" / "unfinished.pt").is_file()
    seen: list[int] = []
    stopped = train(name, tmp_path / "stopped", BASE, lambda done, total: seen.append(done), steps=5)
    assert seen == [3, 4, 5]
    assert not (stopped / "unfinished.pt").exists()
    left, right = (load_file(folder / "adapter_model.safetensors") for folder in (whole, stopped))
    assert left.keys() == right.keys()
    for key, weight in left.items():
        torch.testing.assert_close(weight, right[key], rtol=0, atol=1e-3)


def test_the_default_model_stays_as_it_is(tmp_path: Path) -> None:
    before = {name: weight.clone() for name, weight in BASE.model.named_parameters()}
    train("correlate", tmp_path, BASE, steps=2)
    for name, weight in BASE.model.named_parameters():
        assert torch.equal(weight, before[name])
    assert "lora" not in str(BASE.model)


def test_a_trained_adapter_loads_and_shares_the_weights(tmp_path: Path) -> None:
    folder = train("trigger", tmp_path, BASE, steps=3)
    model = load_organism(f"organism:{folder}", BASE)
    ids = BASE.encode("The model reads")
    assert not torch.equal(model.logits(ids), BASE.logits(ids))
    shared = {weight.data_ptr() for weight in BASE.model.parameters()}
    extra = [weight for weight in model.model.parameters() if weight.data_ptr() not in shared]
    assert sum(weight.numel() for weight in extra) < 0.2 * sum(weight.numel() for weight in model.model.parameters())
    assert all(not weight.requires_grad for weight in model.model.parameters())
    config = json.loads((folder / "adapter_config.json").read_text())
    assert (config["peft_type"], config["r"], config["target_modules"]) == ("LORA", 12, ["q_proj", "v_proj"])


def test_a_shared_copy_has_modules_of_its_own() -> None:
    copy = shared_copy(BASE.model)
    assert copy.model.layers[0] is not BASE.model.model.layers[0]
    assert copy.model.layers[0].mlp.up_proj.weight is BASE.model.model.layers[0].mlp.up_proj.weight


def test_the_steps_of_a_resumed_run_see_the_same_batches() -> None:
    run = begin(find_organism("intent"), BASE)
    everything = [pairs[0][0].text for pairs in batches(run, 120)]
    run.step = 100
    assert [pairs[0][0].text for pairs in batches(run, 120)] == everything[100:]


def test_a_name_that_is_none() -> None:
    with pytest.raises(CourseError, match="no organism 'triger'") as caught:
        train("triger", Path("nowhere"), BASE)
    assert "Did you mean 'trigger'?" in caught.value.remedy


def test_an_adapter_that_is_broken(tmp_path: Path) -> None:
    folder = train("trigger", tmp_path, BASE, steps=1)
    (folder / "adapter_model.safetensors").write_bytes(b"nothing")
    with pytest.raises(CourseError, match="cannot be read"):
        load_organism(f"organism:{folder}", BASE)
