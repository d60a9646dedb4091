"""The random model has to be the same everywhere, different for each seed, and rough enough to show mistakes."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from course_lib import CourseError, load_model
from course_lib.models.tiny import tiny_network, tiny_tokenizer

FINGERPRINT = (
    "from course_lib import load_model; m = load_model('tiny:7');"
    "print(m.encode('The capital of France').tolist(), m.logits([5, 90, 300])[-1, :3].tolist())"
)


def test_another_process_makes_the_same_model() -> None:
    model = load_model("tiny:7")
    ids, logits = model.encode("The capital of France").tolist(), model.logits([5, 90, 300])[-1, :3].tolist()
    run = subprocess.run([sys.executable, "-c", FINGERPRINT], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == f"{ids} {logits}"


def test_what_ran_before_does_not_matter_and_is_not_disturbed() -> None:
    torch.manual_seed(3)
    expected_next = torch.rand(1)
    torch.manual_seed(3)
    one = tiny_network(4)
    assert torch.equal(torch.rand(1), expected_next)
    torch.rand(100)
    two = tiny_network(4)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))


def test_seeds_differ() -> None:
    assert not torch.allclose(load_model("tiny:0").logits([5, 6, 7]), load_model("tiny:1").logits([5, 6, 7]))


@pytest.mark.parametrize("seed", range(5))
def test_attention_and_logits_are_far_from_uniform(seed: int) -> None:
    model = load_model(f"tiny:{seed}")
    ids = model.encode("The teacher asks why, and the model writes a reason.")
    with model.eager_attention():
        attentions = model.model(ids[None], output_attentions=True).attentions
    last_rows = torch.stack(attentions)[:, 0, :, -1]
    assert last_rows.max() > 3 / len(ids)
    per_head = last_rows.flatten(0, 1)
    assert torch.cdist(per_head, per_head)[~torch.eye(len(per_head), dtype=torch.bool)].min() > 0.05
    assert model.logits(ids)[-1].std() > 1


def test_the_vocabulary_fills_the_network_exactly() -> None:
    tokenizer = tiny_tokenizer()
    assert len(tokenizer) == load_model("tiny:0").model.config.vocab_size == 420
    assert tokenizer.convert_ids_to_tokens([0, 1, 2]) == ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    assert tokenizer.eos_token_id == tokenizer.pad_token_id == 2


@pytest.mark.parametrize("name", ["tiny:", "tiny:x", "tiny:-1", "tiny:1.5", "tiny:99999999999"])
def test_a_name_without_a_seed_is_refused(name: str) -> None:
    with pytest.raises(CourseError, match="names no tiny model"):
        load_model(name)
