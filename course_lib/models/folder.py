"""A model from a folder in the Hugging Face layout: `config.json`, `*.safetensors`, the tokenizer's files.

Every other source ends here: the default model and GGUF files are converted into such a folder, the hub's cache holds
such folders. Weights in safetensors are mapped into memory in well under a second, and reading them runs no code.

Pitfall: when a weight is missing, transformers fills it with random numbers and goes on with a warning. The model then
talks nonsense, or, worse, nearly sense. Here a missing weight is an error.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from course_lib.errors import CourseError
from course_lib.models.local_model import LocalModel
from course_lib.models.quiet import quiet_transformers

if TYPE_CHECKING:
    import torch


def load_folder(folder: Path, name: str, source: str, device: torch.device, dtype: torch.dtype) -> LocalModel:
    """The causal language model that is stored in `folder`.

    Args:
        folder: holds `config.json`, weights and tokenizer.
        name: what the model was asked for as.
        source: one sentence, where the weights came from.
        device: where the weights go.
        dtype: the format they are given.

    Raises:
        CourseError: the folder is missing, incomplete, or holds another kind of model.
    """
    if not folder.is_dir():
        raise CourseError(f"There is no folder {folder}.", "Check the path.")
    if not (folder / "config.json").is_file():
        ggufs = sorted(folder.glob("*.gguf"))
        remedy = (
            f"Load the GGUF file in it: load_model({str(ggufs[0])!r})." if ggufs else "Name the folder that has it."
        )
        raise CourseError(f"{folder} holds no config.json, so it is no model in the Hugging Face layout.", remedy)
    model, tokenizer = read_folder(folder, name, dtype)
    return LocalModel(model.eval().requires_grad_(False).to(device), tokenizer, name, source)


def read_folder(folder: Path, name: str, dtype: torch.dtype) -> tuple[Any, Any]:
    """The network and the tokenizer as transformers reads them, with every weight there."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    try:
        with quiet_transformers():
            loaded: Any = AutoModelForCausalLM.from_pretrained(
                folder, dtype=dtype, local_files_only=True, output_loading_info=True
            )
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except Exception as error:  # transformers raises whatever a broken file made it stumble over
        raise CourseError(
            f"{name} could not be loaded as a language model ({first_line(error)}).",
            "The course needs a causal language model with its config, weights (safetensors) and tokenizer.",
        ) from error
    model, report = loaded
    refuse_missing_weights(name, report)
    return model, tokenizer


def refuse_missing_weights(name: str, report: dict[str, Any]) -> None:
    """Raise a CourseError when weights were absent or misshapen and would have been random numbers."""
    absent = sorted(report["missing_keys"]) + sorted(str(key[0]) for key in report["mismatched_keys"])
    if absent:
        raise CourseError(
            f"{name} lacks {len(absent)} of the weights that a language model of its kind needs, {absent[0]} for one.",
            "It is incomplete, or not a causal language model: take another one.",
        )


def first_line(error: BaseException) -> str:
    """The kind of an error and the first line of what it says, at most 200 characters."""
    words = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {words[0][:200]}"
