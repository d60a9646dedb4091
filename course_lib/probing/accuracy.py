"""A linear probe per layer, on one split: exercise 8.4.

Take the states of labelled texts at one layer, fit a logistic regression on some of them, and count how often it is
right on the others. Do that at every layer and you see where in depth the label becomes readable.

The pitfall is *leakage*: anything that the probe learns from the test rows before it is tested on them. The obvious
leak is to fit on them. The quiet one is to standardise all rows at once: the mean and the spread then contain the test
rows. A pipeline that holds both steps and is fitted on the training rows only has neither. The remaining leak is in the
split itself: two texts that differ in one word belong on the same side of it (see `probe_by_layer`).

With 576 numbers per text and a few hundred texts a hyperplane can separate *any* labels of the training rows. So the
regularisation is strong (`C=0.01`, scikit-learn's inverse strength), and only held-out accuracy counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor


def probe_accuracy(
    states: Float[Tensor, "layer example d_model"],
    labels: Int[Tensor, " example"],
    train: Int[Tensor, " train_example"],
    test: Int[Tensor, " test_example"],
) -> Float[Tensor, " layer"]:
    """Held-out accuracy of a linear probe at every layer; exercise 8.4.

    Args:
        states: one vector per layer and example, as `hidden_states` returns them.
        labels: the class of each example, 0 or 1.
        train: the examples to fit on, by index.
        test: the examples to count on, by index.

    Returns:
        The share of test examples that the probe of each layer gets right.

    Example:
        >>> labels = torch.tensor([0, 1] * 10)
        >>> states = torch.stack([torch.ones(20, 3), labels[:, None].expand(20, 3).float()])  # blind, then telling
        >>> probe_accuracy(states, labels, train=torch.arange(10), test=torch.arange(10, 20))
        tensor([0.5000, 1.0000])
    """
    accuracies = []
    for layer in states:
        probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
        probe.fit(layer[train].numpy(), labels[train].numpy())
        accuracies.append(probe.score(layer[test].numpy(), labels[test].numpy()))
    return torch.tensor(accuracies)
