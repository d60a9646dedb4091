"""Many items scored at once: what the choices of an item share is read once.

Two choices of one question differ in their last words only, and a benchmark asks thousands of questions. All choices of an
item are laid into one tree (`course_lib.models.tree`), items are packed into passes of a few hundred tokens, and logits are
computed only where a continuation's token is predicted. The numbers are those of `log_likelihood`, to about 1e-4 nats;
a test holds them together. Models that read no trees are scored choice by choice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from transformers import DynamicCache

from course_lib.evals.items import Item
from course_lib.models.prefix import last_logits
from course_lib.models.tree import TOKENS_PER_PASS, Pass, read_pass, takes_trees

if TYPE_CHECKING:
    from course_lib.batches import Progress
    from course_lib.models import LocalModel

Row = tuple[int, ...]


@dataclass(frozen=True)
class Scores:
    """The choices of one item, scored.

    Attributes:
        log_probs: the log-likelihood of each choice, in nats.
        tokens: how many tokens each has.
    """

    log_probs: tuple[float, ...]
    tokens: tuple[int, ...]


def score_items(model: LocalModel, items: Sequence[Item], progress: Progress | None = None) -> list[Scores]:
    """Log-likelihood and number of tokens of every choice.

    Args:
        model: a loaded model.
        items: the questions; contexts must not be empty.
        progress: called as `progress(done, total)`, in items.

    Example:
        >>> from course_lib import load_model
        >>> [found] = score_items(load_model("tiny:0"), [Item("The capital of France is", ("Paris", "Rome"), 0)])
        >>> found.tokens
        (1, 2)
    """
    encoded = [_encoded(model, *item.texts(model)) for item in items]
    longest = max((len(row) for rows in encoded for row, _ in rows), default=0)
    trees = takes_trees(model, longest)
    found: list[Scores] = []
    for part in _packed(encoded, TOKENS_PER_PASS.get(model.device.type, 256)):
        log_probs = iter(_in_one_pass(model, part) if trees else _one_by_one(model, part))
        for rows in part:
            found.append(Scores(tuple(next(log_probs) for _ in rows), tuple(count for _, count in rows)))
        if progress is not None:
            progress(len(found), len(items))
    return found


def score_texts(model: LocalModel, context: str, continuations: Sequence[str]) -> list[float]:
    """Log-likelihoods of many continuations of one context."""
    items = [Item(context, tuple(continuations), None, delimiter="")]
    return list(score_items(model, items)[0].log_probs)


def _encoded(model: LocalModel, context: str, continuations: Sequence[str]) -> list[tuple[Row, int]]:
    """For each continuation the tokens of the whole text, and how many of them are its own."""
    start = len(model.encode(context.rstrip(" ")))
    wholes = [tuple(model.encode(context + continuation).tolist()) for continuation in continuations]
    return [(whole, len(whole) - start) for whole in wholes]


def _packed(encoded: list[list[tuple[Row, int]]], limit: int) -> Iterator[list[list[tuple[Row, int]]]]:
    """Items in order, as many at a time as make about `limit` tokens; no item is split."""
    part: list[list[tuple[Row, int]]] = []
    size = 0
    for rows in encoded:
        tokens = max(len(row) - count for row, count in rows) + sum(count for _, count in rows)
        if part and size + tokens > limit:
            yield part
            part, size = [], 0
        part.append(rows)
        size += tokens
    if part:
        yield part


def _in_one_pass(model: LocalModel, part: list[list[tuple[Row, int]]]) -> list[float]:
    tree, rows = Pass(0), [row for item in part for row in item]
    for number, (whole, _) in enumerate(rows):
        tree.add(number, whole[:-1], 0)  # the last token predicts nothing that is asked
    counts = [count for _, count in rows]
    logits = read_pass(model, tree, counts, DynamicCache())
    targets = torch.tensor([token for whole, count in rows for token in whole[-count:]], device=logits.device)
    taken = logits.float().log_softmax(-1).gather(1, targets[:, None])[:, 0]
    return [float(one.sum()) for one in taken.split(counts)]


def _one_by_one(model: LocalModel, part: list[list[tuple[Row, int]]]) -> list[float]:
    found = []
    for whole, count in (row for item in part for row in item):
        ids = torch.tensor([whole], device=model.device)
        log_probs = last_logits(model, ids[:, :-1], count)[0].float().log_softmax(-1)
        found.append(float(log_probs.gather(1, ids[0, -count:, None]).sum()))
    return found
