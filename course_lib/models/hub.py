"""A model by its Hugging Face id: the only source that may use the network, and only when it has to.

First the hub's own cache on this machine is asked; a model that was used before loads with the network off. Only then
is the hub asked, with one short question before any download, so that a typing mistake or a missing network is known
within seconds and not after a series of silent retries.

Pitfall: some repositories hold code that runs when the model is loaded. It is never run here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from course_lib.errors import CourseError
from course_lib.models.folder import first_line, load_pretrained
from course_lib.models.local_model import LocalModel

if TYPE_CHECKING:
    import torch


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
    source = f"https://huggingface.co/{name}"
    if not is_cached(name):
        ask_hub(name)
        return load_pretrained(name, name, source, device, dtype, local_files_only=False)
    try:
        return load_pretrained(name, name, source, device, dtype, local_files_only=True)
    except CourseError as problem:  # a download that broke off looks like this, and the hub can complete it
        try:
            ask_hub(name)
        except CourseError:
            raise problem from None
        return load_pretrained(name, name, source, device, dtype, local_files_only=False)


def is_cached(name: str) -> bool:
    """Whether the hub's cache on this machine has the model's config and weights."""
    from huggingface_hub import try_to_load_from_cache

    def has(*files: str) -> bool:
        return any(isinstance(try_to_load_from_cache(name, file), str) for file in files)

    return has("config.json") and has(
        "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"
    )


def ask_hub(name: str) -> None:
    """Return when the hub has `name` and gives it to us; else raise a CourseError that says why not."""
    from huggingface_hub import HfApi, constants
    from huggingface_hub.errors import GatedRepoError, OfflineModeIsEnabled, RepositoryNotFoundError

    not_here = f"{name!r} is neither on this machine nor"
    if constants.is_offline_mode():
        raise CourseError(
            f"{not_here} may it be downloaded: HF_HUB_OFFLINE is set.",
            f"Unset it to download from the hub{forms(name)}.",
        )
    try:
        HfApi().auth_check(name)
    except GatedRepoError as error:
        raise CourseError(
            f"{name!r} is given only to people who accepted its terms.",
            f"Accept them at https://huggingface.co/{name}, then run `hf auth login`.",
        ) from error
    except RepositoryNotFoundError as error:
        raise CourseError(f"{not_here} on the Hugging Face hub.", f"Check the spelling{forms(name)}.") from error
    except OfflineModeIsEnabled as error:
        raise CourseError(f"{not_here} may it be downloaded.", "Unset HF_HUB_OFFLINE.") from error
    except Exception as error:  # no network has many names: DNS, refused, timed out, proxy
        raise CourseError(
            f"{not_here} could the Hugging Face hub be reached ({first_line(error)}).",
            f"Check the network{forms(name)}.",
        ) from error


def forms(name: str) -> str:
    """For a bare word, which is more often a slip than a hub id, the other forms a model's name can have."""
    if "/" in name:
        return ""
    return ', or write "default", "tiny:0", "ollama:name:tag", a folder or a .gguf file'
