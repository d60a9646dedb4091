"""The methods give one number for each token of the request, the right way round, at the right place."""

from __future__ import annotations

import pytest
import torch

from course_lib import CourseError
from course_lib.attention import attention_weights
from course_lib.attribution import token_attribution
from course_lib.models import LocalModel
from course_lib.organisms.audit import METHODS, Question, Selection, find_methods
from course_lib.organisms.audit.methods import _gradient


@pytest.fixture
def question(selection: Selection) -> Question:
    return selection.cases[0].question


@pytest.mark.parametrize("name", METHODS)
def test_one_finite_number_for_each_token_of_the_request(name: str, model: LocalModel, question: Question) -> None:
    scores = METHODS[name].scores(model, question)
    assert scores.shape == (question.stop - question.start,)
    assert scores.isfinite().all()
    assert len(scores.unique()) > 1


@pytest.mark.parametrize("seed", range(5))
def test_the_gradient_is_the_slope_that_small_steps_measure(seed: int, model: LocalModel, question: Question) -> None:
    """Along random directions: one token's in the even cases, all tokens' in the odd ones."""
    embeddings, gradient = _gradient(model, question)
    whole = model.model.get_input_embeddings()(torch.tensor([question.ids]))
    assert torch.equal(embeddings, whole[0, question.start : question.stop])
    random = torch.Generator().manual_seed(seed)
    direction = torch.randn(gradient.shape, generator=random)
    direction[1:] *= seed % 2
    direction = 0.01 * direction.roll(seed, dims=0) / direction.norm()

    def log_prob(sign: int) -> float:
        moved = whole.clone()
        moved[0, question.start : question.stop] += sign * direction
        return float(model.model(inputs_embeds=moved).logits[0, -1].log_softmax(-1)[question.target])

    slope = (log_prob(+1) - log_prob(-1)) / 2
    assert slope == pytest.approx(float((gradient * direction).sum()), rel=0.02, abs=2e-6)


def test_saliency_and_gradient_x_input_are_made_of_the_gradient(model: LocalModel, question: Question) -> None:
    embeddings, gradient = _gradient(model, question)
    saliency, product = (METHODS[name].scores(model, question) for name in ("saliency", "gradient x input"))
    assert torch.allclose(saliency, gradient.square().sum(-1).sqrt())
    assert torch.allclose(product, torch.einsum("td,td->t", embeddings, gradient), atol=1e-6)


def test_gradient_methods_leave_no_gradient_behind(model: LocalModel, question: Question) -> None:
    METHODS["saliency"].scores(model, question)
    assert all(weight.grad is None and not weight.requires_grad for weight in model.model.parameters())


def test_deletion_is_the_definition_cut_to_the_request(model: LocalModel, question: Question) -> None:
    whole = token_attribution(model, torch.tensor(question.ids), torch.tensor([question.target]))[0]
    part = METHODS["delete"].scores(model, question)
    assert torch.allclose(part, whole[question.start : question.stop], atol=1e-4)


def test_attention_is_read_from_the_position_that_answers(model: LocalModel, question: Question) -> None:
    rows = attention_weights(model, question.ids)[:, :, len(question.ids) - 1, :]
    request = slice(question.start, question.stop)
    mean, last, strongest = (
        METHODS[f"attention, {name}"].scores(model, question) for name in ("mean", "last layer", "strongest head")
    )
    assert torch.allclose(mean, rows.reshape(-1, rows.shape[-1]).mean(0)[request])
    assert torch.allclose(last, rows[1].mean(0)[request])
    assert torch.allclose(strongest, rows.reshape(-1, rows.shape[-1]).max(0).values[request])


def test_without_the_sink_each_head_counts_by_what_it_has_left(model: LocalModel, question: Question) -> None:
    rows = attention_weights(model, question.ids)[:, :, -1]
    expected = torch.stack([row[1:] / row[1:].sum() for row in rows.reshape(-1, rows.shape[-1])]).mean(0)
    scores = METHODS["attention, no sink"].scores(model, question)
    assert torch.allclose(scores, expected[question.start - 1 : question.stop - 1])


def test_the_controls_know_places_only(model: LocalModel, question: Question) -> None:
    assert int(METHODS["control: first token"].scores(model, question).argmax()) == 0
    assert int(METHODS["control: last token"].scores(model, question).argmax()) == question.stop - question.start - 1


def test_methods_are_found_by_name_once_each() -> None:
    assert [method.name for method in find_methods([])] == list(METHODS)
    assert [method.name for method in find_methods(["saliency", "delete", "saliency"])] == ["saliency", "delete"]
    with pytest.raises(CourseError, match="'salience'") as caught:
        find_methods(["delete", "salience"])
    assert "Did you mean 'saliency'?" in caught.value.remedy
