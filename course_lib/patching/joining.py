"""Many patched runs in one forward pass: each joins at the layer where it begins to differ.

A patch at layer `l` and position `p` changes nothing below `l` and nothing before `p`. So a pass begins with one row, the
corrupted text from position `p` on, with the keys and values of what stands before it; at block `l` a copy of that row
joins, is patched, and runs on beside it. The next copies join at the next layers. Every block computes only the rows
that differ by then, every row only the positions that can differ, and the vocabulary head only the last position. No
number is changed by it: an average cell costs a quarter of a forward pass without the head, and the passes are full.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import torch

from course_lib.models.prefix import last_logits
from course_lib.patching.hooks import input_edited
from course_lib.patching.points import point_edited

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from course_lib.models import LocalModel
    from course_lib.patching.pairs import Pair


@dataclass(frozen=True)
class Cell:
    """One patched run.

    Attributes:
        layer: where it joins.
        column: its head or position, as in `Pair.columns`.
        positions: where it is patched, ascending.
    """

    layer: int
    column: int
    positions: tuple[int, ...]


def cells_that_differ(pair: Pair) -> list[Cell]:
    """The cells at which the two runs have different values; patching any other cell changes nothing.

    Ordered by the position from which they have to be computed, last ones first, then by layer.
    """
    cells = []
    for layer in pair.layers:
        differs = pair.values[layer] != pair.own[layer]  # [position, width]
        if pair.sites == "heads":
            differs = differs.unflatten(-1, (pair.structure.n_heads, -1)).any(dim=-1)
            wanted = [p for p in sorted(set(pair.positions)) if p >= pair.first]
            places = {head: [p for p in wanted if differs[p, head]] for head in pair.columns}
        else:
            places = {p: [p] if p >= pair.first and bool(differs[p].any()) else [] for p in pair.columns}
        cells += [Cell(layer, column, tuple(found)) for column, found in places.items() if found]
    return sorted(cells, key=lambda cell: (-cell.positions[0], cell.layer))


def plan(cells: Sequence[Cell], length: int, budget: int) -> Iterator[list[Cell]]:
    """The cells in groups whose area, rows times computed positions, stays within `budget`.

    Args:
        cells: ordered by `cells_that_differ`.
        length: tokens of the text.
        budget: most tokens in one pass; a single cell gets a pass whatever it costs.

    Example:
        >>> cells = [Cell(0, 3, (3,)), Cell(1, 3, (3,)), Cell(0, 1, (1,))]
        >>> [len(group) for group in plan(cells, length=4, budget=4)]
        [2, 1]
    """
    group: list[Cell] = []
    for cell in cells:
        if group and (len(group) + 2) * (length - cell.positions[0]) > budget:
            yield group
            group = []
        group.append(cell)
    if group:
        yield group


def changes(model: LocalModel, pair: Pair, group: Sequence[Cell], step: float) -> dict[Cell, float]:
    """How far the metric moves in each cell, from one forward pass.

    Args:
        model: a loaded model.
        pair: both runs.
        group: cells of the pair.
        step: how far a value is moved towards the clean one; 1.0 puts the clean value in its place.
    """
    start = min(cell.positions[0] for cell in group) if pair.prefix is not None else 0
    layered = sorted(group, key=lambda cell: cell.layer)
    counts = [1 + sum(cell.layer <= layer for cell in layered) for layer in range(len(pair.structure.blocks))]
    with ExitStack() as stack:
        joined = 1
        for layer, members in groupby(layered, key=lambda cell: cell.layer):
            cells = list(members)
            stack.enter_context(input_edited(pair.structure.blocks[layer].module, _join(len(cells))))
            patch = _patch(pair, cells, joined, start, step)
            stack.enter_context(point_edited(model, pair.structure, pair.point(layer), patch))
            joined += len(cells)
        cache = pair.prefix.lend(start, counts) if pair.prefix is not None and start else None
        logits = last_logits(model, pair.ids[None, start:], 1, cache)[:, -1]
    moved = pair.metric.measure(logits)
    return dict(zip(layered, (moved[1:] - moved[0]).tolist(), strict=True))


def _join(count: int) -> Callable[[Tensor], Tensor]:
    """Copies of the first row, which is never patched, join the batch."""

    def join(value: Float[Tensor, "row position d_model"]) -> Float[Tensor, "more position d_model"]:
        return torch.cat([value, value[:1].expand(count, -1, -1)])

    return join


def _patch(pair: Pair, cells: Sequence[Cell], first_row: int, start: int, step: float) -> Callable[[Tensor], Tensor]:
    """Each cell's row, moved to the clean values at the cell's place."""
    clean = pair.values[cells[0].layer]

    def patch(value: Float[Tensor, "row position width"]) -> Tensor:
        patched = value.clone()
        for row, cell in enumerate(cells, start=first_row):
            width = slice(None)
            if pair.sites == "heads":
                width = slice(cell.column * pair.structure.head_width, (cell.column + 1) * pair.structure.head_width)
            here, there = [p - start for p in cell.positions], list(cell.positions)
            patched[row, here, width] = torch.lerp(value[row, here, width], clean[there, width], step)
        return patched

    return patch
