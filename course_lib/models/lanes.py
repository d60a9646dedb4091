"""Many ends of one text, side by side in lanes behind one shared beginning.

A text that is edited in one place needs only what stands behind the edit to be computed again. Edit every place in
turn, and the ends have every length, from the whole text to its last token. Rows of equal length would be filled up
for half of their tokens, and passes small enough to fill little are slow. So the ends are packed: a lane holds one long
end, or a middling one and another, or many short ones, each after the other:

    beginning         lane 1   ● ● ● ● ● ● ● ●
    the cat sat …     lane 2   ● ● ● ● ● ● ● │ ●
    (kept once)       lane 3   ● ● ● ● ● ● │ ● ●

The attention mask lets a token see the part of the beginning that its own end follows, and what stands before it in its
end; the positions go on from that part. Training packs documents into a context in the same way (Krell et al. 2021,
"Efficient sequence packing without cross-contamination", arXiv 2107.02027), with best-fit decreasing as here.

Wide lanes waste little room and much attention: every token is compared with the whole beginning and the whole lane,
and the mask throws most of it away. `plan_lanes` weighs one against the other and takes the cheapest of a few widths.

The pitfall is that of every mask of one's own: `course_lib.models.tree.takes_trees` says for which families it holds.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import torch

from course_lib.models.prefix import SharedPrefix, head_reads
from course_lib.models.tree import Leaves

if TYPE_CHECKING:
    from jaxtyping import Bool, Float
    from torch import Tensor

    from course_lib.models import LocalModel

WIDTHS = (0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1.0, 1.125, 1.25, 1.5, 1.75, 2.0)  # tried, as parts of the longest end
KEYS_PER_WIDTH = 2  # comparisons with so many keys, per number of the residual stream, take as long as the matrices
START_OF_PASS = 64  # tokens that could be computed in the time that a pass takes besides


@dataclass(frozen=True)
class End:
    """A text that begins as the shared one does.

    Attributes:
        start: how many tokens of the shared text it begins with.
        tokens: the token ids behind them; at least one.
    """

    start: int
    tokens: tuple[int, ...]


@dataclass(frozen=True)
class LanePass:
    """What is read at once.

    Attributes:
        kept: tokens of the shared text that any end of this pass begins with, at most.
        width: tokens of a lane.
        lanes: the ends in each lane, by their number.
    """

    kept: int
    width: int
    lanes: tuple[tuple[int, ...], ...]

    @property
    def ends(self) -> list[int]:
        """The numbers of all ends, lane by lane."""
        return [number for lane in self.lanes for number in lane]

    def cost(self, keys: float) -> float:
        """Tokens that take as long; comparing a token with `keys` others takes as long as its matrices."""
        seen = self.kept + self.width
        return START_OF_PASS + len(self.lanes) * self.width * (1 + seen / keys)


def pack(lengths: Sequence[int], width: int) -> list[list[int]]:
    """Lanes of at most `width` tokens, by best-fit decreasing: each end where it leaves the least room, longest first.

    Args:
        lengths: tokens of each end, none more than `width`.
        width: tokens of a lane.

    Example:
        >>> pack([1, 2, 3, 4], width=4)
        [[3], [2, 0], [1]]
    """
    lanes: list[list[int]] = []
    rooms: list[tuple[int, int]] = []  # free tokens and number of each lane, the fullest first
    for number in sorted(range(len(lengths)), key=lambda number: -lengths[number]):
        place = bisect_left(rooms, (lengths[number], 0))
        if place == len(rooms):
            lanes.append([])
            room, lane = width, len(lanes) - 1
        else:
            room, lane = rooms.pop(place)
        lanes[lane].append(number)
        insort(rooms, (room - lengths[number], lane))
    return lanes


def plan_lanes(ends: Sequence[End], limit: int, keys: float) -> list[LanePass]:
    """The passes that read all ends in the least time, of those that a few widths of a lane give.

    Ends longer than the width lie alone in their lanes, next to others of about their length.

    Args:
        ends: what is to be read.
        limit: most tokens of a pass; it holds at least one lane.
        keys: comparing a token with so many others takes as long as its matrices.

    Example:
        >>> plan_lanes([End(0, (7, 2, 3)), End(1, (7, 3)), End(2, (7,))], limit=6, keys=1e9)
        [LanePass(kept=2, width=3, lanes=((0,), (1, 2)))]
    """
    lengths = [len(end.tokens) for end in ends]
    longest = max(lengths)
    widths = sorted({max(1, round(longest * part)) for part in WIDTHS})
    plans = [_plan(ends, lengths, width, limit) for width in widths if width <= max(longest, limit)]
    return min(plans, key=lambda plan: sum(part.cost(keys) for part in plan))


def _plan(ends: Sequence[End], lengths: Sequence[int], width: int, limit: int) -> list[LanePass]:
    """The passes with lanes of `width` tokens, and before them those of the longer ends, each in a lane of its own."""
    longer = sorted((number for number in range(len(ends)) if lengths[number] > width), key=lambda n: -lengths[n])
    plan = []
    while longer:
        rows = max(1, limit // lengths[longer[0]])
        plan.append(_pass(ends, [[number] for number in longer[:rows]], lengths[longer[0]]))
        longer = longer[rows:]
    fitting = [number for number in range(len(ends)) if lengths[number] <= width]
    if not fitting:
        return plan
    lanes = [[fitting[place] for place in lane] for lane in pack([lengths[number] for number in fitting], width)]
    passes = -(-len(lanes) // max(1, limit // width))
    rows = -(-len(lanes) // passes)  # of like size, and no small one at the end
    plan += [_pass(ends, lanes[first : first + rows], width) for first in range(0, len(lanes), rows)]
    return plan


def _pass(ends: Sequence[End], lanes: Sequence[Sequence[int]], width: int) -> LanePass:
    return LanePass(
        max(ends[number].start for lane in lanes for number in lane), width, tuple(tuple(lane) for lane in lanes)
    )


def lanes_for(model: LocalModel, ends: Sequence[End], limit: int) -> list[LanePass]:
    """`plan_lanes` with the price of a comparison in this model."""
    return plan_lanes(ends, limit, KEYS_PER_WIDTH * model.d_model)


def read_lanes(
    model: LocalModel, prefix: SharedPrefix, ends: Sequence[End], passes: Sequence[LanePass], count: int
) -> Iterator[Leaves]:
    """Logits at the last `count` positions of each end, pass by pass.

    Args:
        model: a loaded model for which `course_lib.models.tree.takes_trees` holds.
        prefix: keys and values of the shared text.
        ends: what is to be read; none is shorter than `count`.
        passes: of these ends, from `lanes_for`.
        count: how many positions, counted from the end.

    Yields:
        `Leaves`, in the order of the passes; together they hold every end once.
    """
    for part in passes:
        yield Leaves(part.ends, _read(model, prefix, ends, part, count))


def _read(
    model: LocalModel, prefix: SharedPrefix, ends: Sequence[End], part: LanePass, count: int
) -> Float[Tensor, "end target vocab"]:
    """One forward pass; logits at the last `count` tokens of each end, in the order of `part.ends`."""
    device, shape = model.device, (len(part.lanes), part.width)
    ids, positions = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.long)
    sees = torch.zeros(*shape, part.kept + part.width, dtype=torch.bool)
    sees[:, :, part.kept :] = torch.eye(
        part.width, dtype=torch.bool
    )  # what fills a lane sees itself, or would be 0 / 0
    wanted = []
    for lane, numbers in enumerate(part.lanes):
        place = 0
        for end in (ends[number] for number in numbers):
            stop = place + len(end.tokens)
            ids[lane, place:stop] = torch.tensor(end.tokens)
            positions[lane, place:stop] = torch.arange(end.start, end.start + len(end.tokens))
            sees[lane, place:stop, : end.start] = True
            sees[lane, place:stop, part.kept + place : part.kept + stop] = _causal(len(end.tokens))
            wanted += [(lane, last) for last in range(stop - count, stop)]
            place = stop
    mask = torch.zeros(sees.shape, dtype=model.dtype).masked_fill_(~sees, torch.finfo(model.dtype).min)
    lanes, places = torch.tensor(wanted, device=device).T
    choose = partial(_chosen, lanes=lanes, places=places)
    with torch.no_grad(), head_reads(model, choose) as chosen:
        logits: Tensor = model.model(
            input_ids=ids.to(device),
            position_ids=positions.to(device),
            attention_mask=mask[:, None].to(device),
            past_key_values=prefix.lend(part.kept, len(part.lanes)),
            use_cache=True,
        ).logits
    if not chosen:
        logits = choose(logits)
    return logits[0].view(len(part.ends), count, -1)


def _causal(length: int) -> Bool[Tensor, "token seen"]:
    return torch.ones(length, length, dtype=torch.bool).tril()


def _chosen(
    states: Float[Tensor, "lane place width"], lanes: Tensor, places: Tensor
) -> Float[Tensor, "1 wanted width"]:
    """The wanted places of all lanes, in one row."""
    return states[lanes, places][None]
