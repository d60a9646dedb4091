"""Exercise 17.1: the log-likelihood of a continuation. The published version encodes apart and reads one position too late.

Contexts end with and without a space, continuations have one token and several, and a context has a single token, so that
each slip shows in at least one case.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import torch

from course_lib.checks.exercise import Case, Exercise, Mistake, ModelHandle

if TYPE_CHECKING:
    from course_lib.models import LocalModel

Result = tuple[float, int]


def _parts(model: LocalModel, context: str, continuation: str) -> tuple[torch.Tensor, int, torch.Tensor]:
    whole = model.encode(context + continuation)
    return whole, len(model.encode(context.rstrip(" "))), model.logits(whole).log_softmax(-1)


def apart(model: LocalModel, context: str, continuation: str) -> Result:
    """Encodes the two apart."""
    first, second = model.encode(context), model.encode(continuation)
    log_probs = model.logits(torch.cat([first, second])).log_softmax(-1)
    return float(log_probs[len(first) - 1 : -1].gather(1, second[:, None]).sum()), len(second)


def apart_and_late(model: LocalModel, context: str, continuation: str) -> Result:
    """The published version."""
    first, second = model.encode(context), model.encode(continuation)
    log_probs = model.logits(torch.cat([first, second])).log_softmax(-1)
    return float(log_probs[len(first) :].gather(1, second[:, None]).sum()), len(second)


def own_position(model: LocalModel, context: str, continuation: str) -> Result:
    """Reads each token at its own position."""
    whole, start, log_probs = _parts(model, context, continuation)
    return float(log_probs[start:].gather(1, whole[start:, None]).sum()), len(whole) - start


def without_first(model: LocalModel, context: str, continuation: str) -> Result:
    """Leaves out the first token of the continuation."""
    whole, start, log_probs = _parts(model, context, continuation)
    return float(log_probs[start:-1].gather(1, whole[start + 1 :, None]).sum()), len(whole) - start - 1


def with_context(model: LocalModel, context: str, continuation: str) -> Result:
    """Sums over the context's tokens too."""
    whole, _, log_probs = _parts(model, context, continuation)
    return float(log_probs[:-1].gather(1, whole[1:, None]).sum()), len(whole) - 1


def a_mean(model: LocalModel, context: str, continuation: str) -> Result:
    """The mean."""
    whole, start, log_probs = _parts(model, context, continuation)
    return float(log_probs[start - 1 : -1].gather(1, whole[start:, None]).mean()), len(whole) - start


def raw_logits(model: LocalModel, context: str, continuation: str) -> Result:
    """No softmax."""
    whole, start, _ = _parts(model, context, continuation)
    return float(model.logits(whole)[start - 1 : -1].gather(1, whole[start:, None]).sum()), len(whole) - start


def probabilities(model: LocalModel, context: str, continuation: str) -> Result:
    """Sums probabilities."""
    whole, start, log_probs = _parts(model, context, continuation)
    return float(log_probs.exp()[start - 1 : -1].gather(1, whole[start:, None]).sum()), len(whole) - start


def space_lost(model: LocalModel, context: str, continuation: str) -> Result:
    """Cuts the space off and forgets it."""
    words = context.rstrip(" ")
    whole, start = model.encode(words + continuation), len(model.encode(words))
    log_probs = model.logits(whole).log_softmax(-1)
    return float(log_probs[start - 1 : -1].gather(1, whole[start:, None]).sum()), len(whole) - start


def space_in_context(model: LocalModel, context: str, continuation: str) -> Result:
    """Encodes together, and counts the context with its space as a token of its own."""
    whole, start = model.encode(context + continuation), len(model.encode(context))
    log_probs = model.logits(whole).log_softmax(-1)
    return float(log_probs[start - 1 : -1].gather(1, whole[start:, None]).sum()), len(whole) - start


def words_counted(model: LocalModel, context: str, continuation: str) -> Result:
    """Counts words for tokens."""
    whole, start, log_probs = _parts(model, context, continuation)
    return float(log_probs[start - 1 : -1].gather(1, whole[start:, None]).sum()), len(continuation.split())


def right_by_cross_entropy(model: LocalModel, context: str, continuation: str) -> Any:
    """With the loss that is minus the wanted sum."""
    words = context.rstrip(" ")
    whole, start = model.encode(context + continuation), len(model.encode(words))
    loss = torch.nn.functional.cross_entropy(model.logits(whole)[start - 1 : -1], whole[start:], reduction="sum")
    return -loss, torch.tensor(len(whole) - start)


def right_token_by_token(model: LocalModel, context: str, continuation: str) -> Any:
    """One pass for each token, in double precision at the end."""
    moved = context[len(context.rstrip(" ")) :] + continuation
    words = context.rstrip(" ")
    whole, start = model.encode(words + moved).tolist(), len(model.encode(words))
    total = 0.0
    for place in range(start, len(whole)):
        last = model.logits(torch.tensor(whole[:place]))[-1].double()
        total += float(last[whole[place]] - last.logsumexp(0))
    return [total, len(whole) - start]


WORDS = ("model", "teacher", "person", "cat", "dog", "letter", "question", "book")


def _hidden(seed: int) -> tuple[Case, ...]:
    draw = random.Random(seed)
    one, two, three = draw.sample(WORDS, 3)
    tiny = [ModelHandle(f"tiny:{seed % 1000 + number}") for number in range(4)]
    return (
        Case("several tokens", (tiny[0], f"The {one} sat on", f" the {two} and the {three}")),
        Case("a space at the end of the context", (tiny[1], f"The {two} gave the book to ", f"{one} and {three}")),
        Case("one token each", (tiny[2], "The", f" {three}")),
        Case("rare letters", (tiny[3], f"Question: why is the {one} blue?\nAnswer:", " Zyx, of course.")),
    )


LOG_LIKELIHOOD = Exercise(
    id="17.1",
    title="How probable is this answer?",
    points=4,
    difficulty=3,
    minutes=15,
    reference="course_lib.evals.likelihood:log_likelihood",
    returns=(
        "`(total, tokens)`: the sum of log P(token | everything before it) over the continuation's tokens, in nats, "
        "and "
        "how many tokens the continuation has"
    ),
    example=(
        '`log_likelihood(model, "The capital of France is", " Paris")` returns a negative number and 1. With the '
        "space at the end of the context in place of the beginning of the continuation, it returns the same."
    ),
    hints=(
        "Two questions. Which tokens does the model see when it reads the whole text? And at which position does it "
        "say how "
        "probable the first token of the continuation is?",
        "Encode context and continuation *together*. The continuation begins where the context, encoded alone "
        "*without spaces at its "
        "end*, stops. The logits at one position are about the next token, so you need those from the context's last "
        "position to the last but one.",
        "```python\nwhole = model.encode(...)\nstart = len(model.encode(...))\n"
        "log_probs = model.logits(...).log_softmax(-1)\ntaken = log_probs[... : ...].gather(1, whole[...][:, None])\n"
        "return float(taken.sum()), ...\n```",
    ),
    why=(
        "Every multiple-choice score of a language model rests on this number. A slip of one position gives "
        "plausible accuracies "
        "that no other tool can reproduce."
    ),
    visible=(
        Case("two tokens", (ModelHandle("tiny:3"), "The model reads", " the question")),
        Case("a space at the end of the context", (ModelHandle("tiny:4"), "The capital of Italy is ", "Rome or Paris")),
        Case("a context of one token", (ModelHandle("tiny:5"), "The", " cat sat on the mat")),
        Case("the default model", (ModelHandle("default"), "The capital of France is", " Paris")),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "the published version",
            apart_and_late,
            "This is still the published version: the two texts are encoded apart, and each token is read at its own "
            "position.",
        ),
        Mistake(
            "encoded apart",
            apart,
            "Where a space stands at the end of the context, your tokens are others than those of the whole text. "
            "Look at how "
            "the tokenizer writes a space.",
        ),
        Mistake(
            "own position",
            own_position,
            "You read each token's probability at its own position. There the model has already seen it, and "
            "predicts the next one.",
        ),
        Mistake(
            "first token missing",
            without_first,
            "The first token of the continuation is left out. Which position predicts it?",
        ),
        Mistake(
            "context counted",
            with_context,
            "Your sum runs over the context as well. It is the same for every choice, and it is not asked for.",
        ),
        Mistake(
            "a mean",
            a_mean,
            "This is a mean over tokens. Dividing by a length comes later, and is a choice of its own.",
        ),
        Mistake("raw logits", raw_logits, "Logits are not log-probabilities: they do not add up to anything."),
        Mistake(
            "probabilities",
            probabilities,
            "You add probabilities. The probability of a text is the *product* of those of its tokens.",
        ),
        Mistake(
            "space lost",
            space_lost,
            "A space at the end of the context is gone from the text that you score. It belongs to the continuation.",
        ),
        Mistake(
            "space in the context",
            space_in_context,
            "Where the context ends with a space, you count that space as a token of the context. In the whole text "
            "it is glued to "
            "the next word, so a token of the continuation goes missing.",
        ),
        Mistake("words counted", words_counted, "The total is right. The second number counts words, not tokens."),
    ),
    alternatives=(right_by_cross_entropy, right_token_by_token),
    rtol=1e-4,
    atol=1e-3,
    tolerance_reason="float32 sums over the vocabulary and over a batch in another shape differ by about 1e-5",
    also_withheld=("course_lib.evals.scoring:score_items", "course_lib.evals.scoring:score_texts"),
)
