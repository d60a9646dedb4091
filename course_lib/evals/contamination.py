"""Has the model read this benchmark? A test with an exact p-value, and what it cannot know.

The items of a benchmark can be put into any order and it is the same benchmark. Whoever has read the *file* has seen
one order, its own. So compare the log-likelihood of the file's order with that of other orders: a model that has never
read the file has no reason to prefer it. If the file's order was drawn at random, then for such a model all orders are
alike, whatever else the model knows or prefers, and the share of orders that do at least as well is an exact p-value
(Oren et al. 2024).

Long files are cut into shards, whose log-likelihoods are added up; each shard gets its own orders. With shards of four
items all 24 orders can be computed, as a tree, for the price of sixteen: `order_table`.

The pitfall is in the *if*. Most files are not in random order: sorted by topic, by source, by number. A natural order
is more probable for a model that has never seen the file, and the test then raises a false alarm with all its
exactness. And a model that has read the items one by one, or in another order, passes. So the test finds one kind of
contamination, in files of one kind.

Source: Y. Oren, N. Meister, N. Chatterji, F. Ladhak, T. Hashimoto, "Proving Test Set Contamination in Black Box
Language Models", ICLR 2024, arXiv:2310.17623.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np

from course_lib.evals.items import Item
from course_lib.evals.scoring import score_items

if TYPE_CHECKING:
    from jaxtyping import Float
    from numpy import ndarray

    from course_lib.models import LocalModel

START, BETWEEN, SHARD = "Questions\n\n", "\n\n", 4
ORDERS = tuple(permutations(range(SHARD)))
"""All orders of a shard; the first is the one in which it was written."""


def order_p_value(file_order: Sequence[float], other_orders: Sequence[Sequence[float]]) -> float:
    """The share of orders under which the whole text is at least as probable as under the file's own.

    Args:
        file_order: the log-likelihood of each shard in the order of the file.
        other_orders: the same for each other order that was drawn, `[order][shard]`.

    Returns:
        The p-value, counting the file's own order as one of those that were drawn: it is never 0.

    Example:
        >>> order_p_value([-4.0, -6.0], [[-5.0, -6.0], [-5.0, -5.0], [-7.0, -7.0]])
        0.5
    """
    own = sum(file_order)
    as_good = sum(sum(order) >= own for order in other_orders)
    return (1 + as_good) / (1 + len(other_orders))


def order_table(model: LocalModel, shard: Sequence[str]) -> list[float]:
    """The log-likelihood of four texts in each of their 24 orders, in the order of `ORDERS`.

    Example:
        >>> from course_lib import load_model
        >>> len(order_table(load_model("tiny:0"), ["The cat sat.", "A dog.", "Rome.", "Why?"]))
        24
    """
    texts = [BETWEEN.join(shard[place] for place in order) for order in ORDERS]
    by_first = [Item(START, tuple(texts[first : first + 6]), None, delimiter="") for first in range(0, 24, 6)]
    return [value for scores in score_items(model, by_first) for value in scores.log_probs]


def shards_of(items: Sequence[str]) -> list[list[str]]:
    """Neighbours of a file, four at a time; what is left over is not used."""
    return [list(items[start : start + SHARD]) for start in range(0, len(items) - SHARD + 1, SHARD)]


def pooled_p_value(
    tables: Float[ndarray, "shard order"], own: Sequence[int] | None = None, *, draws: int = 999, seed: int = 0
) -> float:
    """The p-value of a whole file, from the tables of its shards.

    Args:
        tables: the log-likelihood of each shard in all of its orders.
        own: which order of each shard is that of the file; the first if None.
        draws: how many orders of the whole file to compare with.
        seed: for those draws.
    """
    tables = np.asarray(tables)
    places, rows = (
        np.random.default_rng(seed).integers(0, tables.shape[1], (draws, len(tables))),
        np.arange(len(tables)),
    )
    mine = tables[rows, list(own) if own is not None else [0] * len(tables)]
    return order_p_value(mine.tolist(), tables[rows, places].tolist())


def sorted_order(shard: Sequence[str]) -> int:
    """Which of `ORDERS` puts a shard into alphabetical order.

    Example:
        >>> ORDERS[sorted_order(["c", "a", "b", "d"])]
        (1, 2, 0, 3)
    """
    return ORDERS.index(tuple(sorted(range(SHARD), key=lambda place: shard[place])))
