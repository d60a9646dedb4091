"""Effects of heads: the definition against weights edited by hand, and the batched grid against the definition."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable

import pytest
import torch

from course_lib.errors import CourseError
from course_lib.models import LocalModel
from course_lib.patching import HeadEffects, ablate, ablation_effects, head_ablation_effect

Tiny = Callable[..., LocalModel]
EXACT = {"rtol": 0.0, "atol": 1e-4}  # float32 sums in another order
IDS = torch.tensor([3, 1, 4, 1, 5, 9, 2])
OTHER = torch.tensor([2, 7, 1, 8, 2, 8, 1])


def log_prob(model: LocalModel, target: int) -> torch.Tensor:
    return model.logits(IDS)[-1].log_softmax(-1)[target]


@pytest.mark.parametrize(("family", "heads"), [("llama", 3), ("qwen2", 6), ("gemma", 3)])
def test_the_definition_equals_zeroed_columns_of_the_projection(tiny: Tiny, family: str, heads: int) -> None:
    model, expected = tiny(1, family), []
    for head in range(heads):
        changed = tiny(1, family)
        weight = changed.model.model.layers[1].self_attn.o_proj.weight
        width = weight.shape[1] // heads
        weight[:, head * width : (head + 1) * width] = 0
        expected.append(log_prob(model, 8) - log_prob(changed, 8))
    effects = head_ablation_effect(model, IDS, 8, layer=1)
    torch.testing.assert_close(effects, torch.stack(expected), **EXACT)
    assert effects.abs().min() > 1e-3  # every head does something, or the test could not tell them apart


def test_the_definition_leaves_no_hook_even_after_an_error(tiny: Tiny) -> None:
    model = tiny(1)
    projection = model.model.model.layers[0].self_attn.o_proj
    calls = 0

    def fail_in_the_second_run(*_: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise ZeroDivisionError

    handle = model.model.model.norm.register_forward_hook(fail_in_the_second_run)
    with pytest.raises(ZeroDivisionError):
        head_ablation_effect(model, IDS, 8, layer=0)
    handle.remove()
    assert not projection._forward_pre_hooks


def test_the_solution_that_learners_read_is_short() -> None:
    code = inspect.getsource(head_ablation_effect).split('"""')[2].strip().splitlines()
    assert len([line for line in code if line.strip()]) <= 18


@pytest.mark.parametrize("family", ["llama", "qwen2", "gemma"])
def test_the_grid_equals_the_definition(tiny: Tiny, family: str) -> None:
    model = tiny(2, family)
    expected = torch.stack([head_ablation_effect(model, IDS, 8, layer) for layer in (0, 1)])
    for batch_tokens in (1, 15, 4096):  # one head a batch; two; all
        result = ablation_effects(model, IDS, 8, mode="zero", batch_tokens=batch_tokens)
        torch.testing.assert_close(result.effects, expected, **EXACT)


@pytest.mark.parametrize("family", ["llama", "qwen2", "gemma", "gpt_neox", "gpt2"])
@pytest.mark.parametrize("mode", ["zero", "mean", "resample"])
def test_the_grid_equals_one_ablation_after_another(tiny: Tiny, family: str, mode: str) -> None:
    model, reference = tiny(3, family), None if mode == "zero" else OTHER
    expected = torch.zeros(2, model.n_heads)
    for layer in (0, 1):
        for head in range(model.n_heads):
            with ablate(model, heads=[(layer, head)], mode=mode, reference=reference):  # type: ignore[arg-type]
                ablated = log_prob(model, 8) - log_prob(model, 30)
            expected[layer, head] = log_prob(model, 8) - log_prob(model, 30) - ablated
    result = ablation_effects(model, IDS, 8, contrast=30, mode=mode, reference=reference)  # type: ignore[arg-type]
    torch.testing.assert_close(result.effects, expected, **EXACT)


def test_chosen_layers_keep_their_order(tiny: Tiny) -> None:
    both = ablation_effects(tiny(3), IDS, 8, mode="zero")
    turned = ablation_effects(tiny(3), IDS, 8, mode="zero", layers=[1, 0])
    torch.testing.assert_close(turned.effects, both.effects.flip(0), **EXACT)
    assert turned.top(1) == both.top(1)


def test_a_head_replaced_by_itself_has_no_effect(tiny: Tiny) -> None:
    result = ablation_effects(tiny(3), IDS, 8, mode="resample", reference=IDS)
    assert result.settings["reference_ids"] == [[IDS.tolist()]]
    torch.testing.assert_close(result.effects, torch.zeros(2, 3), **EXACT)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": "w1 w2", "mode": "zero"}, "is 2 tokens"),
        ({"target": 8, "contrast": "", "mode": "zero"}, "is 0 tokens"),
        ({"target": 8, "mode": "zero", "layers": [2]}, "no layer 2"),
        ({"target": 8, "mode": "mean"}, "needs a reference"),
        ({"target": 8, "mode": "resample", "reference": "w1 w2"}, "2 tokens, and this text has 7"),
    ],
)
def test_questions_without_an_answer_say_why(tiny: Tiny, options: dict, message: str) -> None:
    with pytest.raises(CourseError, match=message):
        ablation_effects(tiny(0), IDS, **options)


def test_the_result_sorts_prints_draws_and_stores() -> None:
    effects = torch.tensor([[0.5, -3.0], [2.0, 0.0]])
    result = HeadEffects(effects, (4, 9), ("a", "b"), "log p(' <b>')", -1.25, {"mode": "mean"})
    assert result.top(2) == [(4, 1, -3.0), (9, 0, 2.0)]
    title, header, *rows = str(result).splitlines()
    assert title == "mean ablation: fall of log p(' <b>') from -1.250, in nats; strongest 4 of 4 heads"
    assert header.split() == ["layer", "head", "effect"]
    assert rows[0].split() == ["4", "1", "-3.000"]
    assert "<b>" not in result._repr_html_()
    assert result._repr_html_().count("<td") == 4
    assert json.loads(json.dumps(result.to_dict()))["effects"] == [[0.5, -3.0], [2.0, 0.0]]


@pytest.mark.model
def test_on_the_default_model_the_grid_equals_the_definition() -> None:
    from course_lib import load_model

    model = load_model()
    ids, target = model.encode("The capital of France is"), int(model.encode(" Paris"))
    result = ablation_effects(model, ids, target, mode="zero", layers=[20])
    torch.testing.assert_close(result.effects[0], head_ablation_effect(model, ids, target, 20), **EXACT)
