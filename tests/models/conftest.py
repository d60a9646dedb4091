"""Small files in the formats that people keep models in, written once per test run."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import gguf
import numpy as np
import pytest

from course_lib import load_model
from course_lib.models import load
from course_lib.models.local_model import LocalModel

NAMES = {
    "model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output",
    "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}  # fmt: skip


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache that belongs to one test, and no model left in memory from another."""
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(load, "_LOADED", {})
    return tmp_path / "cache"


@pytest.fixture
def write_gguf(tmp_path: Path) -> Callable[..., Path]:
    """Write `tiny:0` as a GGUF file, the way llama.cpp's converter lays a Llama out."""

    def write(name: str = "tiny.gguf", **changes: object) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_tiny_gguf(path, load_model("tiny:0"), **changes)
        return path

    return write


def write_tiny_gguf(
    path: Path,
    model: LocalModel,
    *,
    architecture: str = "llama",
    extra: dict[str, np.ndarray] | None = None,
    leave_out: str = "",
    chat_template: bool = True,
    rope_theta: float = 10_000.0,
    scaling: str = "",
) -> None:
    writer = gguf.GGUFWriter(path, architecture)
    config = model.model.config
    writer.add_name("tiny")
    writer.add_context_length(512)
    writer.add_embedding_length(24)
    writer.add_block_count(2)
    writer.add_feed_forward_length(40)
    writer.add_head_count(3)
    writer.add_head_count_kv(1)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_dimension_count(8)
    writer.add_rope_freq_base(rope_theta)
    writer.add_vocab_size(420)
    if scaling:
        writer.add_string(f"{architecture}.rope.scaling.type", scaling)
    add_tokenizer(writer, model, chat_template)
    for name, weight in model.model.state_dict().items():
        if leave_out and leave_out in name:
            continue
        heads = {"q_proj": 3, "k_proj": 1}.get(name.split(".")[-2], 0)
        array = weight.float().numpy()
        writer.add_tensor(gguf_name(name), interleave(array, heads) if heads else array)
    for name, array in (extra or {}).items():
        writer.add_tensor(name, array)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def gguf_name(name: str) -> str:
    stem = name.removesuffix(".weight")
    if stem in NAMES:
        return f"{NAMES[stem]}.weight"
    _, _, block, rest = stem.split(".", 3)
    return f"blk.{block}.{NAMES[rest]}.weight"


def interleave(weight: np.ndarray, heads: int) -> np.ndarray:
    """llama.cpp rotates neighbours (0, 1), transformers rotates halves (0, 4): the rows of each head trade places."""
    rows, columns = weight.shape
    return weight.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


def add_tokenizer(writer: gguf.GGUFWriter, model: LocalModel, chat_template: bool) -> None:
    tokenizer = json.loads(model.tokenizer.backend_tokenizer.to_str())["model"]
    tokens = sorted(tokenizer["vocab"], key=tokenizer["vocab"].get)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.CONTROL if i < 3 else gguf.TokenType.NORMAL for i in range(len(tokens))])
    writer.add_token_merges([" ".join(merge) for merge in tokenizer["merges"]])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_pad_token_id(2)
    if chat_template:
        writer.add_chat_template(model.tokenizer.chat_template)


def store_in_ollama(gguf_file: Path, store: Path, manifest: str = "registry.ollama.ai/library/tiny/latest") -> Path:
    """Lay a GGUF file out as Ollama does; returns the blob."""
    with gguf_file.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    blob = store / "blobs" / f"sha256-{sha256}"
    blob.parent.mkdir(parents=True, exist_ok=True)
    if not blob.exists():
        try:
            os.link(gguf_file, blob)
        except OSError:  # another disk
            shutil.copyfile(gguf_file, blob)
    layers = [
        {"mediaType": "application/vnd.ollama.image.template", "digest": "sha256:" + "a" * 64, "size": 1},
        {"mediaType": "application/vnd.ollama.image.model", "digest": f"sha256:{sha256}", "size": blob.stat().st_size},
        {"mediaType": "application/vnd.ollama.image.license", "digest": "sha256:" + "b" * 64, "size": 1},
    ]
    path = store / "manifests" / manifest
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"schemaVersion": 2, "config": {}, "layers": layers}), encoding="utf-8")
    return blob


@pytest.fixture
def ollama_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty Ollama store in a place of its own."""
    store = tmp_path / "ollama"
    (store / "manifests").mkdir(parents=True)
    monkeypatch.setenv("OLLAMA_MODELS", str(store))
    return store


@pytest.fixture
def put_in_ollama(ollama_store: Path) -> Callable[..., Path]:
    """Put a GGUF file into that store."""
    return lambda file, manifest="registry.ollama.ai/library/tiny/latest": store_in_ollama(file, ollama_store, manifest)


@pytest.fixture
def default_gguf() -> Path:
    """The real file of the default model, as it was fetched."""
    from course_lib.data.assets import fetch, find_asset

    asset = find_asset("smollm2")
    return fetch(asset.name) / asset.files[0].path
