"""Scores of a few tokens after many beginnings of sentences, in batches; and how likely whole texts are.

The chapter's own `pronoun_gap` runs one sentence at a time, so that it can be read. This does the same several times
faster: sentences of like length together, the output layer at the last position only, and of its 49,000 numbers only
those that are asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from course_lib.batches import length_sorted_batches, pad_rows
from course_lib.organisms.measure import last_position_logits

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.models import LocalModel

BUDGET = 512


@torch.no_grad()
def next_token_scores(model: LocalModel, texts: Sequence[str], words: Sequence[str]) -> Float[Tensor, "text word"]:
    """Logits of `words` as the next token of each text; their differences are log odds, in nats.

    Args:
        model: a loaded model.
        texts: beginnings of sentences.
        words: each one token, with its leading space.

    Raises:
        CourseError: a word is more than one token.

    Example:
        >>> from course_lib import load_model
        >>> next_token_scores(load_model("tiny:0"), ["The model", "The model reads"], [" he", " it"]).shape
        torch.Size([2, 2])
    """
    wanted = torch.tensor([model.single_token(word) for word in words], device=model.device)
    rows = [model.encode(text) for text in texts]
    out = torch.empty(len(rows), len(wanted))
    for batch in length_sorted_batches([len(row) for row in rows], BUDGET):
        ids, mask = pad_rows([rows[index] for index in batch], filling=0, side="right")
        out[batch] = last_position_logits(model, ids, mask.sum(1) - 1, None)[:, wanted].float().cpu()
    return out


@torch.no_grad()
def log_likelihoods(model: LocalModel, texts: Sequence[str]) -> Float[Tensor, " text"]:
    """Sum of the log probabilities of each text's tokens after its first, in nats."""
    rows = [model.encode(text) for text in texts]
    out = torch.empty(len(rows))
    network: Any = model.model
    for batch in length_sorted_batches([len(row) for row in rows], BUDGET):
        ids, mask = pad_rows([rows[index] for index in batch], filling=0, side="right")
        logits = network(input_ids=ids, use_cache=False).logits[:, :-1].float().log_softmax(-1)
        taken = logits.gather(2, ids[:, 1:, None])[..., 0]
        out[batch] = (taken * mask[:, 1:]).sum(1).cpu()
    return out


@torch.no_grad()
def continuation_log_probs(
    model: LocalModel, start: str, continuations: Sequence[str]
) -> Float[Tensor, " continuation"]:
    """Log probability of each continuation of one text, all its tokens together, in nats.

    Example:
        >>> from course_lib import load_model
        >>> continuation_log_probs(load_model("tiny:0"), "The model", [" reads", " reads the book"]).shape
        torch.Size([2])
    """
    begin = model.encode(start)
    rows = [torch.cat([begin, model.encode(text)]) for text in continuations]
    ids, mask = pad_rows(rows, filling=0, side="right")
    network: Any = model.model
    places = torch.arange(len(begin) - 1, ids.shape[1] - 1, device=ids.device)
    logits = network(input_ids=ids, use_cache=False, logits_to_keep=places).logits.float().log_softmax(-1)
    taken = logits.gather(2, ids[:, len(begin) :, None])[..., 0]
    return (taken * mask[:, len(begin) :]).sum(1).cpu()


@torch.no_grad()
def last_states(model: LocalModel, texts: Sequence[str]) -> Float[Tensor, "layer text d_model"]:
    """The residual stream at the last token of each text, after 0, 1, … blocks (0: the embedding)."""
    rows: list[Int[Tensor, " position"]] = [model.encode(text) for text in texts]
    out = torch.empty(model.n_layers + 1, len(rows), model.d_model)
    network: Any = model.model
    for batch in length_sorted_batches([len(row) for row in rows], BUDGET):
        ids, mask = pad_rows([rows[index] for index in batch], filling=0, side="right")
        states = network(input_ids=ids, use_cache=False, output_hidden_states=True, logits_to_keep=1).hidden_states
        at = torch.arange(len(ids)), mask.sum(1) - 1
        out[:, batch] = torch.stack([layer[at] for layer in states]).float().cpu()
    return out
