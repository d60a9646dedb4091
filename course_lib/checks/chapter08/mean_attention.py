"""Exercise 8.2: the average over layers and heads, and not over layers and batch.

`torch.stack(attentions)` has five axes, [layer, batch, head, query, key]. The published line averages axes 0 and 1. The
numbers of layers, examples, heads and positions all differ in the cases, so a wrong axis shows in the shape; one case has
as many examples as heads, where the shape is right and the numbers are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from course_lib.checks.exercise import Case, Exercise, Mistake

if TYPE_CHECKING:
    from torch import Tensor

Attentions = Sequence["Tensor"]


def layers_and_batch(attentions: Attentions) -> Tensor:
    """The published line."""
    return torch.stack(list(attentions)).mean(dim=(0, 1))


def layers_only(attentions: Attentions) -> Tensor:
    """Keeps the heads."""
    return torch.stack(list(attentions)).mean(dim=0)


def heads_only(attentions: Attentions) -> Tensor:
    """Keeps the layers."""
    return torch.stack(list(attentions)).mean(dim=2)


def last_layer(attentions: Attentions) -> Tensor:
    """Only the last layer."""
    return attentions[-1].mean(dim=1)


def first_head(attentions: Attentions) -> Tensor:
    """Averages layers, then reads head 0."""
    return torch.stack(list(attentions)).mean(dim=0)[:, 0]


def everything(attentions: Attentions) -> Tensor:
    """Averages the batch away as well."""
    return torch.stack(list(attentions)).mean(dim=(0, 1, 2))


def summed(attentions: Attentions) -> Tensor:
    """Adds in place of averaging."""
    return torch.stack(list(attentions)).sum(dim=(0, 2))


def by_loop(attentions: Attentions) -> Tensor:
    """Adds up layer by layer and head by head, in double precision."""
    total = torch.zeros_like(attentions[0][:, 0], dtype=torch.float64)
    for layer in attentions:
        for head in range(layer.shape[1]):
            total += layer[:, head]
    return total / (len(attentions) * attentions[0].shape[1])


def mean_of_means(attentions: Attentions) -> Any:
    """Means of means, as a NumPy array."""
    return torch.stack([layer.mean(dim=1) for layer in attentions]).mean(dim=0).numpy()


def concatenated(attentions: Attentions) -> Tensor:
    """All heads of all layers side by side."""
    return torch.cat(list(attentions), dim=1).mean(dim=1)


def random_attention(seed: int, *shape: int) -> Tensor:
    """Causal attention weights with rows that sum to 1, uneven enough that every axis matters."""
    generator = torch.Generator().manual_seed(seed)
    scores = 2 * torch.randn(*shape, generator=generator)
    mask = torch.ones(shape[-2:], dtype=torch.bool).tril()
    return scores.masked_fill(~mask, float("-inf")).softmax(-1)


def _case(seed: int, layers: int, batch: int, heads: int, length: int) -> Case:
    weights = random_attention(seed, layers, batch, heads, length, length)
    name = f"{layers} layers, batch of {batch}, {heads} heads, {length} tokens"
    return Case(name, (tuple(weights),))


def _hidden(seed: int) -> tuple[Case, ...]:
    numbers = torch.Generator().manual_seed(seed)
    sizes = torch.randint(2, 8, (4, 4), generator=numbers).tolist()
    return tuple(_case(seed + k, *size) for k, size in enumerate(sizes))


MEAN_ATTENTION = Exercise(
    id="8.2",
    title="Average attention over layers and heads",
    points=2,
    difficulty=2,
    minutes=8,
    reference="course_lib.attention:mean_attention",
    returns="a tensor `[batch, query, key]`: for each example, the attention weights averaged over all layers and heads",
    example=(
        "For 30 layers, one prompt, 9 heads and 5 tokens the input is a tuple of 30 tensors `[1, 9, 5, 5]`; the result "
        "has the shape `[1, 5, 5]`, and each of its rows still sums to 1."
    ),
    hints=(
        "Stack the tuple and name the five axes aloud, in order, before you average anything.",
        "`torch.stack` puts the layers in front: `[layer, batch, head, query, key]`. Two of these five should go.",
        "`torch.stack(list(attentions)).mean(dim=(..., ...))`, where the two numbers are the places of *layer* and *head*.",
    ),
    why=(
        "Attention tools often draw an average. If the average is over the wrong axes, two prompts in a batch are mixed "
        "into one picture, and nothing warns you."
    ),
    visible=(_case(11, 3, 2, 4, 5), _case(12, 2, 3, 3, 4), _case(13, 5, 1, 2, 3)),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "layers and batch",
            layers_and_batch,
            "You averaged over layers and the batch: in the stack, axis 1 is the batch. The heads are still there and the "
            "examples are mixed.",
        ),
        Mistake("layers only", layers_only, "The heads are still there: you averaged over the layers only."),
        Mistake("heads only", heads_only, "The layers are still there: you averaged over the heads only."),
        Mistake(
            "last layer", last_layer, "You used the last layer only; the average is over all layers and all heads."
        ),
        Mistake("first head", first_head, "You read head 0 and left the other heads out; average over all of them."),
        Mistake("batch averaged too", everything, "The batch is gone as well: each example keeps a map of its own."),
        Mistake("sum", summed, "You added the weights up. Divide by the number of layers times the number of heads."),
    ),
    alternatives=(by_loop, mean_of_means, concatenated),
    rtol=1e-5,
    atol=1e-6,
    tolerance_reason="weights between 0 and 1; the order of a float32 sum changes the seventh digit",
)
