"""Take a direction out of the residual stream, or put it in, and see what the model does.

Without the direction the behaviour goes: it was necessary. With it the behaviour comes, on texts that do not call for
it: it was sufficient.

    out:  x ↦ x − v̂ (v̂ · x)        in:  x ↦ x + c v

To take a direction out *everywhere* it is not enough to do it once: every later layer may write it again. So it is taken
out of what enters each block, and of what attention and MLP add in it. That is the same as weights that cannot write it,
and the tests hold it to that.

The pitfall is damage. A push that is long enough breaks any model, in any direction: compare with `random_direction`, and
look at whole answers and not at the one number that was meant to move.

Source: Arditi et al. (2024), *Refusal in Language Models Is Mediated by a Single Direction*, sections 2.4 and 4.1; Rimsky et
al. (2023), *Steering Llama 2 via Contrastive Activation Addition*.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import torch

from course_lib.errors import CourseError
from course_lib.patching.directions import Direction
from course_lib.patching.points import Point, PointKind, point_edited
from course_lib.patching.structure import find_structure
from course_lib.patching.writing import edit_point

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from course_lib.models import LocalModel

WRITTEN: tuple[PointKind, ...] = ("residual_before", "attention", "mlp")


@contextmanager
def project_out(model: LocalModel, direction: Direction, layers: Sequence[int] | None = None) -> Iterator[LocalModel]:
    """Inside the block, the residual stream has nothing along a direction; behind it, the model is as it was.

    Args:
        model: a loaded model.
        direction: which one; its length does not matter.
        layers: in which blocks; all if None. It is taken out of what enters them and of what they add: later blocks may
            write it again.

    Raises:
        CourseError: a direction of another width or of length 0; a layer that does not exist.

    Example:
        >>> from course_lib import load_model
        >>> from course_lib.patching import difference_of_means
        >>> model = load_model("tiny:0")
        >>> good = difference_of_means(model, ["a good book"], ["a bad book"], layer=1)
        >>> with project_out(model, good):
        ...     without = model.logits(model.encode("a good book"))
    """
    structure, unit = find_structure(model), _on_model(model, direction)
    unit = unit / unit.norm()

    def remove(value: Float[Tensor, "batch position d_model"]) -> Tensor:
        wide = value.to(torch.promote_types(value.dtype, unit.dtype))
        return (wide - (wide @ unit.to(wide.dtype))[..., None] * unit.to(wide.dtype)).to(value.dtype)

    with ExitStack() as stack:
        for layer in range(len(structure.blocks)) if layers is None else layers:
            for kind in WRITTEN:
                stack.enter_context(point_edited(model, structure, Point(kind, layer), remove))
        yield model


@contextmanager
def add_direction(
    model: LocalModel,
    direction: Direction,
    scale: float = 1.0,
    *,
    layer: int | None = None,
    positions: Sequence[int] | None = None,
) -> Iterator[LocalModel]:
    """Inside the block, `scale` times a direction is added to the stream; behind it, the model is as it was.

    Args:
        model: a loaded model.
        direction: which one, with its length.
        scale: how many times; negative to go the other way.
        layer: in front of which block; where the direction was read if None.
        positions: at which positions of every run; all, and all that are generated, if None.

    Raises:
        CourseError: a direction of another width or of length 0; a layer or position that does not exist.

    Example:
        >>> from course_lib import load_model
        >>> from course_lib.patching import difference_of_means
        >>> model = load_model("tiny:0")
        >>> good = difference_of_means(model, ["a good book"], ["a bad book"], layer=1)
        >>> with add_direction(model, good, scale=1.5):
        ...     continuation = model.generate("The book is", max_new_tokens=3)
    """
    vector = scale * _on_model(model, direction)
    point = Point("residual_before", direction.layer if layer is None else layer)
    with edit_point(model, point, lambda part: part + vector.to(part.dtype), positions=positions):
        yield model


def _on_model(model: LocalModel, direction: Direction) -> Float[Tensor, " d_model"]:
    """The vector beside the weights, checked."""
    vector = direction.vector
    if vector.shape != (model.d_model,) or not bool(vector.isfinite().all()) or float(vector.norm()) == 0:
        raise CourseError(
            f"A vector of shape {list(vector.shape)} and length {float(vector.norm()):.3g} is no direction of this model.",
            f"Give {model.d_model} finite numbers that are not all zero.",
        )
    return vector.to(model.device)
