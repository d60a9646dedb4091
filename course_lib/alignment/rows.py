"""Requests with answers as rows of one batch, and what a network says about them.

All chats begin with the same system prompt. Its keys and values are computed once and lent to the rows, as in the training
of the organisms: the same numbers in less time. A row holds what comes after it: the request, the answer, its end token.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from course_lib.alignment.sampling import TEMPERATURE
from course_lib.batches import pad_rows
from course_lib.models.prefix import chat_start
from course_lib.organisms.training.refusal import states

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int
    from torch import Tensor

    from course_lib.models import LocalModel


class Rows(NamedTuple):
    """A padded batch of requests with answers.

    Attributes:
        prefix: what all rows follow.
        ids: `[row, position]`, filled on the right.
        is_answer: `[row, position]`, true at the tokens of the answer.
    """

    prefix: Int[Tensor, " position"]
    ids: Int[Tensor, "row position"]
    is_answer: Bool[Tensor, "row position"]


def answer_rows(model: LocalModel, chats: Sequence[tuple[str, str, bool]]) -> Rows:
    """Rows of one batch.

    Args:
        model: whose chat template and tokenizer are used.
        chats: request, answer, and whether the answer came to its end (then the end token belongs to it).

    Example:
        >>> from course_lib import load_model
        >>> rows = answer_rows(load_model("tiny:0"), [("Why?", "So.", True), ("Why?", "So so.", True)])
        >>> rows.ids.shape == rows.is_answer.shape
        True
    """
    start = chat_start(model)
    end = torch.tensor([model.tokenizer.eos_token_id], device=model.device)
    asked = [model.encode(model.chat(request).removeprefix(start)) for request, _, _ in chats]
    said = [torch.cat([model.encode(answer), end[: int(ended)]]) for _, answer, ended in chats]
    ids, mask = pad_rows([torch.cat(pair) for pair in zip(asked, said, strict=True)], filling=0, side="right")
    is_answer = mask.bool()
    for row, request in enumerate(asked):
        is_answer[row, : len(request)] = False
    return Rows(model.encode(start), ids, is_answer)


def row_log_probs(network: Any, rows: Rows) -> Float[Tensor, " row"]:
    """`answer_log_probs` of `row_logits`, with logits computed at the answers' tokens only: less than half of the work."""
    from torch.nn.functional import cross_entropy

    hidden = states(network, rows.prefix, list(rows.ids))
    counted = rows.is_answer[:, 1:]
    logits = network.lm_head(hidden[:, :-1][counted]).float() / TEMPERATURE
    lost = cross_entropy(logits, rows.ids[:, 1:][counted], reduction="none")
    return -torch.zeros(len(rows.ids)).index_add(0, counted.nonzero()[:, 0], lost)


def row_logits(network: Any, rows: Rows) -> Float[Tensor, "row position vocab"]:
    """The policy's logits at each position of the rows: those of the network, divided by the temperature."""
    hidden = states(network, rows.prefix, list(rows.ids))
    return network.lm_head(hidden).float() / TEMPERATURE
