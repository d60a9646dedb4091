"""Exercise 12.4: the embedding association test.

X and Y differ in size, vectors in length, the deals contain the order that was found and repetitions of it, so that
each wrong count shows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.checks.exercise import Case, Exercise, Mistake

Array = Any
Spread = Callable[[Array, int], Any]


def _unit(part: Array) -> Array:
    return part / np.linalg.norm(part, axis=1, keepdims=True)


def _associations(x: Array, y: Array, a: Array, b: Array) -> Array:
    targets = _unit(np.concatenate([x, y]))
    return (targets @ _unit(a).T).mean(1) - (targets @ _unit(b).T).mean(1)


def _test(
    s: Array, n: int, deals: Array, *, spread: Spread = lambda s, n: s.std(),
    ones: int = 1, strict: bool = False, two_sided: bool = False, sign: float = 1.0,
) -> tuple[float, float]:  # fmt: skip
    found = sign * (s[:n].mean() - s[n:].mean())
    differences = sign * (s[deals][:, :n].mean(1) - s[deals][:, n:].mean(1))
    if two_sided:
        beyond = np.abs(differences) >= abs(found) - 1e-12
    else:
        beyond = differences > found + 1e-12 if strict else differences >= found - 1e-12
    return float(found / spread(s, n)), float((ones + beyond.sum()) / (ones + len(deals)))


def dot_products(x: Array, y: Array, a: Array, b: Array, deals: Array) -> Any:
    """No cosine: long vectors count more."""
    t = np.concatenate([x, y])
    return _test((t @ a.T).mean(1) - (t @ b.T).mean(1), len(x), deals)


def centroids(x: Array, y: Array, a: Array, b: Array, deals: Array) -> Any:
    """Cosine with the mean attribute."""
    t = _unit(np.concatenate([x, y]))
    return _test(t @ _unit(a.mean(0)[None])[0] - t @ _unit(b.mean(0)[None])[0], len(x), deals)


def sample_deviation(x: Array, y: Array, a: Array, b: Array, deals: Array) -> Any:
    """n - 1."""
    return _test(_associations(x, y, a, b), len(x), deals, spread=lambda s, n: s.std(ddof=1))


def within_groups(x: Array, y: Array, a: Array, b: Array, deals: Array) -> Any:
    """Cohen's pooled deviation."""
    return _test(
        _associations(x, y, a, b),
        len(x),
        deals,
        spread=lambda s, n: np.sqrt((n * s[:n].var() + (len(s) - n) * s[n:].var()) / len(s)),
    )


def first_group_only(x: Array, y: Array, a: Array, b: Array, deals: Array) -> Any:
    """Deviation of X."""
    return _test(_associations(x, y, a, b), len(x), deals, spread=lambda s, n: s[:n].std())


def not_divided(x: Array, y: Array, a: Array, b: Array, deals: Array) -> Any:
    """The difference itself."""
    return _test(_associations(x, y, a, b), len(x), deals, spread=lambda s, n: 1.0)


def no_ones(x: Array, y: Array, a: Array, b: Array, deals: Array) -> Any:
    """A p-value that can be 0."""
    return _test(_associations(x, y, a, b), len(x), deals, ones=0)


def strictly_larger(x: Array, y: Array, a: Array, b: Array, deals: Array) -> Any:
    """Equal deals are not counted."""
    return _test(_associations(x, y, a, b), len(x), deals, strict=True)


def two_sided(x: Array, y: Array, a: Array, b: Array, deals: Array) -> Any:
    """Both tails."""
    return _test(_associations(x, y, a, b), len(x), deals, two_sided=True)


def other_tail(x: Array, y: Array, a: Array, b: Array, deals: Array) -> Any:
    """Y less X."""
    return _test(_associations(x, y, a, b), len(x), deals, sign=-1.0)


def halves(x: Array, y: Array, a: Array, b: Array, deals: Array) -> Any:
    """Cuts the deals in the middle, whatever the size of X."""
    s, n = _associations(x, y, a, b), len(x)
    m = len(s) // 2
    found = s[:n].mean() - s[n:].mean()
    differences = s[deals][:, :m].mean(1) - s[deals][:, m:].mean(1)
    return float(found / s.std()), float((1 + (differences >= found - 1e-12).sum()) / (1 + len(deals)))


def right_in_loops(x: Array, y: Array, a: Array, b: Array, deals: Array) -> Any:
    """Word by word."""

    def cosine(v: Array, w: Array) -> float:
        return float(v @ w / np.sqrt((v @ v) * (w @ w)))

    s = [float(np.mean([cosine(v, w) for w in a]) - np.mean([cosine(v, w) for w in b])) for v in [*x, *y]]
    mean, n = sum(s) / len(s), len(x)
    found = sum(s[:n]) / n - sum(s[n:]) / (len(s) - n)
    count = 0
    for order in deals:
        dealt = [s[int(i)] for i in order]
        count += sum(dealt[:n]) / n - sum(dealt[n:]) / (len(s) - n) >= found - 1e-12
    return found / (sum((v - mean) ** 2 for v in s) / len(s)) ** 0.5, (count + 1) / (len(deals) + 1)


def right_with_torch(x: Array, y: Array, a: Array, b: Array, deals: Array) -> Any:
    """Tensors; the tail from the sums of X alone, which say the same."""
    import torch
    from torch.nn.functional import normalize

    x, y, a, b = (normalize(torch.as_tensor(part).double(), dim=1) for part in (x, y, a, b))
    s = torch.cat([x, y]) @ (a.mean(0) - b.mean(0))
    n = len(x)
    dealt = s[torch.as_tensor(deals)][:, :n].sum(1)
    p = (1 + (dealt >= s[:n].sum() - 1e-11).sum()) / (1 + len(deals))
    return (s[:n].mean() - s[n:].mean()) / s.std(correction=0), p


def _case(name: str, seed: int, sizes: tuple[int, int, int, int], push: float, deals: int) -> Case:
    draw = np.random.default_rng(seed)
    x, y, a, b = (draw.normal(size=(size, 5)) * draw.uniform(0.5, 3.0, size=(size, 1)) for size in sizes)
    x = x + push * a.mean(0)
    orders = [draw.permutation(sizes[0] + sizes[1]) for _ in range(deals)]
    orders[1:3] = [np.arange(sizes[0] + sizes[1])] * 2  # the very order that was found, twice
    return Case(name, (x, y, a, b, np.array(orders)))


def _hidden(seed: int) -> tuple[Case, ...]:
    return (
        _case("unequal sets", seed + 1, (4, 6, 5, 3), 1.0, 60),
        _case("no effect", seed + 2, (6, 5, 4, 4), 0.0, 80),
        _case("the other direction", seed + 3, (5, 7, 3, 6), -1.5, 70),
    )


WEAT = Exercise(
    id="12.4",
    title="The embedding association test",
    points=4,
    difficulty=3,
    minutes=18,
    reference="course_lib.bias.embedding_test:weat",
    returns="`(d, p)`: the effect size and the one-sided p-value of the permutation test",
    example=(
        "With `x = [[1, 0], [2, 1]]`, `y = [[0, 1], [1, 3]]`, `a = x`, `b = y` and `deals = [[0, 1, 2, "
        "3], [2, 1, 0, 3], [3, 2, 1, 0]]` it returns "
        "`(1.91, 0.5)`: one of three deals is as large as what was found, and (1 + 1) / (1 + 3) is 0.5."
    ),
    hints=(
        "First one number for each target word: how much closer is it to A than to B? Everything after "
        "that works on these numbers only; the vectors are done with.",
        "Divide every vector by its length; then a matrix product gives all cosines. Effect: difference "
        "of the two means, divided by the standard deviation of *all* "
        "associations. For p: `associations[deals]` has a deal in each row; its first `len(x)` columns "
        "are the dealt X.",
        "```python\nassociations = (targets @ a.T).mean(axis=1) - ...\nfound = "
        "associations[:len(x)].mean() - ...\ndealt = associations[deals]\n"
        "differences = dealt[:, :len(x)].mean(axis=1) - ...\np = (1 + (differences >= found - "
        "1e-12).sum()) / (...)\nreturn ..., p\n```",
    ),
    why=(
        "If your search or your retrieval runs on an embedding model, its associations decide which "
        "documents come first. This test takes a second, "
        "and the exercise shows what its two numbers do not say."
    ),
    visible=(
        _case("three and four words", 5, (3, 4, 2, 3), 1.0, 40),
        _case("unequal sets, no effect", 6, (6, 4, 4, 4), 0.0, 60),
        _case("the other direction", 17, (4, 6, 5, 4), -1.5, 60),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "dot products",
            dot_products,
            "You use dot products: a long vector counts more. The test compares directions.",
        ),
        Mistake(
            "mean attribute",
            centroids,
            "You compare with the mean of the attributes. Average the cosines, not the vectors: the two "
            "differ where attributes point apart.",
        ),
        Mistake(
            "n - 1",
            sample_deviation,
            "Your effect is a little too small: the card says by what the standard deviation is divided.",
        ),
        Mistake(
            "within groups",
            within_groups,
            "Your standard deviation is taken within the groups, as Cohen's d does. Here all words of X and "
            "Y are one set.",
        ),
        Mistake("X only", first_group_only, "Your standard deviation is that of X only."),
        Mistake(
            "not divided", not_divided, "You return the difference of the means. An effect size has no unit: divide."
        ),
        Mistake(
            "no ones",
            no_ones,
            "Your p-value can become 0. The deal that was found is one of the possible ones, and has to be counted.",
        ),
        Mistake(
            "strictly larger",
            strictly_larger,
            "You count only deals that are larger. A deal that is just as large is evidence against the effect too.",
        ),
        Mistake("two-sided", two_sided, "You count both tails. The test is one-sided: X closer to A was the claim."),
        Mistake(
            "other tail",
            other_tail,
            "The direction is the wrong way round: X less Y, and deals that are at least as large.",
        ),
        Mistake(
            "cut in the middle",
            halves,
            "You cut the deals in the middle. X has as many words in a deal as it has in truth.",
        ),
    ),
    alternatives=(right_in_loops, right_with_torch),
    rtol=1e-6,
    atol=1e-9,
    tolerance_reason="double precision; another order of sums differs by about 1e-15",
)
