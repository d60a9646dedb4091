"""Activation patching: which place, given its clean value, brings the clean answer back?

Two texts differ in a word, and so do the answers. The corrupted text runs, and at one place, a layer and a position, or a
layer and a head, the value of the clean run is put in. If the answer comes back, what tells the two texts apart passes
through that place. One place at a time gives a map.

What the map shows is *sufficiency*, given the rest of the corrupted run (also called denoising). Two places that are each
enough both light up; two that are only together enough stay both dark. The opposite move, a corrupted value in the clean
run, shows what is needed: exchange the two texts. The pitfalls are those of `pairs` and `metrics`: the map is about this
pair and this metric.

The definition is one forward pass for each cell. `joining` computes the same numbers in a fraction of the work.

Source: Meng et al. (2022), *Locating and Editing Factual Associations in GPT*; Wang et al. (2022), *Interpretability in the
Wild*; Zhang and Nanda (2023), *Towards Best Practices of Activation Patching in Language Models*, equation in section 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from course_lib.attribution.memory import batch_bytes, check_memory
from course_lib.batches import Progress
from course_lib.errors import CourseError
from course_lib.patching.joining import Cell, cells_that_differ, changes, plan
from course_lib.patching.maps import PatchingMap
from course_lib.patching.metrics import MetricLike
from course_lib.patching.pairs import Pair, Sites, read_pair
from course_lib.patching.readings import Text

if TYPE_CHECKING:
    from course_lib.models import LocalModel

TOKENS_PER_PASS = 1024


def patching_map(
    model: LocalModel,
    clean: Text,
    corrupted: Text,
    metric: MetricLike,
    sites: Sites = "residual",
    *,
    layers: Sequence[int] | None = None,
    positions: Sequence[int] | None = None,
    step: float = 1.0,
    batch_tokens: int = TOKENS_PER_PASS,
    progress: Progress | None = None,
) -> PatchingMap:
    """The recovery of the clean answer when each place of the corrupted run gets its clean value.

    Args:
        model: a loaded model.
        clean: the text with the right answer, or its token ids.
        corrupted: the text that is patched; as many tokens.
        metric: (right token, wrong token) for the logit difference, a token for its log probability, or a `Metric`.
        sites: "residual" (before each block), "attention" or "mlp" (what they add), by position; "heads", each at all
            positions at once.
        layers: which rows; all if None.
        positions: which columns; for "heads", at which positions a head is patched; all if None.
        step: how far values are moved towards the clean ones. 1.0 is patching; near 0, divided by `step`, the map
            becomes that of `attribution_patching`.
        batch_tokens: most tokens in one forward pass. Changes time and memory, not the result.
        progress: called with (cells done, cells in all).

    Returns:
        A `PatchingMap`: 0 as corrupted, 1 as clean.

    Raises:
        CourseError: texts of unequal length, a metric that does not tell them apart, a place that does not exist, or a
            pass that does not fit into memory.

    Example:
        >>> from course_lib import load_model
        >>> found = patching_map(load_model("tiny:0"), "Mary gave the book to", "John gave the book to", " John", "mlp")
        >>> found.recovery.shape
        torch.Size([2, 6])
    """
    if batch_tokens < 1 or not 0 < step <= 1:
        raise CourseError(
            f"batch_tokens={batch_tokens} and step={step} are no plan.", "Give tokens above 0, 0 < step <= 1."
        )
    pair = read_pair(model, clean, corrupted, metric, sites, layers, positions)
    cells = cells_that_differ(pair)
    groups = list(plan(cells, len(pair.ids), batch_tokens))
    _check_cost(model, pair, groups)
    rows = {layer: row for row, layer in enumerate(pair.layers)}
    columns = {name: column for column, name in enumerate(pair.columns)}
    recovery, done = torch.zeros(len(rows), len(pair.columns)), 0
    for group in groups:
        for cell, change in changes(model, pair, group, step).items():
            recovery[rows[cell.layer], columns[cell.column]] = change / pair.gap
        done += len(group)
        if progress is not None:
            progress(done, len(cells))
    shared = pair.described(model, step=step, batch_tokens=batch_tokens, passes=len(groups) + 2)
    return PatchingMap(recovery=recovery, method="patching", **shared)


def _check_cost(model: LocalModel, pair: Pair, groups: Sequence[Sequence[Cell]]) -> None:
    """Refuse a plan whose largest pass does not fit into memory."""
    needed = 0
    for group in groups:
        start = min(cell.positions[0] for cell in group) if pair.prefix is not None else 0
        cost = batch_bytes(model, rows=len(group) + 1, length=len(pair.ids) - start, prefix=start, targets=1)
        needed = max(needed, cost or 0)
    check_memory(model.device, needed, "Set batch_tokens to a smaller number, or shorten the texts.")
