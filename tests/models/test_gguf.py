"""A GGUF file becomes the same model in PyTorch, or an error: never nearly the same model."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import torch
from safetensors import safe_open

from course_lib import CourseError, load_model
from course_lib.models import gguf as gguf_module
from course_lib.models import load
from course_lib.models.rope import llama3_divisors

WriteGguf = Callable[..., Path]


def test_logits_are_those_of_the_model_that_was_written(own_cache: Path, write_gguf: WriteGguf) -> None:
    tiny, read = load_model("tiny:0"), load_model(write_gguf())
    ids = tiny.encode("The model reads the question and writes an answer.")
    # Weights are stored as float32, so nothing is rounded on the way.
    assert torch.equal(read.logits(ids), tiny.logits(ids))


def test_tokenizer_and_chat_template_come_along(own_cache: Path, write_gguf: WriteGguf) -> None:
    tiny, read = load_model("tiny:0"), load_model(write_gguf())
    text = "The cat's  größe: Paris <|im_end|>\n 42"
    assert read.encode(text).tolist() == tiny.encode(text).tolist()
    assert read.chat("Why?", system="Be kind.") == tiny.chat("Why?", system="Be kind.")
    assert (read.tokenizer.bos_token_id, read.tokenizer.eos_token_id, read.tokenizer.pad_token_id) == (1, 2, 2)


def test_the_second_load_does_not_convert(
    own_cache: Path, write_gguf: WriteGguf, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_gguf()
    first = load_model(path)
    monkeypatch.setattr(gguf_module, "write_converted", forbidden)
    monkeypatch.setattr(load, "_LOADED", {})  # as in a new process
    moved = path.rename(path.with_name("renamed.gguf"))  # the content counts, not the name
    second = load_model(moved)
    assert second is not first
    ids = first.encode("The cat sat")
    assert torch.equal(second.logits(ids), first.logits(ids))


@pytest.mark.parametrize("marker_has_sizes", [True, False], ids=["sizes noted", "marker from before"])
def test_a_conversion_that_was_cut_off_is_made_again_and_a_whole_one_is_not(
    own_cache: Path, write_gguf: WriteGguf, monkeypatch: pytest.MonkeyPatch, marker_has_sizes: bool
) -> None:
    path = write_gguf()
    ids = torch.tensor([5, 6, 7])
    before = load_model(path).logits(ids)
    (weights,) = (own_cache / "models").glob("gguf-*/model.safetensors")
    marker = weights.with_name(gguf_module.MARKER)
    content = json.loads(marker.read_text())
    if not marker_has_sizes:
        del content["bytes"]
        marker.write_text(json.dumps(content))
    with monkeypatch.context() as patch:
        patch.setattr(gguf_module, "write_converted", forbidden)
        patch.setattr(load, "_LOADED", {})
        assert torch.equal(load_model(path).logits(ids), before)
    whole = weights.read_bytes()
    weights.unlink()  # a model in memory may still read the old file
    weights.write_bytes(whole[:-100])
    load._LOADED.clear()
    assert torch.equal(load_model(path).logits(ids), before)
    assert weights.stat().st_size == len(whole)


def test_a_changed_file_is_converted_again(own_cache: Path, write_gguf: WriteGguf) -> None:
    path = write_gguf()
    before = load_model(path)
    louder = {"output_norm.weight": np.full(24, 2.0, dtype=np.float32)}
    write_gguf(leave_out="model.norm", extra=louder)
    load._LOADED.clear()
    ids = before.encode("The cat sat")
    # The last norm's scale doubles every logit: an old conversion would show here.
    torch.testing.assert_close(load_model(path).logits(ids), 2 * before.logits(ids))


def test_bfloat16_is_the_rounded_float32(own_cache: Path, write_gguf: WriteGguf) -> None:
    path = write_gguf()
    half = load_model(path, dtype="bfloat16")
    assert half.dtype == torch.bfloat16
    full = load_model(path)  # the conversion in bfloat16 must not be taken for this one
    assert full.dtype == torch.float32
    for name, weight in full.model.state_dict().items():
        assert torch.equal(half.model.state_dict()[name], weight.bfloat16()), name
    assert torch.equal(full.model.lm_head.weight, load_model("tiny:0").model.lm_head.weight)


def test_a_large_model_is_not_written_in_float32_for_bfloat16(own_cache: Path, write_gguf: WriteGguf) -> None:
    load_model(write_gguf(), dtype="bfloat16")
    (weights,) = (own_cache / "models").glob("*/model.safetensors")
    with safe_open(weights, framework="pt") as file:
        assert {str(file.get_tensor(name).dtype) for name in file.keys()} == {"torch.bfloat16"}  # noqa: SIM118


def test_an_interrupted_conversion_leaves_nothing_and_the_next_one_works(
    own_cache: Path, write_gguf: WriteGguf, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_gguf()
    with monkeypatch.context() as patch:
        patch.setattr(gguf_module, "refuse_lost_weights", interrupted)
        with pytest.raises(KeyboardInterrupt):
            load_model(path)
    assert [p for p in (own_cache / "models").iterdir() if p.is_dir()] == []
    assert load_model(path).n_layers == 2


def test_a_disk_that_fills_up_during_conversion_is_one_sentence(
    own_cache: Path, write_gguf: WriteGguf, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_gguf()
    monkeypatch.setattr(gguf_module, "refuse_lost_weights", disk_full)
    with pytest.raises(CourseError, match="The disk is full") as caught:
        load_model(path)
    assert "COURSE_CACHE" in caught.value.remedy
    assert [p for p in (own_cache / "models").iterdir() if p.is_dir()] == []


def test_progress_counts_tensors(own_cache: Path, write_gguf: WriteGguf) -> None:
    seen: list[tuple[str, int, int]] = []
    load_model(write_gguf(), progress=lambda *step: seen.append(step))
    steps = [(done, total) for what, done, total in seen if what == "Converting the model"]
    n = len(load_model("tiny:0").model.state_dict())
    assert steps == [(done, n) for done in range(1, n + 1)]


def test_nothing_is_written_to_the_terminal(
    own_cache: Path, write_gguf: WriteGguf, capfd: pytest.CaptureFixture[str]
) -> None:
    path = write_gguf()
    capfd.readouterr()
    load_model(path)
    assert capfd.readouterr() == ("", "")


class TestRefused:
    def test_a_file_that_is_none(self, own_cache: Path, tmp_path: Path) -> None:
        path = tmp_path / "not.gguf"
        path.write_bytes(b"PK\x03\x04 this is something else")
        with pytest.raises(CourseError, match="is not a GGUF file"):
            load_model(path)

    def test_a_missing_file_names_its_neighbours(self, own_cache: Path, write_gguf: WriteGguf) -> None:
        path = write_gguf("right.gguf")
        with pytest.raises(CourseError, match="There is no file") as caught:
            load_model(path.with_name("wrong.gguf"))
        assert "right.gguf" in caught.value.remedy

    def test_a_file_that_was_cut_off(self, own_cache: Path, write_gguf: WriteGguf) -> None:
        path = write_gguf()
        path.write_bytes(path.read_bytes()[:-1000])
        with pytest.raises(CourseError, match="cut off"):
            load_model(path)

    def test_a_file_that_was_cut_off_in_its_header(self, own_cache: Path, write_gguf: WriteGguf) -> None:
        path = write_gguf()
        path.write_bytes(path.read_bytes()[:300])
        with pytest.raises(CourseError, match="damaged"):
            load_model(path)

    def test_an_architecture_that_transformers_does_not_read(self, own_cache: Path, write_gguf: WriteGguf) -> None:
        with pytest.raises(CourseError, match="'rwkv6'"):
            load_model(write_gguf(architecture="rwkv6"))

    def test_a_missing_weight_is_not_filled_with_random_numbers(self, own_cache: Path, write_gguf: WriteGguf) -> None:
        with pytest.raises(CourseError, match=r"lacks 1 of the weights.*layers\.1\.mlp\.up_proj"):
            load_model(write_gguf(leave_out="layers.1.mlp.up_proj"))

    def test_a_weight_without_a_place_is_not_dropped(self, own_cache: Path, write_gguf: WriteGguf) -> None:
        bias = {"blk.0.attn_q.bias": np.ones(24, dtype=np.float32)}
        with pytest.raises(CourseError, match=r"24 of the .* have no place"):
            load_model(write_gguf(extra=bias))


class TestRopeScaling:
    """Theta 500,000 with heads of width 8 gives wavelengths on both sides of the rule's ramp."""

    def test_llama3_divisors_become_the_rule(self, own_cache: Path, write_gguf: WriteGguf) -> None:
        divisors = llama3_divisors(4, 500_000.0, 32.0)
        assert divisors[0] == 1
        assert divisors[-1] == 32
        path = write_gguf(extra={"rope_freqs.weight": divisors.numpy()}, rope_theta=500_000.0)
        model = load_model(path)
        unscaled = 500_000.0 ** (-torch.arange(0, 8, 2) / 8)
        # transformers computes the frequencies from the rule by its own code: 1e-5 is float32 through a power.
        torch.testing.assert_close(model.model.model.rotary_emb.inv_freq, unscaled / divisors, rtol=1e-5, atol=0)

    def test_other_divisors_are_refused(self, own_cache: Path, write_gguf: WriteGguf) -> None:
        other = {"rope_freqs.weight": np.array([1, 3, 5, 32], dtype=np.float32)}
        with pytest.raises(CourseError, match="scales its rotary positions"):
            load_model(write_gguf(extra=other, rope_theta=500_000.0))

    def test_a_scaling_in_the_settings_that_was_not_read_is_refused(
        self, own_cache: Path, write_gguf: WriteGguf
    ) -> None:
        with pytest.raises(CourseError, match="scales its rotary positions"):
            load_model(write_gguf(scaling="yarn"))


@pytest.mark.model
@pytest.mark.slow
def test_the_real_file_gives_the_logits_of_the_default_model(
    default_gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, put_in_ollama: Callable[..., Path]
) -> None:
    default = load_model()
    ids = default.encode("The capital of France is")
    blob = put_in_ollama(default_gguf, "registry.ollama.ai/library/smollm2/135m")
    link = tmp_path / "model.gguf"
    link.symlink_to(blob)
    with TemporaryDirectory() as cache:  # so that it is really converted here; half a gigabyte, so not kept
        monkeypatch.setenv("COURSE_CACHE", cache)
        monkeypatch.setattr(load, "_LOADED", {})
        from_ollama = load_model("ollama:smollm2:135m")
        assert torch.equal(from_ollama.logits(ids), default.logits(ids))
        assert from_ollama.chat("Hello") == default.chat("Hello")
        monkeypatch.setattr(gguf_module, "write_converted", forbidden)  # same content: the same conversion serves
        for file in (link, blob):
            assert torch.equal(load_model(file).logits(ids), default.logits(ids))


def forbidden(*_: object) -> None:
    raise AssertionError("the file was converted again")


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def disk_full(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")
