"""GGUF, the file format of llama.cpp and Ollama, turned once into a folder that PyTorch loads in a second.

A GGUF file keeps the weights in blocks of a few bits with a scale for each block. llama.cpp multiplies with the blocks
as they are; to read and change every intermediate value we need plain matrices, so the blocks are multiplied out. That
takes up to half a minute for the default model, so it is done once and the result is kept in the cache, under the
hash of the file's content: rename or move the file, and its conversion is found again; change it, and it is not.

What comes out is the quantised model exactly, in a wider format: every number is one that 4 bits and a scale can say.
It is *not* the model that was quantised, and its answers differ a little from that one's.

Pitfall: a reader that does not know a tensor or a setting of the file skips it and says nothing. So after reading, the
numbers in the file are counted against the numbers in the model, and rotary scaling is compared (`rope.py`).

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course_lib.data.cache import Progress, built_whole, cache_dir, locked
from course_lib.errors import CourseError
from course_lib.models.folder import first_line, refuse_missing_weights
from course_lib.models.gguf_header import Header, read_header
from course_lib.models.quiet import quiet_transformers
from course_lib.models.rope import restore_rope_scaling

if TYPE_CHECKING:
    import torch

MARKER = "complete.json"
TOKENIZER_BYTES = 50_000_000
LAYOUT = 1
"""Raised whenever the conversion changes what it writes; older conversions are then made again."""


def converted(gguf: Path, sha256: str, dtype: torch.dtype, progress: Progress | None = None) -> Path:
    """The folder with the converted weights of `gguf`, made now if the cache does not have it.

    A conversion in float32 serves every format, since it can be rounded when it is loaded; without one, the conversion
    is written in the format that was asked for, which saves half of the disk and memory for large models.

    Args:
        gguf: the file.
        sha256: hash of its content.
        dtype: the format that it will be used in.
        progress: called as `progress(what, done, total)` in tensors.
    """
    import torch

    folders = {kind: cache_dir() / "models" / f"gguf-{sha256[:20]}-{str(kind)[6:]}" for kind in (torch.float32, dtype)}
    for folder in folders.values():
        if is_converted(folder, sha256):
            return folder
    return convert(gguf, sha256, folders[dtype], dtype, progress)


def convert(gguf: Path, sha256: str, folder: Path, dtype: torch.dtype, progress: Progress | None = None) -> Path:
    """Convert `gguf` into `folder`, whole or not at all; does nothing when that is done already."""
    if is_converted(folder, sha256):
        return folder
    with locked(folder):
        if not is_converted(folder, sha256):
            header = read_header(gguf)
            with built_whole(folder, needs=header.n_weights * dtype.itemsize + TOKENIZER_BYTES) as partial:
                write_converted(gguf, header, partial, dtype, progress)
                marker: dict[str, Any] = {"layout": LAYOUT, "gguf_sha256": sha256, "gguf": gguf.name}
                marker |= {"dtype": str(dtype)[6:], "bytes": file_sizes(partial)}
                (partial / MARKER).write_text(json.dumps(marker, indent=1), encoding="utf-8")
    return folder


def is_converted(folder: Path, sha256: str) -> bool:
    """Whether `folder` holds a finished conversion of the file with this hash, and all of it."""
    try:
        marker = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        sizes = file_sizes(folder)
    except (OSError, ValueError):
        return False
    if (marker.get("layout"), marker.get("gguf_sha256")) != (LAYOUT, sha256):
        return False
    weights = [folder / name for name in sizes if name.endswith(".safetensors")]
    if "config.json" not in sizes or not weights:
        return False
    if "bytes" in marker:
        return all(sizes.get(name) == size for name, size in marker["bytes"].items())
    return all(map(is_whole, weights))  # a marker from before the sizes were noted


def file_sizes(folder: Path) -> dict[str, int]:
    """The size in bytes of each file in `folder`, but for the marker."""
    return {file.name: file.stat().st_size for file in folder.iterdir() if file.is_file() and file.name != MARKER}


def is_whole(weights: Path) -> bool:
    """Whether a safetensors file is as long as its own header says."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(weights, framework="pt"):  # reads the header, and compares it with the length
            return True
    except (OSError, SafetensorError):
        return False


def write_converted(gguf: Path, header: Header, folder: Path, dtype: torch.dtype, progress: Progress | None) -> None:
    """Read `gguf` with transformers, check that nothing was lost, write weights and tokenizer into `folder`."""
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    if progress is not None:
        progress("Reading the GGUF file", 0, 0)
    where: dict[str, Any] = {"gguf_file": gguf.name, "local_files_only": True, "trust_remote_code": False}
    plain = {"quantization_config": GgufConfig(dequantize=True), "output_loading_info": True}
    try:
        with quiet_transformers(), tensors_reported(progress), file_read_once():
            tokenizer = AutoTokenizer.from_pretrained(gguf.parent, **where)
            loaded: Any = AutoModelForCausalLM.from_pretrained(gguf.parent, dtype=dtype, **plain, **where)
    except Exception as error:
        raise CourseError(
            f"{gguf.name}, architecture {header.architecture!r}, cannot become a PyTorch model ({first_line(error)}).",
            "Use the same model from the Hugging Face hub or from a folder in its layout.",
        ) from error
    model, report = loaded
    refuse_missing_weights(gguf.name, report)
    refuse_lost_weights(header, model)
    restore_rope_scaling(header, model.config)
    model.hf_quantizer = None  # the weights are plain matrices by now; this mark only forbids saving them
    model.config._name_or_path = gguf.name
    with quiet_transformers():
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


def refuse_lost_weights(header: Header, model: torch.nn.Module) -> None:
    """Raise a CourseError when the file holds weights that found no place in the model."""
    lost = header.n_weights - sum(weight.numel() for weight in model.parameters())
    if lost > 0:
        raise CourseError(
            f"{lost:,} of the {header.n_weights:,} weights in {header.name} have no place in the model that "
            "transformers builds for it, so its answers would be wrong.",
            "Use the same model from the Hugging Face hub or from a folder in its layout.",
        )


@contextmanager
def tensors_reported(progress: Progress | None) -> Iterator[None]:
    """Hear about each tensor that transformers multiplies out, in place of the bar that it draws."""
    from transformers import modeling_gguf_pytorch_utils as reader

    def counted(tensors: Iterable[Any], **_: Any) -> Iterator[Any]:
        items = list(tensors)
        for done, item in enumerate(items, start=1):
            yield item
            if progress is not None:
                progress("Converting the model", done, len(items))

    before = reader.tqdm
    reader.tqdm = counted
    try:
        yield
    finally:
        reader.tqdm = before


@contextmanager
def file_read_once() -> Iterator[None]:
    """Inside the block the file's tables are built once; transformers would build them for each thing it looks up.

    Without it, most of a conversion's time goes into building the same tables again.
    """
    import gguf

    tables: Any = gguf
    before = tables.GGUFReader, tables.get_tensor_name_map
    tables.GGUFReader, tables.get_tensor_name_map = (cache(builder) for builder in before)
    try:
        yield
    finally:
        tables.GGUFReader, tables.get_tensor_name_map = before


def hash_of(path: Path, progress: Progress | None = None) -> str:
    """SHA-256 of a file's content, remembered in the cache for as long as its size and time stay the same."""
    status = path.stat()
    key = f"{path.resolve()}|{status.st_size}|{status.st_mtime_ns}"
    notes = cache_dir() / "models" / "gguf-hashes.json"
    known = known_hashes(notes)
    if key not in known:
        digest = hashlib.sha256()
        with path.open("rb") as file:
            for done, chunk in enumerate(iter(lambda: file.read(1 << 22), b""), start=1):
                digest.update(chunk)
                if progress is not None:
                    progress(f"Reading {path.name}", min(done << 22, status.st_size), status.st_size)
        with suppress(CourseError, OSError), locked(notes):  # a cache that cannot be written costs time, no more
            unfinished = notes.with_suffix(".part")
            unfinished.write_text(json.dumps({**known_hashes(notes), key: digest.hexdigest()}), encoding="utf-8")
            os.replace(unfinished, notes)
        return digest.hexdigest()
    return str(known[key])


def known_hashes(notes: Path) -> dict[str, str]:
    """The hashes that were noted, by place, size and time of their files."""
    try:
        known: dict[str, str] = json.loads(notes.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known
