"""The parts of a decoder are found in every family, by structure, or not at all."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from course_lib.errors import CourseError
from course_lib.models import LocalModel
from course_lib.patching import find_structure
from course_lib.patching.stand_ins import sum_format

Tiny = Callable[..., LocalModel]


@pytest.mark.parametrize(
    ("family", "heads", "head_width", "neurons", "norms"),
    [
        ("llama", 3, 8, 40, ["input_layernorm", "post_attention_layernorm"]),
        ("qwen2", 6, 4, 40, ["input_layernorm", "post_attention_layernorm"]),
        ("gemma", 3, 8, 40, ["input_layernorm", "post_attention_layernorm"]),
        ("gpt_neox", 3, 8, 40, ["input_layernorm", "post_attention_layernorm"]),
        ("gpt2", 3, 8, 96, ["ln_1", "ln_2"]),  # four times d_model; its Conv1D weights lie on their side
    ],
)
def test_every_family_shows_its_parts(
    tiny: Tiny, family: str, heads: int, head_width: int, neurons: int, norms: list[str]
) -> None:
    structure = find_structure(tiny(0, family))
    assert (structure.n_heads, structure.head_width, structure.n_neurons) == (heads, head_width, neurons)
    assert len(structure.blocks) == 2
    assert all(list(block.norms) == norms for block in structure.blocks)
    assert structure.final_norm not in [norm for block in structure.blocks for norm in block.norms.values()]


def test_heads_may_be_wider_than_their_share_of_the_residual_stream(tiny: Tiny) -> None:
    structure = find_structure(tiny(0, "gemma", head_dim=10))
    assert structure.head_width == 10
    assert structure.head_columns(2) == list(range(20, 30))


def test_a_mixture_of_experts_is_refused_and_not_guessed() -> None:
    from transformers import MixtralConfig, MixtralForCausalLM

    config = MixtralConfig(
        vocab_size=20,
        hidden_size=24,
        intermediate_size=16,
        num_hidden_layers=2,
        num_attention_heads=3,
        num_key_value_heads=1,
        num_local_experts=2,
        bos_token_id=1,
        eos_token_id=2,
    )
    model = LocalModel(MixtralForCausalLM(config), None, "a mixture", "random")  # type: ignore[arg-type]
    with pytest.raises(CourseError, match=r"MixtralForCausalLM.*dense decoder"):
        find_structure(model)


def test_a_projection_that_is_no_plain_matrix_is_refused(tiny: Tiny) -> None:
    model = tiny(0)
    model.model.model.layers[0].mlp.down_proj = nn.Identity()
    with pytest.raises(CourseError, match=r"Identity cannot be read.*quantisation"):
        find_structure(model)


@pytest.mark.parametrize(
    ("part", "name", "what"), [("self_attn", "o_proj", "heads"), ("mlp", "down_proj", "number of neurons")]
)
def test_layers_of_different_width_are_refused(tiny: Tiny, part: str, name: str, what: str) -> None:
    model = tiny(0)
    setattr(getattr(model.model.model.layers[1], part), name, nn.Linear(48, 24))
    with pytest.raises(CourseError, match=what):
        find_structure(model)


def test_long_sums_are_made_in_a_format_that_the_device_has() -> None:
    assert sum_format(torch.device("cpu")) == torch.float64
    assert sum_format(torch.device("mps")) == torch.float32
