"""The edited texts: whole, as rows of a batch, or from their edit on, as ends.

Which go into which pass depends on the way in which they are read (`course_lib.attribution.passes`). Ends are packed
into lanes (`course_lib.models.lanes`); for rows it is decided here. A batch of rows holds neighbouring edits: tokens
`start` to `stop` of the prompt, each removed in a row of its own. All its rows agree before `start`, so that many
tokens can be kept from a pass over the complete text, and from there on all rows have the same length: nothing is
padded.

The pitfall sits at the end of the prompt, for both. A pass must compute as many positions as there are targets, since a
cache holds keys and values but no logits; when the last tokens are removed, a few that could have been kept are
computed again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from course_lib.models.lanes import End

if TYPE_CHECKING:
    from jaxtyping import Int
    from torch import Tensor


CONTEXT_PER_TOKEN = 16  # positions that a batch may attend to, for each one that it may compute


@dataclass(frozen=True)
class Batch:
    """Edits `start` to `stop` (exclusive), all of which share the first `kept` tokens."""

    start: int
    stop: int
    kept: int


def plan_batches(edits: int, length: int, targets: int, limit: int, *, reuse: bool, first: int = 0) -> Iterator[Batch]:
    """Cut the edits `first`, … `edits` - 1 into batches.

    Args:
        edits: one more than the last position that is edited; each is edited once.
        length: tokens of an edited text.
        targets: positions at the end whose logits are needed.
        limit: most tokens computed in one batch; a batch has at least one row, however long. The kept tokens cost
            memory only, so sixteen times as many of them are allowed.
        reuse: whether the tokens before the first edit of a batch are kept from an earlier pass.
        first: the first position that is edited.

    Example:
        >>> list(plan_batches(4, 3, 1, 6, reuse=False))
        [Batch(start=0, stop=2, kept=0), Batch(start=2, stop=4, kept=0)]
        >>> list(plan_batches(4, 3, 1, 6, reuse=True))
        [Batch(start=0, stop=2, kept=0), Batch(start=2, stop=4, kept=2)]
    """
    start = first
    while start < edits:
        kept = min(start, length - targets) if reuse else 0
        rows = max(1, min(limit // (length - kept), CONTEXT_PER_TOKEN * limit // length))
        stop = min(edits, start + rows)
        yield Batch(start, stop, kept)
        start = stop


def edited_rows(
    text: Int[Tensor, " position"], start: int, stop: int, replacement_id: int | None
) -> Int[Tensor, "edit position"]:
    """`text` with token `start`, then the next, up to `stop` (exclusive), deleted or replaced, one edit per row.

    Args:
        text: token ids.
        start: first position to edit.
        stop: one more than the last position to edit.
        replacement_id: the token that stands in; None deletes, and the rows are one token shorter than `text`.

    Example:
        >>> edited_rows(torch.tensor([5, 6, 7]), 1, 3, None).tolist()
        [[5, 7], [5, 6]]
        >>> edited_rows(torch.tensor([5, 6, 7]), 1, 3, 0).tolist()
        [[5, 0, 7], [5, 6, 0]]
    """
    if replacement_id is None:
        return torch.stack([torch.cat([text[:position], text[position + 1 :]]) for position in range(start, stop)])
    rows = text.repeat(stop - start, 1)
    rows[torch.arange(stop - start), torch.arange(start, stop)] = replacement_id
    return rows


def edited_ends(
    text: Int[Tensor, " position"], first: int, last: int, targets: int, replacement_id: int | None
) -> list[End]:
    """What stands from the edit on, for the edits of token `first`, then the next, up to `last` (exclusive).

    Args:
        text: token ids.
        first: first position to edit.
        last: one more than the last position to edit.
        targets: fewest tokens of an end; it begins before its edit where fewer stand behind.
        replacement_id: the token that stands in; None deletes.

    Example:
        >>> edited_ends(torch.tensor([5, 6, 7]), 1, 3, 1, None)
        [End(start=1, tokens=(7,)), End(start=1, tokens=(6,))]
        >>> edited_ends(torch.tensor([5, 6, 7]), 1, 3, 1, 0)
        [End(start=1, tokens=(0, 7)), End(start=2, tokens=(0,))]
    """
    ids = tuple(text.tolist())
    stand_in = () if replacement_id is None else (replacement_id,)
    ends = []
    for position in range(first, last):
        edited = ids[:position] + stand_in + ids[position + 1 :]
        start = min(position, len(edited) - targets)
        ends.append(End(start, edited[start:]))
    return ends
