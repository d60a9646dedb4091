"""Baselines for integrated gradients: the text that counts as "nothing said".

An integrated gradient compares the prompt with a baseline, and the choice of baseline is part of the question, as the
replacement token is for removal. There is no neutral one:

* **mean**: the average of all embeddings of the vocabulary. It is no word, but it lies where the words lie.
* **zero**: the origin. No word lives there, and a norm layer divides by almost nothing near it, so the path begins with
  a jump: on the default model hundreds of steps do not suffice.
* **end_of_text**: the embedding of the token that ends a document. It is a word the model knows, and it says something:
  "a new text begins here".
* your own: a vector for every position, or one vector for all.

Source: Sturmfels, Lundberg and Lee (2020), *Visualizing the Impact of Feature Attribution Baselines*, Distill.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from course_lib.attribution.gradients import embed
from course_lib.errors import CourseError

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from course_lib.models import LocalModel

CHUNK = 4096  # tokens of the vocabulary embedded at once


def baseline_embeddings(model: LocalModel, baseline: str | Tensor, length: int) -> Float[Tensor, "position d_model"]:
    """The baseline's embedding at each of `length` positions.

    Args:
        model: a loaded model.
        baseline: "mean", "zero", "end_of_text", or a tensor `[d_model]` or `[position, d_model]`.
        length: tokens of the prompt.

    Raises:
        CourseError: an unknown name, a tensor of another shape, or a tokenizer without an end of text.

    Example:
        >>> from course_lib import load_model
        >>> baseline_embeddings(load_model("tiny:0"), "zero", 5).shape
        torch.Size([5, 24])
    """
    if isinstance(baseline, str):
        return _named(model, baseline).expand(length, -1)
    own = torch.as_tensor(baseline, dtype=model.dtype, device=model.device)
    if own.shape not in ((model.d_model,), (length, model.d_model)):
        raise CourseError(
            f"A baseline of shape {list(own.shape)} does not fit the prompt.",
            f"Give [{model.d_model}] or [{length}, {model.d_model}].",
        )
    return own.expand(length, -1)


def end_of_text(model: LocalModel) -> int:
    """The token id that ends a document: `<|endoftext|>` where there is one, else the tokenizer's end token.

    Raises:
        CourseError: the tokenizer has neither.
    """
    known = model.tokenizer.get_vocab().get("<|endoftext|>", model.tokenizer.eos_token_id)
    if known is None:
        raise CourseError(f"The tokenizer of {model.name} has no end-of-text token.", 'Choose "mean" or "zero".')
    return int(known)


def _named(model: LocalModel, name: str) -> Float[Tensor, " d_model"]:
    """One of the baselines that have a name."""
    if name == "zero":
        return torch.zeros(model.d_model, dtype=model.dtype, device=model.device)
    if name == "end_of_text":
        return embed(model, torch.tensor(end_of_text(model), device=model.device))
    if name != "mean":
        raise CourseError(f"There is no baseline {name!r}.", 'Choose "mean", "zero", "end_of_text", or give a tensor.')
    vocabulary = torch.arange(int(model.text_config.vocab_size), device=model.device)
    total = sum(embed(model, chunk).double().sum(dim=0) for chunk in vocabulary.split(CHUNK))
    return (torch.as_tensor(total) / len(vocabulary)).to(model.dtype)
