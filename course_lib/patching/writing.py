"""Put another value at a chosen point of a run: by a function, or from a run on another text.

What is read in one run is written into another, and what the answer follows was carried at that place. That is
activation patching in its general form; `patching_map` does it for many places at once.

The pitfall is alignment. Position 7 of one text is put at position 7 of another, so both must say the same kind of thing
there; texts of one length that differ in one word do. At *all* positions of a residual point the whole run is exchanged,
and that the answer follows tells nothing. And the direction: the *source's* value goes into the run, not the reverse.

Source: Vig et al. (2020), *Causal Mediation Analysis*; Meng et al. (2022), *Locating and Editing Factual Associations in
GPT*, section 2; Zhang and Nanda (2023), *Towards Best Practices of Activation Patching in Language Models*.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

from course_lib.errors import CourseError
from course_lib.patching.points import Point, point_edited
from course_lib.patching.readings import Text, read_points
from course_lib.patching.structure import Structure, check_number, find_structure

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.models import LocalModel


@contextmanager
def edit_point(
    model: LocalModel,
    point: Point,
    edit: Callable[[Tensor], Tensor],
    *,
    positions: Sequence[int] | Int[Tensor, " chosen"] | None = None,
    heads: Sequence[int] | None = None,
) -> Iterator[LocalModel]:
    """Inside the block, `edit` decides what stands at a point; behind it, the model is as it was, also after an error.

    Args:
        model: a loaded model.
        point: where.
        edit: takes `[batch, chosen position, chosen width]`, returns a tensor of that shape or one that expands to it.
        positions: which positions; negative ones count from the end; all if None.
        heads: which heads; only at a "heads" point; all if None.

    Raises:
        CourseError: a point, head or position that does not exist.

    Example:
        >>> from course_lib import load_model
        >>> model = load_model("tiny:0")
        >>> with edit_point(model, Point("mlp", 0), torch.zeros_like, positions=[-1]):
        ...     silenced = model.logits(model.encode("the cat sat"))
        >>> bool((silenced[:2] == model.logits(model.encode("the cat sat"))[:2]).all())
        True
    """
    structure = find_structure(model)
    columns = head_columns(structure, point, heads).to(model.device)
    chosen = None if positions is None else torch.as_tensor(list(positions), dtype=torch.long, device=model.device)

    def change(value: Float[Tensor, "batch position width"]) -> Tensor:
        places = torch.arange(value.shape[1], device=value.device) if chosen is None else chosen
        check_positions(places, value.shape[1])
        entries = columns if len(columns) else torch.arange(value.shape[-1], device=value.device)
        edited, part = value.clone(), value[:, places][..., entries]
        edited[:, places[:, None], entries[None]] = edit(part).to(value.dtype).expand_as(part)
        return edited

    with point_edited(model, structure, point, change):
        yield model


@contextmanager
def patch_point(
    model: LocalModel,
    source: Text,
    point: Point,
    *,
    positions: Sequence[int] | Int[Tensor, " chosen"] | None = None,
    heads: Sequence[int] | None = None,
) -> Iterator[LocalModel]:
    """Inside the block, a point has the value that it has on another text.

    Args:
        model: a loaded model.
        source: the text that the values are taken from, or its token ids; read before the block begins.
        point: where.
        positions: which positions, in the source and in every text that runs inside the block; negative ones count
            from the end of each; all if None, and then the texts must have the source's length.
        heads: which heads; only at a "heads" point; all if None.

    Raises:
        CourseError: a point, head or position that does not exist; texts of another length than the source.

    Example:
        >>> from course_lib import load_model
        >>> model = load_model("tiny:0")
        >>> cat, dog = model.encode("the cat sat on the"), model.encode("the dog sat on the")
        >>> with patch_point(model, dog, Point("residual_after", 0)):
        ...     everything_patched = model.logits(cat)
        >>> torch.allclose(everything_patched, model.logits(dog), atol=1e-4)
        True
    """
    columns = head_columns(find_structure(model), point, heads).to(model.device)
    read = read_points(model, source, [point])[point]
    if positions is not None:
        check_positions(torch.as_tensor(list(positions)), len(read))
        read = read[list(positions)]
    values = read[:, columns] if len(columns) else read

    def theirs(part: Tensor) -> Tensor:
        if part.shape[1] != len(values):
            raise CourseError(
                f"The source has {len(values)} tokens, and this text has {part.shape[1]}.",
                "Patch texts of one length, or choose positions; -1 is the last of both.",
            )
        return values

    with edit_point(model, point, theirs, positions=positions, heads=heads):
        yield model


def head_columns(structure: Structure, point: Point, heads: Sequence[int] | None) -> Int[Tensor, " column"]:
    """The entries of a point's last dimension that belong to the chosen heads; none of them stands for all.

    Raises:
        CourseError: heads where there are none, no head, or one that does not exist.
    """
    if heads is None:
        return torch.empty(0, dtype=torch.long)
    if point.kind != "heads" or not heads:
        raise CourseError(
            f"No heads can be chosen at the point {str(point)!r}." if heads else "No head is chosen.",
            'Name one or more heads at a "heads" point, or leave heads out.',
        )
    for head in heads:
        check_number("head", head, structure.n_heads)
    return torch.tensor([column for head in heads for column in structure.head_columns(head)])


def check_positions(positions: Int[Tensor, " chosen"], length: int) -> None:
    """Refuse positions that a text does not have.

    Raises:
        CourseError: naming the first such position.
    """
    outside = [int(p) for p in positions if not -length <= p < length]
    if outside:
        raise CourseError(
            f"There is no position {outside[0]} in a text of {length} tokens.",
            "Patch texts of one length, or count from the end: -1 is the last position.",
        )
