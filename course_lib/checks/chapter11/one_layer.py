"""Exercise 11.4: a row of the patching map from one backward pass.

The cases are pairs of random texts on small random networks, where the approximation is far from the exact row, so an answer
that patches for real is told apart from one that does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from course_lib.checks.chapter11.texts import CLEAN, CORRUPTED, JOHN, MARY, pair_of_texts
from course_lib.checks.exercise import Case, Exercise, Mistake, ModelHandle

if TYPE_CHECKING:
    from course_lib.models import LocalModel


def _run(model: LocalModel, ids: Tensor, layer: int, right: int, wrong: int) -> tuple[Tensor, Tensor, Tensor]:
    """The state in front of a block, the logit difference, and its slope; `[position, d_model]` both."""
    states: list[Tensor] = []

    def keep(_: Any, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        states.append(inputs[0].detach().requires_grad_())
        return (states[-1], *inputs[1:])

    handle = model.model.model.layers[layer].register_forward_pre_hook(keep)
    try:
        logits = model.model(input_ids=ids[None]).logits[0, -1]
    finally:
        handle.remove()
    difference = logits[right] - logits[wrong]
    slope = torch.autograd.grad(difference, states[0])[0]
    return states[0].detach()[0], difference.detach(), slope[0]


def _both(
    model: LocalModel, clean_ids: Tensor, corrupted_ids: Tensor, layer: int, right: int, wrong: int
) -> list[Tensor]:
    """State, difference and slope of the clean run, then those of the corrupted one."""
    return [*_run(model, clean_ids, layer, right, wrong), *_run(model, corrupted_ids, layer, right, wrong)]


def slope_of_the_clean_run(
    model: LocalModel, clean_ids: Tensor, corrupted_ids: Tensor, layer: int, right: int, wrong: int
) -> Tensor:
    """The slope from the other end."""
    clean, high, slope, corrupted, low, _ = _both(model, clean_ids, corrupted_ids, layer, right, wrong)
    return ((clean - corrupted) * slope).sum(-1) / (high - low)


def state_times_slope(
    model: LocalModel, clean_ids: Tensor, corrupted_ids: Tensor, layer: int, right: int, wrong: int
) -> Tensor:
    """The corrupted state itself in place of the step."""
    _, high, _, corrupted, low, slope = _both(model, clean_ids, corrupted_ids, layer, right, wrong)
    return (corrupted * slope).sum(-1) / (high - low)


def not_normalised(
    model: LocalModel, clean_ids: Tensor, corrupted_ids: Tensor, layer: int, right: int, wrong: int
) -> Tensor:
    """The change in logits."""
    clean, _, _, corrupted, _, slope = _both(model, clean_ids, corrupted_ids, layer, right, wrong)
    return ((clean - corrupted) * slope).sum(-1)


def reversed_step(
    model: LocalModel, clean_ids: Tensor, corrupted_ids: Tensor, layer: int, right: int, wrong: int
) -> Tensor:
    """Corrupted minus clean."""
    clean, high, _, corrupted, low, slope = _both(model, clean_ids, corrupted_ids, layer, right, wrong)
    return ((corrupted - clean) * slope).sum(-1) / (high - low)


def summed_sizes(
    model: LocalModel, clean_ids: Tensor, corrupted_ids: Tensor, layer: int, right: int, wrong: int
) -> Tensor:
    """Adds the sizes of the products, without their signs."""
    clean, high, _, corrupted, low, slope = _both(model, clean_ids, corrupted_ids, layer, right, wrong)
    return ((clean - corrupted) * slope).abs().sum(-1) / (high - low)


def slope_of_one_logit(
    model: LocalModel, clean_ids: Tensor, corrupted_ids: Tensor, layer: int, right: int, wrong: int
) -> Tensor:
    """The slope of the right token's logit."""
    clean, high, _, corrupted, low, _ = _both(model, clean_ids, corrupted_ids, layer, right, wrong)
    states = corrupted.clone().requires_grad_()

    def put(_: Any, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        return (states[None], *inputs[1:])

    handle = model.model.model.layers[layer].register_forward_pre_hook(put)
    try:
        logit = model.model(input_ids=corrupted_ids[None]).logits[0, -1, right]
    finally:
        handle.remove()
    return ((clean - corrupted) * torch.autograd.grad(logit, states)[0]).sum(-1) / (high - low)


def exact_row(
    model: LocalModel, clean_ids: Tensor, corrupted_ids: Tensor, layer: int, right: int, wrong: int
) -> Tensor:
    """Patches for real, one position at a time."""
    from course_lib.patching import patch_one_position, recovery

    places = range(len(corrupted_ids))
    patched = torch.stack([patch_one_position(model, clean_ids, corrupted_ids, layer, place) for place in places])
    return recovery(patched, model.logits(clean_ids)[-1], model.logits(corrupted_ids)[-1], right, wrong)


def right_by_a_small_step(
    model: LocalModel, clean_ids: Tensor, corrupted_ids: Tensor, layer: int, right: int, wrong: int
) -> Tensor:
    """The slope along the step, by `backward` on a factor for each position."""
    clean, high, _, corrupted, low, _ = _both(model, clean_ids, corrupted_ids, layer, right, wrong)
    factors = torch.zeros(len(corrupted), 1, requires_grad=True)

    def put(_: Any, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        return ((corrupted + factors * (clean - corrupted))[None], *inputs[1:])

    handle = model.model.model.layers[layer].register_forward_pre_hook(put)
    try:
        logits = model.model(input_ids=corrupted_ids[None]).logits[0, -1]
    finally:
        handle.remove()
    (logits[right] - logits[wrong]).backward()
    assert factors.grad is not None
    return factors.grad[:, 0] / (high - low)


def right_in_double(
    model: LocalModel, clean_ids: Tensor, corrupted_ids: Tensor, layer: int, right: int, wrong: int
) -> Any:
    """Products and sums in double precision, as a NumPy array."""
    clean, high, _, corrupted, low, slope = (
        value.double() for value in _both(model, clean_ids, corrupted_ids, layer, right, wrong)
    )
    return torch.einsum("pd,pd->p", clean - corrupted, slope / (high - low)).numpy()


def _case(seed: int, length: int, layer: int, differs_at: int) -> Case:
    one, other = pair_of_texts(seed, length, differs_at)
    right, wrong = int(one[differs_at]), int(other[differs_at])
    name = f"random model, {length} tokens that differ at {differs_at}, layer {layer}"
    return Case(name, (ModelHandle(f"tiny:{seed % 7}"), one, other, layer, right, wrong))


def _hidden(seed: int) -> tuple[Case, ...]:
    return tuple(_case(71 * seed + k, 5 + k, k % 2, 1 + k) for k in range(3))


ATTRIBUTION_ROW = Exercise(
    id="11.4",
    title="A whole row from one backward pass",
    points=3,
    difficulty=4,
    minutes=25,
    reference="course_lib.patching:attribution_patching_row",
    also_withheld=("course_lib.patching:attribution_patching",),
    returns=(
        "a tensor `[position]`: to first order, the recovery when each position has its clean state in front of block "
        "`layer`"
    ),
    example=(
        "Suppose the state at one position had two numbers: (1, 2) in the corrupted run, (4, 2) in the clean run. If the "
        "slope of the logit difference there is (1/2, 9), the linear estimate of the change is 3 · 1/2 = 3/2 logits. With 6 "
        "logits to recover that is 1/4."
    ),
    hints=(
        "If a function has the slope 2 and you move by 3, by how much does it change, roughly? Which run do you start from?",
        "Take the gradient of the logit difference with respect to the state in front of the block, in the corrupted run. "
        "The weights need no gradient, but the state has to be the start of a graph: `inputs[0].detach().requires_grad_()` "
        "in a pre-hook. Multiply by the step to the clean state, sum over the width of the stream, and normalise. Use "
        "`model.model(input_ids=ids[None]).logits`, since `model.logits` keeps no graph.",
        "```python\ndef keep(module, inputs):\n    x = inputs[0].detach().requires_grad_()\n    kept.append(x)\n"
        "    return (x, *inputs[1:])\n\n...   # run both texts with this hook, keep both differences\n"
        "slope = torch.autograd.grad(..., ...)[0]\nchange = ((... - ...).detach() * slope).sum(dim=-1)[0]\n"
        "return change / (... - ...).detach()\n```",
    ),
    why=(
        "A map of a long prompt on a large model can be a night's work. This gives candidates in the time of three runs; "
        "you then patch those few for real."
    ),
    visible=(
        _case(3, 7, 1, 2),
        _case(5, 6, 0, 1),
        Case("default model, Mary against John, layer 25", (ModelHandle(), CLEAN, CORRUPTED, 25, MARY, JOHN)),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "slope of the clean run",
            slope_of_the_clean_run,
            "Your slope is that of the clean run. The step starts in the corrupted one.",
        ),
        Mistake(
            "no step",
            state_times_slope,
            "You multiply the slope by the state itself. What is wanted is how far the state would move.",
        ),
        Mistake(
            "not normalised",
            not_normalised,
            "Your numbers are in logits. Recovery is a part of the distance between the two runs.",
        ),
        Mistake(
            "reversed step",
            reversed_step,
            "Your signs are reversed: look at which state is subtracted from which.",
        ),
        Mistake(
            "sizes added",
            summed_sizes,
            "You add the sizes of the products. Their signs belong to them: some entries of the stream speak against.",
        ),
        Mistake(
            "slope of one logit",
            slope_of_one_logit,
            "Your slope is that of the right token's logit. The measure is the difference of two logits, in the numerator "
            "too.",
        ),
        Mistake(
            "patched for real",
            exact_row,
            "These are the exact recoveries, one run for each position. The task is the linear estimate from one backward "
            "pass.",
        ),
    ),
    alternatives=(right_by_a_small_step, right_in_double),
    rtol=2e-3,
    atol=1e-3,
    tolerance_reason="gradients in float32, divided by a difference that can be small in a random network",
)
