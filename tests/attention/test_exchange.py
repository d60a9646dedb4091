"""Another pattern for a head: its own changes nothing, values of shared key heads are found, and the model stays as it was."""

import pytest
import torch

from course_lib.attention import (
    attention_weights,
    even_pattern,
    exchange_effects,
    exchanged_attention,
    reordered_pattern,
)
from course_lib.errors import CourseError

TEXT = "The model reads the question"


def test_its_own_pattern_changes_nothing(tiny):
    maps = attention_weights(tiny, tiny.encode(TEXT))
    effects = exchange_effects(tiny, TEXT, " the", " model", maps).effects
    torch.testing.assert_close(effects, torch.zeros(tiny.n_layers, tiny.n_heads), atol=1e-4, rtol=0)


def test_one_at_a_time_is_what_the_context_does(tiny):
    ids = tiny.encode(TEXT)
    pattern = even_pattern(len(ids))
    effects = exchange_effects(tiny, TEXT, " the", " model", pattern.expand(tiny.n_layers, tiny.n_heads, -1, -1))
    answers = [tiny.single_token(" the"), tiny.single_token(" model")]
    with exchanged_attention(tiny, {(1, 2): pattern}):
        right, wrong = tiny.logits(ids)[-1, answers]
    assert float(effects.effects[1, 2]) == pytest.approx(effects.clean - float(right - wrong), abs=1e-4)
    assert float(effects.effects[1, 2]) != 0


def test_the_model_is_as_it_was_afterwards(tiny):
    ids = tiny.encode(TEXT)
    before = tiny.logits(ids)
    with (
        pytest.raises(RuntimeError),
        exchanged_attention(tiny, {(0, 0): even_pattern(3)}),
    ):  # a pattern of another length
        tiny.logits(ids)
    assert torch.equal(tiny.logits(ids), before)


def test_reordered_rows_keep_their_weights_and_the_future_stays_empty(tiny):
    maps = attention_weights(tiny, tiny.encode(TEXT))
    other = reordered_pattern(maps, seed=1)
    torch.testing.assert_close(other.sort(dim=-1).values, maps.sort(dim=-1).values)
    assert float(other.triu(1).abs().max()) == 0
    assert not torch.equal(other, maps)
    assert torch.equal(other, reordered_pattern(maps, seed=1))


def test_what_does_not_fit_is_explained(tiny):
    with pytest.raises(CourseError, match="do not fit"):
        exchange_effects(tiny, TEXT, " the", " model", torch.ones(1, 1, 2, 2))
    with pytest.raises(CourseError), exchanged_attention(tiny, {(9, 0): even_pattern(3)}):
        pass
