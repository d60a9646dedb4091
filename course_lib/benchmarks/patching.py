"""Patching maps: rows that join where they begin to differ against a loop of one forward pass for each cell.

* **patching map**: the residual stream, every layer, at up to 24 positions from the changed name to the end. The loop
  runs only over cells that can differ, so that cells which are zero for nothing flatter nobody.
* **attribution patching**: every head, from one backward pass, against the exact map of heads. It is an approximation:
  the correlation is printed in place of a difference.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch

from course_lib.benchmarks.floor import arithmetic
from course_lib.benchmarks.setting import Setting, TextPair, make_pair
from course_lib.benchmarks.ways import LOOP, OURS, Comparison, Prepared, Way, evenly, filled, sampled_note
from course_lib.patching import attribution_patching, patching_map
from course_lib.patching.maps import PatchingMap
from course_lib.patching.points import Point, PointKind, point_edited, points_noted
from course_lib.patching.structure import find_structure

MOST_POSITIONS = 24
EXACT = "exact map"


def positions(pair: TextPair) -> list[int]:
    """The columns of the map: from the changed name to the end, evenly spread."""
    return [pair.place + step for step in evenly(len(pair.clean) - pair.place, MOST_POSITIONS)]


def ours(setting: Setting) -> Prepared:
    """`patching_map` of the residual stream."""
    pair = make_pair(setting.model, setting.length)
    metric = (pair.right, pair.wrong)

    def run() -> torch.Tensor:
        found = patching_map(setting.model, pair.clean, pair.corrupted, metric, positions=positions(pair))
        return found.recovery.flatten()

    return Prepared(run, note=f"{setting.model.n_layers} layers, {len(positions(pair))} positions")


def loop(setting: Setting) -> Prepared:
    """One forward pass for each layer and position."""
    pair = make_pair(setting.model, setting.length)
    cells = [(layer, [place], slice(None)) for layer in range(setting.model.n_layers) for place in positions(pair)]
    return _loop(setting, pair, "residual_before", cells)


def heads(setting: Setting) -> Prepared:
    """`attribution_patching` of all heads."""
    return _heads(setting, attribution_patching, "two forward passes and one backward pass")


def exact_heads(setting: Setting) -> Prepared:
    """`patching_map` of all heads."""
    return _heads(setting, patching_map, "rows that join")


def heads_loop(setting: Setting) -> Prepared:
    """One forward pass for each head, patched at all positions at once."""
    pair, structure = make_pair(setting.model, setting.length), find_structure(setting.model)
    width, everywhere = structure.head_width, list(range(pair.place, setting.length))
    slices = [slice(head * width, (head + 1) * width) for head in range(structure.n_heads)]
    cells = [(layer, everywhere, part) for layer in range(setting.model.n_layers) for part in slices]
    return _loop(setting, pair, "heads", cells)


def _heads(setting: Setting, method: Callable[..., PatchingMap], note: str) -> Prepared:
    pair = make_pair(setting.model, setting.length)

    def run() -> torch.Tensor:
        return method(setting.model, pair.clean, pair.corrupted, (pair.right, pair.wrong), "heads").recovery.flatten()

    return Prepared(run, note=note)


def _loop(setting: Setting, pair: TextPair, kind: PointKind, cells: list[tuple[int, list[int], slice]]) -> Prepared:
    """Run the corrupted text once for each cell, with the clean values of its positions and entries in their place."""
    model, structure = setting.model, find_structure(setting.model)
    taken = evenly(len(cells), setting.sizes.most_forwards)
    points = [Point(kind, layer) for layer in range(model.n_layers)]

    def score(ids: tuple[int, ...]) -> float:
        last = model.logits(ids)[-1].float()
        return float(last[pair.right] - last[pair.wrong])

    def run() -> torch.Tensor:
        with points_noted(model, structure, points) as values:
            clean = score(pair.clean)
        corrupted, found = score(pair.corrupted), []
        for layer, places, entries in (cells[index] for index in taken):
            put = partial(_put, values[Point(kind, layer)], places, entries)
            with point_edited(model, structure, Point(kind, layer), put):
                found.append((score(pair.corrupted) - corrupted) / (clean - corrupted))
        return filled(len(cells), taken, found)

    total = len(cells) + 2
    return Prepared(run, total / (len(taken) + 2), sampled_note(len(taken) + 2, total))


def _put(clean: torch.Tensor, places: list[int], entries: slice, value: torch.Tensor) -> torch.Tensor:
    """The value of a run with some of its entries from the clean run."""
    patched = value.clone()
    patched[:, places, entries] = clean[:, places, entries]
    return patched


def map_floor(setting: Setting) -> float:
    """Both texts whole; each cell from its layer and its position on, and logits at the last position."""
    cost, pair = arithmetic(setting.model), make_pair(setting.model, setting.length)
    layers = range(1, cost.layers + 1)
    cells = sum(cost.span(place, setting.length, blocks) + cost.head for place in positions(pair) for blocks in layers)
    return 2 * (cost.span(0, setting.length) + cost.head) + cells


def heads_floor(setting: Setting) -> float:
    """Both texts forward, one of them backward."""
    cost = arithmetic(setting.model)
    return cost.span(0, setting.length) + cost.head + cost.with_gradient(setting.length)


MAP = Comparison(
    "patching map", "the residual stream, layer by position", (Way(OURS, ours), Way(LOOP, loop)), map_floor
)
HEADS = Comparison(
    "attribution patching",
    "every head, from one backward pass",
    (Way(OURS, heads), Way(EXACT, exact_heads), Way(LOOP, heads_loop)),
    heads_floor,
    approximate=True,
)
