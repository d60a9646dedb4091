"""Ablation replaces exactly what was named, by exactly what the mode says, and leaves no hook behind."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from course_lib.errors import CourseError
from course_lib.models import LocalModel
from course_lib.patching import ablate, find_structure
from course_lib.patching.hooks import output_edited, recorded

Tiny = Callable[..., LocalModel]
FAMILIES = ["llama", "qwen2", "gemma", "gpt_neox", "gpt2"]
CLOSE = {"rtol": 0.0, "atol": 1e-5}  # the same float32 sums, once with zeros written in and once computed
IDS = torch.tensor([3, 1, 4, 1, 5, 9, 2])
OTHER = torch.tensor([2, 7, 1, 8, 2, 8, 1])


def number_of_hooks(model: LocalModel) -> int:
    return sum(len(part._forward_hooks) + len(part._forward_pre_hooks) for part in model.model.modules())


def inputs_of(model: LocalModel, module: torch.nn.Module, ids: Tensor) -> Tensor:
    with recorded({"it": module}, lambda value, _: value) as seen:
        model.logits(ids)
    return seen["it"]


@pytest.mark.parametrize("family", FAMILIES)
def test_all_heads_of_a_layer_zeroed_is_an_attention_that_writes_only_its_bias(tiny: Tiny, family: str) -> None:
    model = tiny(1, family)
    structure = find_structure(model)
    projection = structure.blocks[0].attention_output
    bias = getattr(projection, "bias", None)
    with output_edited(projection, lambda _, out: torch.zeros_like(out) + (0 if bias is None else bias)):
        expected = model.logits(IDS)
    with ablate(model, heads=[(0, head) for head in range(structure.n_heads)], mode="zero"):
        torch.testing.assert_close(model.logits(IDS), expected, **CLOSE)
    assert (model.logits(IDS) - expected).abs().max() > 0.1


@pytest.mark.parametrize("family", FAMILIES)
def test_every_layer_zeroed_leaves_the_embedding_and_the_final_norm(tiny: Tiny, family: str) -> None:
    model = tiny(2, family)
    structure = find_structure(model)
    embedded = inputs_of(model, structure.blocks[0].module, IDS)
    with torch.no_grad():
        expected = model.model.get_output_embeddings()(structure.final_norm(embedded))[0]
    with ablate(model, layers=[0, 1], mode="zero"):
        torch.testing.assert_close(model.logits(IDS), expected, **CLOSE)


def test_one_head_zeroed_by_hand(tiny: Tiny) -> None:
    """The weights' way: what a head writes is lost when its columns of the output projection are zero."""
    model, changed = tiny(3), tiny(3)
    changed.model.model.layers[1].self_attn.o_proj.weight[:, 8:16] = 0  # head 1 of width 8
    with ablate(model, heads=[(1, 1)], mode="zero"):
        torch.testing.assert_close(model.logits(IDS), changed.logits(IDS), **CLOSE)


def test_one_neuron_zeroed_by_hand(tiny: Tiny) -> None:
    model, changed = tiny(3, "gpt2"), tiny(3, "gpt2")
    changed.model.transformer.h[0].mlp.c_proj.weight[95, :] = 0  # Conv1D: rows are inputs
    with ablate(model, neurons=[(0, 95)], mode="zero"):
        torch.testing.assert_close(model.logits(IDS), changed.logits(IDS), **CLOSE)


def test_heads_neurons_and_layers_together(tiny: Tiny) -> None:
    model, changed = tiny(3), tiny(3)
    changed.model.model.layers[0].self_attn.o_proj.weight[:, :16] = 0
    changed.model.model.layers[0].mlp.down_proj.weight[:, 7] = 0
    with (
        ablate(changed, layers=[1], mode="zero"),
        ablate(model, heads=[(0, 0), (0, 1)], neurons=[(0, 7)], layers=[1], mode="zero"),
    ):
        torch.testing.assert_close(model.logits(IDS), changed.logits(IDS), **CLOSE)


def test_the_mean_is_over_all_positions_of_all_texts_and_only_in_the_named_head(tiny: Tiny) -> None:
    model = tiny(4)
    projection = model.model.model.layers[0].self_attn.o_proj
    short, long = torch.tensor([7, 7]), torch.tensor([[1, 2, 3, 4, 5], [6, 5, 4, 3, 2]])  # 2 + 10 positions
    written = torch.cat([inputs_of(model, projection, ids).flatten(0, 1) for ids in (short, long)])
    before = inputs_of(model, projection, IDS)
    with ablate(model, heads=[(0, 2)], mode="mean", reference=[short, long]):
        handle = projection.register_forward_hook(lambda _, args, out: seen.append(args[0]))
        seen: list[Tensor] = []
        model.logits(IDS)
        handle.remove()
    torch.testing.assert_close(seen[0][..., :16], before[..., :16], rtol=0, atol=0)
    torch.testing.assert_close(seen[0][0, :, 16:], written[:, 16:].mean(0).expand(7, 8), **CLOSE)


def test_a_layer_at_its_mean_adds_the_same_at_every_position(tiny: Tiny) -> None:
    model = tiny(4)
    with (
        ablate(model, layers=[1], mode="mean", reference="w1 w2 w3"),
        recorded({"it": model.model.model.layers[1]}, lambda value, output: output - value) as seen,
    ):
        model.logits(IDS)
    added = seen["it"][0]
    torch.testing.assert_close(added, added[:1].expand_as(added), **CLOSE)
    assert added.abs().max() > 0.01


@pytest.mark.parametrize("family", FAMILIES)
def test_resampling_from_the_same_text_changes_nothing(tiny: Tiny, family: str) -> None:
    model = tiny(5, family)
    expected = model.logits(IDS)
    with ablate(model, heads=[(0, 1)], neurons=[(1, 3)], layers=[1], mode="resample", reference=IDS):
        torch.testing.assert_close(model.logits(IDS), expected, **CLOSE)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_layer_resampled_is_another_text_behind_this_ones_embedding(tiny: Tiny, family: str) -> None:
    model = tiny(6, family)
    structure = find_structure(model)
    first = structure.blocks[0].module
    ours, theirs = inputs_of(model, first, IDS), inputs_of(model, first, OTHER)
    last = inputs_of(model, structure.final_norm, OTHER)
    with torch.no_grad():
        expected = model.model.get_output_embeddings()(structure.final_norm(last - theirs + ours))[0]
    with ablate(model, layers=[0, 1], mode="resample", reference=OTHER):
        torch.testing.assert_close(model.logits(IDS), expected, rtol=0, atol=1e-4)  # two more float32 sums


def test_one_reference_serves_a_whole_batch(tiny: Tiny) -> None:
    model, batch = tiny(7), torch.stack([IDS, OTHER, IDS.flip(0)])
    with ablate(model, heads=[(0, 0)], mode="resample", reference=OTHER):
        together = model.logits(batch)
        torch.testing.assert_close(together[2], model.logits(batch[2]), **CLOSE)


def test_values_come_from_the_model_as_it_was_before(tiny: Tiny) -> None:
    """Both layers are measured clean: what layer 1 writes must not be what it writes when layer 0 is already gone."""
    model = tiny(8)
    added = inputs_of(model, model.model.model.norm, OTHER) - inputs_of(model, model.model.model.layers[1], OTHER)
    with (
        ablate(model, layers=[0, 1], mode="resample", reference=OTHER),
        recorded({"it": model.model.model.layers[1]}, lambda value, output: output - value) as seen,
    ):
        model.logits(IDS)
    torch.testing.assert_close(seen["it"], added, rtol=0, atol=1e-4)  # output minus input, twice rounded


@pytest.mark.parametrize("mode", ["zero", "mean", "resample"])
def test_no_hook_is_left_after_success_or_after_an_error(tiny: Tiny, mode: str) -> None:
    model = tiny(0)
    reference = None if mode == "zero" else IDS
    clean = model.logits(IDS)
    options = {"heads": [(0, 0)], "neurons": [(1, 1)], "layers": [1], "mode": mode, "reference": reference}
    with ablate(model, **options):  # type: ignore[arg-type]
        assert number_of_hooks(model) == 3
    assert number_of_hooks(model) == 0
    with pytest.raises(ZeroDivisionError), ablate(model, **options):  # type: ignore[arg-type]
        raise ZeroDivisionError
    assert number_of_hooks(model) == 0
    assert model.logits(IDS).equal(clean)


def test_no_hook_is_left_when_a_hook_itself_fails(tiny: Tiny) -> None:
    model = tiny(0)
    with (
        pytest.raises(CourseError, match="reference has 3 tokens, and this text has 7"),
        ablate(model, heads=[(0, 0)], mode="resample", reference="w1 w2 w3"),
    ):
        model.logits(IDS)
    assert number_of_hooks(model) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"heads": [(2, 0)], "mode": "zero"}, "no layer 2"),
        ({"heads": [(0, 3)], "mode": "zero"}, "no head 3.*0 to 2"),
        ({"heads": [(0, -1)], "mode": "zero"}, "no head -1"),
        ({"neurons": [(0, 40)], "mode": "zero"}, "no neuron 40"),
        ({"layers": [5], "mode": "zero"}, "no layer 5"),
        ({"heads": [(0, 0)], "mode": "nothing"}, "no ablation 'nothing'"),
        ({"heads": [(0, 0)], "mode": "mean"}, "needs a reference"),
        ({"heads": [(0, 0)], "mode": "resample"}, "needs a reference"),
        ({"heads": [(0, 0)], "mode": "zero", "reference": "w1"}, "does not look at a reference"),
        ({"heads": [(0, 0)], "mode": "mean", "reference": []}, "no tokens"),
        ({"heads": [(0, 0)], "mode": "resample", "reference": ["w1", "w2"]}, "one reference text, not 2"),
    ],
)
def test_what_cannot_be_ablated_is_said(tiny: Tiny, options: dict, message: str) -> None:
    model = tiny(0)
    with pytest.raises(CourseError, match=message), ablate(model, **options):
        pass
    assert number_of_hooks(model) == 0


def test_a_batch_of_references_must_fit_the_batch_that_runs(tiny: Tiny) -> None:
    model, batch = tiny(0), torch.stack([IDS, OTHER])
    with (
        pytest.raises(CourseError, match="batch of 2 texts, and 3 are running"),
        ablate(model, heads=[(0, 0)], mode="resample", reference=batch),
    ):
        model.logits(torch.stack([IDS, OTHER, IDS]))
