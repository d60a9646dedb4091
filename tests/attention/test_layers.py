"""One layer at a time: the same numbers as all at once, in the memory of one layer, and a model left as it was."""

from __future__ import annotations

import pytest
import torch

from course_lib.attention import attention_layers, attention_weights, layers
from course_lib.attribution import memory
from course_lib.errors import CourseError
from course_lib.models import LocalModel, load_model
from tests.attribution.tiny_families import SIZES, build_tiny

LENGTH = 37  # a number that no other size of these models has


@pytest.mark.parametrize("family", SIZES)
def test_the_maps_are_those_of_one_forward_pass(family: str) -> None:
    model = build_tiny(family=family)
    ids = torch.arange(LENGTH)
    torch.testing.assert_close(torch.stack(list(attention_layers(model, ids))), attention_weights(model, ids))


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
