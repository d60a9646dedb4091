"""How many ways there are to write a phrase in tokens, and a way to have a model write under a processor.

transformers' own `bad_words_ids` forbids *sequences of ids*. For a word of one token that is nearly enough. For a phrase of two
words the list of sequences that spell it, in every case, is counted here: in millions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch
from transformers import LogitsProcessor, LogitsProcessorList

from course_lib.guardrails.trie import Node

if TYPE_CHECKING:
    from course_lib.models import LocalModel


def spellings(trie: Node, phrase: str) -> int:
    """How many sequences of ids write exactly this phrase, in any case.

    Args:
        trie: of the vocabulary, as `token_trie` makes it.
        phrase: in plain spacing; a gap is one sign here.

    Example:
        >>> from course_lib.guardrails.trie import token_trie
        >>> spellings(token_trie(["a", "A", "b", "ab"]), "ab")  # ab, a b, A b
        3
    """
    ways = [0] * len(phrase) + [1]  # how many sequences write the rest from each place on
    for start in range(len(phrase) - 1, -1, -1):
        node = trie
        for stop in range(start, len(phrase)):
            if phrase[stop] not in node["next"]:
                break
            node = node["next"][phrase[stop]]
            ways[start] += len(node["ids"]) * ways[stop + 1]
    return ways[0]


def write(
    model: LocalModel,
    prompts: Sequence[str],
    processor: Callable[[int], LogitsProcessor] | None = None,
    max_new_tokens: int = 8,
) -> list[str]:
    """Greedy continuations of prompts, in one batch filled on the left.

    Args:
        model: a loaded model.
        prompts: as they stand.
        processor: makes a logits processor from the number of prompt tokens in each row; None for none.
        max_new_tokens: at most so many.
    """
    rows = [model.encode(prompt) for prompt in prompts]
    width = max(map(len, rows))
    ids = torch.full((len(rows), width), model.filling, device=model.device)
    mask = torch.zeros_like(ids)
    for place, row in enumerate(rows):
        ids[place, width - len(row) :], mask[place, width - len(row) :] = row, 1
    processors = LogitsProcessorList([processor(width)] if processor else [])
    network: Any = model.model
    with torch.no_grad():
        out = network.generate(
            ids, attention_mask=mask, max_new_tokens=max_new_tokens, do_sample=False, pad_token_id=model.filling,
            logits_processor=processors,
        )  # fmt: skip
    return [str(model.tokenizer.decode(row[width:], skip_special_tokens=True)) for row in out]
