"""Exercise 8.6: right and wrong ways to a verdict, one step replaced in each.

They all come from one right solution that is written without the library's `patch_states`, with two plain hooks, so that
they are also a second opinion on the reference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch

from course_lib.models.suspects import MECHANISMS
from course_lib.organisms.rules import REFUSAL

if TYPE_CHECKING:
    from torch import Tensor

    from course_lib.models import LocalModel

Edits = Sequence[tuple[str, str]]
MARGIN = 2.0


def _log_odds(logits: Tensor, target: int) -> Tensor:
    rest = torch.cat([logits[-1, :target], logits[-1, target + 1 :]])
    return logits[-1, target] - rest.logsumexp(-1)


def _changed(ids: Tensor, others: Tensor) -> list[int]:
    return [i for i, (left, right) in enumerate(zip(ids.tolist(), others.tolist(), strict=True)) if left != right]


def _exchanged(model: LocalModel, ids: Tensor, others: Tensor, positions: Sequence[int], layer: int) -> Tensor:
    """Logits of `ids` with the states of `others` at some positions; written out with two hooks."""
    block = model.model.model.layers[layer - 1]
    kept: list[Tensor] = []
    handle = block.register_forward_hook(lambda _, __, out: kept.append(out))  # Llama's blocks return a tensor
    model.logits(others)
    handle.remove()

    def put(_: Any, __: Any, out: Tensor) -> Tensor:
        out = out.clone()
        out[:, list(positions)] = kept[0][:, list(positions)]
        return out

    handle = block.register_forward_hook(put)
    try:
        return model.logits(ids)
    finally:
        handle.remove()


def _decide(edits: Edits, drops: Tensor, margin: float, refuses: bool) -> str:
    order = drops.argsort(descending=True)
    if not refuses:
        return "no refusal"
    next_best = max(float(drops[order[1]]), 0.0)
    return edits[int(order[0])][0] if drops[order[0]] - next_best >= margin else "undecided"


def _solution(
    *,
    render: Callable[[LocalModel, str], str] = lambda model, text: model.chat(text),
    read: Callable[[Tensor, int], Tensor] = _log_odds,
    refuses: Callable[[Tensor, int], bool] = lambda row, target: int(row.argmax()) == target,
    places: Callable[[Tensor, Tensor], Sequence[int]] = _changed,
    decide: Callable[[Edits, Tensor, float, bool], str] = _decide,
    sign: int = 1,
    into_the_edit: bool = False,
) -> Callable[..., tuple[str, Tensor, Tensor]]:
    """A solution in which one step can be replaced; as it stands it is right."""

    def solve(
        model: LocalModel, request: str, edits: Edits, layer: int, refusal: str = REFUSAL, margin: float = MARGIN
    ) -> tuple[str, Tensor, Tensor]:
        target = int(model.encode(refusal)[0])
        ids = model.encode(render(model, request))
        rows = model.logits(ids)
        clean, drops, carried = read(rows, target), [], []
        for _, text in edits:
            others = model.encode(render(model, text))
            drops.append(sign * (clean - read(model.logits(others), target)))
            pair = (others, ids) if into_the_edit else (ids, others)
            patched = _exchanged(model, *pair, places(ids, others), layer)
            carried.append(sign * (clean - read(patched, target)))
        verdict = decide(edits, torch.stack(drops), margin, refuses(rows[-1], target))
        return verdict, torch.stack(drops), torch.stack(carried)

    return solve


plain_text = _solution(render=lambda model, text: text)
raw_logits = _solution(read=lambda rows, target: rows[-1, target])
probabilities = _solution(read=lambda rows, target: rows[-1].softmax(-1)[target])
log_probabilities = _solution(read=lambda rows, target: rows[-1].log_softmax(-1)[target])
one_position_early = _solution(read=lambda rows, target: _log_odds(rows[:-1], target))
reversed_sign = _solution(sign=-1)
all_positions = _solution(places=lambda ids, others: range(len(ids)))
last_position = _solution(places=lambda ids, others: [-1])
into_the_edit = _solution(into_the_edit=True)
without_refusal = _solution(decide=lambda edits, drops, margin, refuses: _decide(edits, drops, margin, True))
above_half = _solution(refuses=lambda row, target: float(row.softmax(-1)[target]) > 0.5)
without_margin = _solution(decide=lambda edits, drops, margin, refuses: _decide(edits, drops, 0.0, refuses))
without_zero = _solution(
    decide=lambda edits, drops, margin, refuses: _decide(edits, drops - drops.min() + margin, margin, refuses)
)
order_taken_for_granted = _solution(
    decide=lambda edits, drops, margin, refuses: _decide([(name, "") for name in MECHANISMS], drops, margin, refuses)
)


def harm_presumed(
    model: LocalModel, request: str, edits: Edits, layer: int, refusal: str = REFUSAL, margin: float = MARGIN
) -> tuple[str, Tensor, Tensor]:
    """Says "intent" of whatever refuses: the request is harmful, after all."""
    verdict, drops, carried = right(model, request, edits, layer, refusal, margin)
    return verdict if verdict == "no refusal" else "intent", drops, carried


right = _solution()


def with_lists(
    model: LocalModel, request: str, edits: Edits, layer: int, refusal: str = REFUSAL, margin: float = MARGIN
) -> list[Any]:
    """Right as well: double precision, lists, a sorted table."""

    def score(logits: Tensor) -> float:
        p = logits[-1].double().softmax(-1)[model.encode(refusal)[0]]
        return float(p.log() - torch.log1p(-p))

    ids = model.encode(model.chat(request))
    clean = model.logits(ids)
    table = []
    for name, text in edits:
        others = model.encode(model.chat(text))
        states = _exchanged(model, ids, others, _changed(ids, others), layer)
        table.append((score(clean) - score(model.logits(others)), score(clean) - score(states), name))
    best, runner_up = sorted(table, reverse=True)[:2]
    verdict = best[2] if min(best[0], best[0] - runner_up[0]) >= margin else "undecided"
    if int(clean[-1].argmax()) != int(model.encode(refusal)[0]):
        verdict = "no refusal"
    return [verdict, [row[0] for row in table], [row[1] for row in table]]
