"""Exercise 11.2: patch one position of one layer, in the direction that the name says.

The published version puts the output of the whole block in, at all positions, and takes it from the corrupted run. The
cases patch in front of both blocks of a small random network, where the two texts differ and behind that, and on the default
model where the pattern is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from course_lib.checks.chapter11.texts import CLEAN, CORRUPTED, pair_of_texts
from course_lib.checks.exercise import Case, Exercise, Mistake, ModelHandle

if TYPE_CHECKING:
    from course_lib.models import LocalModel


def _block(model: LocalModel, layer: int) -> Any:
    return model.model.model.layers[layer]


@contextmanager
def _entering(block: Any, change: Callable[[Tensor], Tensor]) -> Iterator[None]:
    handle = block.register_forward_pre_hook(lambda _, args: (change(args[0].clone()), *args[1:]))
    try:
        yield
    finally:
        handle.remove()


def _state(model: LocalModel, ids: Tensor, layer: int) -> Tensor:
    """What enters a block, `[1, position, d_model]`."""
    seen: list[Tensor] = []

    def keep(states: Tensor) -> Tensor:
        seen.append(states)
        return states

    with _entering(_block(model, layer), keep):
        model.logits(ids)
    return seen[0]


def _with(states: Tensor, theirs: Tensor, places: Any) -> Tensor:
    states[:, places] = theirs[:, places]
    return states


def all_positions(model: LocalModel, clean_ids: Tensor, corrupted_ids: Tensor, layer: int, position: int) -> Tensor:
    """The whole state is exchanged."""
    theirs = _state(model, clean_ids, layer)
    with _entering(_block(model, layer), lambda states: _with(states, theirs, slice(None))):
        return model.logits(corrupted_ids)[-1]


def reversed_direction(
    model: LocalModel, clean_ids: Tensor, corrupted_ids: Tensor, layer: int, position: int
) -> Tensor:
    """The corrupted state goes into the clean run."""
    return right_by_two_runs(model, corrupted_ids, clean_ids, layer, position)


def behind_the_block(model: LocalModel, clean_ids: Tensor, corrupted_ids: Tensor, layer: int, position: int) -> Tensor:
    """Exchanges what leaves the block."""
    seen: list[Tensor] = []
    handle = _block(model, layer).register_forward_hook(lambda _, __, out: seen.append(out.clone()))
    model.logits(clean_ids)
    handle.remove()
    handle = _block(model, layer).register_forward_hook(lambda _, __, out: _with(out.clone(), seen[0], position))
    try:
        return model.logits(corrupted_ids)[-1]
    finally:
        handle.remove()


def from_here_on(model: LocalModel, clean_ids: Tensor, corrupted_ids: Tensor, layer: int, position: int) -> Tensor:
    """Exchanges the position and all that follow."""
    theirs = _state(model, clean_ids, layer)
    with _entering(_block(model, layer), lambda states: _with(states, theirs, slice(position, None))):
        return model.logits(corrupted_ids)[-1]


def nothing_written(model: LocalModel, clean_ids: Tensor, corrupted_ids: Tensor, layer: int, position: int) -> Tensor:
    """The hook changes a copy and does not return it."""
    return model.logits(corrupted_ids)[-1]


def added(model: LocalModel, clean_ids: Tensor, corrupted_ids: Tensor, layer: int, position: int) -> Tensor:
    """Adds the clean state to the corrupted one."""
    theirs = _state(model, clean_ids, layer)

    def change(states: Tensor) -> Tensor:
        states[:, position] += theirs[:, position]
        return states

    with _entering(_block(model, layer), change):
        return model.logits(corrupted_ids)[-1]


def read_at_the_position(
    model: LocalModel, clean_ids: Tensor, corrupted_ids: Tensor, layer: int, position: int
) -> Tensor:
    """Reads the logits where it has patched."""
    theirs = _state(model, clean_ids, layer)
    with _entering(_block(model, layer), lambda states: _with(states, theirs, position)):
        return model.logits(corrupted_ids)[position]


def right_by_two_runs(model: LocalModel, clean_ids: Tensor, corrupted_ids: Tensor, layer: int, position: int) -> Tensor:
    """States from Hugging Face's `hidden_states`, one hook that writes."""
    with torch.no_grad():
        states = model.model(input_ids=clean_ids[None], output_hidden_states=True).hidden_states[layer]
    with _entering(_block(model, layer), lambda value: _with(value, states, position)):
        return model.logits(corrupted_ids)[-1].double()


def right_in_one_batch(
    model: LocalModel, clean_ids: Tensor, corrupted_ids: Tensor, layer: int, position: int
) -> Tensor:
    """Both texts in one batch; row 0 hands its state to row 1 on the way."""

    def hand_over(states: Tensor) -> Tensor:
        states[1, position] = states[0, position]
        return states

    with _entering(_block(model, layer), hand_over):
        return model.logits(torch.stack([clean_ids, corrupted_ids]))[1, -1]


def _case(seed: int, length: int, layer: int, differs_at: int, position: int) -> Case:
    one, other = pair_of_texts(seed, length, differs_at)
    name = f"random model, {length} tokens that differ at {differs_at}; layer {layer}, position {position}"
    return Case(name, (ModelHandle(f"tiny:{seed % 7}"), one, other, layer, position))


def _hidden(seed: int) -> tuple[Case, ...]:
    cases = [_case(31 * seed + k, 5 + k, k % 2, 1 + k % 2, 1 + k % 2) for k in range(3)]
    return (*cases, _case(31 * seed + 3, 8, 1, 2, 5))


ONE_POSITION = Exercise(
    id="11.2",
    title="Patch one position of one layer",
    points=3,
    difficulty=3,
    minutes=20,
    reference="course_lib.patching:patch_one_position",
    returns=(
        "the logits `[vocab]` at the last position of the corrupted text, when `position` has the clean run's state in "
        "front of block `layer`"
    ),
    example=(
        "For the two sentences above, `layer=0` and the position of the second name, the state in front of block 0 is the "
        "name's embedding. Exchanging it is exchanging the name, so the result is the clean run's row of logits."
    ),
    hints=(
        "Two runs: one to read a vector, one to write it. Which text runs when you write?",
        "A pre-hook on `model.model.model.layers[layer]` is called with `inputs`, and `inputs[0]` is "
        "`[batch, position, d_model]`. In the first run keep one position of it; in the second return a changed copy, with "
        "the other inputs behind it. Remove each hook in a `finally`.",
        "```python\ndef write(module, inputs):\n    x = inputs[0].clone()\n    x[:, ...] = ...\n"
        "    return (x, *inputs[1:])\n\nhandle = block.register_forward_pre_hook(write)\ntry:\n"
        "    return model.logits(...)[-1]\nfinally:\n    handle.remove()\n```",
    ),
    why=(
        "This is the smallest causal experiment there is on a network: change one vector, and see whether the answer "
        "changes. All of what follows is this step, repeated."
    ),
    visible=(
        _case(3, 7, 1, 2, 2),
        _case(5, 6, 0, 1, 1),
        _case(8, 8, 1, 2, 4),
        Case("default model, John for Mary; layer 21, the second name", (ModelHandle(), CLEAN, CORRUPTED, 21, 9)),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "corrupted run",
            nothing_written,
            "Your result is the corrupted run as it is. Either nothing is written (a hook that changes a copy must return "
            "it, as a tuple with the other inputs), or all positions of the *clean* run get corrupted states: both faults "
            "of the published version, which together come to nothing at every layer.",
        ),
        Mistake(
            "all positions",
            all_positions,
            "You exchange all positions. Then everything behind the block is the clean run, whatever the layer; change one "
            "position only.",
        ),
        Mistake(
            "reversed direction",
            reversed_direction,
            "Your direction is reversed: the clean text runs, with a corrupted state in it. Which text is read, and which "
            "one runs with the patch?",
        ),
        Mistake(
            "behind the block",
            behind_the_block,
            "You exchange what *leaves* the block. The state in front of it was asked for, one block earlier.",
        ),
        Mistake(
            "from the position on",
            from_here_on,
            "You exchange the position and everything behind it. What later positions have read by then must stay as it is "
            "in the corrupted run.",
        ),
        Mistake(
            "added",
            added,
            "You add the clean state to the corrupted one. It takes the other's place.",
        ),
        Mistake(
            "read at the position",
            read_at_the_position,
            "You read the logits at the position that you have patched. The answer is at the last one.",
        ),
    ),
    alternatives=(right_by_two_runs, right_in_one_batch),
    rtol=1e-3,
    atol=1e-3,
    tolerance_reason="float32 logits of about 20; a batch adds numbers in another order and differs by up to 1e-4",
)
