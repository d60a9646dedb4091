"""`load_model`: one door to every place where people keep language models.

Learners have the course's default model. Operators already have theirs: in Ollama's store, as a GGUF file for
llama.cpp, as a folder from a fine-tuning run, in the hub's cache. All of them hold the same thing, matrices and a
tokenizer, so all of them can be opened and looked into with the same tools. Nothing but a hub id ever uses the network
(and the default model, once, the package index).

Pitfall: a model is loaded once per process and then handed out again, because loading it twice would double its memory.
Whoever changes its weights changes them for everybody: use the context managers of `course_lib.patching`, which restore
what they change.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from course_lib.data.assets import fetch, find_asset
from course_lib.data.cache import Progress, cache_dir
from course_lib.errors import CourseError
from course_lib.models.folder import load_folder
from course_lib.models.gguf import convert, converted, hash_of, is_converted
from course_lib.models.hardware import choose_device, choose_dtype
from course_lib.models.heap import keep_dropped_blocks
from course_lib.models.hub import is_hub_id, load_hub
from course_lib.models.local_model import LocalModel
from course_lib.models.ollama import find_weights
from course_lib.models.organism import canonical_organism, load_organism, load_suspect, load_unknown
from course_lib.models.suspects import full_name, is_suspect
from course_lib.models.tiny import load_tiny
from course_lib.models.unknown import full_unknown, is_unknown

if TYPE_CHECKING:
    import torch

DEFAULT_ASSET = "smollm2"
MODELS_IN_MEMORY = 4
ON_THE_DEFAULT = ("organism:", "suspect:", "unknown@")  # full names of models that share the default model's memory

_LOADED: dict[tuple[str, torch.device, torch.dtype], LocalModel] = {}


def load_model(
    name: str | Path = "default",
    *,
    device: str | torch.device | None = None,
    dtype: str | torch.dtype | None = None,
    progress: Progress | None = None,
) -> LocalModel:
    """Load a language model and its tokenizer.

    Args:
        name: `"default"`, SmolLM2-135M-Instruct (fetched and converted the first time);
            a folder in the Hugging Face layout; a GGUF file; `"ollama:name:tag"`, found in Ollama's store without
            its server; a Hugging Face id such as `"Qwen/Qwen2.5-0.5B-Instruct"`, the only form that may use the
            network; `"organism:NAME"`, the default model with a planted mechanism (`course organisms list`), or
            `"organism:./FOLDER"`, one that you trained; `"suspect:A"`, B or C, three organisms without their names
            (chapter 8); `"unknown"`, the model of the final project (chapter 18); `"tiny:SEED"`, a small random model for
            tests.
        device: `"cpu"` (the default), `"cuda"` or `"mps"`.
        dtype: `"float32"` (the default), `"bfloat16"` or `"float16"`.
        progress: called as `progress(what, done, total)` during a download or a conversion.

    Returns:
        The model in evaluation mode, without gradients for its weights. The same arguments give the same object.

    Raises:
        CourseError: whatever the reader can put right, with the next step.

    Example:
        >>> model = load_model("tiny:0")
        >>> model.n_layers, model.n_heads, model.d_model
        (2, 3, 24)
        >>> load_model("tiny:0") is model
        True
    """
    wanted = (canonical(str(name).strip()), choose_device(device), choose_dtype(dtype))
    if wanted[0].startswith("tiny:"):
        return load_tiny(*wanted)
    if wanted not in _LOADED:
        keep_dropped_blocks()
        model = open_model(*wanted, progress)
        make_room()
        _LOADED[wanted] = model
    return _LOADED[wanted]


def make_room() -> None:
    """Forget the oldest models; organisms weigh next to nothing, and the default model is what they are made of."""
    heavy = [key for key in _LOADED if not key[0].startswith(ON_THE_DEFAULT) and key[0] != "default"]
    for key in heavy[: max(0, len(heavy) - MODELS_IN_MEMORY + 1)]:
        del _LOADED[key]


def restore_weights(model: LocalModel) -> None:
    """Read the weights of a loaded model anew from where they came from, into the same object.

    Example:
        >>> model = load_model("tiny:0")
        >>> weight = next(model.model.parameters())
        >>> before = float(weight.sum())
        >>> _ = weight.zero_()
        >>> restore_weights(model)
        >>> float(weight.sum()) == before
        True
    """
    if canonical(model.name).startswith(ON_THE_DEFAULT):
        restore_weights(load_model("default", device=model.device, dtype=model.dtype))  # the same memory
    if model.name.startswith("tiny:"):
        fresh = load_tiny.__wrapped__(model.name, model.device, model.dtype)  # past its cache
    else:
        fresh = open_model(canonical(model.name), model.device, model.dtype, None)
    model.model.load_state_dict(fresh.model.state_dict())


def canonical(name: str) -> str:
    """The one spelling of a model's name: a path in full where there is a file or folder, else as it stands."""
    if is_suspect(name):
        return full_name(name)
    if is_unknown(name):
        return full_unknown(name)
    if name.startswith("organism:"):
        return canonical_organism(name)
    if name in ("default", "") or name.startswith(("tiny:", "ollama:")):
        return name
    path = Path(name).expanduser()
    return os.path.abspath(path) if path.exists() or name.endswith(".gguf") else name


def open_model(name: str, device: torch.device, dtype: torch.dtype, progress: Progress | None) -> LocalModel:
    """Find out which source `name` means, bring the weights into a folder where needed, and load them."""
    if name == "default":
        source = "SmolLM2-135M-Instruct, weights of 4 bits."
        return load_folder(prepare_default(progress), name, source, device, dtype)
    if name.startswith("organism:"):
        return load_organism(name, load_model("default", device=device, dtype=dtype, progress=progress))
    if is_suspect(name):
        return load_suspect(name, load_model("default", device=device, dtype=dtype, progress=progress))
    if is_unknown(name):
        return load_unknown(name, load_model("default", device=device, dtype=dtype, progress=progress))
    if name.startswith("ollama:"):
        blob, sha256 = find_weights(name.removeprefix("ollama:"), progress)
        return load_folder(converted(blob, sha256, dtype, progress), name, f"Ollama's store, {blob}.", device, dtype)
    if name and Path(name).is_dir():
        return load_folder(Path(name), name, "A folder in the Hugging Face layout.", device, dtype)
    if name.endswith(".gguf") or (name and Path(name).is_file()):
        file = existing_file(Path(name))
        folder = converted(file, hash_of(file, progress), dtype, progress)
        return load_folder(folder, name, "A GGUF file.", device, dtype)
    if is_hub_id(name):
        return load_hub(name, device, dtype)
    raise CourseError(
        f"There is no folder or file {name!r}, and it has not the form of another model name.",
        'Give "default", a folder, a .gguf file, "ollama:name:tag", or a Hugging Face id such as "owner/model".',
    )


def prepare_default(progress: Progress | None = None) -> Path:
    """Fetch and convert the default model unless that is done; return its folder. Needs the network only once.

    `course lab` calls this during set-up, so that the first cell of the first chapter does not have to wait.
    """
    import torch

    asset = find_asset(DEFAULT_ASSET)
    folder, file = cache_dir() / "models" / "default", asset.files[0]
    if not is_converted(folder, file.sha256):
        convert(fetch(asset.name, progress) / file.path, file.sha256, folder, torch.float32, progress)
    return folder


def existing_file(path: Path) -> Path:
    """`path` itself when the file is there; else a CourseError that names the GGUF files beside it."""
    if path.is_file():
        return path
    near = ", ".join(sorted(other.name for other in path.parent.glob("*.gguf"))) if path.parent.is_dir() else ""
    raise CourseError(f"There is no file {path}.", f"In that folder there are: {near}." if near else "Check the path.")
