"""One layer at a time: the same numbers as all at once, in the memory of one layer, and a model left as it was."""

from __future__ import annotations

import gc

import pytest
import torch

from course_lib.attention import attention_layers, attention_weights, layers
from course_lib.attribution import memory
from course_lib.errors import CourseError
from course_lib.models import LocalModel, load_model
from tests.attribution.tiny_families import SIZES, VOCABULARY, build_tiny, word_tokenizer

LENGTH = 37  # a number that no other size of these models has


@pytest.mark.parametrize("family", SIZES)
def test_the_maps_are_those_of_one_forward_pass(family: str) -> None:
    model = build_tiny(family=family)
    ids = torch.arange(LENGTH)
    torch.testing.assert_close(torch.stack(list(attention_layers(model, ids))), attention_weights(model, ids))


def maps_alive() -> int:
    """How many tables of one layer's size (heads x queries x keys) are in memory."""
    gc.collect()
    tensors = [each for each in gc.get_objects() if issubclass(type(each), torch.Tensor)]
    entries = 3 * LENGTH**2
    tables = [t for t in tensors if t.shape[-2:] == (LENGTH, LENGTH) and t.numel() >= entries]
    sizes = {t.untyped_storage().data_ptr(): t.numel() // entries for t in tables}  # views of one table count once
    return sum(sizes.values())


def deep_model() -> LocalModel:
    """Nine layers of three heads, random weights."""
    from transformers import LlamaConfig, LlamaForCausalLM

    sizes = {"hidden_size": 24, "intermediate_size": 40, "num_attention_heads": 3, "num_hidden_layers": 9}
    network = LlamaForCausalLM(LlamaConfig(vocab_size=VOCABULARY, **sizes)).eval().requires_grad_(False)
    return LocalModel(network, word_tokenizer(), "deep", "random Llama")


def test_peak_memory_holds_one_layer_and_not_all() -> None:
    """Counted whenever an attention layer has just run, in the recording pass and in the loop, and after each step."""
    model, counts = deep_model(), []
    handles = [
        block.self_attn.register_forward_hook(lambda *_: counts.append(maps_alive()))
        for block in model.model.base_model.layers
    ]
    try:
        for _ in attention_layers(model, torch.arange(LENGTH)):
            counts.append(maps_alive())
    finally:
        for handle in handles:
            handle.remove()
    assert len(counts) == 3 * 9
    assert max(counts) <= 2  # the layer's own, and the one that the loop still holds


def test_the_count_would_notice_if_all_were_kept() -> None:
    kept = list(attention_layers(deep_model(), torch.arange(LENGTH)))
    assert maps_alive() >= 9
    assert len(kept) == 9


def test_hooks_and_kernel_are_gone_during_the_loop_and_after_a_loop_that_is_left() -> None:
    model = load_model("tiny:5")
    before = model.model.config._attn_implementation
    count = lambda: sum(len(part._forward_hooks) + len(part._forward_pre_hooks) for part in model.model.modules())  # noqa: E731
    hooks = count()
    for _ in attention_layers(model, "The model reads"):
        assert model.model.config._attn_implementation == before
        assert count() == hooks
        break
    assert model.model.config._attn_implementation == before


def test_a_text_that_does_not_fit_is_refused_with_the_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_bytes", lambda device: 10_000)
    with pytest.raises(CourseError, match="GB of memory"):
        attention_layers(build_tiny(), torch.arange(LENGTH))


def test_the_estimate_grows_with_the_square_of_the_length() -> None:
    model = build_tiny()
    assert layers.layer_bytes(model, 2000) > 3.9 * layers.layer_bytes(model, 1000)


def test_bad_input_is_refused_at_the_call(tiny: LocalModel) -> None:
    with pytest.raises(CourseError, match="no tokens"):
        attention_layers(tiny, "")
    with pytest.raises(CourseError, match="512 positions"):
        attention_layers(tiny, [1] * 513)
