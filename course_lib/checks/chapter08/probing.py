"""Exercise 8.4: a probe for each layer, tested on examples that it has not seen.

The cases are made, not measured, so that each slip shows. One layer is pure noise with many features: a probe fits its
training examples perfectly and knows nothing. One has its signal in a feature a thousand times smaller than the noise:
without standardising it is not found. In one case the test examples are shifted and stretched, so that it matters whose
mean and spread are used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from course_lib.checks.exercise import Case, Exercise, Mistake

if TYPE_CHECKING:
    from torch import Tensor


def _fit(train_x: Tensor, train_y: Tensor, scaler_x: Tensor | None, C: float = 0.01) -> Any:
    """A logistic regression on examples standardised with the statistics of `scaler_x`; returns a scoring function."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(scaler_x.numpy()) if scaler_x is not None else None
    scale = scaler.transform if scaler is not None else (lambda x: x)
    model = LogisticRegression(C=C, max_iter=1000).fit(scale(train_x.numpy()), train_y.numpy())
    return lambda x, y: float(model.score(scale(x.numpy()), y.numpy()))


def _per_layer(states: Tensor, score: Any) -> Tensor:
    return torch.tensor([score(layer) for layer in states])


def scored_on_training(states: Tensor, labels: Tensor, train: Tensor, test: Tensor) -> Tensor:
    """Accuracy on the examples it was fitted on."""
    return _per_layer(states, lambda x: _fit(x[train], labels[train], x[train])(x[train], labels[train]))


def fitted_on_all(states: Tensor, labels: Tensor, train: Tensor, test: Tensor) -> Tensor:
    """Fits on all examples, test included."""
    return _per_layer(states, lambda x: _fit(x, labels, x)(x[test], labels[test]))


def standardised_on_all(states: Tensor, labels: Tensor, train: Tensor, test: Tensor) -> Tensor:
    """Mean and spread of all examples, test included."""
    return _per_layer(states, lambda x: _fit(x[train], labels[train], x)(x[test], labels[test]))


def standardised_apart(states: Tensor, labels: Tensor, train: Tensor, test: Tensor) -> Tensor:
    """The test examples with their own mean and spread."""

    def score(x: Tensor) -> float:
        own = (x[test] - x[test].mean(0)) / x[test].std(0, unbiased=False).clamp(min=1e-12)
        known = (x[train] - x[train].mean(0)) / x[train].std(0, unbiased=False).clamp(min=1e-12)
        return float(_fit(known, labels[train], None)(own, labels[test]))

    return _per_layer(states, score)


def not_standardised(states: Tensor, labels: Tensor, train: Tensor, test: Tensor) -> Tensor:
    """Raw activations."""
    return _per_layer(states, lambda x: _fit(x[train], labels[train], None)(x[test], labels[test]))


def default_strength(states: Tensor, labels: Tensor, train: Tensor, test: Tensor) -> Tensor:
    """Regularisation of scikit-learn's default strength, C = 1."""
    return _per_layer(states, lambda x: _fit(x[train], labels[train], x[train], C=1.0)(x[test], labels[test]))


def not_standardised_default(states: Tensor, labels: Tensor, train: Tensor, test: Tensor) -> Tensor:
    """Raw activations, and C = 1."""
    return _per_layer(states, lambda x: _fit(x[train], labels[train], None, C=1.0)(x[test], labels[test]))


def exchanged(states: Tensor, labels: Tensor, train: Tensor, test: Tensor) -> Tensor:
    """Fits on the test examples and scores on the training examples."""
    return _reference(states, labels, test, train)


def error_rate(states: Tensor, labels: Tensor, train: Tensor, test: Tensor) -> Tensor:
    """The share of wrong answers."""
    return 1 - _reference(states, labels, train, test)


def last_layer_only(states: Tensor, labels: Tensor, train: Tensor, test: Tensor) -> Tensor:
    """One probe, on the last layer, for all layers."""
    return _reference(states[-1:], labels, train, test).repeat(len(states))


def averaged(states: Tensor, labels: Tensor, train: Tensor, test: Tensor) -> Tensor:
    """One number."""
    return _reference(states, labels, train, test).mean()


def _reference(states: Tensor, labels: Tensor, train: Tensor, test: Tensor) -> Tensor:
    return _per_layer(states, lambda x: _fit(x[train], labels[train], x[train])(x[test], labels[test]))


def by_hand_scaled(states: Tensor, labels: Tensor, train: Tensor, test: Tensor) -> list[float]:
    """Standardises with torch, in double precision, and counts the right answers itself."""
    from sklearn.linear_model import LogisticRegression

    accuracies = []
    for layer in states.double():
        mean, spread = layer[train].mean(0), layer[train].std(0, unbiased=False)
        scaled = ((layer - mean) / spread).numpy()
        probe = LogisticRegression(C=0.01, max_iter=1000).fit(scaled[train], labels[train].numpy())
        accuracies.append(float((probe.predict(scaled[test]) == labels[test].numpy()).mean()))
    return accuracies


def by_gradient(states: Tensor, labels: Tensor, train: Tensor, test: Tensor) -> Tensor:
    """The same regularised logistic regression, minimised with torch's LBFGS, one layer after the other."""
    accuracies = []
    for layer in states.float():
        scaled = (layer - layer[train].mean(0)) / layer[train].std(0, unbiased=False)
        weights = torch.zeros(layer.shape[1] + 1, requires_grad=True)
        optimiser = torch.optim.LBFGS([weights], max_iter=100, line_search_fn="strong_wolfe")

        def loss(scaled: Tensor = scaled, weights: Tensor = weights, optimiser: Any = optimiser) -> Tensor:
            optimiser.zero_grad()
            logits = scaled[train] @ weights[:-1] + weights[-1]
            wrong = torch.nn.functional.binary_cross_entropy_with_logits(logits, labels[train].float(), reduction="sum")
            value = 0.01 * wrong + 0.5 * weights[:-1].square().sum()
            value.backward()
            return value

        with torch.enable_grad():
            optimiser.step(loss)
        guesses = (scaled[test] @ weights[:-1] + weights[-1]) > 0
        accuracies.append((guesses == labels[test].bool()).float().mean().detach())
    return torch.stack(accuracies)


def _layers(seed: int, n: int, width: int) -> tuple[Tensor, Tensor, Tensor]:
    """Three layers (signal, noise, tiny signal), labels, and a random order of the examples."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, 2, (n,), generator=generator)
    noise = torch.randn(3, n, width, generator=generator)
    sign = 2.0 * labels - 1
    noise[0, :, 0] += 4 * sign
    noise[2] *= 30
    noise[2, :, 1] = 0.03 * (sign + 0.2 * torch.randn(n, generator=generator))
    return noise, labels, torch.randperm(n, generator=generator)


def _case(name: str, seed: int, n: int, width: int, shift: float = 0.0, stretch: float = 1.0) -> Case:
    states, labels, order = _layers(seed, n, width)
    train, test = order[: n // 3], order[n // 3 :]
    if shift:
        states[0, test, 0] = states[0, test, 0] * 3 + shift
    states[0, test, 5] *= stretch  # a feature without signal: it shows whose spread sets the scale
    return Case(name, (states, labels, train, test))


def _hidden(seed: int) -> tuple[Case, ...]:
    plain = _case("other numbers", seed + 101, 210, 80)
    shifted = _case("test examples shifted", seed + 202, 210, 70, shift=20.0)
    return (plain, shifted, _case("one feature stretched in the test examples", seed + 303, 210, 70, stretch=1000.0))


PROBE_ACCURACY = Exercise(
    id="8.4",
    title="A probe for every layer",
    points=3,
    difficulty=3,
    minutes=15,
    reference="course_lib.probing:probe_accuracy",
    returns="a tensor `[layer]`: the share of right answers on the test examples, one probe per layer",
    example=(
        "For states `[31, 600, 576]`, 400 training and 200 test indices the result has 31 entries. A layer that carries "
        "nothing about the label gives about 0.5, however well its probe fits the training examples."
    ),
    hints=(
        "Ask of every number that your probe uses (a mean, a spread, a weight): which examples did it come from?",
        "For each layer: a `StandardScaler` and a `LogisticRegression` in one pipeline, so that `fit` on the training "
        "rows sets both and the test rows only pass through.",
        "```python\nfor layer in states:\n"
        "    probe = make_pipeline(StandardScaler(), ...)      # C=0.01, max_iter=1000\n"
        "    probe.fit(layer[...], labels[...])\n    accuracies.append(probe.score(layer[...], labels[...]))\n```\n"
        "scikit-learn wants NumPy arrays: `.numpy()`.",
    ),
    why=(
        "“The model knows that this request is harmful” is a claim about unseen requests. A probe that was fitted on "
        "its test examples will tell you so even about a layer of noise."
    ),
    visible=(_case("signal, noise, tiny signal", 31, 210, 80), _case("test examples shifted", 32, 210, 70, shift=20.0)),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "scored on training",
            scored_on_training,
            "You score the probe on the examples that it was fitted on. The layer of pure noise then looks far better "
            "than chance: score on `test`.",
        ),
        Mistake(
            "fitted on all",
            fitted_on_all,
            "The probe has seen the test examples: you fit on all rows. Fit on `train` only.",
        ),
        Mistake(
            "standardised on all",
            standardised_on_all,
            "The standardising has seen the test examples: mean and spread come from all rows. Take them from `train`.",
        ),
        Mistake(
            "standardised apart",
            standardised_apart,
            "You standardise the test examples with their own mean and spread. They must pass through the scale that was "
            "set on `train`; otherwise a shift of the test examples goes unseen.",
        ),
        Mistake(
            "not standardised",
            not_standardised,
            "You fit on raw activations. A feature with small numbers then hardly counts: standardise first, with the "
            "statistics of `train`.",
        ),
        Mistake(
            "default C",
            default_strength,
            "Your probe is regularised less than the task asks: give `LogisticRegression` the argument `C=0.01`.",
        ),
        Mistake(
            "raw and default C",
            not_standardised_default,
            "You fit on raw activations, and with another strength than the task asks: standardise with the statistics of "
            "`train`, and give `LogisticRegression` the argument `C=0.01`.",
        ),
        Mistake(
            "exchanged",
            exchanged,
            "Training and test examples are exchanged: fit on the rows `train`, score on the rows `test`.",
        ),
        Mistake("error rate", error_rate, "You return the share of wrong answers; the accuracy is 1 minus that."),
        Mistake(
            "last layer only", last_layer_only, "All your entries are those of the last layer: fit one probe per layer."
        ),
        Mistake("averaged", averaged, "You return one number; keep one accuracy per layer."),
    ),
    alternatives=(by_hand_scaled, by_gradient),
    rtol=0.0,
    atol=0.03,
    tolerance_reason="solvers stop at slightly different weights, which can turn an example or two of 140",
)
