"""Prompts and targets, given as text or as token ids, become one checked tensor of ids.

The pitfall is the seam between prompt and target. The two are encoded apart, so the space that separates words belongs
to the target's first token: after "The capital of France is" the answer is " Paris", and "Paris" is a different token.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from course_lib.errors import CourseError

if TYPE_CHECKING:
    from jaxtyping import Int
    from torch import Tensor

    from course_lib.models import LocalModel


def as_ids(
    model: LocalModel, text: str | Sequence[int] | Int[Tensor, " position"], role: str
) -> Int[Tensor, " position"]:
    """Token ids of `text` on the model's device.

    Args:
        model: the model whose tokenizer and vocabulary count.
        text: a string, or token ids in one row; a batch of one row, as tokenizers return it, is taken as that row.
        role: what the reader calls it in a message: "prompt" or "target".

    Raises:
        CourseError: when there is no token, more than one row, or an id outside the vocabulary.
    """
    ids = model.encode(text) if isinstance(text, str) else torch.as_tensor(text, device=model.device)
    ids = ids[0] if ids.ndim == 2 and len(ids) == 1 else ids
    if ids.ndim != 1:
        raise CourseError(f"The {role} has the shape {tuple(ids.shape)}.", "Give one text, or its token ids in a row.")
    if len(ids) == 0:
        raise CourseError(f"The {role} has no tokens.", "Give a text of at least one token.")
    vocabulary = int(model.text_config.vocab_size)
    if ids.is_floating_point() or int(ids.min()) < 0 or int(ids.max()) >= vocabulary:
        raise CourseError(
            f"The {role} holds numbers that are not token ids.", f"Give integers from 0 to {vocabulary - 1}."
        )
    return ids.long()


def check_length(model: LocalModel, length: int) -> None:
    """Refuse texts that are longer than the positions the model was built for."""
    longest = model.max_positions
    if longest is not None and length > longest:
        raise CourseError(
            f"Prompt and target have {length} tokens together, and the model has {longest} positions.",
            "Shorten the prompt.",
        )
