"""Hidden states kept on disk, so that a notebook run a second time takes a second instead of a minute.

States are stored under a name made of everything that decides them: the model's name and number format, the texts, the
position, the versions of transformers and of this format. One thing cannot be in a name: the weights themselves, which
somebody may have fine-tuned in place, or a hook that ablates a head. A cache that trusts names answers with the states
of another model and nobody notices. So a stored file is *checked, not trusted*: the shortest text is run again, which
takes a tenth of a second, and when its states differ from the stored ones, everything is computed anew.

A file is written under a temporary name and renamed when it is complete; an interruption leaves nothing half-done. Of two
processes that want the same states, the second waits for the first and reads what it wrote.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from course_lib.batches import Progress
from course_lib.data.cache import computed_once, version_of
from course_lib.models import cache_dir
from course_lib.probing.states import Position, hidden_states

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from course_lib.models import LocalModel

FORMAT = 1  # raise when the meaning of a stored file changes


def cached_hidden_states(
    model: LocalModel,
    texts: Sequence[str],
    position: Position = "last",
    *,
    progress: Progress | None = None,
) -> Float[Tensor, "layer example d_model"]:
    """`hidden_states`, computed once and then read from the user's cache.

    Args and errors are those of `hidden_states`. To compute anew, delete the folder `activations` in the cache.

    Example:
        >>> states = cached_hidden_states(model, requests)  # doctest: +SKIP
    """
    from safetensors import SafetensorError

    path = cache_dir() / "activations" / f"{cache_key(model, texts, position)}.safetensors"
    seen, stored = version_of(path), read_states(path)
    if stored is not None and still_true(model, texts, position, stored):
        return stored
    with computed_once(f"activations-{path.stem}"):
        if version_of(path) != seen:  # somebody else has computed them in the meantime
            stored = read_states(path)
            if stored is not None and still_true(model, texts, position, stored):
                return stored
        states = hidden_states(model, texts, position, progress=progress)
        with suppress(
            OSError, SafetensorError
        ):  # a full or read-only disk costs the next run time, not this one its states
            write_states(path, states)
    return states


def cache_key(model: LocalModel, texts: Sequence[str], position: Position) -> str:
    """A name for the states: the same for the same question, another one for any other."""
    import transformers

    question = [FORMAT, transformers.__version__, model.name, str(model.dtype), position, list(texts)]
    return hashlib.sha256(json.dumps(question).encode()).hexdigest()[:32]


def read_states(path: Path) -> Float[Tensor, "layer example d_model"] | None:
    """The stored states, or None when there is no readable file."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)["states"]
    except (OSError, SafetensorError, KeyError):
        return None


def still_true(
    model: LocalModel, texts: Sequence[str], position: Position, stored: Float[Tensor, "layer example d_model"]
) -> bool:
    """Whether the model, as it is now, gives the stored states for the shortest of the texts."""
    shortest = min(range(len(texts)), key=lambda index: len(texts[index]))
    fresh = hidden_states(model, [texts[shortest]], position)[:, 0]
    if stored.shape != (len(fresh), len(texts), fresh.shape[-1]):
        return False
    # Batched and single runs differ by rounding; bfloat16 carries 8 bits. A changed weight moves states far more.
    tolerance = 1e-3 if model.dtype == torch.float32 else 5e-2
    scale = fresh.abs().amax(dim=1)  # [layer]
    return bool(((fresh - stored[:, shortest]).abs().amax(dim=1) <= tolerance * scale).all())


def write_states(path: Path, states: Float[Tensor, "layer example d_model"]) -> None:
    """Write the file completely, then give it its name."""
    from safetensors.torch import save_file

    path.parent.mkdir(parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(dir=path.parent, suffix=".part")
    os.close(handle)
    try:
        save_file({"states": states.contiguous()}, unfinished)
        os.replace(unfinished, path)
    finally:
        Path(unfinished).unlink(missing_ok=True)
