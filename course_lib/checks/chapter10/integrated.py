"""Exercise 10.2: integrated gradients, and the error that tells whether to believe them.

The published version interpolates token ids. The mean of two ids is the id of a third word that has nothing to do with
either, so there is no path. The cases use random baselines and few steps, so that another rule (left ends, right ends,
trapezoids) gives other numbers.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import torch

from course_lib.checks.exercise import Case, Exercise, Mistake, ModelHandle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from course_lib.models import LocalModel


def _embed(model: LocalModel, ids: Tensor) -> Tensor:
    network: Any = model.model
    out: Tensor = network.get_input_embeddings()(ids).detach()
    return out


def _value(model: LocalModel, rows: Tensor, target_id: int) -> Tensor:
    """Log probability of the target for embedded texts [row, position, d_model]."""
    network: Any = model.model
    out: Tensor = network(inputs_embeds=rows).logits[:, -1].float().log_softmax(-1)[:, target_id]
    return out


def _gradients(model: LocalModel, start: Tensor, end: Tensor, target_id: int, places: Sequence[float]) -> Tensor:
    """The gradient at each place of the path, [step, position, d_model]."""
    alpha = torch.tensor(places, dtype=start.dtype)[:, None, None]
    rows = (start + alpha * (end - start)).requires_grad_()
    return torch.autograd.grad(_value(model, rows, target_id).sum(), rows)[0]


def _change(model: LocalModel, start: Tensor, end: Tensor, target_id: int) -> float:
    with torch.no_grad():
        after, before = _value(model, torch.stack([end, start]), target_id)
    return float(after - before)


def _scored(
    model: LocalModel, ids: Tensor, target_id: int, baseline: Tensor, places: Sequence[float]
) -> tuple[Tensor, float]:
    end = _embed(model, ids)
    gradients = _gradients(model, baseline, end, target_id, places)
    scores = ((end - baseline) * gradients.mean(dim=0)).sum(dim=-1)
    return scores, float(scores.sum()) - _change(model, baseline, end, target_id)


def _middles(steps: int) -> list[float]:
    return [(step + 0.5) / steps for step in range(steps)]


# --- wrong solutions -------------------------------------------------------------------------------------------------


def interpolated_ids(
    model: LocalModel, input_ids: Tensor, target_id: int, baseline: Tensor, steps: int
) -> tuple[Tensor, float]:
    """Rounds a path between token ids (from id 0) and embeds what comes out."""
    end = _embed(model, input_ids)
    total = torch.zeros_like(end)
    for alpha in _middles(steps):
        place = _embed(model, (alpha * input_ids).long())
        total += _gradients(model, place, place, target_id, [0.0])[0]
    scores = ((end - baseline) * total / steps).sum(dim=-1)
    return scores, float(scores.sum()) - _change(model, baseline, end, target_id)


def times_the_input(
    model: LocalModel, input_ids: Tensor, target_id: int, baseline: Tensor, steps: int
) -> tuple[Tensor, float]:
    """Multiplies by the embedding in place of the way from the baseline."""
    end = _embed(model, input_ids)
    scores = (end * _gradients(model, baseline, end, target_id, _middles(steps)).mean(dim=0)).sum(dim=-1)
    return scores, float(scores.sum()) - _change(model, baseline, end, target_id)


def left_ends(model: LocalModel, input_ids: Tensor, target_id: int, baseline: Tensor, steps: int) -> Any:
    """Looks at the beginning of each step."""
    return _scored(model, input_ids, target_id, baseline, [step / steps for step in range(steps)])


def right_ends(model: LocalModel, input_ids: Tensor, target_id: int, baseline: Tensor, steps: int) -> Any:
    """Looks at the end of each step."""
    return _scored(model, input_ids, target_id, baseline, [(step + 1) / steps for step in range(steps)])


def gradients_added_up(
    model: LocalModel, input_ids: Tensor, target_id: int, baseline: Tensor, steps: int
) -> tuple[Tensor, float]:
    """Forgets to divide by the number of steps."""
    end = _embed(model, input_ids)
    scores = ((end - baseline) * _gradients(model, baseline, end, target_id, _middles(steps)).sum(dim=0)).sum(dim=-1)
    return scores, float(scores.sum()) - _change(model, baseline, end, target_id)


def reversed_path(
    model: LocalModel, input_ids: Tensor, target_id: int, baseline: Tensor, steps: int
) -> tuple[Tensor, float]:
    """Baseline minus prompt, on both sides."""
    scores, error = _scored(model, input_ids, target_id, baseline, _middles(steps))
    return -scores, -error


def one_gradient(
    model: LocalModel, input_ids: Tensor, target_id: int, baseline: Tensor, steps: int
) -> tuple[Tensor, float]:
    """The gradient at the prompt only."""
    return _scored(model, input_ids, target_id, baseline, [1.0])


def error_against_the_value(
    model: LocalModel, input_ids: Tensor, target_id: int, baseline: Tensor, steps: int
) -> tuple[Tensor, float]:
    """Compares the sum with f(x) and leaves f(baseline) out."""
    scores, _ = _scored(model, input_ids, target_id, baseline, _middles(steps))
    with torch.no_grad():
        whole = float(_value(model, _embed(model, input_ids)[None], target_id)[0])
    return scores, float(scores.sum()) - whole


def error_reversed(
    model: LocalModel, input_ids: Tensor, target_id: int, baseline: Tensor, steps: int
) -> tuple[Tensor, float]:
    """The change minus the sum."""
    scores, error = _scored(model, input_ids, target_id, baseline, _middles(steps))
    return scores, -error


def change_only(
    model: LocalModel, input_ids: Tensor, target_id: int, baseline: Tensor, steps: int
) -> tuple[Tensor, float]:
    """Returns the change in place of the error."""
    scores, error = _scored(model, input_ids, target_id, baseline, _middles(steps))
    return scores, float(scores.sum()) - error


# --- other right solutions -------------------------------------------------------------------------------------------


def one_batch(model: LocalModel, input_ids: Tensor, target_id: int, baseline: Tensor, steps: int) -> Any:
    """All steps in one batch, the sum in double precision, a list of two."""
    end = _embed(model, input_ids)
    gradients = _gradients(model, baseline, end, target_id, _middles(steps)).double()
    scores = torch.einsum("spd,pd->p", gradients, (end - baseline).double()) / steps
    return [scores, scores.sum() - _change(model, baseline, end, target_id)]


def by_backward(model: LocalModel, input_ids: Tensor, target_id: int, baseline: Tensor, steps: int) -> Any:
    """A loop with `backward`, scores added up step by step, NumPy at the end."""
    end, scores = _embed(model, input_ids), torch.zeros(len(input_ids))
    for alpha in _middles(steps):
        place = ((1 - alpha) * baseline + alpha * end).clone().requires_grad_()
        _value(model, place[None], target_id).sum().backward()
        assert place.grad is not None
        scores += ((end - baseline) * place.grad).sum(dim=-1) / steps
    change = _change(model, baseline, end, target_id)
    return scores.numpy(), scores.sum().item() - change


# --- the exercise ----------------------------------------------------------------------------------------------------


def _case(seed: int, length: int, steps: int) -> Case:
    numbers, generator = random.Random(seed), torch.Generator().manual_seed(seed)
    ids = torch.tensor([numbers.randrange(40, 400) for _ in range(length)])
    baseline = 0.3 * torch.randn(length, 24, generator=generator)
    arguments = (ModelHandle(f"tiny:{seed % 7}"), ids, numbers.randrange(5, 200), baseline, steps)
    return Case(f"random model, {length} tokens, {steps} steps", arguments)


def _hidden(seed: int) -> tuple[Case, ...]:
    numbers = random.Random(seed)
    return tuple(_case(numbers.randrange(10**6), numbers.randrange(3, 8), numbers.randrange(3, 9)) for _ in range(3))


INTEGRATED_SCORES = Exercise(
    id="10.2",
    title="Integrated gradients with their error",
    points=4,
    difficulty=4,
    minutes=25,
    reference="course_lib.attribution:integrated_scores",
    also_withheld=("course_lib.attribution:integrated_gradients",),
    returns="scores `[position]`, and the error of completeness: their sum minus the change of the log probability",
    example=(
        "With 50 steps, and a baseline whose first row is the embedding of `The` itself and whose other rows are zero, the score "
        "of `The` is exactly 0. If the log probability rises by 10 nats from the baseline to the prompt and the scores add up to "
        "10.5, the error is 0.5."
    ),
    hints=(
        "Where does the path run: through texts, or through the space of embeddings? What is half-way between two words?",
        "A place on the path is `baseline + alpha * (embeddings - baseline)`, with alpha at the *middle* of each of the equal "
        "steps. Take the gradient of the log probability there, average the gradients, and multiply by the whole way.",
        "```python\nx = ...                              # the embeddings, as in 10.1, without requires_grad_\n"
        "total = 0\nfor alpha in ...:                    # the middle of each step\n"
        "    place = (baseline + alpha * (x - baseline)).requires_grad_()\n"
        "    total = total + ...              # the gradient at place\nscores = ...                         # [position]\n"
        "change = ...                         # from the baseline to the prompt\n"
        "return scores, float(...)\n```",
    ),
    why=(
        "Integrated gradients promise that every nat is accounted for. A tool that does not show the error asks you to believe "
        "it; on this model the usual settings miss by more than the whole effect."
    ),
    visible=(_case(1, 5, 4), _case(2, 4, 7), _case(3, 6, 3)),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "ids interpolated",
            interpolated_ids,
            "The path runs between token ids. A number between two ids is the id of some third word. Build the path where "
            "half-way means something.",
        ),
        Mistake(
            "times the input",
            times_the_input,
            "You multiply the mean gradient by the embedding. With a baseline that is not zero, the path is another vector.",
        ),
        Mistake(
            "left ends",
            left_ends,
            "You look at the beginning of each step. The task is to look elsewhere within the step; with few steps it matters.",
        ),
        Mistake(
            "right ends",
            right_ends,
            "You look at the end of each step. The task is to look elsewhere within the step; with few steps it matters.",
        ),
        Mistake(
            "not divided",
            gradients_added_up,
            "Your scores are too large by the number of steps: each gradient stands for a short piece of the path only.",
        ),
        Mistake(
            "reversed path", reversed_path, "All signs are reversed. In which direction do you walk, and where from?"
        ),
        Mistake(
            "one gradient",
            one_gradient,
            "Your scores use the gradient at the prompt only. The gradients along the whole path are asked for.",
        ),
        Mistake(
            "error against the value",
            error_against_the_value,
            "The scores are right. The error is not: you hold the sum against the log probability of the prompt alone. "
            "What should the scores add up to?",
        ),
        Mistake("error reversed", error_reversed, "The scores are right, and the sign of the error is reversed."),
        Mistake(
            "change only",
            change_only,
            "The scores are right. The second number is the change; the exercise asks by how much the sum misses it.",
        ),
    ),
    alternatives=(one_batch, by_backward),
    rtol=1e-3,
    atol=2e-3,
    tolerance_reason="scores of some nats from float32 gradients; the error is a small difference of such sums",
)
