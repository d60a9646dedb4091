"""Train the adapter with TRL: `DPOTrainer` as it comes, on a processor, in minutes.

TRL does what chapter 2 did by hand: it masks, shifts and sums, asks the model without its adapter for the reference,
and takes the loss. Two things are set here because its defaults do not fit. It adds an end token to *every* answer,
also to the beginnings that were cut after a few words, and a model would learn to stop there: the collator below
takes these off again (`data_collator` is a documented argument). And it wants bf16 mixed precision and gradient
checkpointing, which help on graphics cards; here nothing is checkpointed, and the frozen weights stay in float32
(`--dtype bfloat16` is faster where the processor multiplies it).

A stopped run goes on: TRL keeps adapter, optimiser and random state every 16 steps beside the final place, and a record of
the settings, so that a checkpoint is taken up by the same run only.

Source: L. von Werra et al., TRL: Transformers Reinforcement Learning (https://github.com/huggingface/trl).
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from course_lib.constitution.dataset import is_cut, training_pairs
from course_lib.data.cache import locked
from course_lib.data.files import file_hash, replaced, write_whole
from course_lib.errors import CourseError
from course_lib.models.organism import WEIGHTS, shared_copy
from course_lib.models.quiet import quiet_transformers
from course_lib.organisms.training.checkpoint import dtype_name, weights_hash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from course_lib.batches import Progress
    from course_lib.constitution.dataset import Pair
    from course_lib.models import LocalModel

RECORD, UNFINISHED, SPENT = "training.json", "unfinished", "seconds.txt"
BASE = "HuggingFaceTB/SmolLM2-135M-Instruct"
LOGGED = ("step", "loss", "rewards/accuracies", "rewards/margins", "logps/chosen", "logps/rejected")


@dataclass(frozen=True)
class Settings:
    """Everything about a run that is not its data.

    Attributes:
        beta: how much a nat of divergence costs.
        rate: learning rate at its highest; it rises for two steps and falls in a line.
        pairs: pairs in a step.
        steps: optimiser steps; one pass over the pairs when None.
        rank: of the adapter.
        seed: of the adapter's first values.
        longest: tokens of a row; TRL cuts what is longer.
        checkpoint: steps between two checkpoints.
    """

    beta: float = 0.1
    rate: float = 3e-3
    pairs: int = 4
    steps: int | None = 128
    rank: int = 10
    seed: int = 15
    longest: int = 80
    checkpoint: int = 16


def dpo_rows(model: LocalModel, pairs: Sequence[Pair]) -> list[dict[str, Any]]:
    """Pairs as TRL reads them: prompt with the template, both answers, and which of them were cut."""
    return [
        {
            "prompt": model.chat(pair.prompt), "chosen": pair.chosen, "rejected": pair.rejected,
            "chosen_cut": is_cut(pair.chosen), "rejected_cut": is_cut(pair.rejected),
        }
        for pair in pairs
    ]  # fmt: skip


def make_trainer(model: LocalModel, pairs: Sequence[Pair], folder: Path, settings: Settings) -> Any:
    """TRL's trainer around a shared copy of the model.

    Args:
        model: the reference; its weights are shared and stay as they are.
        pairs: the preferences.
        folder: gets checkpoints.
        settings: of the run.

    Raises:
        CourseError: TRL is not installed.
    """
    try:
        from datasets import Dataset
        from peft import LoraConfig
        from trl import DPOConfig, DPOTrainer

        from course_lib.constitution.collator import cut_answers
    except ImportError as error:
        raise CourseError(
            "Training needs TRL, which is not installed.", "Run `pip install trl -c constraints.txt`."
        ) from error
    steps = settings.steps or -(-len(pairs) // settings.pairs)
    arguments = DPOConfig(
        output_dir=str(folder), beta=settings.beta, learning_rate=settings.rate, lr_scheduler_type="linear",
        warmup_steps=min(2, steps // 2), max_steps=steps, per_device_train_batch_size=settings.pairs,
        max_length=settings.longest, seed=settings.seed, save_steps=settings.checkpoint, save_total_limit=1,
        logging_steps=2, report_to=[], use_cpu=True, bf16=False, gradient_checkpointing=False,
        remove_unused_columns=False, disable_tqdm=True, weight_decay=0.0, train_sampling_strategy="sequential",
    )  # fmt: skip
    tokenizer = model.tokenizer
    with quiet_transformers():
        return DPOTrainer(
            model=shared_copy(model.model),
            args=arguments,
            train_dataset=Dataset.from_list(dpo_rows(model, pairs)),
            processing_class=tokenizer,
            data_collator=cut_answers(model.filling, settings.longest),
            peft_config=LoraConfig(**lora_settings(model, settings.rank)),
        )


def lora_settings(model: LocalModel, rank: int) -> dict[str, Any]:
    """The adapter's shape, in peft's words: queries and values of the upper half, so that the lower half needs no gradients."""
    upper = list(range(model.n_layers // 2, model.n_layers))
    return {
        "r": rank,
        "lora_alpha": 2 * rank,
        "target_modules": ["q_proj", "v_proj"],
        "layers_to_transform": upper,
        "task_type": "CAUSAL_LM",
    }


def train_constitution(
    name: str,
    folder: Path,
    model: LocalModel,
    settings: Settings | None = None,
    *,
    pairs: Sequence[Pair] | None = None,
    progress: Progress | None = None,
) -> Path:
    """Train an adapter on the course's pairs, from where an earlier call was stopped if there was one.

    Args:
        name: `"principles"` or `"shuffled"`.
        folder: gets the adapter and its record.
        model: the default model.
        settings: those of the shipped adapters when None.
        pairs: in place of the course's.
        progress: called as `progress(done, total)` after each step.

    Raises:
        CourseError: another name, TRL is missing, or the folder holds an unfinished run that is another one.
    """
    chosen = settings or Settings()
    rows = list(training_pairs(name) if pairs is None else pairs)
    mine = fingerprint(name, model, chosen, rows)
    with locked(folder, wait_seconds=0):
        unfinished = folder / UNFINISHED
        known = unfinished / RECORD
        if known.is_file() and json.loads(known.read_text(encoding="utf-8")) != mine:
            raise CourseError(
                f"The unfinished run in {unfinished} is another one.", "Delete that folder, or use another."
            )
        write_whole(known, json.dumps(mine))
        trainer = make_trainer(model, rows, unfinished, chosen)
        began = time.perf_counter() - _spent(unfinished)
        trainer.add_callback(_watching(progress, unfinished / SPENT, began))
        trainer.train(resume_from_checkpoint=any(unfinished.glob("checkpoint-*")))
        _write(trainer, folder, mine | {"seconds": round(time.perf_counter() - began, 1)})
        shutil.rmtree(unfinished)
    return folder


def fingerprint(name: str, model: LocalModel, settings: Settings, pairs: Sequence[Pair]) -> dict[str, Any]:
    """Everything that decides what a run computes."""
    data = json.dumps([asdict(pair) for pair in pairs])
    return {
        "name": name,
        "settings": asdict(settings),
        "lora": lora_settings(model, settings.rank),
        "base": weights_hash(model),
        "dtype": dtype_name(model),
        "pairs": len(pairs),
        "data": hashlib.sha256(data.encode()).hexdigest(),
    }


def _spent(unfinished: Path) -> float:
    """Seconds up to the checkpoint that a run goes on from; 0 where there is none."""
    file = unfinished / SPENT
    return float(file.read_text(encoding="utf-8")) if file.is_file() else 0.0


def _watching(progress: Progress | None, spent: Path, began: float) -> Any:
    """A callback of the trainer that calls `progress`, and writes down at each checkpoint how long it took so far."""
    from transformers import TrainerCallback

    class Watching(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if progress is not None:
                progress(state.global_step, state.max_steps)

        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            write_whole(spent, f"{time.perf_counter() - began:.1f}")

    return Watching()


def _write(trainer: Any, folder: Path, mine: dict[str, Any]) -> None:
    """The adapter in the layout of the organisms (fp16), and the record of its training."""
    from peft import get_peft_model_state_dict
    from safetensors.torch import save_file

    weights = get_peft_model_state_dict(trainer.model)
    short = {name.removeprefix("base_model.model."): weight for name, weight in weights.items()}
    with replaced(folder / WEIGHTS) as partial:
        save_file({name: weight.detach().half().contiguous() for name, weight in short.items()}, partial)
    config = {**mine["lora"], "peft_type": "LORA", "base_model_name_or_path": BASE, "inference_mode": True}
    write_whole(folder / "adapter_config.json", json.dumps(config, indent=2) + "\n")
    log = [{key: round(float(row[key]), 4) for key in LOGGED if key in row} for row in trainer.state.log_history]
    record = {
        "fingerprint": {key: value for key, value in mine.items() if key != "seconds"},
        "steps": trainer.state.global_step,
        "seconds": mine["seconds"],
        "threads": torch.get_num_threads(),
        "versions": {package: version(package) for package in ("torch", "transformers", "peft", "trl")},
        "adapter_sha256": file_hash(folder / WEIGHTS),
        "log": [row for row in log if "loss" in row],
    }
    write_whole(folder / RECORD, json.dumps(record, indent=1) + "\n")
