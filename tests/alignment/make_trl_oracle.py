"""Writes `trl_oracle.json`: what TRL's DPOTrainer computes on four pairs and two tiny random models.

TRL is no dependency of the course; run this once in an environment that has it (`pip install trl` beside the course's pins adds
trl, datasets, dill, multiprocess, pyarrow and xxhash): python tests/alignment/make_trl_oracle.py
"""

from __future__ import annotations

import json
import tempfile
from importlib.metadata import version
from pathlib import Path

import torch

FILE = Path(__file__).with_name("trl_oracle.json")
BETA = 0.3
PAIRS = [
    ("Name a fruit.", "An apple.", "No."),
    ("Name two colours.", "Red and blue.", "Red and blue and green and white."),
    ("Why is the sky blue?", "Light is scattered.", "It is."),
    ("Say hello.", "Hello!", "The model reads the text and says nothing at all."),
]


def main() -> None:
    """Let TRL compute loss and rewards, and write them down with the token ids."""
    from datasets import Dataset
    from datasets.table import InMemoryTable
    from trl import DPOConfig, DPOTrainer

    from course_lib import load_model

    policy, reference = load_model("tiny:0"), load_model("tiny:1")
    tokenizer = policy.tokenizer
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    rows = [{"prompt": p, "chosen": c, "rejected": r} for p, c, r in PAIRS]
    pairs = Dataset(InMemoryTable.from_pylist(rows), fingerprint="pairs").to_iterable_dataset()
    with tempfile.TemporaryDirectory() as folder:
        settings = DPOConfig(
            output_dir=folder, beta=BETA, per_device_train_batch_size=len(PAIRS), report_to=[], use_cpu=True, bf16=False,
            gradient_checkpointing=False, disable_dropout=True, max_length=None, remove_unused_columns=False, max_steps=1,
        )  # fmt: skip
        trainer = DPOTrainer(
            model=policy.model, ref_model=reference.model, args=settings, train_dataset=pairs,
            processing_class=tokenizer,
        )  # fmt: skip
        batch = next(iter(trainer.get_train_dataloader()))
        with torch.no_grad():
            loss = trainer.compute_loss(trainer.model, batch)
        metrics = {name: values[-1] for mode in trainer._metrics.values() for name, values in mode.items() if values}
    found = {
        "versions": {name: version(name) for name in ("trl", "transformers", "torch")},
        "models": ["tiny:0", "tiny:1"],
        "beta": BETA,
        "ids": batch["input_ids"].tolist(),
        "is_answer": batch["completion_mask"].tolist(),
        "loss": float(loss),
        "metrics": {name: float(value) for name, value in metrics.items()},
    }
    FILE.write_text(json.dumps(found) + "\n", encoding="utf-8")
    print(found)


if __name__ == "__main__":
    main()
