"""Stored states: read when they are true, computed anew when anything that decides them has changed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

import course_lib.probing.cache as cache
from course_lib.models import LocalModel, load_model
from course_lib.probing import cached_hidden_states, hidden_states

TEXTS = ["The cat sat on the mat", "The dog", "Please help me"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    return tmp_path / "activations"


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many texts each call of `hidden_states` was asked for."""
    calls: list[int] = []

    def counted(model: LocalModel, texts: list[str], *args: object, **options: object) -> torch.Tensor:
        calls.append(len(texts))
        return hidden_states(model, texts, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(cache, "hidden_states", counted)
    return calls


def test_the_second_call_reads_the_file_and_checks_one_text(
    tiny: LocalModel, folder: Path, computed: list[int]
) -> None:
    first = cached_hidden_states(tiny, TEXTS)
    second = cached_hidden_states(tiny, TEXTS)
    assert computed == [3, 1]
    torch.testing.assert_close(first, second, rtol=0, atol=0)
    assert [path.suffix for path in folder.iterdir()] == [".safetensors"]


def test_texts_position_and_model_each_have_their_own_file(tiny: LocalModel, folder: Path) -> None:
    cached_hidden_states(tiny, TEXTS)
    cached_hidden_states(tiny, TEXTS[:2])
    cached_hidden_states(tiny, TEXTS[::-1])
    cached_hidden_states(tiny, TEXTS, "mean")
    cached_hidden_states(load_model("tiny:4"), TEXTS)
    assert len(list(folder.iterdir())) == 5


def test_texts_that_join_to_the_same_string_are_not_confused(tiny: LocalModel) -> None:
    assert cache.cache_key(tiny, ["ab", "c"], "last") != cache.cache_key(tiny, ["a", "bc"], "last")


def test_a_model_whose_weights_were_changed_is_noticed(folder: Path, computed: list[int]) -> None:
    """The name is the same, the file is there, and its content is no longer true."""
    model = load_model("tiny:6")
    before = cached_hidden_states(model, TEXTS)
    weight = model.model.base_model.layers[1].mlp.down_proj.weight
    original = weight.clone()
    try:
        weight.mul_(1.5)
        after = cached_hidden_states(model, TEXTS)
    finally:
        weight.copy_(original)
    assert computed == [3, 1, 3]
    torch.testing.assert_close(after[:2], before[:2])
    assert not torch.allclose(after[2], before[2], atol=1e-3)


def test_a_hook_that_changes_the_model_is_noticed(tiny: LocalModel, folder: Path, computed: list[int]) -> None:
    cached_hidden_states(tiny, TEXTS)
    handle = tiny.model.base_model.layers[0].mlp.register_forward_hook(lambda _m, _i, out: out * 0)
    try:
        ablated = cached_hidden_states(tiny, TEXTS)
        expected = hidden_states(tiny, TEXTS)
    finally:
        handle.remove()
    torch.testing.assert_close(ablated, expected)


@pytest.mark.parametrize("content", [b"", b"not a safetensors file"])
def test_a_broken_file_is_replaced(tiny: LocalModel, folder: Path, content: bytes) -> None:
    expected = cached_hidden_states(tiny, TEXTS)
    (path,) = folder.iterdir()
    path.write_bytes(content)
    torch.testing.assert_close(cached_hidden_states(tiny, TEXTS), expected)
    assert path.stat().st_size > len(content)


def test_an_interruption_leaves_nothing_behind(tiny: LocalModel, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cache.os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        cached_hidden_states(tiny, TEXTS)
    assert list(folder.iterdir()) == []


def test_a_cache_that_cannot_be_written_costs_no_states(
    tiny: LocalModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()  # no folder can be made below a file, by nobody
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "file"))
    torch.testing.assert_close(cached_hidden_states(tiny, TEXTS), hidden_states(tiny, TEXTS))


def test_of_two_processes_the_second_waits_and_reads(folder: Path, tmp_path: Path) -> None:
    """Each appends to a list how many texts it ran: the whole set once, one text by the one that only checks."""
    script = (
        "import sys, time; import course_lib.probing.cache as cache; from course_lib.models import load_model\n"
        "model, real = load_model('tiny:3'), cache.hidden_states\n"
        "def slow(model, texts, *rest, **options):\n"
        "    time.sleep(1 if len(texts) > 1 else 0)\n"
        "    with open(sys.argv[1], 'a') as file: print(len(texts), file=file)\n"
        "    return real(model, texts, *rest, **options)\n"
        "cache.hidden_states = slow\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        f"cache.cached_hidden_states(model, {TEXTS!r})\n"
    )
    log = tmp_path / "log"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    both = [subprocess.Popen([sys.executable, "-c", script, str(log)], **pipes) for _ in range(2)]  # type: ignore[call-overload]
    for process in both:
        process.stdout.readline()
    for process in both:
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.wait(300) for process in both] == [0, 0]
    assert log.read_text().split() == ["3", "1"]


def test_a_folder_that_cannot_hold_a_lock_costs_time_only(tiny: LocalModel, folder: Path) -> None:
    folder.parent.joinpath("locks").write_text("no folder")
    torch.testing.assert_close(cached_hidden_states(tiny, TEXTS), hidden_states(tiny, TEXTS))
