"""A direction taken out is a network that cannot write it; one put in is an addition, and nothing stays behind."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn
from transformers.pytorch_utils import Conv1D

from course_lib.errors import CourseError
from course_lib.models import LocalModel
from course_lib.patching import (
    Direction,
    Point,
    add_direction,
    difference_of_means,
    find_structure,
    project_out,
    random_direction,
    read_points,
)

Tiny = Callable[..., LocalModel]
FAMILIES = ["llama", "qwen2", "gemma", "gpt_neox", "gpt2"]
IDS = torch.tensor([3, 1, 4, 1, 5, 9, 2])


def number_of_hooks(model: LocalModel) -> int:
    return sum(len(part._forward_hooks) + len(part._forward_pre_hooks) for part in model.model.modules())


def drawn(seed: int = 0, layer: int = 1) -> Direction:
    return Direction(3 * torch.randn(24, generator=torch.Generator().manual_seed(seed)), layer, "drawn")


def unable_to_write(model: LocalModel, direction: Direction) -> None:
    """Everything that writes into the stream loses the direction in its weights (Arditi et al. 2024, equation 5)."""
    unit = direction.vector / direction.norm
    rest = torch.eye(24) - unit[:, None] * unit
    head = model.model.get_output_embeddings()
    head.weight = nn.Parameter(head.weight.clone(), requires_grad=False)  # it may be the embedding itself
    for module in model.model.modules():
        if isinstance(module, nn.Embedding):
            module.weight = nn.Parameter(module.weight @ rest, requires_grad=False)
    for block in find_structure(model).blocks:
        for writer in (block.attention_output, block.mlp_down):
            weight = writer.weight @ rest if isinstance(writer, Conv1D) else rest @ writer.weight
            writer.weight = nn.Parameter(weight, requires_grad=False)
            if getattr(writer, "bias", None) is not None:
                writer.bias = nn.Parameter(rest @ writer.bias, requires_grad=False)


@pytest.mark.parametrize("family", FAMILIES)
def test_taken_out_everywhere_is_weights_that_cannot_write_it(tiny: Tiny, family: str) -> None:
    model, changed, direction = tiny(1, family), tiny(1, family), drawn()
    unable_to_write(changed, direction)
    with project_out(model, direction):
        inside = model.logits(IDS)
    torch.testing.assert_close(inside, changed.logits(IDS), rtol=1e-4, atol=1e-4)
    assert (inside - model.logits(IDS)).abs().max() > 0.1


@pytest.mark.parametrize("family", [*FAMILIES, "gemma2", "qwen3"])
def test_behind_a_chosen_layer_nothing_lies_along_the_direction(tiny: Tiny, family: str) -> None:
    model, direction = tiny(2, family), drawn(1)
    points = [Point("residual_after", 0), Point("residual_after", 1)]
    with project_out(model, direction, layers=[0]):
        read = read_points(model, IDS, points)
    along = [float((read[point] @ direction.vector / direction.norm).abs().max()) for point in points]
    assert along[0] < 1e-4 < 1e-2 < along[1]  # layer 1 writes it again


def test_added_is_added_at_the_chosen_layer_and_positions(tiny: Tiny) -> None:
    model, direction, point = tiny(3), drawn(2), Point("residual_before", 1)
    before = read_points(model, IDS, [point])[point]
    with add_direction(model, direction, scale=-0.5, positions=[2, -1]):
        handle = (
            find_structure(model)
            .blocks[1]
            .module.register_forward_pre_hook(
                lambda _, args: seen.append(args[0][0])  # behind the one under test
            )
        )
        seen: list[torch.Tensor] = []
        model.logits(IDS)
        handle.remove()
    expected = before.clone()
    expected[[2, 6]] -= 0.5 * direction.vector
    torch.testing.assert_close(seen[0], expected)
    with add_direction(model, direction, scale=0.0):
        assert model.logits(IDS).equal(model.logits(IDS))
    with add_direction(model, direction, layer=0):
        assert (model.logits(IDS)[0] - model.logits(IDS[:1])[0]).abs().max() < 1e-4  # in texts of every length


def test_the_difference_of_means_is_over_the_last_tokens(tiny: Tiny) -> None:
    model, point = tiny(4), Point("residual_before", 1)
    texts = [["w1 w2 w3", "w4 w5"], ["w6 w7 w8 w9"]]
    means = [
        torch.stack([read_points(model, text, [point])[point][-1] for text in group]).mean(dim=0) for group in texts
    ]
    found = difference_of_means(model, *texts, layer=1)
    torch.testing.assert_close(found.vector, means[0] - means[1], rtol=1e-4, atol=1e-5)
    assert found.settings["with"] == 2
    assert "difference of means" in found.text()
    assert found._repr_html_().startswith("<table")


def test_a_random_direction_has_the_length_and_nothing_else(tiny: Tiny) -> None:
    like = drawn(5)
    one, same, other = random_direction(like, 0), random_direction(like, 0), random_direction(like, 1)
    assert one.norm == pytest.approx(like.norm, rel=1e-6)
    assert one.vector.equal(same.vector)
    assert not one.vector.equal(other.vector)
    assert like.cosine(like) == pytest.approx(1.0)
    cosines = torch.tensor([random_direction(like, seed).cosine(like) for seed in range(400)])
    assert abs(float(cosines.mean())) < 4 / (24 * 400) ** 0.5  # four standard errors around 0
    assert float(cosines.square().mean()) == pytest.approx(1 / 24, rel=0.3)


@pytest.mark.parametrize("edit", [project_out, add_direction])
def test_no_hook_is_left_after_success_or_an_error(tiny: Tiny, edit: Callable) -> None:
    model = tiny(0)
    clean = model.logits(IDS)
    with edit(model, drawn()):
        assert number_of_hooks(model) > 0
    with pytest.raises(ZeroDivisionError), edit(model, drawn()):
        raise ZeroDivisionError
    assert number_of_hooks(model) == 0
    assert model.logits(IDS).equal(clean)


def test_what_is_no_direction_is_refused(tiny: Tiny) -> None:
    model = tiny(0)
    for vector in (torch.zeros(24), torch.ones(23), torch.full((24,), torch.nan)):
        for edit in (project_out, add_direction):
            with (
                pytest.raises(CourseError, match="no direction of this model"),
                edit(model, Direction(vector, 0, "bad")),
            ):
                pass
    with pytest.raises(CourseError, match="no layer 2"), project_out(model, drawn(), layers=[0, 2]):
        pass
    assert number_of_hooks(model) == 0  # counted here: transformers keeps hooks of its own once it has given out states
    with pytest.raises(CourseError, match="no layer 2"):
        difference_of_means(model, ["w1"], ["w2"], layer=2)
    with pytest.raises(CourseError, match="the same mean"):
        difference_of_means(model, ["w1 w2"], ["w1 w2"], layer=1)
