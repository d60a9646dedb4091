"""`patch_states` against runs whose result is known without it."""

from __future__ import annotations

import pytest
import torch

from course_lib import CourseError, load_model
from course_lib.patching import patch_states


@pytest.fixture
def model():
    return load_model("tiny:5")


@pytest.fixture
def texts(model):
    return model.encode("the cat sat on the mat"), model.encode("the dog sat on the mat")


@pytest.mark.parametrize("layer", [1, 2])
def test_all_positions_give_the_other_run(model, texts, layer):
    cat, dog = texts
    with patch_states(model, dog, range(len(dog)), layer):
        assert torch.allclose(model.logits(cat), model.logits(dog), atol=1e-4)


def test_own_states_change_nothing(model, texts):
    cat, _ = texts
    before = model.logits(cat)
    with patch_states(model, cat, [1, 3], layer=1):
        assert torch.allclose(model.logits(cat), before, atol=1e-5)


def test_positions_in_front_of_the_patch_are_untouched_and_those_behind_are_not(model, texts):
    cat, dog = texts
    before = model.logits(cat)
    with patch_states(model, dog, [2], layer=1):
        after = model.logits(cat)
    assert torch.allclose(after[:2], before[:2], atol=1e-5)
    assert not torch.allclose(after[-1], before[-1], atol=1e-3)


def test_behind_the_last_block_only_the_patched_position_differs(model, texts):
    cat, dog = texts
    with patch_states(model, dog, [-1], layer=model.n_layers):
        patched = model.logits(cat)
    assert torch.allclose(patched[-1], model.logits(dog)[-1], atol=1e-4)
    assert torch.allclose(patched[:-1], model.logits(cat)[:-1], atol=1e-5)


def test_every_row_of_a_batch_is_patched(model, texts):
    cat, dog = texts
    with patch_states(model, dog, [1], layer=1):
        one, batch = model.logits(cat), model.logits(torch.stack([cat, cat]))
    assert torch.allclose(batch, one.expand_as(batch), atol=1e-5)


def test_agrees_with_the_states_of_the_hidden_states_table(model, texts):
    cat, dog = texts
    states = model.model(input_ids=dog[None], output_hidden_states=True).hidden_states[1]
    block = model.model.model.layers[0]

    def put(module, args, output):
        return torch.cat([output[:, :1], states[:, 1:2], output[:, 2:]], dim=1)

    handle = block.register_forward_hook(put)
    try:
        expected = model.logits(cat)
    finally:
        handle.remove()
    with patch_states(model, dog, [1], layer=1):
        assert torch.allclose(model.logits(cat), expected, atol=1e-5)


def test_the_model_is_as_it_was_also_after_an_error(model, texts):
    cat, dog = texts
    before = model.logits(cat)
    with pytest.raises(RuntimeError, match="inside"), patch_states(model, dog, [1], layer=1):
        raise RuntimeError("inside")
    assert torch.equal(model.logits(cat), before)


@pytest.mark.parametrize("layer", [0, 3, -1])
def test_a_layer_that_does_not_exist(model, texts, layer):
    with pytest.raises(CourseError, match="from 1 to 2"), patch_states(model, texts[0], [0], layer):
        pass


def test_a_position_that_does_not_exist(model, texts):
    with pytest.raises(CourseError, match="no position 40"), patch_states(model, texts[0], [40], 1):
        pass
    with patch_states(model, texts[0], [5], 1), pytest.raises(CourseError, match="no position 5"):
        model.logits(texts[0][:3])
