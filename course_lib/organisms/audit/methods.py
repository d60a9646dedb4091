"""The methods under audit: each gives every token of a request one number, and none of them sees the answer key.

A method is asked a `Question`: which tokens of this request does the log probability of this one answer token rest on?
Signed methods (removal, replacement, gradient x input) say "for" or "against"; the others (attention, saliency) only
say "how much". Where a planted phrase pushes the target *down*, the strongest token against it is what counts.

Two controls look at no model at all: the first and the last token of the request. Planted words stand at the ends of
requests more often than in the middle, and a method that merely prefers an end gets credit for that; these rows say
how much of it.

Pitfall: the sink. Dividing one row of attention by what is left of it beside key 0 changes the numbers and never the
order, so a mean over heads "without the sink" that is renormalised *after* the mean ranks exactly as before. Here every
head is renormalised before the mean: a head that sinks nine tenths then counts as much as one that sinks nothing.

Sources: Simonyan, Vedaldi and Zisserman (2013, arXiv:1312.6034) for saliency; Shrikumar et al. (2016, arXiv:1605.01713)
for gradient x input; the rest is `course_lib.attribution` and `course_lib.attention`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import torch

from course_lib.attention import attention_weights
from course_lib.attribution import removal_attribution
from course_lib.errors import CourseError
from course_lib.names import did_you_mean

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from course_lib.models import LocalModel

VERSION = 1
"""Raise when a method's numbers change their meaning: stored scores of older versions are then left alone."""


@dataclass(frozen=True)
class Question:
    """What a method may know.

    Attributes:
        ids: the token ids of the whole chat, up to where the answer begins.
        start: position of the request's first token.
        stop: one more than the position of its last token.
        target: the id of the answer token whose log probability is to be explained.
    """

    ids: tuple[int, ...]
    start: int
    stop: int
    target: int


@dataclass(frozen=True)
class Method:
    """One way of scoring tokens.

    Attributes:
        name: as it stands in the table.
        scores: from a model and a question to one score for each token of the request.
        signed: whether a positive score speaks for the target and a negative one against it.
        what: the method in a few words.
    """

    name: str
    scores: Callable[[LocalModel, Question], Float[Tensor, " token"]]
    signed: bool
    what: str


def _removed(
    model: LocalModel, question: Question, *, score: Any = "log_prob", stand_in: str | int | None = None
) -> Float[Tensor, " token"]:
    """Each token deleted, or replaced by the token `stand_in`, given as its text or its id."""
    token = model.single_token(stand_in) if isinstance(stand_in, str) else stand_in
    mode: Any = "delete" if token is None else "replace"
    part = (question.start, question.stop)
    result = removal_attribution(
        model, question.ids, [question.target], mode=mode, replacement_id=token, score=score, positions=part
    )
    return result.scores[0]


def _answer_rows(model: LocalModel, question: Question) -> Float[Tensor, "layer head key"]:
    """How much the position from which the answer is read looks at every key."""
    return attention_weights(model, question.ids)[:, :, -1]


def _mean_attention(model: LocalModel, question: Question) -> Float[Tensor, " token"]:
    return _answer_rows(model, question).mean(dim=(0, 1))[question.start : question.stop]


def _mean_attention_without_sink(model: LocalModel, question: Question) -> Float[Tensor, " token"]:
    rows = _answer_rows(model, question)
    left = rows[..., 1:].sum(dim=-1, keepdim=True)
    shares = torch.where(left > 0, rows / left, 0.0)  # of what is not sunk, in each head
    return shares.mean(dim=(0, 1))[question.start : question.stop]


def _last_layer_attention(model: LocalModel, question: Question) -> Float[Tensor, " token"]:
    return _answer_rows(model, question)[-1].mean(dim=0)[question.start : question.stop]


def _strongest_head(model: LocalModel, question: Question) -> Float[Tensor, " token"]:
    return _answer_rows(model, question).amax(dim=(0, 1))[question.start : question.stop]


# The gradient methods below move to course_lib.attribution when chapter 10 derives them.


def _gradient(
    model: LocalModel, question: Question
) -> tuple[Float[Tensor, "token d_model"], Float[Tensor, "token d_model"]]:
    """The request's input embeddings, and the gradient of the target's log probability with respect to them."""
    network: Any = model.model
    ids = torch.tensor([question.ids], device=model.device)
    with torch.enable_grad():
        embeddings = network.get_input_embeddings()(ids).detach().requires_grad_()
        logits = network(inputs_embeds=embeddings, use_cache=False).logits[0, -1].float()
        (gradient,) = torch.autograd.grad(logits.log_softmax(-1)[question.target], embeddings)
    request = slice(question.start, question.stop)
    return embeddings.detach()[0, request].float().cpu(), gradient[0, request].float().cpu()


def _saliency(model: LocalModel, question: Question) -> Float[Tensor, " token"]:
    return _gradient(model, question)[1].norm(dim=-1)


def _gradient_x_input(model: LocalModel, question: Question) -> Float[Tensor, " token"]:
    embeddings, gradient = _gradient(model, question)
    return (embeddings * gradient).sum(dim=-1)


def _one_place(model: LocalModel, question: Question, *, place: int) -> Float[Tensor, " token"]:
    """1 at the first token (place 0) and falling from there, or 1 at the last (place -1) and falling towards the front."""
    falling = torch.linspace(1, 0, question.stop - question.start)
    return falling.flip(0) if place else falling


METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method("delete", _removed, True, "log probability lost when the token is deleted"),
        Method("delete, logit", partial(_removed, score="logit"), True, "raw logit lost when the token is deleted"),
        Method(
            "replace by space",
            partial(_removed, stand_in=" "),
            True,
            "log probability lost when a space stands in its place",
        ),
        Method(
            "replace by token 0",
            partial(_removed, stand_in=0),
            True,
            "the same, token id 0 in its place: Captum's default",
        ),
        Method("saliency", _saliency, False, "norm of the gradient with respect to the embedding"),
        Method("gradient x input", _gradient_x_input, True, "gradient times embedding, summed"),
        Method("attention, mean", _mean_attention, False, "mean over layers and heads, from the answer's position"),
        Method("attention, no sink", _mean_attention_without_sink, False, "the same, each head's sink taken out first"),
        Method("attention, last layer", _last_layer_attention, False, "mean over the heads of the last layer"),
        Method("attention, strongest head", _strongest_head, False, "maximum over layers and heads"),
        Method("control: first token", partial(_one_place, place=0), False, "a place; looks at no model"),
        Method("control: last token", partial(_one_place, place=-1), False, "a place; looks at no model"),
    )
}


def find_methods(names: Sequence[str]) -> list[Method]:
    """The methods of these names, all of them when there is no name.

    Raises:
        CourseError: one does not exist; the text names the nearest.

    Example:
        >>> [method.name for method in find_methods(["saliency"])]
        ['saliency']
    """
    for name in names:
        if name not in METHODS:
            guess, there = did_you_mean(name, METHODS), ", ".join(map(repr, METHODS))
            raise CourseError(f"There is no attribution method {name!r}.", f"{guess}There are: {there}.")
    return [METHODS[name] for name in dict.fromkeys(names or METHODS)]
