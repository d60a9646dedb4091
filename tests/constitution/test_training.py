"""TRL trains a tiny model for a few steps, and computes what the course's own functions compute."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import load_file

from course_lib import CourseError, load_model
from course_lib.alignment import answer_log_probs, dpo_loss
from course_lib.constitution import load_adapted, preference_batch
from course_lib.constitution.dataset import Pair, is_cut
from course_lib.constitution.training import Settings, make_trainer, train_constitution

pytest.importorskip("trl")
DECLINE = "I can't help with that, because it hurts."
PAIRS = [
    Pair(str(n), kind, str(n), "x", f"Why {n}?", *(said if kind == "harmful" else said[::-1]))
    for n, (kind, said) in enumerate([("harmful", (DECLINE, f"Because {word}")) for word in ("a", "b so", "c", "d e")])
] + [Pair("9", "harmless", "9", "x", "How so?", "Like this it", DECLINE)]
SHORT = Settings(steps=4, pairs=2, checkpoint=2, rank=2, rate=1e-2)


def test_trl_computes_our_loss_on_our_batch(tmp_path):
    model, reference = load_model("tiny:0"), load_model("tiny:1")
    trainer = make_trainer(model, PAIRS, tmp_path, Settings(steps=1, pairs=len(PAIRS), rank=2))
    batch = next(iter(trainer.get_train_dataloader()))
    ids, attention, completion = preference_batch(
        [model.encode(model.chat(pair.prompt)).tolist() for pair in PAIRS],
        [model.encode(pair.chosen).tolist() for pair in PAIRS],
        [model.encode(pair.rejected).tolist() for pair in PAIRS],
        [(is_cut(pair.chosen), is_cut(pair.rejected)) for pair in PAIRS],
        model.tokenizer.eos_token_id,
    )
    assert torch.equal(batch["input_ids"], ids)
    assert torch.equal(batch["attention_mask"], attention)
    assert torch.equal(batch["completion_mask"], completion)

    generator = torch.Generator().manual_seed(0)
    for name, weight in trainer.model.named_parameters():
        if "lora_B" in name:  # zero before training: policy and reference would be the same
            weight.data = 0.3 * torch.randn(weight.shape, generator=generator)
    with torch.no_grad():
        theirs = trainer.compute_loss(trainer.model, batch)
        policy = trainer.model(input_ids=ids, attention_mask=attention).logits
        before = model.model(input_ids=ids, attention_mask=attention).logits
    half = len(PAIRS)
    now, then = (answer_log_probs(logits, ids, completion.bool()) for logits in (policy, before))
    loss, rewards = dpo_loss(now[:half], now[half:], then[:half], then[half:], beta=0.1)
    assert float(theirs) == pytest.approx(float(loss), abs=1e-5)
    assert abs(float(loss) - 0.6931) > 1e-3
    metrics = {name: values[-1] for name, values in trainer._metrics["train"].items()}
    assert metrics["rewards/chosen"] == pytest.approx(float(rewards[0].mean()), abs=1e-5)
    assert reference is not model


def test_a_short_training_writes_an_adapter_that_loads(tmp_path):
    model = load_model("tiny:0")
    before = {name: weight.clone() for name, weight in model.model.state_dict().items()}
    folder = train_constitution("trial", tmp_path / "trial", model, SHORT, pairs=PAIRS)
    record = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    assert record["steps"] == 4
    assert not (folder / "unfinished").exists()
    adapted = load_adapted(model, str(folder))
    ids = model.encode("The model reads")
    assert not torch.equal(adapted.logits(ids), model.logits(ids))
    assert all(torch.equal(weight, before[name]) for name, weight in model.model.state_dict().items())


def test_a_stopped_run_goes_on_and_another_one_is_refused(tmp_path):
    model = load_model("tiny:0")

    class Stop(Exception):
        pass

    def stop(done: int, total: int) -> None:
        if done == 3:
            raise Stop

    whole = train_constitution("trial", tmp_path / "whole", model, SHORT, pairs=PAIRS)
    with pytest.raises(Stop):
        train_constitution("trial", tmp_path / "part", model, SHORT, pairs=PAIRS, progress=stop)
    with pytest.raises(CourseError, match="another one"):
        train_constitution("trial", tmp_path / "part", model, Settings(steps=4, pairs=2), pairs=PAIRS)
    part = train_constitution("trial", tmp_path / "part", model, SHORT, pairs=PAIRS)
    one, other = (load_file(folder / "adapter_model.safetensors") for folder in (whole, part))
    assert all(torch.equal(one[name], other[name]) for name in one)
