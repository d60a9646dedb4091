"""The baseline that never looks inside the model: a bag of words.

If counting words already tells harmful from harmless requests, then a probe that does so on hidden states has shown
nothing about the model: the states contain the words. The prompts are written in pairs of nearly the same words for
this reason, and the number here says how well that worked. It belongs beside every probe curve, from the same folds.

The pitfall is once more leakage: the vocabulary is part of what is fitted. Counted over all texts, it would let the
classifier know which words occur in the held-out texts; here it is learnt from the training texts of each fold.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from course_lib.probing.intervals import HeldOutAccuracy, pair_bootstrap
from course_lib.probing.sweep import checked_labels, pair_folds

if TYPE_CHECKING:
    from jaxtyping import Int
    from torch import Tensor

    from course_lib.probing.intervals import Pairs


def bag_of_words_accuracy(
    texts: Sequence[str],
    labels: Int[Tensor, " example"] | Sequence[int],
    pairs: Pairs,
    *,
    folds: int = 8,
    seed: int = 0,
) -> HeldOutAccuracy:
    """Cross-validated accuracy of a logistic regression on word counts, in the folds of `probe_by_layer`.

    Args:
        texts: the requests themselves, without a chat template around them.
        labels: the class of each text, 0 or 1.
        pairs: which pair each text belongs to.
        folds: as in `probe_by_layer`; the same number and seed give the same folds.
        seed: of the deal and of the bootstrap.

    Raises:
        CourseError: as `probe_by_layer`.

    Example:
        >>> texts = ["pick a lock", "paint a lock", "pick a safe", "paint a safe"]
        >>> bag_of_words_accuracy(texts, [1, 0, 1, 0], ["lock", "lock", "safe", "safe"], folds=2).accuracy
        1.0
    """
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    truth, groups = checked_labels(labels, pairs, len(texts), folds)
    words, right = np.array(list(texts), dtype=object), np.zeros(len(texts), dtype=bool)
    for train, held_out in pair_folds(groups, folds, seed):
        counter = make_pipeline(CountVectorizer(), LogisticRegression(max_iter=1000)).fit(words[train], truth[train])
        right[held_out] = counter.predict(words[held_out]) == truth[held_out]
    low, high = pair_bootstrap(torch.from_numpy(right)[None], pairs, seed=seed)
    return HeldOutAccuracy(
        accuracy=float(right.mean()),
        low=float(low[0]),
        high=float(high[0]),
        n=len(texts),
        n_pairs=int(groups.max()) + 1,
        settings={"folds": folds, "seed": seed, "features": "word counts", "C": 1.0},
    )
