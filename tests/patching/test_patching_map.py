"""The map in few passes equals one patched run for each cell; the linear map equals its slope, and Captum's."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import torch
from captum.attr import LayerGradientXActivation
from torch import Tensor

from course_lib.errors import CourseError
from course_lib.models import LocalModel
from course_lib.patching import (
    Metric,
    PatchingMap,
    Point,
    attribution_patching,
    find_structure,
    map_agreement,
    patch_point,
    patching_map,
    read_points,
)
from course_lib.patching.metrics import as_metric

Tiny = Callable[..., LocalModel]
FAMILIES = ["llama", "qwen2", "qwen3", "gemma", "gemma2", "gpt_neox", "gpt2"]
KINDS = {"residual": "residual_before", "heads": "heads", "attention": "attention", "mlp": "mlp"}
CLEAN = torch.tensor([3, 1, 4, 1, 5, 9, 2])
CORRUPTED = torch.tensor([3, 1, 7, 1, 5, 8, 2])  # differs at positions 2 and 5
PAIR = (8, 30)


def number_of_hooks(model: LocalModel) -> int:
    return sum(len(part._forward_hooks) + len(part._forward_pre_hooks) for part in model.model.modules())


def in_double(model: LocalModel) -> LocalModel:
    return LocalModel(model.model.double(), model.tokenizer, model.name, model.source)


def one_by_one(model: LocalModel, found: PatchingMap, metric: Metric, **options: object) -> Tensor:
    """The definition: for each cell the whole corrupted text, with one place patched."""
    expected = torch.zeros_like(found.recovery)
    for row, layer in enumerate(found.layers):
        for index, column in enumerate(found.columns):
            place = {"heads": [column]} if found.sites == "heads" else {"positions": [column]}
            point = Point(KINDS[found.sites], layer)  # type: ignore[arg-type]
            with patch_point(model, CLEAN, point, **(place | options)):  # type: ignore[arg-type]
                patched = float(metric.measure(model.logits(CORRUPTED)[-1:]))
            expected[row, index] = (patched - found.corrupted) / (found.clean - found.corrupted)
    return expected


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("sites", KINDS)
def test_the_map_equals_one_patched_run_for_each_cell(tiny: Tiny, family: str, sites: str) -> None:
    model = tiny(3, family)
    for batch_tokens in (1, 30, 4096):  # one cell a pass; some; all of them, joining at their layers
        found = patching_map(model, CLEAN, CORRUPTED, PAIR, sites, batch_tokens=batch_tokens)  # type: ignore[arg-type]
        expected = one_by_one(model, found, as_metric(model, PAIR))
        torch.testing.assert_close(found.recovery, expected, rtol=1e-4, atol=2e-5)
    assert found.settings["passes"] == 3
    assert expected.abs().max() > 0.01


@pytest.mark.parametrize(
    "metric", [8, PAIR, Metric("entropy", "nats", lambda z: torch.special.entr(z.softmax(-1)).sum(-1))]
)
def test_any_metric_some_layers_and_some_positions(tiny: Tiny, metric: object) -> None:
    model = tiny(4)
    found = patching_map(model, CLEAN, CORRUPTED, metric, "heads", layers=[1], positions=[2, -1])  # type: ignore[arg-type]
    expected = one_by_one(model, found, as_metric(model, metric), positions=[2, 6])  # type: ignore[arg-type]
    torch.testing.assert_close(found.recovery, expected, rtol=1e-4, atol=2e-5)
    some = patching_map(model, CLEAN, CORRUPTED, metric, layers=[1], positions=[-1, 2])  # type: ignore[arg-type]
    assert some.columns == (6, 2)
    torch.testing.assert_close(some.recovery, one_by_one(model, some, as_metric(model, metric)), rtol=1e-4, atol=2e-5)  # type: ignore[arg-type]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_one_position_that_differs_recovers_everything_at_layer_0(tiny: Tiny, family: str) -> None:
    other = CLEAN.clone()
    other[2] = 7
    found = patching_map(tiny(5, family), CLEAN, other, PAIR)
    expected = torch.zeros(7)
    expected[2] = 1.0
    torch.testing.assert_close(found.recovery[0], expected, rtol=0, atol=1e-4)
    assert found.recovery[:, :2].eq(0).all()  # before the difference, exactly


def test_everything_at_layer_0_recovers_everything(tiny: Tiny) -> None:
    model, metric = tiny(5), as_metric(tiny(5), PAIR)
    clean, corrupted = (float(metric.measure(model.logits(ids)[-1:])) for ids in (CLEAN, CORRUPTED))
    with patch_point(model, CLEAN, Point("residual_before", 0)):
        patched = float(metric.measure(model.logits(CORRUPTED)[-1:]))
    assert (patched - corrupted) / (clean - corrupted) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("sites", KINDS)
def test_attribution_patching_is_patching_in_the_limit_of_small_steps(tiny: Tiny, family: str, sites: str) -> None:
    """A tenth of the step is a tenth of the error, down to what norms and softmax lose by computing in float32."""
    model, question = in_double(tiny(6, family)), (CLEAN, CORRUPTED, PAIR, sites)
    linear = attribution_patching(model, *question).recovery  # type: ignore[arg-type]
    errors = [
        float((patching_map(model, *question, step=step).recovery / step - linear).abs().max() / linear.abs().max())  # type: ignore[arg-type]
        for step in (1e-1, 1e-2)
    ]
    assert errors[1] < 0.2 * errors[0] + 2e-3
    assert errors[1] < 0.05


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("sites", ["residual", "heads", "mlp"])
def test_attribution_patching_has_captums_slopes(tiny: Tiny, family: str, sites: str) -> None:
    """Captum gives slope times own value, entry by entry; times (clean / own − 1) that is slope times difference."""
    model = tiny(7, family)
    found = attribution_patching(model, CLEAN, CORRUPTED, PAIR, sites)  # type: ignore[arg-type]
    blocks = find_structure(model).blocks
    modules = {
        "residual": [model.model.get_input_embeddings(), blocks[0].module],  # what they hand on enters the next block
        "heads": [block.attention_output for block in blocks],
        "mlp": [block.mlp_writer for block in blocks],
    }[sites]
    points = (
        [Point("embedding"), Point("residual_after", 0)] if sites == "residual" else [Point(sites, i) for i in (0, 1)]
    )  # type: ignore[arg-type]
    clean, own = read_points(model, CLEAN, points), read_points(model, CORRUPTED, points)
    for layer, (module, point) in enumerate(zip(modules, points, strict=True)):
        oracle = LayerGradientXActivation(
            lambda ids: (out := model.model(ids, use_cache=False).logits[:, -1])[:, 8] - out[:, 30], module
        )
        product = oracle.attribute(CORRUPTED[None], attribute_to_layer_input=sites == "heads")
        product = (product[0] if isinstance(product, tuple) else product)[0].detach()
        expected = product * (clean[point] / own[point] - 1)
        expected = expected.sum(0).unflatten(0, (model.n_heads, -1)).sum(-1) if sites == "heads" else expected.sum(-1)
        torch.testing.assert_close(found.change()[layer], expected, rtol=1e-4, atol=1e-4)


def test_agreement_is_scipys_and_refuses_other_places(tiny: Tiny) -> None:
    from scipy import stats

    exact = patching_map(tiny(8), CLEAN, CORRUPTED, PAIR, "mlp")
    linear = attribution_patching(tiny(8), CLEAN, CORRUPTED, PAIR, "mlp")
    agreement = map_agreement(linear, exact)
    a, b = linear.recovery.flatten().numpy(), exact.recovery.flatten().numpy()
    assert agreement.pearson == pytest.approx(stats.pearsonr(a, b).statistic, abs=1e-6)
    assert agreement.spearman == pytest.approx(stats.spearmanr(a, b).statistic, abs=1e-6)
    assert map_agreement(exact, exact).pearson == pytest.approx(1.0)
    assert "Pearson" in agreement.text() in agreement._repr_html_()
    with pytest.raises(CourseError, match="not of the same places"):
        map_agreement(exact, patching_map(tiny(8), CLEAN, CORRUPTED, PAIR, "heads"))


def test_no_hook_and_no_gradient_is_left_after_success_or_an_error(tiny: Tiny) -> None:
    model = tiny(0)
    clean, ran = model.logits(CLEAN), []

    def fails_later(logits: Tensor) -> Tensor:
        ran.append(number_of_hooks(model))
        return logits[:, 8] if len(ran) < 3 else logits[:, 1 // 0]

    for method in (patching_map, attribution_patching):
        ran.clear()
        method(model, CLEAN, CORRUPTED, PAIR, "heads")
        assert number_of_hooks(model) == 0
        with pytest.raises(ZeroDivisionError):
            method(model, CLEAN, CORRUPTED, Metric("fails", "logits", fails_later), "heads")
        assert number_of_hooks(model) == 0
    assert model.logits(CLEAN).equal(clean)
    assert all(parameter.grad is None for parameter in model.model.parameters())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"corrupted": CORRUPTED[:-1]}, "clean text has 7 tokens, the corrupted one 6"),
        ({"corrupted": CLEAN}, "nothing to recover"),
        ({"sites": "neurons"}, "no sites 'neurons'"),
        ({"layers": [2]}, "no layer 2"),
        ({"positions": [7]}, "no position 7"),
        ({"metric": (8, 8)}, "same token"),
        ({"metric": (8, 9, 10)}, "3 answers are no pair"),
        ({"metric": 61}, "not token ids"),
        ({"metric": "w1 w2"}, "2 tokens"),
    ],
)
def test_questions_without_an_answer_are_refused(tiny: Tiny, options: dict, message: str) -> None:
    for method in (patching_map, attribution_patching):
        with pytest.raises(CourseError, match=message):
            method(tiny(0), **({"clean": CLEAN, "corrupted": CORRUPTED, "metric": PAIR} | options))
    with pytest.raises(CourseError, match="no plan"):
        patching_map(tiny(0), CLEAN, CORRUPTED, PAIR, step=0.0)


def test_a_pass_that_does_not_fit_is_refused(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("course_lib.attribution.memory.available_bytes", lambda _: 1000)
    with pytest.raises(CourseError, match=r"GB of memory.*batch_tokens"):
        patching_map(tiny(0), CLEAN, CORRUPTED, PAIR)
    with pytest.raises(CourseError, match=r"GB of memory.*Shorten"):
        attribution_patching(tiny(0), CLEAN, CORRUPTED, PAIR)


def test_progress_counts_the_cells_that_are_run_and_results_say_what_they_are(tiny: Tiny) -> None:
    seen: list[tuple[int, int]] = []
    found = patching_map(tiny(0), CLEAN, CORRUPTED, PAIR, progress=lambda *done: seen.append(done), batch_tokens=1)
    assert seen[-1] == (7, 7)  # layer 0: the two words that differ; layer 1: positions 2 to 6
    assert json.dumps(found.to_dict())
    assert "2 w4|w7" in found._repr_html_()
    assert "recovery of logit('w8') − logit('w30')" in found.text()
    assert found.top(1)[0][2] == found.recovery.flatten()[found.recovery.abs().argmax()]
