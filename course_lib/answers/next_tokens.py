"""All that a language model ever computes: a probability for each token that could come next.

The network gives a *logit* for each token of the vocabulary, a number without a unit. The softmax turns the logits of
one position into probabilities: positive numbers that sum to 1. Two slips are common: taking the softmax along the wrong
axis (over positions in place of the vocabulary), and taking it after cutting to the top few, which makes them sum to 1
and hides how much of the probability lies elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from course_lib.models import LocalModel


def next_tokens(model: LocalModel, prompt: str, k: int) -> list[tuple[str, float]]:
    """The `k` most probable next tokens behind `prompt`, each with its probability, most probable first.

    Args:
        model: a loaded model.
        prompt: plain text, or a chat already rendered by `model.chat`.
        k: how many tokens, from 1 to the size of the vocabulary.

    Example:
        >>> from course_lib import load_model
        >>> [token for token, _ in next_tokens(load_model("tiny:0"), "The model", 2)]
        ['The', 'de']
    """
    probabilities = model.logits(model.encode(prompt))[-1].softmax(dim=-1)  # [vocab]
    best = probabilities.topk(k)
    return list(zip(model.tokens(best.indices.tolist()), best.values.tolist(), strict=True))
