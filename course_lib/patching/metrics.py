"""The number that a patching experiment is about: what is read off the logits at the last position.

The metric decides the picture. A *logit difference* between the right and the wrong answer is linear in what the last
layer writes, does not see what raises both answers alike, and can turn negative; a *log probability* sees everything,
also what only makes other tokens less likely; a *probability* is flat where the model is sure or lost, and hides what
happens there. Zhang and Nanda (2023) recommend the logit difference for maps of this kind.

Source: Zhang and Nanda (2023), *Towards Best Practices of Activation Patching in Language Models*, section 4.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from course_lib.attribution.inputs import as_ids
from course_lib.errors import CourseError

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from course_lib.models import LocalModel


@dataclass(frozen=True, eq=False)
class Metric:
    """A number for each run.

    Attributes:
        name: what it is, with its tokens.
        unit: "logits" or "nats", or what you measure in.
        measure: from last-position logits `[batch, vocab]` to `[batch]`; differentiable for attribution patching.
    """

    name: str
    unit: str
    measure: Callable[[Float[Tensor, "batch vocab"]], Float[Tensor, " batch"]]


MetricLike = Metric | str | int | tuple[str | int, str | int]


def as_metric(model: LocalModel, metric: MetricLike) -> Metric:
    """A metric from its short form: (right, wrong) is the logit difference, one token its log probability.

    Raises:
        CourseError: a text that is not one token; a pair of the same token twice.

    Example:
        >>> from course_lib import load_model
        >>> as_metric(load_model("tiny:0"), (" John", " Mary")).name
        "logit(' John') − logit(' Mary')"
    """
    if isinstance(metric, Metric):
        return metric
    if isinstance(metric, tuple | list):
        if len(metric) != 2:
            raise CourseError(f"{len(metric)} answers are no pair.", "Give (right answer, wrong answer).")
        return logit_difference(model, metric[0], metric[1])
    return log_probability(model, metric)


def logit_difference(model: LocalModel, right: str | int, wrong: str | int) -> Metric:
    """The logit of the right answer minus that of the wrong one, in logits.

    Args:
        model: a loaded model.
        right: a text of one token, with its leading space, or a token id.
        wrong: the same, for the answer that it competes with.
    """
    first, second = as_token(model, right), as_token(model, wrong)
    if first == second:
        raise CourseError("Right and wrong answer are the same token.", "Choose two answers that differ.")
    name = " − ".join(f"logit({token!r})" for token in model.tokens([first, second]))
    return Metric(name, "logits", lambda logits: at_least_single(logits[:, first]) - at_least_single(logits[:, second]))


def log_probability(model: LocalModel, target: str | int) -> Metric:
    """The log probability of one answer, in nats.

    Args:
        model: a loaded model.
        target: a text of one token, with its leading space, or a token id.
    """
    token = as_token(model, target)
    name = f"log p({model.tokens([token])[0]!r})"
    return Metric(name, "nats", lambda logits: at_least_single(logits).log_softmax(dim=-1)[:, token])


def as_token(model: LocalModel, token: str | int) -> int:
    """The id of a token that is given as its text or as its id."""
    return model.single_token(token) if isinstance(token, str) else int(as_ids(model, [token], "token")[0])


def at_least_single(values: Tensor) -> Tensor:
    """Half-precision values as float32; float32 and float64 as they are."""
    return values if values.dtype in (torch.float32, torch.float64) else values.float()
