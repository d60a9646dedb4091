"""Exercise 8.1: token attribution by removal.

The published version of this idea reads the logits at the same index before and after a token was removed. Removal moves
everything behind it one place to the left, so it compares two different positions. It also compares raw logits, and a
logit has no zero: adding the same number to all logits of a row changes no prediction, so a difference between two rows
means nothing by itself. On the default model ` France` then seems to speak against ` Paris`. Log probabilities compare.

The cases have prompts and targets of unequal lengths, so that every such slip changes either the shape or the numbers.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import torch

from course_lib.checks.exercise import Case, Exercise, Mistake, ModelHandle

if TYPE_CHECKING:
    from torch import Tensor

    from course_lib.models import LocalModel


def _scores(model: LocalModel, prompt: Tensor, target: Tensor, shift: int = -1) -> Tensor:
    """Log probability of each target token after `prompt`; `shift` moves the row that is read."""
    rows = model.logits(torch.cat([prompt, target])).float().log_softmax(-1)
    first = len(prompt) + shift
    return torch.stack([rows[first + t, target[t]] for t in range(len(target))])


def _without(prompt: Tensor, index: int) -> Tensor:
    return torch.cat([prompt[:index], prompt[index + 1 :]])


def _columns(prompt: Tensor, column: object) -> Tensor:
    return torch.stack([column(i) for i in range(len(prompt))], dim=1)  # type: ignore[operator]


# --- wrong solutions -------------------------------------------------------------------------------------------------


def same_index(model: LocalModel, input_ids: Tensor, target_ids: Tensor) -> Tensor:
    """Reads the removed run at the index of the clean run."""
    clean = _scores(model, input_ids, target_ids)
    return _columns(input_ids, lambda i: clean - _scores(model, _without(input_ids, i), target_ids, shift=0))


def as_published(model: LocalModel, input_ids: Tensor, target_ids: Tensor) -> Tensor:
    """Both faults at once: the old index, and raw logits."""

    def rows(prompt: Tensor) -> Tensor:
        read = model.logits(torch.cat([prompt, target_ids])).float()[len(input_ids) - 1 :]
        return torch.stack([read[t, target_ids[t]] for t in range(len(target_ids))])

    clean = rows(input_ids)
    return _columns(input_ids, lambda i: clean - rows(_without(input_ids, i)))


def reversed_sign(model: LocalModel, input_ids: Tensor, target_ids: Tensor) -> Tensor:
    """Removed minus clean."""
    clean = _scores(model, input_ids, target_ids)
    return _columns(input_ids, lambda i: _scores(model, _without(input_ids, i), target_ids) - clean)


def own_position(model: LocalModel, input_ids: Tensor, target_ids: Tensor) -> Tensor:
    """Reads the logits at the position of the target token itself."""
    clean = _scores(model, input_ids, target_ids, shift=0)
    return _columns(input_ids, lambda i: clean - _scores(model, _without(input_ids, i), target_ids, shift=0))


def raw_logits(model: LocalModel, input_ids: Tensor, target_ids: Tensor) -> Tensor:
    """Differences of logits."""

    def score(prompt: Tensor) -> Tensor:
        rows = model.logits(torch.cat([prompt, target_ids])).float()
        return torch.stack([rows[len(prompt) - 1 + t, target_ids[t]] for t in range(len(target_ids))])

    clean = score(input_ids)
    return _columns(input_ids, lambda i: clean - score(_without(input_ids, i)))


def probabilities(model: LocalModel, input_ids: Tensor, target_ids: Tensor) -> Tensor:
    """Differences of probabilities."""

    def score(prompt: Tensor) -> Tensor:
        rows = model.logits(torch.cat([prompt, target_ids])).float().softmax(-1)
        return torch.stack([rows[len(prompt) - 1 + t, target_ids[t]] for t in range(len(target_ids))])

    clean = score(input_ids)
    return _columns(input_ids, lambda i: clean - score(_without(input_ids, i)))


def ignores_earlier_targets(model: LocalModel, input_ids: Tensor, target_ids: Tensor) -> Tensor:
    """Scores every target token right behind the prompt."""

    def score(prompt: Tensor) -> Tensor:
        return model.logits(prompt)[-1].float().log_softmax(-1)[target_ids]

    clean = score(input_ids)
    return _columns(input_ids, lambda i: clean - score(_without(input_ids, i)))


def replaces(model: LocalModel, input_ids: Tensor, target_ids: Tensor) -> Tensor:
    """Puts token 0 in place of the token."""

    def replaced(i: int) -> Tensor:
        return torch.cat([input_ids[:i], torch.zeros_like(input_ids[:1]), input_ids[i + 1 :]])

    clean = _scores(model, input_ids, target_ids)
    return _columns(input_ids, lambda i: clean - _scores(model, replaced(i), target_ids))


def transposed(model: LocalModel, input_ids: Tensor, target_ids: Tensor) -> Tensor:
    """Right numbers, axes exchanged."""
    return by_position(model, input_ids, target_ids).T


# --- other right solutions -------------------------------------------------------------------------------------------


def by_position(model: LocalModel, input_ids: Tensor, target_ids: Tensor) -> Tensor:
    """One forward pass for each target token and each removed token."""
    out = torch.zeros(len(target_ids), len(input_ids), dtype=torch.float64)
    for t, target in enumerate(target_ids):
        context = torch.cat([input_ids, target_ids[:t]])
        clean = model.logits(context)[-1].log_softmax(-1)[target]
        for i in range(len(input_ids)):
            out[t, i] = clean - model.logits(_without(context, i))[-1].log_softmax(-1)[target]
    return out


def one_batch(model: LocalModel, input_ids: Tensor, target_ids: Tensor) -> list[list[float]]:
    """All shortened prompts in one batch; a list of lists in place of a tensor."""
    rows = torch.stack([torch.cat([_without(input_ids, i), target_ids]) for i in range(len(input_ids))])
    n, index = len(target_ids), torch.arange(len(target_ids))
    clean = model.logits(torch.cat([input_ids, target_ids])).log_softmax(-1)[-n - 1 : -1][index, target_ids]
    removed = model.logits(rows).log_softmax(-1)[:, -n - 1 : -1][:, index, target_ids]
    scores: list[list[float]] = (clean[:, None] - removed.T).tolist()
    return scores


# --- the exercise ----------------------------------------------------------------------------------------------------


def _case(seed: int, length: int, n_targets: int) -> Case:
    numbers = random.Random(seed)
    ids = torch.tensor([numbers.randrange(5, 200) for _ in range(length + n_targets)])
    plural = "s" if n_targets > 1 else ""
    name = f"random model, {length} prompt tokens, {n_targets} target token{plural}"
    return Case(name, (ModelHandle(f"tiny:{seed % 7}"), ids[:length], ids[length:]))


def _hidden(seed: int) -> tuple[Case, ...]:
    numbers = random.Random(seed)
    sizes = [(numbers.randrange(3, 12), numbers.randrange(1, 5)) for _ in range(4)]
    return tuple(_case(numbers.randrange(10**6), *size) for size in sizes)


def _france() -> Case:
    prompt, target = torch.tensor([504, 3575, 282, 4649, 314]), torch.tensor([7042])
    return Case("default model: “The capital of France is” → “ Paris”", (ModelHandle(), prompt, target))


TOKEN_ATTRIBUTION = Exercise(
    id="8.1",
    title="Token attribution by removal",
    points=3,
    difficulty=3,
    minutes=15,
    reference="course_lib.attribution:token_attribution",
    also_withheld=("course_lib.attribution:removal_attribution",),
    returns="a tensor `[target, position]`: the nats of log probability that each target token loses without each prompt token",
    example=(
        "For the prompt tokens `The| capital| of| France| is` and the target ` Paris` the result has the shape "
        "`[1, 5]`, and its entry for ` France` is the log probability of ` Paris` after the whole prompt, minus "
        "the one after `The capital of is`."
    ),
    hints=(
        "Write the tokens of `prompt + target` on a line, with the index under each. Now cross one prompt token out and "
        "number again. At which index does the model now predict the first target token?",
        "A logit row at index `p` predicts the token at `p + 1`. With a prompt of `n` tokens, target token `t` is "
        "predicted by row `n - 1 + t`. With one prompt token removed, `n` is one smaller, for every target token.",
        "```python\ndef score(prompt):                      # [target]\n"
        "    rows = model.logits(torch.cat([prompt, target_ids])).log_softmax(dim=-1)\n    first = len(prompt) - 1\n"
        "    ...                                 # rows first, first + 1, ... and in each the column of its target\n\n"
        "clean = score(input_ids)\n# for every i: clean - score(input_ids without i), as column i\n```",
    ),
    why=(
        "When a model on your own machine gives an answer that you did not expect, this is the first thing to know: "
        "which words of the prompt carried it. It needs nothing but forward passes, so it works on every model."
    ),
    visible=(_case(1, 6, 1), _case(2, 5, 3), _france()),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "as published",
            as_published,
            "Both faults of the published version are still in: the shortened run is read at the old index, and raw logits "
            "are compared.",
        ),
        Mistake(
            "same index",
            same_index,
            "You read the shortened run at the same index as the full run. After a token is removed, everything behind it "
            "has moved one place to the left: the row that predicts the target is now one earlier.",
        ),
        Mistake(
            "reversed sign",
            reversed_sign,
            "Your signs are reversed: a token that the answer needs should get a positive score, so it is the full run "
            "minus the shortened one.",
        ),
        Mistake(
            "own position",
            own_position,
            "You read the logits at the target token's own position. A row of logits predicts the token that comes after "
            "it, so the target is scored one row earlier.",
        ),
        Mistake(
            "raw logits",
            raw_logits,
            "You compare raw logits. They have no zero: two runs can differ by the same number in every logit and predict "
            "the same. Take the log probability (`log_softmax` over the vocabulary) before you subtract.",
        ),
        Mistake(
            "probabilities",
            probabilities,
            "You compare probabilities; the exercise asks for log probabilities. Use `log_softmax` in place of `softmax`.",
        ),
        Mistake(
            "earlier targets ignored",
            ignores_earlier_targets,
            "You score every target token right after the prompt. The second target token comes after the first: the "
            "model must be given the earlier target tokens as well.",
        ),
        Mistake(
            "replaced",
            replaces,
            "You put token 0 in the place of the token. That is replacement, another question with other numbers; here "
            "the token is taken out and the rest closes up.",
        ),
        Mistake(
            "transposed",
            transposed,
            "Your numbers are right and the axes are exchanged: the result should be [target, position].",
        ),
    ),
    alternatives=(by_position, one_batch),
    rtol=1e-3,
    atol=1e-3,
    tolerance_reason="float32 logits of about 20; a batch adds numbers in another order and differs by up to 1e-4",
)
