"""Exercise 11.3: the effect of each head by resampling.

The cases are pairs of random texts on small random networks, in both layers; the chapter then turns to the default model.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from course_lib.checks.chapter11.texts import pair_of_texts
from course_lib.checks.exercise import Case, Exercise, Mistake, ModelHandle

if TYPE_CHECKING:
    from course_lib.models import LocalModel

Change = Callable[[Tensor, Tensor, slice], Tensor]


def _projection(model: LocalModel, layer: int) -> Any:
    return model.model.model.layers[layer].self_attn.o_proj


def _logits_with(model: LocalModel, module: Any, ids: Tensor, change: Callable[[Tensor], Tensor]) -> Tensor:
    handle = module.register_forward_pre_hook(lambda _, args: (change(args[0].clone()), *args[1:]))
    try:
        return model.logits(ids)[-1]
    finally:
        handle.remove()


def _heads_of(model: LocalModel, ids: Tensor, layer: int) -> Tensor:
    seen: list[Tensor] = []

    def keep(heads: Tensor) -> Tensor:
        seen.append(heads)
        return heads

    _logits_with(model, _projection(model, layer), ids, keep)
    return seen[0]


def _effects(
    model: LocalModel, ids: Tensor, other: Tensor, layer: int, read: Callable[[Tensor], Tensor], change: Change
) -> Tensor:
    """As it is minus changed, for every head."""
    theirs, width = _heads_of(model, other, layer), _projection(model, layer).in_features // model.n_heads
    before, effects = read(model.logits(ids)[-1]), []
    for head in range(model.n_heads):
        part = slice(head * width, (head + 1) * width)
        after = _logits_with(model, _projection(model, layer), ids, lambda x, p=part: change(x, theirs, p))  # type: ignore[misc]
        effects.append(before - read(after))
    return torch.stack(effects)


def _take(heads: Tensor, theirs: Tensor, part: slice) -> Tensor:
    heads[..., part] = theirs[..., part]
    return heads


def _between(right: int, wrong: int) -> Callable[[Tensor], Tensor]:
    return lambda logits: logits[right] - logits[wrong]


def zeroed(model: LocalModel, input_ids: Tensor, other_ids: Tensor, layer: int, right: int, wrong: int) -> Tensor:
    """Zero in place of the other text's output."""

    def change(heads: Tensor, _: Tensor, part: slice) -> Tensor:
        heads[..., part] = 0
        return heads

    return _effects(model, input_ids, other_ids, layer, _between(right, wrong), change)


def reversed_sign(
    model: LocalModel, input_ids: Tensor, other_ids: Tensor, layer: int, right: int, wrong: int
) -> Tensor:
    """Changed minus as it is."""
    return -_effects(model, input_ids, other_ids, layer, _between(right, wrong), _take)


def texts_exchanged(
    model: LocalModel, input_ids: Tensor, other_ids: Tensor, layer: int, right: int, wrong: int
) -> Tensor:
    """The other text runs, with heads of the text under study."""
    return _effects(model, other_ids, input_ids, layer, _between(right, wrong), _take)


def texts_exchanged_and_sign(
    model: LocalModel, input_ids: Tensor, other_ids: Tensor, layer: int, right: int, wrong: int
) -> Tensor:
    """Denoising: what the clean head brings into the other text."""
    return -texts_exchanged(model, input_ids, other_ids, layer, right, wrong)


def last_position_only(
    model: LocalModel, input_ids: Tensor, other_ids: Tensor, layer: int, right: int, wrong: int
) -> Tensor:
    """Exchanges the head at the last position and nowhere else."""

    def change(heads: Tensor, theirs: Tensor, part: slice) -> Tensor:
        heads[:, -1, part] = theirs[:, -1, part]
        return heads

    return _effects(model, input_ids, other_ids, layer, _between(right, wrong), change)


def whole_layer(model: LocalModel, input_ids: Tensor, other_ids: Tensor, layer: int, right: int, wrong: int) -> Tensor:
    """Exchanges all heads at once."""
    return _effects(model, input_ids, other_ids, layer, _between(right, wrong), lambda heads, theirs, _: theirs)


def one_logit(model: LocalModel, input_ids: Tensor, other_ids: Tensor, layer: int, right: int, wrong: int) -> Tensor:
    """Reads the right answer's logit alone."""
    return _effects(model, input_ids, other_ids, layer, lambda logits: logits[right], _take)


def hooks_left(model: LocalModel, input_ids: Tensor, other_ids: Tensor, layer: int, right: int, wrong: int) -> Tensor:
    """Never removes a hook, so the exchanged heads add up."""
    theirs, projection, read = _heads_of(model, other_ids, layer), _projection(model, layer), _between(right, wrong)
    width, before, effects = projection.in_features // model.n_heads, read(model.logits(input_ids)[-1]), []
    for head in range(model.n_heads):
        part = slice(head * width, (head + 1) * width)
        projection.register_forward_pre_hook(lambda _, a, p=part: (_take(a[0].clone(), theirs, p),))
        effects.append(before - read(model.logits(input_ids)[-1]))
    return torch.stack(effects)


def right_in_one_batch(
    model: LocalModel, input_ids: Tensor, other_ids: Tensor, layer: int, right: int, wrong: int
) -> Tensor:
    """The other text in the last row of a batch; each row before it takes one head from there."""
    n, width = model.n_heads, _projection(model, layer).in_features // model.n_heads
    mine = torch.eye(n).repeat_interleave(width, dim=1)[:, None, :]  # row h is 1 on head h

    def change(heads: Tensor) -> Tensor:
        heads[:n] += mine.to(heads) * (heads[-1] - heads[:n])
        return heads

    rows = torch.cat([input_ids.repeat(n, 1), other_ids[None]])
    handle = _projection(model, layer).register_forward_pre_hook(lambda _, args: (change(args[0].clone()),))
    try:
        logits = model.logits(rows)[:n, -1]
    finally:
        handle.remove()
    return _between(right, wrong)(model.logits(input_ids)[-1]) - (logits[:, right] - logits[:, wrong])


def right_as_a_list(
    model: LocalModel, input_ids: Tensor, other_ids: Tensor, layer: int, right: int, wrong: int
) -> list[float]:
    """Log probabilities, whose difference is that of the logits, as plain numbers."""
    read = _between(right, wrong)
    effects = _effects(model, input_ids, other_ids, layer, lambda logits: read(logits.double().log_softmax(-1)), _take)
    return effects.tolist()


def _case(seed: int, length: int, layer: int, differs_at: int) -> Case:
    one, other = pair_of_texts(seed, length, differs_at)
    right, wrong = int(other[differs_at]), int(one[0])
    name = f"random model, {length} tokens that differ at {differs_at}, layer {layer}"
    return Case(name, (ModelHandle(f"tiny:{seed % 7}"), one, other, layer, right, wrong))


def _hidden(seed: int) -> tuple[Case, ...]:
    return tuple(_case(53 * seed + k, 5 + k, k % 2, 1 + k) for k in range(3))


HEAD_RESAMPLE = Exercise(
    id="11.3",
    title="Let each head speak about the other text",
    points=3,
    difficulty=4,
    minutes=20,
    reference="course_lib.patching:head_resample_effect",
    returns=(
        "a tensor `[head]`: by how many logits `logit(right) − logit(wrong)` of `input_ids` falls when that head's output, "
        "at all positions, is the one it has on `other_ids`"
    ),
    example=(
        "For the two sentences above, layer 23, ` Mary` and ` John`, the result has 9 entries. A positive entry says that "
        "the head spoke for ` Mary`, a negative one that it spoke against her, and 0 that it says the same about both texts."
    ),
    hints=(
        "It is exercise 11.2 with another place to cut. Where do the heads of a layer still lie side by side?",
        "They do in the input of `self_attn.o_proj`: head `h` in the columns `h * width` to `(h + 1) * width`. Keep that "
        "whole input from a run on `other_ids`; then, for each head, run `input_ids` with that head's columns taken from "
        "there. A head that speaks for the right answer gets a positive number.",
        "```python\nfor h in range(model.n_heads):\n    part = slice(h * width, (h + 1) * width)\n\n"
        "    def exchange(module, inputs, part=part):\n        x = inputs[0].clone()\n"
        "        x[..., part] = ...\n        return (x,)\n\n"
        "    ...   # register, run input_ids, read the difference, remove\n    effects[h] = before - after\n```",
    ),
    why=(
        "“Which part does it?” has no answer before you have said what takes the part's place. This choice tests exactly "
        "the difference between two prompts, and nothing that they share."
    ),
    visible=(
        _case(3, 7, 1, 2),
        _case(4, 5, 0, 1),
        _case(9, 6, 1, 3),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "hook left on",
            hooks_left,
            "A hook stays on the model after each head, so the exchanged heads add up, and later cells compute with them. "
            "Remove it in a `finally`.",
        ),
        Mistake(
            "zeroed",
            zeroed,
            "You set the head to zero. Here it should say what it says about the other text.",
        ),
        Mistake(
            "reversed sign",
            reversed_sign,
            "Your signs are reversed: a head that speaks for the right answer should get a positive number.",
        ),
        Mistake(
            "texts exchanged",
            texts_exchanged,
            "The other text runs, with heads of the text under study in it. It is `input_ids` that runs.",
        ),
        Mistake(
            "other direction",
            texts_exchanged_and_sign,
            "Your number says what the head brings *into* the other text. That is the opposite experiment (denoising): run "
            "`input_ids`, and take the heads from `other_ids`.",
        ),
        Mistake(
            "last position only",
            last_position_only,
            "You exchange the head at the last position only. All positions of the head were asked for.",
        ),
        Mistake(
            "all heads at once",
            whole_layer,
            "All your entries are alike: each run exchanges all heads of the layer. Exchange the columns of one.",
        ),
        Mistake(
            "one logit",
            one_logit,
            "You read the right answer's logit alone. What raises both names alike is not the question; subtract the wrong "
            "one's.",
        ),
    ),
    alternatives=(right_in_one_batch, right_as_a_list),
    rtol=1e-3,
    atol=1e-3,
    tolerance_reason="float32 logits of about 20; a batch adds numbers in another order and differs by up to 1e-4",
)
