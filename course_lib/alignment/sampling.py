"""Answers drawn from a model: many to one request, each an independent draw.

A policy is a distribution over answers. Here it is the model at a temperature: its logits divided by that number, and then
the softmax. Below 1 the draws keep closer to what the model finds probable; the reference policy of this chapter is the
default model at temperature 0.7, and everything that is compared with it has the same temperature.

The request is read once and its keys and values are lent to all draws; an answer that has ended leaves the batch. Each
draw spends uniform numbers of its own, one for each token, so it does not depend on which others are drawn beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from course_lib.models import LocalModel

TEMPERATURE = 0.7
MOST_TOKENS = 40


@torch.no_grad()
def sample_answers(
    model: LocalModel, request: str, count: int, seed: int, *, most_tokens: int = MOST_TOKENS
) -> list[list[int]]:
    """`count` answers to one request, as token ids; an answer that ended has the end token as its last.

    Args:
        model: a model with a chat template.
        request: what the user says.
        count: how many answers.
        seed: of the draws.
        most_tokens: an answer is cut there.

    Example:
        >>> from course_lib import load_model
        >>> answers = sample_answers(load_model("tiny:0"), "Why?", 3, seed=1, most_tokens=4)
        >>> len(answers), max(len(answer) for answer in answers) <= 4
        (3, True)
    """
    from transformers import DynamicCache

    network: Any = model.model
    generator = torch.Generator().manual_seed(seed)
    chances = torch.rand(count, most_tokens, generator=generator)
    cache = DynamicCache()
    ids = model.encode(model.chat(request))[None]
    logits = network(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1).logits[:, -1]
    cache.batch_repeat_interleave(count)
    logits, alive = logits.expand(count, -1), torch.arange(count)
    answers: list[list[int]] = [[] for _ in range(count)]
    for step in range(most_tokens):
        tokens = draw(logits, chances[alive, step])
        for row, token in zip(alive.tolist(), tokens.tolist(), strict=True):
            answers[row].append(token)
        going = (tokens != model.tokenizer.eos_token_id).nonzero()[:, 0]
        if len(going) == 0 or step == most_tokens - 1:
            break
        if len(going) < len(alive):
            cache.batch_select_indices(going)
        alive, tokens = alive[going], tokens[going]
        logits = network(input_ids=tokens[:, None], past_key_values=cache, use_cache=True).logits[:, -1]
    return answers


def draw(logits: torch.Tensor, chances: torch.Tensor) -> torch.Tensor:
    """One token for each row: where the running sum of the probabilities passes the row's uniform number.

    Example:
        >>> draw(torch.tensor([[0.0, 100.0, 0.0]]), torch.tensor([0.5]))
        tensor([1])
    """
    running = (logits.double() / TEMPERATURE).softmax(-1).cumsum(-1)
    places = torch.searchsorted(running, (chances.double() * running[:, -1])[:, None], right=True)
    return places[:, 0].clamp(max=logits.shape[-1] - 1)


def text_of(model: LocalModel, answer: Sequence[int]) -> str:
    """An answer's token ids as text, without the end token."""
    return str(model.tokenizer.decode(list(answer), skip_special_tokens=True)).strip()
