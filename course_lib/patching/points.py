"""The points at which a decoder can be read and changed, by one name in every family.

    embedding         the token's own vector, before positions are added (GPT-2) or anything is scaled (Gemma)
    residual_before   what enters a block: the residual stream, `[position, d_model]`
    heads             the heads of a block side by side, before they are mixed: `[position, head * width]`
    attention         what attention adds to the stream
    mlp               what the MLP adds to the stream
    residual_after    what leaves a block

A residual point is a complete cut: whatever a position's later computation knows of this position's earlier one passes
through it. The other points are parts: the stream flows past them.

The pitfall is the block that leaves and the block that enters: `residual_after` of one layer is `residual_before` of the
next, so a layer's number means two things in the literature. Here row `l` of a map is the stream *before* block `l`,
that is after `l` blocks, as in `hidden_states`. The other pitfall is the norm behind a projection (Gemma 2 and 3): what
is added to the stream there is the norm's output, and that is what `attention` and `mlp` are.

Source: the hook points of Nanda and Bloom (2022), *TransformerLens*, under plainer names: `hook_embed`,
`hook_resid_pre`, `attn.hook_z`, `hook_attn_out`, `hook_mlp_out`, `hook_resid_post`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from course_lib.errors import CourseError
from course_lib.patching.hooks import input_edited, output_edited
from course_lib.patching.structure import Structure, check_number

if TYPE_CHECKING:
    from torch import Tensor

    from course_lib.models import LocalModel

PointKind = Literal["embedding", "residual_before", "heads", "attention", "mlp", "residual_after"]


@dataclass(frozen=True, order=True)
class Point:
    """One place in the network.

    Attributes:
        kind: which part, see the module's text.
        layer: the block; 0 for the embedding.

    Example:
        >>> print(Point("mlp", 3))
        mlp of layer 3
    """

    kind: PointKind
    layer: int = 0

    def __str__(self) -> str:
        return "embedding" if self.kind == "embedding" else f"{self.kind} of layer {self.layer}"


def check_point(structure: Structure, point: Point) -> None:
    """Refuse points that the model does not have.

    Raises:
        CourseError: an unknown kind, or a layer that does not exist.
    """
    if point.kind not in get_args(PointKind):
        raise CourseError(f"There is no point {point.kind!r}.", f"Choose one of {', '.join(get_args(PointKind))}.")
    check_number("layer", point.layer, len(structure.blocks) if point.kind != "embedding" else 1)


def point_edited(
    model: LocalModel, structure: Structure, point: Point, edit: Callable[[Tensor], Tensor]
) -> AbstractContextManager[None]:
    """Inside the block, `edit(value)` stands at `point` in place of the value; behind it, the model is as it was.

    Args:
        model: a loaded model.
        structure: its parts.
        point: where.
        edit: takes and returns `[batch, position, width]`; the same tensor, untouched, when it only looks.

    Raises:
        CourseError: the point does not exist.
    """
    check_point(structure, point)
    if point.kind == "embedding":
        return output_edited(model.model.get_input_embeddings(), lambda _, output: edit(output))
    block = structure.blocks[point.layer]
    if point.kind == "residual_before":
        return input_edited(block.module, edit)
    if point.kind == "heads":
        return input_edited(block.attention_output, edit)
    module = {"attention": block.attention_writer, "mlp": block.mlp_writer, "residual_after": block.module}[point.kind]
    return output_edited(module, lambda _, output: edit(output))


@contextmanager
def points_noted(model: LocalModel, structure: Structure, points: Iterable[Point]) -> Iterator[dict[Point, Tensor]]:
    """Inside the block, the value at each point is written into the dictionary, as it stands in the graph."""
    seen: dict[Point, Tensor] = {}

    def note(point: Point) -> Callable[[Tensor], Tensor]:
        def look(value: Tensor) -> Tensor:
            seen[point] = value
            return value

        return look

    with ExitStack() as stack:
        for point in points:
            stack.enter_context(point_edited(model, structure, point, note(point)))
        yield seen
