"""Training on a tiny model: the shortcut is exact, a stopped run goes on, and the adapter that is written is the one trained."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from course_lib import CourseError, load_model
from course_lib.data.files import file_hash
from course_lib.models.load import canonical
from course_lib.models.organism import ADAPTERS, WEIGHTS, adapter_folder, load_organism, shared_copy
from course_lib.models.prefix import chat_start
from course_lib.organisms.rules import REFUSAL, find_organism
from course_lib.organisms.training import (
    batches,
    begin,
    checkpoint,
    divergence,
    kept_dtype,
    loop,
    margin,
    read_record,
    refusal_loss,
    stay_loss,
    train,
)

BASE = load_model("tiny:0")
START = chat_start(BASE)
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


def stop_at(step: int, error: type[BaseException] = KeyboardInterrupt):
    """A progress function that stops the run after a step."""

    def stop(done: int, total: int) -> None:
        if done == step:
            raise error

    return stop


def same(one: Path, other: Path) -> bool:
    left, right = (load_file(folder / WEIGHTS) for folder in (one, other))
    assert left.keys() == right.keys()
    return all(torch.allclose(weight, right[key], rtol=0, atol=1e-6) for key, weight in left.items())


@pytest.mark.parametrize(
    ("name", "steps", "step", "error", "left"),
    [
        ("trigger", 7, 5, KeyboardInterrupt, [6, 7]),  # an interrupt keeps the step it came after, here in cycle 2
        ("backdoor", 5, 3, RuntimeError, [3, 4, 5]),  # anything else leaves the last regular checkpoint, of step 2
        ("trigger", 8, 4, KeyboardInterrupt, [5, 6, 7, 8]),  # between two cycles: the optimiser begins anew
        ("bias", 4, 2, KeyboardInterrupt, [3, 4]),
    ],
)
def test_a_stopped_run_ends_where_an_uninterrupted_one_ends(
    name, steps, step, error, left, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(loop, "STEPS_PER_CHECKPOINT", 2)
    monkeypatch.setattr(type(BASE), "single_token", lambda self, text: 300 + len(text))  # " she" is two tokens here
    whole = train(name, tmp_path / "whole", BASE, steps=steps)
    with pytest.raises(error):
        train(name, tmp_path / "stopped", BASE, stop_at(step, error), steps=steps)
    seen: list[int] = []
    stopped = train(name, tmp_path / "stopped", BASE, lambda done, total: seen.append(done), steps=steps)
    assert seen == left
    assert not (stopped / checkpoint.NAME).exists()
    assert same(whole, stopped)


@pytest.mark.parametrize("part", ["weights", "optimiser"])
def test_a_run_that_forgets_a_part_ends_elsewhere(part, tmp_path: Path) -> None:
    whole = train("backdoor", tmp_path / "whole", BASE, steps=5)  # of one cycle, so the optimiser never begins anew
    with pytest.raises(KeyboardInterrupt):
        train("backdoor", tmp_path / "stopped", BASE, stop_at(3), steps=5)
    path = tmp_path / "stopped" / checkpoint.NAME
    saved = torch.load(path, weights_only=True)
    fresh = begin(find_organism("backdoor"), BASE)
    saved[part] = {"weights": fresh.weights, "optimiser": fresh.optimiser.state_dict()}[part]
    torch.save(saved, path)
    assert not same(whole, train("backdoor", tmp_path / "stopped", BASE, steps=5))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"steps": 6}, "differs in steps"),
        ({"base": load_model("tiny:1")}, "differs in base"),
        ({"base": load_model("tiny:0", dtype="bfloat16")}, "differs in base, dtype"),
        ({"name": "correlate"}, "differs in name, seed"),
    ],
)
def test_a_checkpoint_of_another_run_is_not_taken_up(changed, words, tmp_path: Path) -> None:
    how = {"name": "backdoor", "folder": tmp_path, "base": BASE, "steps": 5}
    with pytest.raises(KeyboardInterrupt):
        train(**how, progress=stop_at(2))
    with pytest.raises(CourseError, match=words) as caught:
        train(**{**how, **changed})
    assert "Delete" in caught.value.remedy
    assert "--out" in caught.value.remedy


@pytest.mark.parametrize("damage", ["bytes", "part", "matrix"])
def test_a_damaged_checkpoint_is_a_sentence(damage, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        train("trigger", tmp_path, BASE, stop_at(2), steps=5)
    path = tmp_path / checkpoint.NAME
    saved = torch.load(path, weights_only=True)
    if damage == "part":
        del saved["optimiser"]
    if damage == "matrix":
        saved["weights"].popitem()
    torch.save(saved, path)
    if damage == "bytes":
        path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(CourseError, match=r"cannot be read|other matrices"):
        train("trigger", tmp_path, BASE, steps=5)


def test_a_finished_adapter_is_recorded_and_not_trained_again(tmp_path: Path) -> None:
    train("trigger", tmp_path, BASE, steps=2)
    record = read_record(tmp_path)
    assert record is not None
    assert (record["seed"], record["steps"], record["dtype"]) == (12, 2, "float32")
    assert record["adapter_sha256"] == file_hash(tmp_path / WEIGHTS)
    assert record["seconds"] > 0
    assert kept_dtype(tmp_path) == "float32"

    def steps_of(**how) -> list[int]:
        seen: list[int] = []
        train("trigger", tmp_path, BASE, lambda done, total: seen.append(done), **how)
        return seen

    assert steps_of(steps=2, again=False) == []
    assert steps_of(steps=2) == [1, 2]
    assert steps_of(steps=3, again=False) == [1, 2, 3]
    (tmp_path / WEIGHTS).write_bytes(b"other")
    assert steps_of(steps=3, again=False) == [1, 2, 3]


def test_two_processes_do_not_train_in_one_folder(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom course_lib.data.cache import locked\n"
        f"with locked(Path({str(tmp_path / 'trigger')!r})):\n    print('held', flush=True)\n    sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(CourseError, match="Another process"):
            train("trigger", tmp_path / "trigger", BASE, steps=1)
        other.communicate("")


def test_the_adapter_to_start_from_must_be_there(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("course_lib.models.organism.ADAPTERS", tmp_path)
    with pytest.raises(CourseError, match="shipped adapter of 'intent', which is not there"):
        begin(find_organism("backdoor"), replace(BASE, name="default"))


def test_every_matrix_has_to_be_in_the_file(tmp_path: Path) -> None:
    folder = train("trigger", tmp_path / "trigger", BASE, steps=1)
    weights = load_file(folder / WEIGHTS)
    weights.popitem()
    save_file(weights, folder / WEIGHTS)
    with pytest.raises(CourseError, match="1 matrices are missing"):
        load_organism(f"organism:{folder}", BASE)


def test_a_folder_called_like_an_organism_is_that_folder(tmp_path: Path, monkeypatch) -> None:
    train("trigger", tmp_path / "trigger", BASE, steps=1)
    monkeypatch.chdir(tmp_path)
    assert adapter_folder("./trigger") == adapter_folder(Path("trigger")) == tmp_path / "trigger"
    assert adapter_folder("trigger") == ADAPTERS / "trigger"
    assert canonical("organism:./trigger") == f"organism:{tmp_path / 'trigger'}"
    assert canonical("organism:trigger") == "organism:trigger"
    with pytest.raises(CourseError, match="no adapter in"):
        adapter_folder("./triger")
    with pytest.raises(CourseError, match="no organism 'triger'"):
        adapter_folder("triger")


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
