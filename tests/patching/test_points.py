"""Points are the same places in every family; what is written there is what runs, and nothing stays behind."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from course_lib.errors import CourseError
from course_lib.models import LocalModel
from course_lib.patching import Point, edit_point, find_structure, patch_point, read_points
from course_lib.patching.hooks import input_edited, output_edited

Tiny = Callable[..., LocalModel]
FAMILIES = ["llama", "qwen2", "qwen3", "gemma", "gemma2", "gpt_neox", "gpt2"]
KINDS = ["embedding", "residual_before", "heads", "attention", "mlp", "residual_after"]
CLOSE = {"rtol": 0.0, "atol": 1e-5}  # the same float32 sums in the same order, but for one copy
IDS = torch.tensor([3, 1, 4, 1, 5, 9, 2])
OTHER = torch.tensor([2, 7, 1, 8, 2, 8, 1])


def number_of_hooks(model: LocalModel) -> int:
    return sum(len(part._forward_hooks) + len(part._forward_pre_hooks) for part in model.model.modules())


@pytest.mark.parametrize("family", FAMILIES)
def test_the_stream_is_what_hugging_face_calls_hidden_states(tiny: Tiny, family: str) -> None:
    model = tiny(1, family)
    points = [Point("residual_before", 0), Point("residual_before", 1), Point("residual_after", 1)]
    read = read_points(model, IDS, points)
    with torch.no_grad():
        states = model.model(IDS[None], output_hidden_states=True).hidden_states
        normed = find_structure(model).final_norm(read[points[2]])
    torch.testing.assert_close(read[points[0]], states[0][0], **CLOSE)
    torch.testing.assert_close(read[points[1]], states[1][0], **CLOSE)
    torch.testing.assert_close(normed, states[2][0], **CLOSE)


@pytest.mark.parametrize("family", FAMILIES)
def test_attention_and_mlp_are_what_a_block_adds(tiny: Tiny, family: str) -> None:
    points = [Point(kind, 1) for kind in ("residual_before", "attention", "mlp", "residual_after")]  # type: ignore[arg-type]
    read = read_points(tiny(1, family), IDS, points)
    before, attention, mlp, after = (read[point] for point in points)
    torch.testing.assert_close(before + attention + mlp, after, rtol=0, atol=2e-5)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_patch_from_the_same_text_changes_nothing(tiny: Tiny, family: str, kind: str) -> None:
    model = tiny(2, family)
    with patch_point(model, IDS, Point(kind)):  # type: ignore[arg-type]
        torch.testing.assert_close(model.logits(IDS), model.logits(IDS), **CLOSE)
        inside = model.logits(IDS)
    torch.testing.assert_close(inside, model.logits(IDS), **CLOSE)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("point", [Point("embedding"), Point("residual_before", 1), Point("residual_after", 1)])
def test_a_whole_cut_of_another_text_is_the_other_text(tiny: Tiny, family: str, point: Point) -> None:
    model = tiny(2, family)
    with patch_point(model, OTHER, point):
        torch.testing.assert_close(model.logits(IDS), model.logits(OTHER), rtol=0, atol=1e-4)
    assert (model.logits(IDS) - model.logits(OTHER)).abs().max() > 0.1


def test_only_the_chosen_heads_and_positions_are_written(tiny: Tiny) -> None:
    model, point = tiny(3), Point("heads", 1)
    ours, theirs = read_points(model, IDS, [point])[point], read_points(model, OTHER, [point])[point]
    expected = ours.clone()
    expected[[2, 6], 8:16] = theirs[[2, 6], 8:16]
    with patch_point(model, OTHER, point, positions=[2, -1], heads=[1]):
        handle = (
            find_structure(model)
            .blocks[1]
            .attention_output.register_forward_hook(lambda _, args, out: seen.append(args[0][0]))
        )
        seen: list[torch.Tensor] = []
        model.logits(IDS)
        handle.remove()
    torch.testing.assert_close(seen[0], expected, rtol=0, atol=0)


def test_a_negative_position_is_the_last_of_every_batch_and_every_length(tiny: Tiny) -> None:
    model, point = tiny(3), Point("residual_after", 1)
    longer = torch.stack([torch.cat([IDS, OTHER]), torch.cat([OTHER, IDS])])
    expected = model.logits(IDS)[-1]
    with patch_point(model, IDS, point, positions=[-1]):
        torch.testing.assert_close(model.logits(longer)[:, -1], expected.expand(2, -1), **CLOSE)


class ReturnsTuple(nn.Module):
    """A block as older versions wrote it: a tuple comes out, `hidden_states` comes in by name."""

    def forward(self, hidden_states: torch.Tensor) -> tuple[torch.Tensor, str]:
        return (hidden_states + 1, "cache")


def test_hooks_reach_tuples_and_named_arguments() -> None:
    block, value = ReturnsTuple(), torch.zeros(2, 3, 4)  # a batch of two: item 0 of a tensor would be an example
    with output_edited(block, lambda _, out: 10 * out), input_edited(block, lambda x: x + 1):
        edited, rest = block(hidden_states=value)
        positional, _ = block(value)
    assert rest == "cache"
    assert edited.equal(torch.full((2, 3, 4), 20.0))
    assert positional.equal(edited)
    assert block(value)[0].equal(value + 1)


@pytest.mark.parametrize("kind", KINDS)
def test_no_hook_is_left_after_success_or_after_an_error(tiny: Tiny, kind: str) -> None:
    model, point = tiny(0), Point(kind)  # type: ignore[arg-type]
    clean = model.logits(IDS)
    with patch_point(model, OTHER, point):
        assert number_of_hooks(model) == 1
    assert number_of_hooks(model) == 0
    with pytest.raises(ZeroDivisionError), patch_point(model, OTHER, point):
        raise ZeroDivisionError
    with pytest.raises(ZeroDivisionError), edit_point(model, point, lambda _: torch.tensor(1 // 0)):
        model.logits(IDS)
    assert number_of_hooks(model) == 0
    assert model.logits(IDS).equal(clean)


@pytest.mark.parametrize(
    ("point", "options", "message"),
    [
        (Point("nowhere"), {}, "no point 'nowhere'"),  # type: ignore[arg-type]
        (Point("mlp", 2), {}, "no layer 2"),
        (Point("embedding", 1), {}, "no layer 1"),
        (Point("mlp"), {"heads": [0]}, "No heads can be chosen"),
        (Point("heads"), {"heads": [3]}, "no head 3.*0 to 2"),
        (Point("heads"), {"heads": []}, "No head is chosen"),
        (Point("heads"), {"positions": [7]}, "no position 7 in a text of 7"),
    ],
)
def test_what_cannot_be_patched_is_said(tiny: Tiny, point: Point, options: dict, message: str) -> None:
    model = tiny(0)
    with pytest.raises(CourseError, match=message), patch_point(model, IDS, point, **options):
        pass
    assert number_of_hooks(model) == 0


def test_texts_of_other_lengths_are_refused_unless_positions_are_named(tiny: Tiny) -> None:
    model = tiny(0)
    with (
        pytest.raises(CourseError, match="source has 7 tokens, and this text has 3"),
        patch_point(model, IDS, Point("mlp")),
    ):
        model.logits(IDS[:3])
    with patch_point(model, IDS, Point("mlp"), positions=[0]):
        torch.testing.assert_close(model.logits(IDS[:3]), model.logits(IDS[:3]))
    assert number_of_hooks(model) == 0


def test_readings_say_what_they_are(tiny: Tiny) -> None:
    read = read_points(tiny(0), "w1 w2 w3", [Point("heads", 1), Point("embedding")])
    assert "heads of layer 1" in read.text()
    assert read._repr_html_().count("<tr>") == 3
    assert read.settings["input_ids"] == [1, 2, 3]
