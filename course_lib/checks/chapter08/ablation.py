"""Exercise 8.5: switch attention heads off, one at a time.

A head's output is a slice of the vector that enters the output projection; behind it the heads are mixed and can no
longer be told apart. The cases use several layers and the real model; the runner also looks whether a hook was left on.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch

from course_lib.checks.exercise import Case, Exercise, Mistake, ModelHandle

if TYPE_CHECKING:
    from torch import Tensor

    from course_lib.models import LocalModel


def _projection(model: LocalModel, layer: int) -> Any:
    return model.model.model.layers[layer].self_attn.o_proj


def _slice(model: LocalModel, layer: int, head: int) -> slice:
    width = _projection(model, layer).in_features // model.n_heads
    return slice(head * width, (head + 1) * width)


@contextmanager
def _before(module: Any, change: Callable[[Tensor], Tensor]) -> Iterator[None]:
    handle = module.register_forward_pre_hook(lambda _, args: (change(args[0].clone()), *args[1:]))
    try:
        yield
    finally:
        handle.remove()


def _effects(
    model: LocalModel,
    ids: Tensor,
    layer: int,
    change: Callable[[Tensor, slice], Tensor],
    read: Callable[[Tensor], Tensor],
) -> Tensor:
    """Clean minus changed, for every head; `change` edits the vector before the output projection."""
    clean = read(model.logits(ids).float())
    effects = []
    for head in range(model.n_heads):
        part = _slice(model, layer, head)
        with _before(_projection(model, layer), lambda x, part=part: change(x, part)):  # type: ignore[misc]
            effects.append(clean - read(model.logits(ids).float()))
    return torch.stack(effects)


def _read(rows: Tensor, target_id: int) -> Tensor:
    """Log probability of the target at the last position."""
    return rows[-1].log_softmax(-1)[target_id]


def _zero(x: Tensor, part: slice) -> Tensor:
    x[..., part] = 0
    return x


def nothing_returned(model: LocalModel, input_ids: Tensor, target_id: int, layer: int) -> Tensor:
    """The hook changes a copy and does not return it."""
    return _effects(model, input_ids, layer, lambda x, _: x, lambda rows: _read(rows, target_id))


def reversed_sign(model: LocalModel, input_ids: Tensor, target_id: int, layer: int) -> Tensor:
    """Ablated minus clean."""
    return -_effects(model, input_ids, layer, _zero, lambda rows: _read(rows, target_id))


def last_position_only(model: LocalModel, input_ids: Tensor, target_id: int, layer: int) -> Tensor:
    """Zeroes the head at the last position and nowhere else."""

    def change(x: Tensor, part: slice) -> Tensor:
        x[..., -1, part] = 0
        return x

    return _effects(model, input_ids, layer, change, lambda rows: _read(rows, target_id))


def keeps_only_the_head(model: LocalModel, input_ids: Tensor, target_id: int, layer: int) -> Tensor:
    """Zeroes all heads but the one."""

    def change(x: Tensor, part: slice) -> Tensor:
        kept = torch.zeros_like(x)
        kept[..., part] = x[..., part]
        return kept

    return _effects(model, input_ids, layer, change, lambda rows: _read(rows, target_id))


def raw_logits(model: LocalModel, input_ids: Tensor, target_id: int, layer: int) -> Tensor:
    """Compares logits."""
    return _effects(model, input_ids, layer, _zero, lambda rows: rows[-1, target_id])


def wrong_layer(model: LocalModel, input_ids: Tensor, target_id: int, layer: int) -> Tensor:
    """Counts layers from 1."""
    return _effects(model, input_ids, layer - 1, _zero, lambda rows: _read(rows, target_id))


def after_the_projection(model: LocalModel, input_ids: Tensor, target_id: int, layer: int) -> Tensor:
    """Zeroes a slice of what comes out of the output projection."""
    clean = _read(model.logits(input_ids), target_id)
    effects = []
    for head in range(model.n_heads):
        width = model.d_model // model.n_heads
        part = slice(head * width, (head + 1) * width)
        handle = _projection(model, layer).register_forward_hook(lambda _, __, out, part=part: _zero(out.clone(), part))
        effects.append(clean - _read(model.logits(input_ids), target_id))
        handle.remove()
    return torch.stack(effects)


def hooks_left(model: LocalModel, input_ids: Tensor, target_id: int, layer: int) -> Tensor:
    """Never removes a hook, so that the heads switched off add up."""
    clean = _read(model.logits(input_ids), target_id)
    effects = []
    for head in range(model.n_heads):
        part = _slice(model, layer, head)
        _projection(model, layer).register_forward_pre_hook(lambda _, a, part=part: (_zero(a[0].clone(), part),))
        effects.append(clean - _read(model.logits(input_ids), target_id))
    return torch.stack(effects)


def by_weights(model: LocalModel, input_ids: Tensor, target_id: int, layer: int) -> list[float]:
    """Zeroes the head's columns of the output projection's weights and puts them back."""
    weight = _projection(model, layer).weight
    clean = float(_read(model.logits(input_ids), target_id))
    effects = []
    for head in range(model.n_heads):
        part = _slice(model, layer, head)
        saved = weight[:, part].detach().clone()
        with torch.no_grad():
            weight[:, part] = 0
            effects.append(clean - float(_read(model.logits(input_ids), target_id)))
            weight[:, part] = saved
    return effects


def one_batch(model: LocalModel, input_ids: Tensor, target_id: int, layer: int) -> Tensor:
    """One batch in which row h has head h switched off; double precision at the end."""
    n, width = model.n_heads, _projection(model, layer).in_features // model.n_heads
    keep = 1 - torch.eye(n).repeat_interleave(width, dim=1)[:, None, :]
    clean = _read(model.logits(input_ids).double(), target_id)
    with _before(_projection(model, layer), lambda x: x * keep.to(x)):
        ablated = model.logits(input_ids[None].repeat(n, 1))[:, -1].double().log_softmax(-1)[:, target_id]
    return clean - ablated


def _case(seed: int, length: int, layer: int) -> Case:
    numbers = random.Random(seed)
    ids = torch.tensor([numbers.randrange(5, 200) for _ in range(length)])
    name = f"random model, {length} tokens, layer {layer}"
    return Case(name, (ModelHandle(f"tiny:{seed % 7}"), ids, numbers.randrange(5, 200), layer))


def _hidden(seed: int) -> tuple[Case, ...]:
    numbers = random.Random(seed)
    return tuple(_case(numbers.randrange(10**6), numbers.randrange(3, 10), k % 2) for k in range(4))


def _france() -> Case:
    prompt = torch.tensor([504, 3575, 282, 4649, 314])
    return Case("default model, “The capital of France is” → “ Paris”, layer 20", (ModelHandle(), prompt, 7042, 20))


HEAD_ABLATION = Exercise(
    id="8.5",
    title="Switch heads off, one at a time",
    points=3,
    difficulty=4,
    minutes=20,
    reference="course_lib.patching:head_ablation_effect",
    also_withheld=("course_lib.patching:ablation_effects",),
    returns="a tensor `[head]`: by how much the log probability of `target_id` falls when each head of the layer is zeroed",
    example=(
        "For the default model, layer 20 and the target ` Paris` after *The capital of France is* the result has 9 "
        "entries. A positive one says that the head helped the answer, a negative one that it worked against it."
    ),
    hints=(
        "Where can a single head still be told apart? Follow one head's output until it is added to the others'.",
        "The heads lie side by side in the vector that *enters* `self_attn.o_proj`: head `h` in the columns "
        "`h * width` to `(h + 1) * width`. `register_forward_pre_hook` lets you change that input. Remove the hook in a "
        "`finally`, or every later cell runs on a damaged model.",
        "```python\nprojection = ...   # the o_proj of this layer, as in the cell above\n"
        "width = ...        # how many of its input features belong to one head\n\n"
        "def zero(module, args):\n    x = args[0].clone()\n    x[..., head * width : (head + 1) * width] = 0\n"
        "    return (x,)\n\nhandle = projection.register_forward_pre_hook(zero)\ntry:\n    ...\nfinally:\n"
        "    handle.remove()\n```",
    ),
    why=(
        "Attribution and probes tell what goes together. Switching a part off tells what it is needed for, which is the "
        "question when you want to change a behaviour and keep the rest."
    ),
    visible=(_case(3, 7, 1), _case(4, 5, 0), _france()),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "hook left on",
            hooks_left,
            "A hook stays on the model after each head, so the heads that you switch off add up, and every later cell "
            "computes with a damaged model. Remove the hook in a `finally`.",
        ),
        Mistake(
            "nothing switched off",
            nothing_returned,
            "All your effects are zero: nothing is switched off. A hook that changes a copy must return it, as a tuple.",
        ),
        Mistake(
            "reversed sign",
            reversed_sign,
            "Your signs are reversed: a head that the answer needs should get a positive number, so it is the clean value "
            "minus the ablated one.",
        ),
        Mistake(
            "after the projection",
            after_the_projection,
            "You zero a slice of what comes *out of* the output projection. There the heads are mixed already; zero the "
            "slice of what goes in.",
        ),
        Mistake(
            "last position only",
            last_position_only,
            "You zero the head at the last position only. Switched off means at every position.",
        ),
        Mistake(
            "all the others",
            keeps_only_the_head,
            "You switch off all heads but one: the slice of the head itself should become zero, the rest stay.",
        ),
        Mistake(
            "raw logits",
            raw_logits,
            "You compare raw logits, which have no zero: take the log probability (`log_softmax` over the vocabulary) "
            "before you subtract.",
        ),
        Mistake(
            "layer counted from 1",
            wrong_layer,
            "Your numbers belong to the layer before: layers are counted from 0.",
        ),
    ),
    alternatives=(by_weights, one_batch),
    rtol=1e-3,
    atol=1e-3,
    tolerance_reason="float32 logits of about 20; a batch adds numbers in another order and differs by up to 1e-4",
)
