"""A model by its Hugging Face id: the only source that may use the network, and only when it has to.

First the hub's own cache on this machine is asked; a model that was used before loads with the network off. Only then
is the hub asked, with one short question before any download, so that a typing mistake or a missing network is known
within seconds. The download goes into the hub's own cache, shared with every other program, and shows the hub's bars.

Two pitfalls. Given an id, transformers asks the network for optional files even when it was told to use local files
only, and with the network off it retries for half a minute: so it is given the folder, never the id. And some
repositories hold code that runs when the model is loaded: it is neither downloaded nor run here.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from course_lib.data.cache import disk_problem, is_disk_full
from course_lib.errors import CourseError
from course_lib.models.folder import first_line, load_folder
from course_lib.models.local_model import LocalModel

if TYPE_CHECKING:
    import torch

SECONDS_TO_ANSWER = 10.0
SMALL_FILES = ("*.json", "*.jinja", "*.txt", "*.model", "*.tiktoken")
SAFE_WEIGHTS, OLD_WEIGHTS = "model*.safetensors", "pytorch_model*.bin"


def is_hub_id(name: str) -> bool:
    """Whether `name` has the form of a hub id: `model` or `owner/model`.

    Example:
        >>> is_hub_id("Qwen/Qwen2.5-0.5B-Instruct"), is_hub_id("../models/mine")
        (True, False)
    """
    piece = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"
    return re.fullmatch(rf"({piece}/)?{piece}", name) is not None


def load_hub(name: str, device: torch.device, dtype: torch.dtype) -> LocalModel:
    """The model with hub id `name`, from the hub's cache on this machine or else from the hub.

    Raises:
        CourseError: not in the cache and offline, unknown, behind an agreement, or no causal language model.
    """
    folder = cached_folder(name) or download(name)
    return load_folder(folder, name, f"The Hugging Face hub, https://huggingface.co/{name}.", device, dtype)


def cached_folder(name: str) -> Path | None:
    """Where the hub's cache on this machine has the model, if it has all of its weights."""
    from huggingface_hub import try_to_load_from_cache

    config = try_to_load_from_cache(name, "config.json")
    if not isinstance(config, str) or not has_weights(Path(config).parent):
        return None
    return Path(config).parent


def has_weights(folder: Path) -> bool:
    """Whether every file of weights is in `folder`, also when they are split over several."""
    for index in folder.glob("*.index.json"):
        if all((folder / file).is_file() for file in json.loads(index.read_text())["weight_map"].values()):
            return True
    return any((folder / file).is_file() for file in ("model.safetensors", "pytorch_model.bin"))


def download(name: str) -> Path:
    """Bring the model into the hub's cache and return its folder there."""
    from huggingface_hub import HfApi, constants, snapshot_download

    if constants.is_offline_mode():
        raise CourseError(
            f"{name!r} is not on this machine, and HF_HUB_OFFLINE is set, so it may not be downloaded.",
            f"Unset it to download from the Hugging Face hub{other_forms(name)}.",
        )
    try:
        files = [file.rfilename for file in HfApi().model_info(name, timeout=SECONDS_TO_ANSWER).siblings or []]
        weights = SAFE_WEIGHTS if any(file.endswith(".safetensors") for file in files) else OLD_WEIGHTS
        return Path(snapshot_download(name, allow_patterns=[*SMALL_FILES, weights]))
    except Exception as error:  # no network alone has many names: DNS, refused, timed out, proxy
        raise refusal(name, error) from error


def refusal(name: str, error: Exception) -> CourseError:
    """What it means that the hub, or the way to it, did not give us the model."""
    from huggingface_hub import constants
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    if isinstance(error, GatedRepoError):
        return CourseError(
            f"{name!r} is given only to people who accepted its terms.",
            f"Accept them at https://huggingface.co/{name}, then run `hf auth login`.",
        )
    if isinstance(error, RepositoryNotFoundError):
        return CourseError(
            f"{name!r} is neither on this machine nor on the Hugging Face hub.",
            f"Check the spelling{other_forms(name)}.",
        )
    if is_disk_full(error):
        return disk_problem(error, Path(constants.HF_HUB_CACHE))
    return CourseError(
        f"{name!r} is not on this machine, and the Hugging Face hub could not be reached ({first_line(error)}).",
        f"Check the network{other_forms(name)}.",
    )


def other_forms(name: str) -> str:
    """For a bare word, which is more often a slip than a hub id, the other forms a model's name can have."""
    if "/" in name:
        return ""
    return ', or write "default", "tiny:0", "ollama:name:tag", a folder or a .gguf file'
