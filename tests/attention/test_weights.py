"""Attention weights: the shape, the properties of a causal softmax, and a model left as it was found."""

from __future__ import annotations

import pytest
import torch

from course_lib.attention import attention_weights
from course_lib.errors import CourseError
from course_lib.models import LocalModel, load_model

TEXT = "The model reads the question and writes"


def test_one_weight_for_every_layer_head_query_and_key(tiny: LocalModel) -> None:
    ids = tiny.encode(TEXT)
    weights = attention_weights(tiny, ids)
    assert len(ids) not in (2, 3), "the text must not be as long as there are layers or heads, or axes could hide"
    assert weights.shape == (2, 3, len(ids), len(ids))
    assert weights.dtype == torch.float32


def test_rows_sum_to_one_and_the_future_gets_exactly_nothing(tiny: LocalModel) -> None:
    weights = attention_weights(tiny, tiny.encode(TEXT))
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(weights.shape[:-1]), rtol=0, atol=1e-6)
    assert (weights.triu(diagonal=1) == 0).all()
    assert (weights >= 0).all()


def test_weights_are_the_softmax_of_the_scaled_products_of_the_first_layer(tiny: LocalModel) -> None:
    """Layer 0 by hand: rotate queries and keys, multiply, scale by the root of the head's width, mask, softmax."""
    from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

    ids = tiny.encode(TEXT)
    backbone = tiny.model.base_model
    block = backbone.layers[0]
    stream = block.input_layernorm(backbone.embed_tokens(ids[None]))
    split = lambda x: x.view(1, len(ids), -1, 8).transpose(1, 2)  # noqa: E731
    query, key = split(block.self_attn.q_proj(stream)), split(block.self_attn.k_proj(stream))
    query, key = apply_rotary_pos_emb(query, key, *backbone.rotary_emb(stream, torch.arange(len(ids))[None]))
    scores = query[0] @ key[0].transpose(-1, -2) / 8**0.5  # one key/value head serves all three query heads
    expected = scores.masked_fill(torch.ones(len(ids), len(ids)).triu(1).bool(), float("-inf")).softmax(-1)
    torch.testing.assert_close(attention_weights(tiny, ids)[0], expected, rtol=1e-5, atol=1e-6)


def test_plain_lists_of_ids_are_accepted(tiny: LocalModel) -> None:
    ids = tiny.encode(TEXT)
    torch.testing.assert_close(attention_weights(tiny, ids.tolist()), attention_weights(tiny, ids))


def test_logits_are_the_same_in_eager_mode_as_in_the_fast_one(tiny: LocalModel) -> None:
    ids = tiny.encode(TEXT)
    fast = tiny.logits(ids)
    with tiny.eager_attention():
        explicit = tiny.logits(ids)
    # Two orders of the same sums in float32; the logits of this model reach about 10.
    torch.testing.assert_close(explicit, fast, rtol=1e-4, atol=1e-4)


def test_the_attention_kernel_is_put_back_after_success_and_after_failure(tiny: LocalModel) -> None:
    before = tiny.model.config._attn_implementation
    assert before != "eager", "otherwise this test could not fail"
    attention_weights(tiny, tiny.encode(TEXT))
    assert tiny.model.config._attn_implementation == before
    with pytest.raises(IndexError):
        attention_weights(tiny, [10**6])  # an id outside the vocabulary fails inside the network
    assert tiny.model.config._attn_implementation == before


def test_hooks_do_not_pile_up() -> None:
    """transformers installs its own recording hooks on first use; what counts is that no call adds to them."""
    model = load_model("tiny:4")
    count = lambda: sum(len(part._forward_hooks) + len(part._forward_pre_hooks) for part in model.model.modules())  # noqa: E731
    attention_weights(model, model.encode(TEXT))
    after_first = count()
    attention_weights(model, model.encode(TEXT))
    with pytest.raises(IndexError):
        attention_weights(model, [10**6])
    assert count() == after_first


@pytest.mark.parametrize("ids", [[], [[1, 2, 3]], [[1, 2], [3, 4]]], ids=["empty", "batch of one", "batch of two"])
def test_anything_but_one_row_of_ids_is_explained(tiny: LocalModel, ids: list[list[int]]) -> None:
    with pytest.raises(CourseError, match="one text at a time"):
        attention_weights(tiny, ids)


def test_half_precision_weights_come_back_as_float32() -> None:
    model = load_model("tiny:3", dtype="bfloat16")
    weights = attention_weights(model, model.encode(TEXT))
    assert weights.dtype == torch.float32
    # bfloat16 keeps 8 bits, so a row of 7 rounded weights sums to 1 within a few hundredths.
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(weights.shape[:-1]), rtol=0, atol=0.03)
