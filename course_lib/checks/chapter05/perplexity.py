"""Exercise 5.3: a filter by perplexity, its threshold chosen on benign messages.

Messages have unequal lengths, so that a sum is not a mean; the benign and the judged ones differ, so that a threshold
from the wrong ones shows; and the shares allowed leave a whole number of messages.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import torch
from torch.nn.functional import cross_entropy

from course_lib.checks.exercise import Case, Exercise, Mistake, ModelHandle
from course_lib.models.tiny import TEXT

if TYPE_CHECKING:
    from course_lib.models import LocalModel

Result = tuple[float, list[bool]]
Score = Callable[["LocalModel", str], float]


def _perplexity(model: LocalModel, text: str) -> float:
    ids = model.encode(text)
    return math.exp(float(cross_entropy(model.logits(ids)[:-1], ids[1:])))


def _filter(score: Score, model: LocalModel, benign: Sequence[str], messages: Sequence[str], allowed: float) -> Result:
    known = sorted((score(model, text) for text in benign), reverse=True)
    threshold = known[int(allowed * len(known) + 1e-9)]
    return threshold, [score(model, text) > threshold for text in messages]


def own_token(model: LocalModel, benign: Sequence[str], messages: Sequence[str], allowed: float) -> Result:
    """Scores each token by the logits of its own position."""

    def score(model: LocalModel, text: str) -> float:
        ids = model.encode(text)
        return math.exp(float(cross_entropy(model.logits(ids), ids)))

    return _filter(score, model, benign, messages, allowed)


def a_sum(model: LocalModel, benign: Sequence[str], messages: Sequence[str], allowed: float) -> Result:
    """The sum in place of the mean."""

    def score(model: LocalModel, text: str) -> float:
        ids = model.encode(text)
        return math.exp(min(700.0, float(cross_entropy(model.logits(ids)[:-1], ids[1:], reduction="sum"))))

    return _filter(score, model, benign, messages, allowed)


def mean_of_probabilities(model: LocalModel, benign: Sequence[str], messages: Sequence[str], allowed: float) -> Result:
    """One over the mean probability."""

    def score(model: LocalModel, text: str) -> float:
        ids = model.encode(text)
        return 1 / float(model.logits(ids)[:-1].softmax(-1).gather(1, ids[1:, None]).mean())

    return _filter(score, model, benign, messages, allowed)


def no_exponential(model: LocalModel, benign: Sequence[str], messages: Sequence[str], allowed: float) -> Result:
    """Mean surprise, not its exponential."""
    return _filter(lambda m, text: math.log(_perplexity(m, text)), model, benign, messages, allowed)


def divided_by_all(model: LocalModel, benign: Sequence[str], messages: Sequence[str], allowed: float) -> Result:
    """Divides by the number of all tokens."""

    def score(model: LocalModel, text: str) -> float:
        n = len(model.encode(text))
        return _perplexity(model, text) ** ((n - 1) / n)

    return _filter(score, model, benign, messages, allowed)


def threshold_from_messages(
    model: LocalModel, benign: Sequence[str], messages: Sequence[str], allowed: float
) -> Result:
    """Chooses the threshold on the messages that it judges."""
    return _filter(_perplexity, model, messages, messages, allowed)


def other_end(model: LocalModel, benign: Sequence[str], messages: Sequence[str], allowed: float) -> Result:
    """Takes the quantile from the low end."""
    known = sorted(_perplexity(model, text) for text in benign)
    threshold = known[int(allowed * len(known) + 1e-9)]
    return threshold, [_perplexity(model, text) > threshold for text in messages]


def largest(model: LocalModel, benign: Sequence[str], messages: Sequence[str], allowed: float) -> Result:
    """Stops no benign message at all."""
    return _filter(_perplexity, model, benign, messages, 0.0)


def one_too_far(model: LocalModel, benign: Sequence[str], messages: Sequence[str], allowed: float) -> Result:
    """One place too high in the order: fewer are stopped than may be."""
    known = sorted((_perplexity(model, text) for text in benign), reverse=True)
    threshold = known[max(0, int(allowed * len(known) + 1e-9) - 1)]
    return threshold, [_perplexity(model, text) > threshold for text in messages]


def between_two(model: LocalModel, benign: Sequence[str], messages: Sequence[str], allowed: float) -> Result:
    """A quantile that lies between two benign messages."""
    known = torch.tensor([_perplexity(model, text) for text in benign], dtype=torch.float64)
    threshold = float(known.quantile(1 - allowed))
    return threshold, [_perplexity(model, text) > threshold for text in messages]


def power_of_two(model: LocalModel, benign: Sequence[str], messages: Sequence[str], allowed: float) -> Result:
    """2 to the power of nats."""
    return _filter(lambda m, text: _perplexity(m, text) ** math.log(2), model, benign, messages, allowed)


def passed(model: LocalModel, benign: Sequence[str], messages: Sequence[str], allowed: float) -> Result:
    """True for what passes."""
    threshold, stopped = _filter(_perplexity, model, benign, messages, allowed)
    return threshold, [not one for one in stopped]


def in_float64(model: LocalModel, benign: Sequence[str], messages: Sequence[str], allowed: float) -> Result:
    """Token by token in double precision; the threshold by trying the benign values from below."""

    def score(text: str) -> float:
        ids = model.encode(text)
        rows = model.logits(ids).double().log_softmax(-1)
        return math.exp(-sum(float(rows[i, ids[i + 1]]) for i in range(len(ids) - 1)) / (len(ids) - 1))

    known = [score(text) for text in benign]
    threshold = min(t for t in known if sum(x > t for x in known) <= allowed * len(known) + 1e-9)
    return threshold, [score(text) > threshold for text in messages]


def by_cross_entropy(model: LocalModel, benign: Sequence[str], messages: Sequence[str], allowed: float) -> list[object]:
    """With the loss function of torch; the order by sorting upward; a list with a tensor in it."""
    known = torch.tensor([_perplexity(model, text) for text in benign]).sort().values
    threshold = known[len(known) - 1 - int(allowed * len(known) + 1e-9)]
    return [threshold, torch.tensor([_perplexity(model, text) for text in messages]) > threshold]


SENTENCES = [part.strip() + "." for part in TEXT.replace("\n", " ").split(".") if part.strip()]
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def _case(seed: int, benign: int, judged: int, allowed: float) -> Case:
    draw = random.Random(seed)

    def message(noise: bool) -> str:
        words = draw.choice(SENTENCES).split()
        words = words[: draw.randrange(3, max(4, len(words)))]
        tail = ["".join(draw.choice(LETTERS) for _ in range(5)) for _ in range(draw.randrange(1, 4))] if noise else []
        return " ".join(words + tail)

    arguments = (
        ModelHandle(f"tiny:{seed % 9}"), [message(draw.random() < 0.4) for _ in range(benign)],
        [message(draw.random() < 0.5) for _ in range(judged)], allowed,
    )  # fmt: skip
    return Case(f"{benign} benign messages, {allowed:g} of them may be stopped", arguments)


def _hidden(seed: int) -> tuple[Case, ...]:
    return (_case(seed + 1, 12, 9, 0.25), _case(seed + 2, 10, 8, 0.2), _case(seed + 3, 8, 10, 0.3))


PERPLEXITY_FILTER = Exercise(
    id="5.3",
    title="A filter by perplexity",
    points=3,
    difficulty=3,
    minutes=20,
    reference="course_lib.robustness.perplexity:perplexity_filter",
    also_withheld=("course_lib.robustness.perplexity:surprises", "course_lib.robustness.perplexity:threshold_of"),
    returns=(
        "the threshold, which is the smallest perplexity of a benign message that at most the share `allowed` of "
        "them exceed; "
        "and for each message whether its perplexity is above the threshold. A perplexity is exp of the mean "
        "negative log "
        "probability of all tokens but the first, which nothing predicts"
    ),
    example=(
        "If four benign messages have perplexities 20, 30, 40 and 90 and `allowed` is 0.25, one of them may be "
        "stopped: the "
        "threshold is 40. A message with 41 is stopped, one with 40 passes."
    ),
    hints=(
        "Which row of the logits predicts the second token? And how many of the benign messages may lie above the "
        "threshold?",
        "Row p of the logits is about token p + 1: drop the last row and the first token. Sort the benign perplexities "
        "downward; if k of them may be stopped, the threshold is the first that may not.",
        "```python\nids = model.encode(...)\nlog_probs = model.logits(ids)[...].log_softmax(-1).gather(1, "
        "ids[...][:, None])\n"
        "perplexity = math.exp(-log_probs...)\nknown = sorted(..., reverse=True)\nthreshold = known[int(... * "
        "len(known) + 1e-9)]\n```",
    ),
    why=(
        "It is the cheapest filter that there is: one pass of a model that you have anyway. What it costs is "
        "decided by the "
        "benign messages that you choose the threshold on, so they have to be like those of your users."
    ),
    visible=(_case(11, 8, 8, 0.25), _case(12, 10, 7, 0.1), _case(13, 12, 9, 0.5)),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "own position",
            own_token,
            "You score each token by the logits of its own position. These are about the token behind it.",
        ),
        Mistake("a sum", a_sum, "You add log probabilities up without dividing. That is a filter of long messages."),
        Mistake(
            "mean probability",
            mean_of_probabilities,
            "You average probabilities. Perplexity averages their logarithms: one impossible token has to count.",
        ),
        Mistake(
            "no exponential",
            no_exponential,
            "Your flags are right and your threshold is in nats. Perplexity is the exponential of that.",
        ),
        Mistake(
            "divided by all tokens",
            divided_by_all,
            "You divide by the number of all tokens. The first token is predicted by nothing and is not in the sum.",
        ),
        Mistake(
            "threshold from the judged",
            threshold_from_messages,
            "You chose the threshold on the messages that it is to judge. Then it always stops the same share of "
            "them, whatever they are.",
        ),
        Mistake(
            "the other end",
            other_end,
            "Your threshold stops nearly all benign messages: look at which end of the order you count from.",
        ),
        Mistake(
            "none stopped",
            largest,
            "Your threshold is the largest benign perplexity. A share of them may be "
            "stopped; use it, or the filter stops too little.",
        ),
        Mistake(
            "one too high",
            one_too_far,
            "Your threshold is one place too high in the order. Count how many "
            "benign messages it stops, and how many it may.",
        ),
        Mistake(
            "between two",
            between_two,
            "Your threshold lies between two benign messages, as `quantile` does it without being told otherwise. The "
            "card asks for the perplexity of one of them.",
        ),
        Mistake(
            "power of two",
            power_of_two,
            "You raise 2 to the mean surprise, which is right for bits. `log_softmax` and `cross_entropy` give nats.",
        ),
        Mistake("reversed", passed, "Your flags are reversed: `True` stands for a message that is stopped."),
    ),
    alternatives=(in_float64, by_cross_entropy),
    rtol=1e-3,
    atol=1e-3,
    tolerance_reason="the exponential of a float32 mean; perplexities of some hundreds",
)
