"""A model that knows nothing: the same weights in another order.

The question: does a picture say something about the *model*, or only about the prompt and the method? Draw it again for
a model that has learnt nothing. A method whose picture hardly changes does not look at what was learnt (Adebayo et al.
2018, *Sanity Checks for Saliency Maps*, arXiv:1810.03292).

Weights drawn anew would have another spread, and the activations would explode or fade. Shuffling the entries inside
each weight matrix keeps its mean and spread to the last digit and destroys what was learnt. Vectors (the norms' scales)
are left as they are.
"""

from __future__ import annotations

import copy
from collections.abc import Collection
from dataclasses import replace

import torch

from course_lib.errors import CourseError
from course_lib.models.local_model import LocalModel


def with_shuffled_weights(model: LocalModel, seed: int = 0, only: Collection[str] | None = None) -> LocalModel:
    """A copy of the model in which the entries of every weight matrix are shuffled; the model itself stays as it is.

    Args:
        model: a loaded model.
        seed: of the shuffle.
        only: names of the parameters to shuffle, such as `block_names` gives; all when None.

    Example:
        >>> from course_lib import load_model
        >>> model = load_model("tiny:0")
        >>> ids = torch.tensor([5, 6, 7])
        >>> torch.allclose(model.logits(ids), with_shuffled_weights(model).logits(ids))
        False
    """
    network = copy.deepcopy(model.model)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if weight.ndim > 1 and (only is None or name in only):
                order = torch.randperm(weight.numel(), generator=generator)
                weight.copy_(weight.flatten()[order.to(weight.device)].reshape(weight.shape))
    return replace(
        model,
        model=network,
        name=f"{model.name}, {'' if only is None else 'some '}weights shuffled",
        source=f"{model.source} Shuffled.",
    )


def block_names(model: LocalModel, top: int) -> frozenset[str]:
    """The names of all parameters in the last `top` decoder blocks.

    Args:
        model: a loaded model.
        top: how many blocks, counted from the output.

    Raises:
        CourseError: the network does not keep its blocks in one list.

    Example:
        >>> from course_lib import load_model
        >>> {name.split(".")[2] for name in block_names(load_model("tiny:0"), 1)}
        {'1'}
    """
    for name, part in model.model.named_modules():
        if isinstance(part, torch.nn.ModuleList) and len(part) == model.n_layers:
            last = range(model.n_layers - top, model.n_layers)
            prefixes = tuple(f"{name}.{index}." for index in last)
            names = [parameter for parameter, _ in model.model.named_parameters()]
            return frozenset(parameter for parameter in names if parameter.startswith(prefixes))
    raise CourseError(f"{model.name} does not keep its blocks in one list.", "Shuffle all weights instead.")
