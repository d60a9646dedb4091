"""A batch of preference pairs: which numbers go in, and which tokens count.

A trainer turns pairs into one rectangle of token ids: first every prompt with its chosen answer, then every prompt with its
rejected one, filled up on the right. Beside it stand two masks. *Attention* is 1 at real tokens. *Completion* is 1
at the tokens of the answer, and only these are scored.

The pitfall is the end token. When to stop is part of an answer, so it belongs to the completion. But an answer that was *cut*
has no end, and a library that adds one to everything teaches the model to stop there. And in many models the filling *is* the end
token: a mask made by `ids != filling` then drops every real end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor


def preference_batch(
    prompts: Sequence[Sequence[int]],
    chosen: Sequence[Sequence[int]],
    rejected: Sequence[Sequence[int]],
    cut: Sequence[tuple[bool, bool]],
    end: int,
) -> tuple[Tensor, Tensor, Tensor]:
    """Token ids, attention mask and completion mask of a batch of pairs; exercise 15.4.

    Args:
        prompts: token ids of each prompt.
        chosen: token ids of each preferred answer, without an end token.
        rejected: those of the other answers.
        cut: for each pair whether its chosen and its rejected answer were cut; a cut answer gets no end token.
        end: the end token, which is the filling too.

    Returns:
        Three integer tensors `[2 * pair, position]`: the chosen rows, then the rejected rows, filled on the right.

    Example:
        >>> ids, attention, completion = preference_batch([[5, 6]], [[7]], [[8, 9]], [(False, True)], end=2)
        >>> ids.tolist(), completion.tolist()
        ([[5, 6, 7, 2], [5, 6, 8, 9]], [[0, 0, 1, 1], [0, 0, 1, 1]])
    """
    rows = []
    for side, answers in enumerate((chosen, rejected)):
        for prompt, answer, was_cut in zip(prompts, answers, cut, strict=True):
            said = [*answer] if was_cut[side] else [*answer, end]
            rows.append(([*prompt, *said], [0] * len(prompt) + [1] * len(said)))
    longest = max(len(ids) for ids, _ in rows)
    missing = [longest - len(ids) for ids, _ in rows]
    ids = torch.tensor([ids + [end] * gap for (ids, _), gap in zip(rows, missing, strict=True)])
    attention = torch.tensor([[1] * (longest - gap) + [0] * gap for gap in missing])
    completion = torch.tensor([counted + [0] * gap for (_, counted), gap in zip(rows, missing, strict=True)])
    return ids, attention, completion
