"""How probable are these words behind those? The one number on which multiple-choice benchmarks rest.

The log-likelihood of a continuation is the sum of log P(token | everything before it) over its tokens. Three slips give
plausible wrong numbers, and published code has all of them:

* **Encoding the continuation alone.** Tokenizers glue a space to the word behind it: " Paris" is one token, "Paris"
  another. So context and continuation are encoded *together*, and the continuation is what lies behind the context's
  own tokens. A space at the context's end belongs to the continuation.
* **Off by one.** The logits at position p predict token p + 1: the first token of the continuation is predicted by the
  last of the context.
* **Counting the context.** Its tokens are the same for every choice, so a sum hardly changes, and a mean does.

Pitfall that remains: where the tokenizer merges across the boundary, the two encodings disagree about where it lies. The
convention of lm-eval, followed here: the continuation is what is left after as many tokens as the context has alone.

Source: L. Gao et al., lm-evaluation-harness; S. Biderman et al., "Lessons from the Trenches on Reproducible Evaluation
of Language Models", arXiv:2405.14782.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from course_lib.models import LocalModel


def log_likelihood(model: LocalModel, context: str, continuation: str) -> tuple[float, int]:
    """log P(continuation | context) and how many tokens the continuation has.

    Args:
        model: a loaded model.
        context: what stands before; at least one token. Spaces at its end count as the continuation's.
        continuation: what is scored, with the space in front if there is one.

    Returns:
        `(total, tokens)`: the sum over the continuation's tokens, in nats, and their number.

    Example:
        >>> from course_lib import load_model
        >>> total, tokens = log_likelihood(load_model("tiny:0"), "The model reads", " the question")
        >>> tokens, log_likelihood(load_model("tiny:0"), "The model reads ", "the question") == (total, tokens)
        (3, True)
    """
    words = context.rstrip(" ")
    whole = model.encode(context + continuation)
    start = len(model.encode(words))
    log_probs = model.logits(whole).log_softmax(-1)
    taken = log_probs[start - 1 : -1].gather(1, whole[start:, None])
    return float(taken.sum()), len(whole) - start
