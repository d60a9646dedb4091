"""The parts of a logit, against the norms written out by hand; the lens, against Hugging Face's states."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from course_lib.errors import CourseError
from course_lib.models import LocalModel
from course_lib.patching import Point, direct_logit_attribution, find_structure, logit_lens, read_points
from course_lib.patching.frozen_norm import freeze

Tiny = Callable[..., LocalModel]
FAMILIES = ["llama", "qwen2", "qwen3", "gemma", "gemma2", "gpt_neox", "gpt2"]
IDS = torch.tensor([3, 1, 4, 1, 5, 9, 2])


def number_of_hooks(model: LocalModel) -> int:
    return sum(len(part._forward_hooks) + len(part._forward_pre_hooks) for part in model.model.modules())


def by_hand(norm: Any, x: Tensor, part: Tensor, family: str) -> Tensor:
    """What a norm makes of a part, divided by the size of the whole."""
    if isinstance(norm, nn.LayerNorm):
        return (part - part.mean()) / (x.var(unbiased=False) + norm.eps).sqrt() * norm.weight
    eps = getattr(norm, "variance_epsilon", None) or norm.eps
    gain = 1 + norm.weight if family.startswith("gemma") else norm.weight
    return part / (x.square().mean() + eps).sqrt() * gain


@pytest.mark.parametrize("family", FAMILIES)
def test_each_head_and_mlp_equals_its_vector_sent_through_the_norms_by_hand(tiny: Tiny, family: str) -> None:
    model = tiny(3, family)
    structure, width = find_structure(model), find_structure(model).head_width
    for norm in [structure.final_norm, *(n for block in structure.blocks for n in block.norms.values())]:
        norm.weight.add_(0.3 * torch.randn(norm.weight.shape, generator=torch.Generator().manual_seed(1)))  # type: ignore[operator, union-attr]
    parts = direct_logit_attribution(model, IDS, 8)
    row = model.model.get_output_embeddings().weight[8]
    end = read_points(model, IDS, [Point("residual_after", 1)])[Point("residual_after", 1)][-1]
    for layer, block in enumerate(structure.blocks):
        read = read_points(model, IDS, [Point("heads", layer), Point("mlp", layer)])
        mlp = by_hand(structure.final_norm, end, read[Point("mlp", layer)][-1], family) @ row
        assert float(parts.mlps[layer]) == pytest.approx(float(mlp), rel=1e-4, abs=1e-5)
        heads, projection = read[Point("heads", layer)][-1], block.attention_output
        with torch.no_grad():
            nothing, everything = projection(torch.zeros_like(heads)), projection(heads)
            for head in range(structure.n_heads):
                alone = torch.zeros_like(heads)
                alone[head * width : (head + 1) * width] = heads[head * width : (head + 1) * width]
                part = projection(alone) - nothing
                if block.has_norms_behind:
                    part = by_hand(block.attention_writer, everything, part, family)
                expected = float(by_hand(structure.final_norm, end, part, family) @ row)
                assert float(parts.heads[layer, head]) == pytest.approx(expected, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_parts_add_up_to_the_logit(tiny: Tiny, family: str) -> None:
    model = tiny(4, family)
    logits = model.logits(IDS).double()
    cap = getattr(model.text_config, "final_logit_softcapping", None)
    uncapped = cap * torch.atanh(logits / cap) if cap else logits
    for position in (-1, 2):
        single = direct_logit_attribution(model, IDS, 8, position=position)
        pair = direct_logit_attribution(model, IDS, 8, 30, position=position)
        assert single.total == pytest.approx(float(uncapped[position, 8]), rel=1e-4, abs=1e-4)
        assert pair.total == pytest.approx(float(uncapped[position, 8] - uncapped[position, 30]), rel=1e-4, abs=1e-4)
        assert single.total == pytest.approx(single.logit, abs=1e-5)
        assert sum(value for _, value in single.parts()) == pytest.approx(single.total, abs=1e-5)


def test_a_network_whose_parts_do_not_add_up_is_refused(tiny: Tiny) -> None:
    model = tiny(4)
    handle = model.model.model.layers[1].register_forward_hook(lambda _, args, out: 2 * out + 1)
    with pytest.raises(CourseError, match="sum of the parts differs"):
        direct_logit_attribution(model, IDS, 8)
    handle.remove()
    handle = model.model.lm_head.register_forward_hook(lambda _, args, out: out + out.shape[-1] * (out.ndim == 3))
    with pytest.raises(CourseError, match="lens behind the last block differs"):
        logit_lens(model, IDS, 8)
    handle.remove()
    assert number_of_hooks(model) == 0


class Odd(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(x)


def test_a_norm_that_is_none_is_refused() -> None:
    with pytest.raises(CourseError, match="Odd is neither"):
        freeze(Odd(), torch.tensor([1.0, -2.0, 0.5]))


@pytest.mark.parametrize("family", FAMILIES)
def test_the_lens_is_the_norm_and_the_vocabulary_over_each_state_once(tiny: Tiny, family: str) -> None:
    model = tiny(5, family)
    lens = logit_lens(model, IDS, [8, 30], position=4)
    with torch.no_grad():
        states = model.model(IDS[None], output_hidden_states=True).hidden_states
        norm, head = find_structure(model).final_norm, model.model.get_output_embeddings()
        logits = torch.stack([head(norm(state[0, 4])) for state in states[:-1]] + [head(states[-1][0, 4])])
    cap = getattr(model.text_config, "final_logit_softcapping", None)
    logits = cap * torch.tanh(logits / cap) if cap else logits
    torch.testing.assert_close(lens.log_probs, logits.log_softmax(-1)[:, [8, 30]], rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(lens.log_probs[-1], model.logits(IDS)[4].log_softmax(-1)[[8, 30]], rtol=1e-4, atol=1e-4)
    order = logits.argsort(dim=-1, descending=True)
    expected = [[int((row == token).nonzero()) + 1 for token in (8, 30)] for row in order]
    assert lens.ranks.tolist() == expected


def test_the_lens_follows_the_models_own_answer_when_no_target_is_named(tiny: Tiny) -> None:
    lens = logit_lens(tiny(6), "w1 w2 w3")
    assert lens.ranks[-1].tolist() == [1]
    assert lens.first_top() is not None
    assert lens.top_tokens[-1] == lens.targets[0]


def test_results_say_what_they_are_and_what_cannot_be_asked(tiny: Tiny) -> None:
    model = tiny(0)
    parts, lens = direct_logit_attribution(model, IDS, 8, 30), logit_lens(model, IDS, 8)
    for result in (parts, lens):
        assert json.dumps(result.to_dict())
        assert "'w2'" in result.text()
        assert result._repr_html_().startswith("<table")
    torch.testing.assert_close(parts.by_layer().sum() + parts.embedding + parts.constant, torch.tensor(parts.total))
    for call in (
        lambda: direct_logit_attribution(model, IDS, 8, position=7),
        lambda: logit_lens(model, IDS, 8, position=-8),
        lambda: logit_lens(model, IDS, []),
        lambda: direct_logit_attribution(model, IDS, "w1 w2"),
        lambda: direct_logit_attribution(model, "", 8),
    ):
        with pytest.raises(CourseError):
            call()
    assert number_of_hooks(model) == 0
