"""Patch the residual stream: give one position of a run the state that it has in another run.

Two texts differ in one word, and the model's answers differ. Between two blocks all that is handed on at a position is
one vector, its state. So put the state of the one run into the other, at some positions and after some number of blocks,
and see how far the answer follows: what it follows was carried there.

What to patch decides what is asked. At *all* positions the whole run is exchanged and the answer follows by necessity,
whatever the model computes: such a patch tells nothing. At the positions where the two texts differ, early, it is the
same as exchanging the words; late, when later positions have already read them, it has no effect any more. At the last
position it is the other way round. The layer at which the one takes over from the other is where the information moves.

The pitfall besides is the direction: the state *of the other run* goes into the run under study, not the reverse.

Source: Zhang and Nanda (2023, arXiv:2309.16042) on activation patching and on what the choice of metric does to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import torch

from course_lib.errors import CourseError
from course_lib.patching.hooks import output_edited
from course_lib.patching.structure import find_structure

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor, nn

    from course_lib.models import LocalModel


@contextmanager
def patch_states(
    model: LocalModel,
    source_ids: Int[Tensor, " position"],
    positions: Sequence[int] | Int[Tensor, " patched"],
    layer: int,
) -> Iterator[LocalModel]:
    """Inside the block, some positions have the state that they have on another text; behind it, the model is as it was.

    Args:
        model: a loaded model.
        source_ids: the text that the states are taken from, by its token ids.
        positions: which positions, in the source and in every text that runs inside the block; negative ones count from
            the end, so that -1 is the last of both.
        layer: after how many blocks, from 1 to `model.n_layers`; row `layer` of `hidden_states`, before the last norm.

    Yields:
        The same model.

    Raises:
        CourseError: a layer or a position that does not exist.

    Example:
        >>> from course_lib import load_model
        >>> model = load_model("tiny:0")
        >>> cat, dog = model.encode("the cat sat on the"), model.encode("the dog sat on the")
        >>> with patch_states(model, dog, range(len(dog)), layer=1):
        ...     everything_patched = model.logits(cat)
        >>> torch.allclose(everything_patched, model.logits(dog), atol=1e-4)
        True
    """
    if not 1 <= layer <= model.n_layers:
        raise CourseError(f"No state is left by {layer} blocks.", f"Choose a layer from 1 to {model.n_layers}.")
    chosen = torch.as_tensor(list(positions), dtype=torch.long, device=model.device)
    check_positions(chosen, len(source_ids))
    block = find_structure(model).blocks[layer - 1].module
    states = state_behind(model, block, source_ids)[0, chosen]  # [patched, d_model]

    def edit(value: Tensor, output: Float[Tensor, "batch position d_model"]) -> Tensor:
        check_positions(chosen, output.shape[1])
        patched = output.clone()
        patched[:, chosen] = states
        return patched

    with output_edited(block, edit):
        yield model


class _FarEnough(Exception):
    """Raised in a block to end a run of which only this block's output is wanted."""


def state_behind(
    model: LocalModel, block: nn.Module, ids: Int[Tensor, " position"]
) -> Float[Tensor, "1 position d_model"]:
    """What a block hands on for a text; the blocks behind it are not run."""
    seen: list[Tensor] = []

    def stop(value: Tensor, output: Tensor) -> Tensor:
        seen.append(output)
        raise _FarEnough

    with output_edited(block, stop), suppress(_FarEnough):
        model.logits(ids)
    return seen[0]


def check_positions(positions: Int[Tensor, " patched"], length: int) -> None:
    """Refuse positions that a text does not have."""
    outside = [int(p) for p in positions if not -length <= p < length]
    if outside:
        raise CourseError(
            f"There is no position {outside[0]} in a text of {length} tokens.",
            "Patch texts of one length, or count from the end: -1 is the last position.",
        )
