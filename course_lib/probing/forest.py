"""Short texts laid into small trees, several trees a pass: what texts begin with alike is read once, and little is filled up.

Questions begin alike ("How do I", "What is the"), so a tree of a few (`course_lib.models.tree`) holds a fifth fewer tokens
than they have one by one; and trees can be cut to nearly one size, which rows of unequal length cannot. Each token is
compared with all of its tree, though most comparisons are masked; with 128 tokens in a tree that is a twentieth of the
work of a small model's block. For long texts it would be more than what is saved, so those are read row by row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import torch

from course_lib.models.tree import Pass, Row

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.models import LocalModel
    from course_lib.models.prefix import SharedPrefix

TREE_TOKENS = 128
SHORT = 64  # tokens; longer texts are read row by row


def plan_trees(rows: Sequence[Row], limit: int) -> list[Pass]:
    """Trees of at most `limit` tokens that hold all texts; one that is longer gets a tree of its own.

    Example:
        >>> [(tree.tokens, tree.rows) for tree in plan_trees([(1, 2, 3), (4, 5), (1, 2, 6)], limit=4)]
        [([1, 2, 3, 6], [0, 2]), ([4, 5], [1])]
    """
    trees: list[Pass] = []
    for number in sorted(range(len(rows)), key=lambda number: rows[number]):
        row = rows[number]
        if not trees or len(trees[-1].tokens) + trees[-1].grown(row, 0)[1] > limit:
            trees.append(Pass(0))
        trees[-1].add(number, row, 0)
    return trees


def read_trees(
    model: LocalModel, rows: Sequence[Row], mean: bool, batch_tokens: int, prefix: SharedPrefix | None, shared: int
) -> Iterator[tuple[list[int], Float[Tensor, "layer example d_model"]]]:
    """States of the last token of each text, or summed over its tokens.

    Args:
        model: one for which `takes_trees` holds.
        rows: token ids of each text, behind what all share.
        mean: sum over the tokens in place of reading the last.
        batch_tokens: the most in one pass.
        prefix: keys and values of what all texts begin with, or None.
        shared: how many tokens that are.

    Yields:
        Numbers of texts, and their states in every layer, float32 on the CPU.
    """
    limit = min(TREE_TOKENS, batch_tokens)
    trees = plan_trees(rows, limit)
    trees.sort(key=lambda tree: len(tree.tokens))
    at_once = max(1, batch_tokens // limit)
    for first in range(0, len(trees), at_once):
        batch = trees[first : first + at_once]
        ids, depths, mask = _laid_out(model, batch, shared)
        cache = prefix.lend(shared, len(batch)) if prefix is not None else None
        out = model.model.base_model(  # without the vocabulary head
            input_ids=ids,
            position_ids=depths,
            attention_mask=mask,
            past_key_values=cache,
            use_cache=cache is not None,
            output_hidden_states=True,
        )
        reading = torch.zeros(sum(len(tree.rows) for tree in batch), len(batch), ids.shape[1], device=ids.device)
        place = 0
        for number, tree in enumerate(batch):
            sees, ends = tree.sees(), [path[-1] for path in tree.paths]
            for end in ends:
                reading[place, number, : len(tree.tokens)] = sees[end].to(ids.device) if mean else 0
                reading[place, number, end] = 1
                place += 1
        numbers = [row for tree in batch for row in tree.rows]
        yield numbers, _read(out.hidden_states, reading, mean)


def _laid_out(
    model: LocalModel, trees: Sequence[Pass], shared: int
) -> tuple[Int[Tensor, "tree token"], Int[Tensor, "tree token"], Float[Tensor, "tree 1 token seen"]]:
    """Ids, positions and the mask of some trees, filled up to the largest."""
    most = max(len(tree.tokens) for tree in trees)
    ids, depths = (torch.zeros(len(trees), most, dtype=torch.long) for _ in range(2))
    sees = torch.zeros(len(trees), most, most, dtype=torch.bool)
    sees[:] = torch.eye(most, dtype=torch.bool)  # filling sees itself, so that its softmax is one of something
    for number, tree in enumerate(trees):
        count = len(tree.tokens)
        ids[number, :count] = torch.tensor(tree.tokens)
        depths[number, :count] = torch.tensor(tree.depths())
        sees[number, :count, :count] = tree.sees()
    mask = torch.zeros(len(trees), 1, most, shared + most, dtype=model.dtype)
    mask[:, 0, :, shared:].masked_fill_(~sees, torch.finfo(model.dtype).min)
    return ids.to(model.device), (depths + shared).to(model.device), mask.to(model.device)


def _read(
    states: Sequence[Float[Tensor, "tree token d_model"]], reading: Float[Tensor, "example tree token"], mean: bool
) -> Float[Tensor, "layer example d_model"]:
    """Each example's tokens, summed (`mean`), or the one token that is marked."""
    if mean:
        weights = reading.flatten(1)
        return torch.stack([weights @ state.float().flatten(0, 1) for state in states]).cpu()
    _, tree, token = reading.nonzero(as_tuple=True)
    return torch.stack([state[tree, token] for state in states]).float().cpu()
