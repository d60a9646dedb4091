"""A model from a folder in the Hugging Face layout: `config.json`, `*.safetensors`, the tokenizer's files.

Every other source ends here: the default model and GGUF files are converted into such a folder, the hub's cache holds
such folders. Weights in safetensors are mapped into memory in well under a second, and reading them runs no code.

Some folders also hold code for an architecture of their own. transformers would ask on the terminal whether to run it;
here it is never run, and nobody is asked.

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
    network = model.eval().requires_grad_(False).to(device)
    if name != "default":  # that one is known
        refuse_looking_ahead(name, network)
    return LocalModel(network, tokenizer, name, source)


def refuse_looking_ahead(name: str, network: Any) -> None:
    """Raise a CourseError when an earlier position changes with a later token, as in encoders such as BERT.

    An encoder saved with its language head loads as a causal model and lacks no weight; only its numbers tell. The two
    texts have the same shape, so a causal model gives the same numbers but for rounding in its own format.
    """
    import torch

    size = int(network.config.get_text_config(decoder=True).vocab_size)
    start = [size // 2, size // 3, size // 4, size // 5]
    texts = [torch.tensor([[*start, last]], device=network.device) for last in (size // 6, size // 7)]
    with torch.no_grad(), quiet_transformers():
        one, other = (network(input_ids=ids, use_cache=False).logits[0, : len(start)].float() for ids in texts)
    tolerance = 1e-4 if network.dtype == torch.float32 else 2e-2
    if bool((one - other).abs().max() > tolerance * one.abs().max()):
        raise CourseError(
            f"{name} is no causal language model: what it computes at one token depends on later tokens.",
            "Use a model that writes text from left to right, for example the default model.",
        )


def read_folder(folder: Path, name: str, dtype: torch.dtype) -> tuple[Any, Any]:
    """The network and the tokenizer as transformers reads them, with every weight there."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    try:
        with quiet_transformers():
            loaded: Any = AutoModelForCausalLM.from_pretrained(
                folder, dtype=dtype, local_files_only=True, output_loading_info=True, trust_remote_code=False
            )
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:  # transformers raises whatever a broken file made it stumble over
        if "trust_remote_code" in str(error):
            raise CourseError(
                f"{name} comes with program code of its own, and the course does not run code that came with weights.",
                "Use a model of an architecture that transformers has built in.",
            ) from error
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
