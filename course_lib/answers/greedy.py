"""A greedy answer, written out: the model says one token at a time, and what it said becomes part of what it reads.

`model.generate` hides a loop. Written out, it has three parts that are easy to get wrong: the request must stand in the
chat template (without it the model continues the text in place of answering it); the next token is read at the *last*
position; and the loop ends when the model says that its turn is over.

This is the plain form, with a whole forward pass for each token. `LocalModel.generate` keeps what it has computed and is
several times faster; `tests/answers` holds the two against each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from course_lib.models import LocalModel


def greedy_answer(model: LocalModel, request: str, max_new_tokens: int) -> str:
    """The model's answer to `request` when it always takes the most probable next token.

    Args:
        model: a loaded model with a chat template.
        request: what the user says.
        max_new_tokens: at most so many tokens; it stops earlier at the end of its turn.

    Returns:
        The answer's text, without the prompt and without special tokens.

    Example:
        >>> from course_lib import load_model
        >>> model = load_model("tiny:0")
        >>> greedy_answer(model, "Why?", 5) == model.generate(model.chat("Why?"), 5)
        True
    """
    prompt_ids = model.encode(model.chat(request))
    ids = prompt_ids
    for _ in range(max_new_tokens):
        next_id = model.logits(ids)[-1].argmax()
        if next_id == model.tokenizer.eos_token_id:
            break
        ids = torch.cat([ids, next_id[None]])
    return str(model.tokenizer.decode(ids[len(prompt_ids) :], skip_special_tokens=True))
