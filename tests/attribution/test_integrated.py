"""Integrated gradients: Captum's numbers with the same nodes, complete in the limit, and honest when not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from captum.attr import IntegratedGradients

from course_lib import load_model
from course_lib.attribution import Contrast, chat_question, gradient_x_input, integrated_gradients
from course_lib.attribution.baselines import baseline_embeddings, end_of_text
from course_lib.attribution.gradients import embed
from course_lib.attribution.quadrature import quadrature
from course_lib.errors import CourseError
from course_lib.models import LocalModel

Tiny = Callable[..., LocalModel]
FAMILIES = ["llama", "qwen2", "gemma", "gpt_neox", "gpt2"]
PROMPT, TARGETS = [3, 14, 15, 9, 26, 5, 35], [8, 9]
CAPTUM_NODES = {"gauss_legendre": "gausslegendre", "midpoint": "riemann_middle"}


def in_float64(model: LocalModel) -> LocalModel:
    model.model.double()
    return model


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("nodes", ["gauss_legendre", "midpoint"])
@pytest.mark.parametrize("hold", [(), (0, 3)])
def test_scores_equal_captum(tiny: Tiny, family: str, nodes: Any, hold: tuple[int, ...]) -> None:
    model = in_float64(tiny(1, family))
    text = torch.tensor(PROMPT + TARGETS[:-1])
    embedded = embed(model, text)
    start = embedded.clone()
    changed = [place for place in range(len(PROMPT)) if place not in hold]
    start[changed] = baseline_embeddings(model, "mean", len(PROMPT))[changed]
    result = integrated_gradients(model, PROMPT, TARGETS, nodes=nodes, hold=hold, steps=6, max_steps=6, batch_tokens=37)
    for target in (0, 1):

        def forward(rows: torch.Tensor, target: int = target) -> torch.Tensor:
            logits = model.model(inputs_embeds=rows).logits[:, len(PROMPT) - 1 + target]
            return logits.log_softmax(-1)[:, TARGETS[target]]

        expected, delta = IntegratedGradients(forward).attribute(
            embedded[None], start[None], n_steps=6, method=CAPTUM_NODES[nodes], return_convergence_delta=True
        )
        torch.testing.assert_close(
            result.scores[target], expected[0, : len(PROMPT)].sum(-1).float(), rtol=1e-4, atol=1e-5
        )
        assert result.settings["completeness_error"][target] == pytest.approx(float(delta), rel=1e-4, abs=1e-6)
    assert result.scores[:, list(hold)].abs().sum() == 0


@pytest.mark.parametrize("family", FAMILIES)
def test_scores_add_up_to_the_change_once_there_are_enough_steps(tiny: Tiny, family: str) -> None:
    model = in_float64(tiny(0, family))
    result = integrated_gradients(model, PROMPT, TARGETS, tolerance=1e-3)
    assert result.settings["converged"]
    torch.testing.assert_close(result.scores.sum(1), torch.tensor(result.settings["change"]), rtol=1e-3, atol=1.1e-3)


def test_the_change_is_the_models_own(tiny: Tiny) -> None:
    """With a baseline made of another token's embeddings, both ends of the path are texts."""
    model = tiny(3)
    other = embed(model, torch.tensor([7] * len(PROMPT)))
    result = integrated_gradients(model, PROMPT, [8], baseline=other, hold=(0,))
    ends = model.logits(torch.tensor([PROMPT, PROMPT[:1] + [7] * (len(PROMPT) - 1)]))[:, -1].log_softmax(-1)[:, 8]
    assert result.settings["change"][0] == pytest.approx(float(ends[0] - ends[1]), abs=1e-4)
    assert result.settings["baseline"] == "own"


def test_the_batch_size_changes_nothing(tiny: Tiny) -> None:
    one, other = (integrated_gradients(tiny(), PROMPT, TARGETS, batch_tokens=size) for size in (1, 1000))
    torch.testing.assert_close(one.scores, other.scores, rtol=1e-4, atol=1e-5)


def test_a_baseline_equal_to_the_prompt_leaves_nothing_to_explain(tiny: Tiny) -> None:
    model = tiny()
    result = integrated_gradients(model, PROMPT, [8], baseline=embed(model, torch.tensor(PROMPT)))
    assert result.scores.abs().max() == 0


def test_steps_are_added_until_the_error_is_small_or_the_end_is_reached() -> None:
    model = load_model("tiny:0")
    eager = integrated_gradients(model, "the cat sat on the", " mat", steps=2, tolerance=1e-2)
    assert eager.settings["steps"] > 2
    assert eager.settings["converged"]
    assert eager.notes[0].startswith("Complete with")
    short = integrated_gradients(model, "the cat sat on the", " mat", steps=1, max_steps=3, tolerance=1e-9)
    assert short.settings["steps"] == 3
    assert not short.settings["converged"]
    assert "NOT CONVERGED after 3 steps" in str(short)
    assert "NOT CONVERGED" in short._repr_html_()


def test_one_step_from_zero_at_the_end_is_gradient_times_input(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    end = (torch.tensor([1.0], dtype=torch.float64), torch.tensor([1.0], dtype=torch.float64))
    monkeypatch.setattr("course_lib.attribution.path.quadrature", lambda nodes, steps: end)
    result = integrated_gradients(tiny(), PROMPT, TARGETS, baseline="zero", hold=(), steps=1, max_steps=1)
    torch.testing.assert_close(result.scores, gradient_x_input(tiny(), PROMPT, TARGETS).scores, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("nodes", "degree"), [("gauss_legendre", 9), ("midpoint", 1)])
def test_nodes_integrate_polynomials_as_they_should(nodes: str, degree: int) -> None:
    places, weights = quadrature(nodes, 5)
    assert float((places**degree * weights).sum()) == pytest.approx(1 / (degree + 1), abs=1e-12)
    assert float(weights.sum()) == pytest.approx(1)


def test_baselines_are_what_they_are_called() -> None:
    model = load_model("tiny:0")
    table = model.model.get_input_embeddings().weight
    torch.testing.assert_close(baseline_embeddings(model, "mean", 2)[1], table.mean(0), rtol=1e-4, atol=1e-6)
    assert baseline_embeddings(model, "zero", 2).abs().sum() == 0
    assert model.tokens([end_of_text(model)]) == ["<|endoftext|>"]
    assert baseline_embeddings(model, "end_of_text", 3)[2].equal(table[end_of_text(model)])


def test_contrasts_and_chats_are_targets_too() -> None:
    model = load_model("tiny:0")
    contrast = integrated_gradients(model, "the cat sat on the", Contrast(" mat", " model"))
    assert contrast.unit == "logits"
    assert contrast.settings["target_ids"] == [model.single_token(" mat")]
    question = chat_question(model, "Please help me", " not")
    chat = integrated_gradients(model, question)
    outside = [place for place in range(len(chat.tokens)) if place not in range(*question.request)]
    assert chat.scores[0, outside].abs().sum() == 0
    assert chat.scores[0, slice(*question.request)].abs().min() > 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"nodes": "simpson"}, "no nodes"),
        ({"steps": 0}, "no range"),
        ({"steps": 3000}, "no range"),
        ({"tolerance": 0}, "cannot be met"),
        ({"baseline": "noise"}, "no baseline"),
        ({"baseline": torch.zeros(3, 24)}, "does not fit"),
        ({"baseline": "end_of_text"}, "no end-of-text"),
    ],
)
def test_bad_choices_are_answered_in_a_sentence(tiny: Tiny, options: dict[str, Any], message: str) -> None:
    with pytest.raises(CourseError, match=message):
        integrated_gradients(tiny(), PROMPT, [8], **options)
