"""A trained classifier of offensive text: alt-profanity-check.

Five linear support vector machines over words, trained by others on comments that people labelled; their mean, put
through a sigmoid each, is a number from 0 to 1. It is used here for what no list has: an insult made of ordinary
words.

Scikit-learn checks its input and its settings at every call, which costs ten times what the arithmetic costs. A filter
asks about one window at a time, so the arithmetic is done here, with the same weights (a test compares the numbers).

Pitfall: it has learnt which *words* stand in offensive comments. Contempt in polite words passes (chapter 16 measures
how much of it), and the number is no probability until it has been held against labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np


@cache
def _weights() -> tuple[Any, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The vectoriser; weights `[word, machine]`, offsets, slopes and shifts `[machine]`."""
    from profanity_check.profanity_check import model, vectorizer

    machines = model.calibrated_classifiers_
    sigmoids = [machine.calibrators[0] for machine in machines]
    return (
        vectorizer,
        np.stack([machine.estimator.coef_[0] for machine in machines], axis=1),
        np.array([machine.estimator.intercept_[0] for machine in machines]),
        np.array([sigmoid.a_ for sigmoid in sigmoids]),
        np.array([sigmoid.b_ for sigmoid in sigmoids]),
    )


def toxicity(texts: Sequence[str]) -> list[float]:
    """For each text how offensive it reads, from 0 to 1; loads the classifier the first time.

    Example:
        >>> toxicity(["Have a nice day."])[0] < 0.2
        True
    """
    if not texts:
        return []
    vectorizer, words, offsets, slopes, shifts = _weights()
    distances = vectorizer.transform(list(texts)) @ words + offsets
    return [float(score) for score in (1 / (1 + np.exp(slopes * distances + shifts))).mean(axis=1)]
