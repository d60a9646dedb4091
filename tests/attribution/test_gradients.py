"""Gradients are those that Captum computes, of the right number, and cost no more than they must."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from captum.attr import InputXGradient, Saliency

from course_lib import load_model
from course_lib.attribution import Contrast, chat_question, gradient_x_input, integrated_gradients, memory, saliency
from course_lib.attribution.gradients import embed
from course_lib.errors import CourseError
from course_lib.models import LocalModel

Tiny = Callable[..., LocalModel]
FAMILIES = ["llama", "qwen2", "gemma", "gpt_neox", "gpt2"]
CLOSE = {"rtol": 1e-4, "atol": 1e-5}  # the same float32 sums in another order
PROMPT, TARGETS = [3, 14, 15, 9, 26, 5, 35], [8, 9]


def captum_scores(oracle: Any, model: LocalModel, target: int) -> torch.Tensor:
    """Captum's gradient-sized attribution of log p(target token), over the embedded text."""
    text = torch.tensor(PROMPT + TARGETS[:-1])

    def forward(embedded: torch.Tensor) -> torch.Tensor:
        logits = model.model(inputs_embeds=embedded).logits[:, len(PROMPT) - 1 + target]
        return logits.log_softmax(-1)[:, TARGETS[target]]

    embedded = embed(model, text)[None].requires_grad_()
    kind = oracle(forward)
    return kind.attribute(embedded, abs=False)[0] if oracle is Saliency else kind.attribute(embedded)[0]


@pytest.mark.parametrize("family", FAMILIES)
def test_both_methods_equal_captum(tiny: Tiny, family: str) -> None:
    model = tiny(1, family)
    for target in (0, 1):
        gradient = captum_scores(Saliency, model, target)[: len(PROMPT)].detach()
        product = captum_scores(InputXGradient, model, target)[: len(PROMPT)].detach()
        for norm, lengths in (("l2", gradient.norm(dim=-1)), ("l1", gradient.abs().sum(-1))):
            torch.testing.assert_close(saliency(model, PROMPT, TARGETS, norm=norm).scores[target], lengths, **CLOSE)
        torch.testing.assert_close(gradient_x_input(model, PROMPT, TARGETS).scores[target], product.sum(-1), **CLOSE)


def test_a_gradient_is_what_a_small_step_changes(tiny: Tiny) -> None:
    """Against the difference quotient in float64: no library in between."""
    model = tiny(2, "gpt2")  # whose norms compute in the model's own precision
    model.model.double()
    text, step = torch.tensor(PROMPT), 1e-6
    embedded = embed(model, text)

    def score(rows: torch.Tensor) -> float:
        return float(model.model(inputs_embeds=rows[None]).logits[0, -1].log_softmax(-1)[8])

    scaled = torch.ones(len(text), 1, dtype=torch.float64)
    expected = []
    for place in range(len(text)):
        scaled[place] = 1 + step
        up = score(embedded * scaled)
        scaled[place] = 1 - step
        expected.append((up - score(embedded * scaled)) / (2 * step))
        scaled[place] = 1
    torch.testing.assert_close(
        gradient_x_input(model, PROMPT, [8]).scores[0], torch.tensor(expected), rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_a_contrast_is_the_difference_of_two_logits(tiny: Tiny, family: str) -> None:
    model = tiny(0, family)
    one, other = (gradient_x_input(model, PROMPT, [token], score="logit").scores for token in (8, 9))
    result = gradient_x_input(model, PROMPT, Contrast(8, 9))
    torch.testing.assert_close(result.scores, one - other, rtol=1e-4, atol=1e-4)
    assert result.target_tokens == ("w8 over w9",)
    assert result.unit == "logits"
    assert result.settings["foil_id"] == 9


def test_no_gradient_reaches_the_weights_even_where_they_ask_for_it(tiny: Tiny) -> None:
    model = tiny(0)
    model.model.requires_grad_(True)
    try:
        gradient_x_input(model, PROMPT, TARGETS)
        assert all(weight.grad is None for weight in model.model.parameters())
    finally:
        model.model.requires_grad_(False)


def test_a_no_grad_block_around_the_call_does_not_matter(tiny: Tiny) -> None:
    with torch.no_grad():
        inside = saliency(tiny(), PROMPT, [8])
    assert inside.scores.equal(saliency(tiny(), PROMPT, [8]).scores)


def test_only_the_needed_logits_are_computed(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    model, seen = tiny(), []
    head = model.model.get_output_embeddings()
    hook = head.register_forward_hook(lambda module, inputs, output: seen.append(output.shape[1]))
    saliency(model, PROMPT, TARGETS)
    hook.remove()
    assert seen == [2]


def test_without_a_target_the_models_own_next_token_is_explained(tiny: Tiny) -> None:
    model = tiny()
    assert saliency(model, PROMPT).settings["target_ids"] == [int(model.logits(PROMPT)[-1].argmax())]


def test_a_chat_question_scores_the_first_word_of_the_answer() -> None:
    model = load_model("tiny:0")
    question = chat_question(model, "Please help me", " not", system="Be kind.")
    result = saliency(model, question)
    chat = saliency(model, model.chat("Please help me", "Be kind."), " not")
    assert result.scores.equal(chat.scores)
    assert "".join(result.part(*question.request).tokens) == "Please help me"


def test_a_request_that_the_system_prompt_repeats_is_found_in_its_turn() -> None:
    model = load_model("tiny:0")
    question = chat_question(model, "Be kind", " not", system="Be kind")
    assert question.request[0] > len(question.prompt_ids) // 3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: saliency(m, "w1 w2", "w3", norm="l3"), "no norm"),
        (lambda m: saliency(m, "w1 w2", "w3", score="prob"), "no score"),
        (lambda m: gradient_x_input(m, "", "w3"), "no tokens"),
        (lambda m: gradient_x_input(m, "w1", Contrast("w3 w4", "w5")), "2 tokens"),
        (lambda m: gradient_x_input(m, "w1", Contrast(3, 99)), "not token ids"),
        (lambda m: integrated_gradients(m, "w1 w2", "w3", hold=(5,)), "outside the prompt"),
        (lambda m: integrated_gradients(m, "w1", "w3"), "held fixed"),
    ],
)
def test_bad_input_is_answered_in_a_sentence(tiny: Tiny, call: Callable[[LocalModel], Any], message: str) -> None:
    with pytest.raises(CourseError, match=message):
        call(tiny())


def test_a_chat_question_with_a_target_is_refused() -> None:
    model = load_model("tiny:0")
    with pytest.raises(CourseError, match="already has its target"):
        saliency(model, chat_question(model, "Why?", " not"), " not")


def test_a_pass_that_does_not_fit_is_refused_with_the_number(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_bytes", lambda device: 1000)
    with pytest.raises(CourseError, match="GB of memory"):
        saliency(tiny(), PROMPT, TARGETS)
