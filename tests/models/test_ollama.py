"""Ollama's store is read as it lies on the disk: found, or a message that says what is missing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from course_lib import CourseError, load_model
from course_lib.models import ollama

Put = Callable[..., Path]
WriteGguf = Callable[..., Path]


def test_a_model_in_the_store_has_the_logits_of_its_file(
    own_cache: Path, write_gguf: WriteGguf, put_in_ollama: Put
) -> None:
    put_in_ollama(write_gguf(), "registry.ollama.ai/library/tiny/1b")
    tiny, read = load_model("tiny:0"), load_model("ollama:tiny:1b")
    ids = tiny.encode("The capital of Japan is")
    assert torch.equal(read.logits(ids), tiny.logits(ids))


@pytest.mark.parametrize(
    ("name", "manifest"),
    [
        ("tiny", "registry.ollama.ai/library/tiny/latest"),
        ("tiny:q4_K_M", "registry.ollama.ai/library/tiny/q4_K_M"),
        ("someone/tiny-2.5:1b", "registry.ollama.ai/someone/tiny-2.5/1b"),
        ("hf.co/owner/tiny-GGUF:Q8_0", "hf.co/owner/tiny-GGUF/Q8_0"),
        ("localhost:5000/owner/tiny:1b", "localhost:5000/owner/tiny/1b"),
        ("localhost:5000/owner/tiny", "localhost:5000/owner/tiny/latest"),
    ],
)
def test_names_as_ollama_prints_them(
    name: str, manifest: str, own_cache: Path, write_gguf: WriteGguf, put_in_ollama: Put
) -> None:
    blob = put_in_ollama(write_gguf(), manifest)
    assert ollama.find_weights(name) == (blob, blob.name.removeprefix("sha256-"))


def test_nothing_in_the_store_is_written(own_cache: Path, write_gguf: WriteGguf, put_in_ollama: Put) -> None:
    blob = put_in_ollama(write_gguf())
    store = blob.parent.parent
    before = {path: path.stat().st_mtime_ns for path in store.rglob("*")}
    load_model("ollama:tiny")
    assert {path: path.stat().st_mtime_ns for path in store.rglob("*")} == before


def test_an_unknown_name_lists_those_that_exist(write_gguf: WriteGguf, put_in_ollama: Put) -> None:
    put_in_ollama(write_gguf())
    put_in_ollama(write_gguf(), "registry.ollama.ai/someone/other/7b")
    with pytest.raises(CourseError, match="has no model 'tiny:7b'") as caught:
        ollama.find_weights("tiny:7b")
    assert caught.value.remedy == "It has: someone/other:7b, tiny:latest."


def test_an_empty_store_says_how_to_fill_it(ollama_store: Path) -> None:
    with pytest.raises(CourseError) as caught:
        ollama.find_weights("tiny")
    assert "ollama pull tiny" in caught.value.remedy


def test_no_store_names_the_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_MODELS", str(tmp_path / "nowhere"))
    with pytest.raises(CourseError, match="nowhere") as caught:
        ollama.find_weights("tiny")
    assert "OLLAMA_MODELS" in caught.value.remedy


def test_the_services_store_comes_after_the_one_at_home(
    own_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write_gguf: WriteGguf, put_in_ollama: Put
) -> None:
    blob = put_in_ollama(write_gguf())
    monkeypatch.delenv("OLLAMA_MODELS")
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    (tmp_path / "home" / ".ollama" / "models" / "manifests").mkdir(parents=True)  # there, but without this model
    monkeypatch.setattr(ollama, "SERVICE_STORE", blob.parent.parent)
    assert ollama.find_weights("tiny")[0] == blob


def test_a_missing_blob_is_said(write_gguf: WriteGguf, put_in_ollama: Put) -> None:
    put_in_ollama(write_gguf()).unlink()
    with pytest.raises(CourseError, match="are missing"):
        ollama.find_weights("tiny")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"layers": []}', '{"layers": [{"mediaType": "x"}]}'])
def test_a_damaged_manifest_is_said(content: str, ollama_store: Path) -> None:
    manifest = ollama_store / "manifests" / "registry.ollama.ai" / "library" / "tiny" / "latest"
    manifest.parent.mkdir(parents=True)
    manifest.write_text(content)
    with pytest.raises(CourseError, match="names no weights"):
        ollama.find_weights("tiny")


def test_a_digest_that_is_a_path_is_refused(ollama_store: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    manifest = ollama_store / "manifests" / "registry.ollama.ai" / "library" / "tiny" / "latest"
    manifest.parent.mkdir(parents=True)
    manifest.write_text(f'{{"layers": [{{"mediaType": "{ollama.WEIGHTS}", "digest": "sha256:../../secret"}}]}}')
    with pytest.raises(CourseError, match="names no weights"):
        ollama.find_weights("tiny")


@pytest.mark.parametrize(
    "name", ["../../x", "..:y", "a/../b", "x:..", "x:../../y", "a/b/c/d", "", ":", "a b", "x:", "/x"]
)
def test_no_name_leads_out_of_the_store(name: str, ollama_store: Path) -> None:
    with pytest.raises(CourseError, match="is no name of an Ollama model"):
        ollama.find_weights(name)


def test_a_blob_with_another_content_than_its_name_says_is_refused(
    own_cache: Path, write_gguf: WriteGguf, put_in_ollama: Put
) -> None:
    blob = put_in_ollama(write_gguf())
    content = bytearray(blob.read_bytes())
    content[-1] ^= 1  # one bit of the last weight: still a GGUF file, and of the same length
    blob.write_bytes(content)
    with pytest.raises(CourseError, match="is damaged") as caught:
        load_model("ollama:tiny")
    assert "ollama pull tiny" in caught.value.remedy


def test_a_model_with_an_adapter_is_refused(
    own_cache: Path, write_gguf: WriteGguf, put_in_ollama: Put, ollama_store: Path
) -> None:
    put_in_ollama(write_gguf())
    (manifest,) = (path for path in (ollama_store / "manifests").rglob("*") if path.is_file())
    content = json.loads(manifest.read_text())
    content["layers"].append({"mediaType": ollama.ADAPTER, "digest": "sha256:" + "c" * 64, "size": 1})
    manifest.write_text(json.dumps(content))
    with pytest.raises(CourseError, match="with an adapter"):
        load_model("ollama:tiny")
