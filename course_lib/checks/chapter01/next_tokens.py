"""Exercise 1.1: the most probable next tokens, with their probabilities.

The prompts have several tokens, so that the softmax over positions, the first position and the last but one all give other
numbers; tokens with a leading space stand among the best, so that a stripped token shows.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import torch

from course_lib.checks.exercise import Case, Exercise, Mistake, ModelHandle

if TYPE_CHECKING:
    from torch import Tensor

    from course_lib.models import LocalModel

Answer = list[tuple[Any, float]]
PROMPTS = (
    "The model reads the question",
    "A person who wants to know looks",
    "Mary gave the book to",
    "The capital of France is",
    "When the teacher asks why, the",
    "The cat sat on the mat and the",
)


def _listed(model: LocalModel, numbers: Tensor, k: int) -> Answer:
    best = numbers.topk(k)
    return list(zip(model.tokens(best.indices.tolist()), best.values.tolist(), strict=True))


def raw_logits(model: LocalModel, prompt: str, k: int) -> Answer:
    """No softmax."""
    return _listed(model, model.logits(model.encode(prompt))[-1], k)


def over_positions(model: LocalModel, prompt: str, k: int) -> Answer:
    """The softmax along the positions."""
    return _listed(model, model.logits(model.encode(prompt)).softmax(dim=0)[-1], k)


def log_probabilities(model: LocalModel, prompt: str, k: int) -> Answer:
    """The logarithm in place of the probability."""
    return _listed(model, model.logits(model.encode(prompt))[-1].log_softmax(-1), k)


def cut_first(model: LocalModel, prompt: str, k: int) -> Answer:
    """Takes the best k logits, then the softmax of those."""
    best = model.logits(model.encode(prompt))[-1].topk(k)
    return list(zip(model.tokens(best.indices.tolist()), best.values.softmax(-1).tolist(), strict=True))


def first_position(model: LocalModel, prompt: str, k: int) -> Answer:
    """Reads row 0."""
    return _listed(model, model.logits(model.encode(prompt))[0].softmax(-1), k)


def last_but_one(model: LocalModel, prompt: str, k: int) -> Answer:
    """Reads the row before the last."""
    return _listed(model, model.logits(model.encode(prompt))[-2].softmax(-1), k)


def weakest_first(model: LocalModel, prompt: str, k: int) -> Answer:
    """The right tokens, in rising order."""
    return _listed(model, model.logits(model.encode(prompt))[-1].softmax(-1), k)[::-1]


def least_probable(model: LocalModel, prompt: str, k: int) -> Answer:
    """The k smallest in place of the k largest."""
    probabilities = model.logits(model.encode(prompt))[-1].softmax(-1)
    worst = probabilities.topk(k, largest=False)
    return list(zip(model.tokens(worst.indices.tolist()), worst.values.tolist(), strict=True))


def ids_kept(model: LocalModel, prompt: str, k: int) -> Answer:
    """Token ids in place of their text."""
    best = model.logits(model.encode(prompt))[-1].softmax(-1).topk(k)
    return list(zip(best.indices.tolist(), best.values.tolist(), strict=True))


def stripped(model: LocalModel, prompt: str, k: int) -> Answer:
    """Takes the space off in front of the tokens."""
    found = _listed(model, model.logits(model.encode(prompt))[-1].softmax(-1), k)
    return [(token.strip(), probability) for token, probability in found]


def percent(model: LocalModel, prompt: str, k: int) -> Answer:
    """Percent."""
    found = _listed(model, model.logits(model.encode(prompt))[-1].softmax(-1), k)
    return [(token, 100 * probability) for token, probability in found]


def in_a_chat(model: LocalModel, prompt: str, k: int) -> Answer:
    """Writes the prompt into the chat template first."""
    return _listed(model, model.logits(model.encode(model.chat(prompt)))[-1].softmax(-1), k)


def by_hand(model: LocalModel, prompt: str, k: int) -> Answer:
    """Exponentials divided by their sum, in double precision, then a full sort."""
    logits = model.logits(model.encode(prompt))[-1].double()
    exponentials = (logits - logits.max()).exp()
    probabilities = exponentials / exponentials.sum()
    order = probabilities.argsort(descending=True)[:k]
    return [(model.tokens([int(i)])[0], float(probabilities[i])) for i in order]


def in_numpy(model: LocalModel, prompt: str, k: int) -> Any:
    """NumPy, with lists in place of tuples."""
    import numpy as np

    logits = model.logits(model.encode(prompt)).numpy()[-1]
    probabilities = np.exp(logits) / np.exp(logits).sum()
    return [[model.tokens([i])[0], probabilities[i]] for i in np.argsort(-probabilities)[:k]]


def in_a_batch(model: LocalModel, prompt: str, k: int) -> Answer:
    """A batch of one, all positions, then the last."""
    probabilities = torch.nn.functional.softmax(model.logits(model.encode(prompt)[None]), dim=2)
    return _listed(model, probabilities[0, -1], k)


def _hidden(seed: int) -> tuple[Case, ...]:
    draw = random.Random(seed)
    return tuple(
        _case(draw.randrange(1, 500), prompt, k) for prompt, k in zip(draw.sample(PROMPTS, 3), (8, 10, 14), strict=True)
    )


def _case(seed: int, prompt: str, k: int) -> Case:
    return Case(f"“{prompt} …”, best {k}", (ModelHandle(f"tiny:{seed}"), prompt, k))


NEXT_TOKENS = Exercise(
    id="1.1",
    title="What could come next?",
    points=2,
    difficulty=2,
    minutes=6,
    reference="course_lib.answers:next_tokens",
    returns="a list of `k` pairs `(token, probability)`, the most probable token first",
    example=(
        'For the default model, `next_tokens(model, "The capital of France is", 2)` begins with the pair '
        "`(' Paris', …)`: the token with its leading space, and a probability between 0 and 1."
    ),
    hints=(
        "`model.logits(ids)` has a row for each position of the prompt and a column for each token of the vocabulary. Which "
        "row is about the token that comes *after* the prompt?",
        "Four steps: ids from the text, logits of the row you need, `softmax` over the vocabulary, the `k` largest. Cut to "
        "`k` only after the softmax.",
        "```python\nprobabilities = model.logits(model.encode(prompt))[...].softmax(dim=...)\nbest = probabilities.topk(...)\n"
        "return list(zip(model.tokens(best.indices.tolist()), ...))\n```",
    ),
    why=(
        "A chat window shows one answer. The probabilities show how close another answer was: a refusal that had 0.51 of the "
        "probability is not a safeguard."
    ),
    visible=(_case(1, PROMPTS[0], 4), _case(2, PROMPTS[2], 9), _case(3, PROMPTS[3], 12)),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "raw logits",
            raw_logits,
            "Your numbers are logits: they have no unit and do not sum to 1. Something has to turn them into probabilities.",
        ),
        Mistake(
            "softmax over positions",
            over_positions,
            "Your probabilities sum to 1 over the *positions* of the prompt. They should sum to 1 over the vocabulary: look at "
            "the axis of the softmax.",
        ),
        Mistake(
            "logarithms",
            log_probabilities,
            "These are logarithms of the probabilities; the exercise asks for the latter.",
        ),
        Mistake(
            "cut before the softmax",
            cut_first,
            "Your k numbers sum to 1 by themselves, as if no other token existed. The whole vocabulary shares the "
            "probability; cut to k afterwards.",
        ),
        Mistake(
            "first position",
            first_position,
            "You read the row of the first token: what comes after it alone. The whole prompt should have been read.",
        ),
        Mistake(
            "last but one",
            last_but_one,
            "You read the last row but one. It predicts the prompt's own last token; what follows the prompt stands one "
            "row further down.",
        ),
        Mistake("rising order", weakest_first, "The right tokens, in the wrong order: the most probable comes first."),
        Mistake(
            "least probable", least_probable, "These are the least probable tokens; the exercise asks for the most."
        ),
        Mistake(
            "ids", ids_kept, "You return token ids. Return the text of each token; the model has a function for it."
        ),
        Mistake(
            "spaces lost",
            stripped,
            "The spaces in front of the tokens are gone. They belong to the tokens: ` a` and `a` are two tokens.",
        ),
        Mistake("percent", percent, "These are percentages: a hundred times too large for probabilities."),
        Mistake(
            "chat template",
            in_a_chat,
            "You wrote the prompt into the chat template. Here it is plain text that the model goes on with, or a chat that "
            "has been rendered already.",
        ),
    ),
    alternatives=(by_hand, in_numpy, in_a_batch),
    rtol=1e-3,
    atol=1e-6,
    tolerance_reason="probabilities in float32; a softmax in double precision differs in the sixth digit",
)
