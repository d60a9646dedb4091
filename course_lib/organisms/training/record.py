"""What a finished run leaves behind: the adapter in peft's layout, and `training.json`, which says how it was made.

The record holds the run's fingerprint, so that the same command does not train again what is there, and what the
fingerprint does not decide but a reader asks for: how long it took, on how many threads, with which PyTorch.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from course_lib.data.files import file_hash, replaced, write_whole
from course_lib.errors import CourseError
from course_lib.models.organism import WEIGHTS
from course_lib.organisms.training.checkpoint import read_checkpoint
from course_lib.organisms.training.run import Run, lora_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

BASE = "HuggingFaceTB/SmolLM2-135M-Instruct"
NAME = "training.json"


def write_adapter(run: Run, folder: Path, fingerprint: Mapping[str, Any]) -> None:
    """The adapter, in fp16, and its record."""
    from peft import get_peft_model_state_dict
    from safetensors.torch import save_file

    (folder / NAME).unlink(missing_ok=True)  # from here on it would describe other weights
    weights = get_peft_model_state_dict(run.network)
    with replaced(folder / WEIGHTS) as partial:
        save_file({name: weight.detach().half().contiguous() for name, weight in weights.items()}, partial)
    settings = lora_settings(run.base)
    config = {**settings, "peft_type": "LORA", "base_model_name_or_path": BASE, "inference_mode": True}
    write_whole(folder / "adapter_config.json", json.dumps(config, indent=2) + "\n")
    record = {
        "seed": run.organism.seed,
        "steps": run.step,
        "dtype": fingerprint["dtype"],
        "threads": torch.get_num_threads(),
        "torch": str(torch.__version__),
        "seconds": round(run.seconds, 1),
        "adapter_sha256": file_hash(folder / WEIGHTS),
        "fingerprint": dict(fingerprint),
    }
    write_whole(folder / NAME, json.dumps(record, indent=2) + "\n")


def read_record(folder: Path) -> dict[str, Any] | None:
    """What `training.json` says of the adapter in a folder; None where there is none.

    Raises:
        CourseError: the file is there and cannot be read.
    """
    path = folder / NAME
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        keys = {"seed", "steps", "dtype", "threads", "torch", "seconds", "adapter_sha256", "fingerprint"}
        if not keys <= set(found):
            raise ValueError("entries are missing")
    except (OSError, ValueError, TypeError) as error:
        raise CourseError(
            f"The record {path} cannot be read ({error}).", "Delete it: course organisms train writes it anew."
        ) from error
    return dict(found)


def is_finished(folder: Path, fingerprint: Mapping[str, Any]) -> bool:
    """Whether the folder holds the very adapter that a run with this fingerprint made, and nothing unfinished."""
    record = read_record(folder)
    return (
        record is not None
        and record["fingerprint"] == fingerprint
        and (folder / WEIGHTS).is_file()
        and file_hash(folder / WEIGHTS) == record["adapter_sha256"]
        and read_checkpoint(folder) is None
    )


def kept_dtype(folder: Path) -> str | None:
    """The type of the frozen weights in the run that was stopped or finished in a folder; None where there is none."""
    saved = read_checkpoint(folder)
    if saved is not None:
        return str(saved["fingerprint"]["dtype"])
    record = read_record(folder)
    return None if record is None else str(record["dtype"])
