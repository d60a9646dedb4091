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
from dataclasses import replace

import torch

from course_lib.models.local_model import LocalModel


def with_shuffled_weights(model: LocalModel, seed: int = 0) -> LocalModel:
    """A copy of the model in which the entries of every weight matrix are shuffled; the model itself stays as it is.

    Args:
        model: a loaded model.
        seed: of the shuffle.

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
        for weight in network.parameters():
            if weight.ndim > 1:
                order = torch.randperm(weight.numel(), generator=generator)
                weight.copy_(weight.flatten()[order.to(weight.device)].reshape(weight.shape))
    return replace(model, model=network, name=f"{model.name}, weights shuffled", source=f"{model.source} Shuffled.")
