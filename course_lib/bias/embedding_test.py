"""The word embedding association test: are two sets of words differently close to two sets of attributes?

A word's *association* is its mean cosine with the words of A less its mean cosine with those of B. The test asks
whether the targets X have larger associations than the targets Y. Its effect size is the difference of the two means,
in standard deviations of all associations of X and Y together:

    d = (mean over X - mean over Y) / std over X and Y

That makes d at most 2, whatever the vectors: it says how well two sets are *separated*, not how large the difference
is. Whether chance could have done it is asked by dealing the words of X and Y anew into two sets of the same sizes,
many times, and counting how often the difference of means is at least as large as the one found. The deal that was
found counts as one of them: (1 + count) / (1 + deals). Without the ones a p-value of 0 comes out, from 1000 deals as
from 10.

Pitfalls. The test is one-sided: it has to be said beforehand which way. The words are the sample, eight a side as a
rule, and a p-value speaks about *other words of these kinds*, not about people. And with ten tests one p-value below
0.05 is no news.

Sources: A. Caliskan, J. Bryson, A. Narayanan, "Semantics derived automatically from language corpora contain
human-like biases", Science 356 (2017), 183-186 (arXiv:1608.07187); on the ones: B. Phipson, G. Smyth (2010),
"Permutation p-values should never be zero" (arXiv:1603.05766); on what d does not say: K. Ethayarajh et al. (2019,
arXiv:1908.06361).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from numpy import ndarray

DEALS = 2000


def weat(
    x: Float[ndarray, "x dimension"],
    y: Float[ndarray, "y dimension"],
    a: Float[ndarray, "a dimension"],
    b: Float[ndarray, "b dimension"],
    deals: Int[ndarray, "deal word"],
) -> tuple[float, float]:
    """Effect size and one-sided permutation p-value of the word embedding association test.

    Args:
        x: vectors of the first targets.
        y: vectors of the second targets.
        a: vectors of the first attributes.
        b: vectors of the second attributes.
        deals: each row is an order of the words of X and then Y, from 0; the first of them go to X, as many as X has.

    Returns:
        `(d, p)`: the effect size, with the standard deviation over all words of X and Y (divided by their number),
        and the share of deals whose difference of means is at least the one found, that one counted in. Differences
        within 1e-12 are equal.

    Example:
        >>> x, y = np.array([[1.0, 0.0], [2.0, 1.0]]), np.array([[0.0, 1.0], [1.0, 3.0]])
        >>> d, p = weat(x, y, x, y, np.array([[0, 1, 2, 3], [2, 1, 0, 3], [3, 2, 1, 0]]))
        >>> round(d, 2), p
        (1.91, 0.5)
    """
    x, y, a, b = (part / np.linalg.norm(part, axis=1, keepdims=True) for part in (x, y, a, b))
    targets = np.concatenate([x, y])
    associations = (targets @ a.T).mean(axis=1) - (targets @ b.T).mean(axis=1)
    found = associations[: len(x)].mean() - associations[len(x) :].mean()
    dealt = associations[deals]
    differences = dealt[:, : len(x)].mean(axis=1) - dealt[:, len(x) :].mean(axis=1)
    p = (1 + (differences >= found - 1e-12).sum()) / (1 + len(deals))
    return float(found / associations.std()), float(p)


def random_deals(words: int, deals: int = DEALS, seed: int = 0) -> Int[ndarray, "deal word"]:
    """Random orders of so many words, one a row.

    Example:
        >>> random_deals(4, 2).shape
        (2, 4)
    """
    draw: Any = np.random.default_rng(seed)
    orders: Int[ndarray, "deal word"] = draw.permuted(np.tile(np.arange(words), (deals, 1)), axis=1)
    return orders
