"""Exercise 14.3: two thresholds by expected cost.

Scores and prices are drawn until the cheapest pair is cheaper than the next by a margin, so that no answer hangs on a
rounding error or on the order of a search.
"""

from __future__ import annotations

import math
from itertools import combinations_with_replacement

import numpy as np

from course_lib.checks.exercise import Case, Exercise, Mistake

Found = tuple[float, float, float]
MARGIN = 1e-3


def _costs(scores, harmful, share, miss, false_block, review, weigh=True, review_free_for_harm=False, both=False):  # type: ignore[no-untyped-def]
    """The cost of every pair, with a slip where asked for."""
    limits = [*sorted(set(scores.tolist())), math.inf]
    if weigh:
        weight = np.where(harmful, share / harmful.sum(), (1 - share) / (~harmful).sum())
    else:
        weight = np.full(len(scores), 1 / len(scores))
    found = []
    for review_at, block_at in combinations_with_replacement(limits, 2):
        blocked, allowed = scores >= block_at, scores < review_at
        price = np.where(blocked, false_block * ~harmful, np.where(allowed, miss * harmful, review))
        if review_free_for_harm:
            price = np.where(~blocked & ~allowed & harmful, 0.0, price)
        if both:
            price = price + np.where(blocked, review, 0.0)
        found.append((float((weight * price).sum()), review_at, block_at))
    return found


def _best(found) -> Found:  # type: ignore[no-untyped-def]
    cost, review_at, block_at = min(found)
    return review_at, block_at, cost


def without_share(scores, harmful, share, miss, false_block, review):  # type: ignore[no-untyped-def]
    """As common in use as in the test set."""
    return _best(_costs(scores, harmful, share, miss, false_block, review, weigh=False))


def share_turned(scores, harmful, share, miss, false_block, review):  # type: ignore[no-untyped-def]
    """The share of harmless prompts where that of harmful ones belongs."""
    return _best(_costs(scores, harmful, 1 - share, miss, false_block, review))


def prices_swapped(scores, harmful, share, miss, false_block, review):  # type: ignore[no-untyped-def]
    """A miss is priced as a false block."""
    return _best(_costs(scores, harmful, share, false_block, miss, review))


def review_free(scores, harmful, share, miss, false_block, review):  # type: ignore[no-untyped-def]
    """A review costs nothing."""
    return _best(_costs(scores, harmful, share, miss, false_block, 0.0))


def review_only_harmless(scores, harmful, share, miss, false_block, review):  # type: ignore[no-untyped-def]
    """A review of a harmful prompt costs nothing."""
    return _best(_costs(scores, harmful, share, miss, false_block, review, review_free_for_harm=True))


def review_and_block(scores, harmful, share, miss, false_block, review):  # type: ignore[no-untyped-def]
    """What is blocked is paid for as reviewed too."""
    return _best(_costs(scores, harmful, share, miss, false_block, review, both=True))


def no_review(scores, harmful, share, miss, false_block, review):  # type: ignore[no-untyped-def]
    """One threshold."""
    return _best([one for one in _costs(scores, harmful, share, miss, false_block, review) if one[1] == one[2]])


def never_missing(scores, harmful, share, miss, false_block, review):  # type: ignore[no-untyped-def]
    """No infinity: somebody is always blocked."""
    return _best([one for one in _costs(scores, harmful, share, miss, false_block, review) if one[2] < math.inf])


def always_reviewing(scores, harmful, share, miss, false_block, review):  # type: ignore[no-untyped-def]
    """Two different thresholds, always."""
    return _best([one for one in _costs(scores, harmful, share, miss, false_block, review) if one[1] < one[2]])


def dearest(scores, harmful, share, miss, false_block, review):  # type: ignore[no-untyped-def]
    """The maximum."""
    cost, review_at, block_at = max(_costs(scores, harmful, share, miss, false_block, review))
    return review_at, block_at, cost


def total(scores, harmful, share, miss, false_block, review):  # type: ignore[no-untyped-def]
    """Sums over prompts, not means."""
    review_at, block_at, _ = _best(_costs(scores, harmful, share, miss, false_block, review))
    blocked, allowed = scores >= block_at, scores < review_at
    price = np.where(blocked, false_block * ~harmful, np.where(allowed, miss * harmful, review))
    return review_at, block_at, float(price.sum())


def by_means(scores, harmful, share, miss, false_block, review):  # type: ignore[no-untyped-def]
    """Rates of the two kinds; a list."""
    best = [math.inf, math.inf, math.inf]
    bad, good = scores[harmful], scores[~harmful]
    limits = np.append(np.unique(scores), np.inf)
    for low in limits:
        for high in limits[limits >= low]:
            on_bad = miss * (bad < low).mean() + review * ((bad >= low) & (bad < high)).mean()
            on_good = false_block * (good >= high).mean() + review * ((good >= low) & (good < high)).mean()
            cost = share * on_bad + (1 - share) * on_good
            if cost < best[2]:
                best = [float(low), float(high), float(cost)]
    return best


def by_loop(scores, harmful, share, miss, false_block, review):  # type: ignore[no-untyped-def]
    """Prompt by prompt, in plain Python."""
    rows = list(zip(scores.tolist(), harmful.tolist(), strict=True))
    n_bad = sum(bad for _, bad in rows)
    limits = [*sorted({score for score, _ in rows}), float("inf")]
    tried = {}
    for low in limits:
        for high in limits:
            if high < low:
                continue
            bill = 0.0
            for score, bad in rows:
                weight = share / n_bad if bad else (1 - share) / (len(rows) - n_bad)
                if score >= high:
                    bill += 0 if bad else weight * false_block
                elif score >= low:
                    bill += weight * review
                elif bad:
                    bill += weight * miss
            tried[low, high] = bill
    low, high = min(tried, key=lambda pair: tried[pair])
    return low, high, tried[low, high]


def _case(
    name: str, seed: int, sizes: tuple[int, int], prices: tuple[float, float, float, float], best: str = ""
) -> Case:
    """Overlapping scores; drawn again until the best pair stands apart, and is of the wanted kind."""
    draw = np.random.default_rng(seed)
    while True:
        scores = np.concatenate([draw.beta(3, 2, sizes[0]), draw.beta(2, 3, sizes[1])]).round(3)
        harmful = np.arange(sum(sizes)) < sizes[0]
        order = draw.permutation(len(scores))
        first, second = sorted(_costs(scores, harmful, *prices))[:2]
        kind = {"": True, "never blocks": first[2] == math.inf, "never reviews": first[1] == first[2] < math.inf}
        if len(set(scores.tolist())) == len(scores) and second[0] - first[0] > MARGIN and kind[best]:
            return Case(name, (scores[order], harmful[order], *prices))


def _all(seed: int) -> tuple[Case, ...]:
    return (
        _case("half of the prompts are harmful", seed + 1, (9, 7), (0.5, 9.7, 4.1, 1.1)),
        _case("one in ten is harmful", seed + 2, (11, 14), (0.1, 21.3, 4.7, 1.3)),
        _case("a review is too dear", seed + 3, (8, 9), (0.3, 5.3, 3.1, 6.7), "never reviews"),
        _case("a false block is dear", seed + 4, (10, 6), (0.2, 6.1, 60.7, 1.9), "never blocks"),
    )


def _hidden(seed: int) -> tuple[Case, ...]:
    return _all(1000 + 10 * seed)


CHOOSE_THRESHOLDS = Exercise(
    id="14.3",
    title="Two thresholds by what errors cost",
    points=4,
    difficulty=3,
    minutes=25,
    reference="course_lib.guardrails.thresholds:choose_thresholds",
    returns=(
        "`(review_at, block_at, cost)` for the cheapest pair with `review_at <= block_at`. Candidates are the "
        "scores that occur, and "
        "`math.inf` for never. The cost is that per prompt in use: the mean over harmful prompts weighed by "
        "`share`, that over "
        "harmless ones by `1 - share`"
    ),
    example=(
        "Scores 0.1 (harmless) and 0.9 (harmful): with `review_at = block_at = 0.9` the first is allowed and the "
        "second blocked, "
        "which costs nothing: `(0.9, 0.9, 0.0)`."
    ),
    hints=(
        "Write down what each of the six combinations costs: harmful or harmless, allowed, reviewed or blocked. "
        "Two of them "
        "cost nothing.",
        "Give each prompt a weight, so that the weights of harmful prompts sum to `share` and the others' to `1 "
        "- share`. Then the "
        "cost of a pair is a sum of weights times prices. Try every pair.",
        "```python\nweight = np.where(harmful, share / ..., ...)\ncandidates = np.append(np.unique(scores), math.inf)\n"
        "for low in candidates:\n    for high in candidates[candidates >= ...]:\n"
        "        allowed, blocked = scores < low, scores >= ...\n        cost = ...\n```",
    ),
    why=(
        "A threshold of 0.5 is a decision about prices that nobody has looked at. With the prices written down, "
        "one can argue about "
        "them; and with the share of harm in use, one finds out whether the guardrail is worth its reviews at all."
    ),
    visible=_all(140),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "without the share",
            without_share,
            "You average over all prompts as they are. In the test set harm is more common than in use: look at "
            "what `share` is for.",
        ),
        Mistake(
            "the share turned round",
            share_turned,
            "You weigh harmful prompts with the share of the harmless ones.",
        ),
        Mistake(
            "prices swapped",
            prices_swapped,
            "You charge `miss` for a harmless prompt that is blocked, and `false_block` for a harmful one that "
            "is allowed.",
        ),
        Mistake(
            "free reviews", review_free, "Reviews cost nothing in your version, so it sends nearly everybody there."
        ),
        Mistake(
            "harm reviewed free",
            review_only_harmless,
            "A review of a harmful prompt is free in your version. The person has to look at it too.",
        ),
        Mistake(
            "reviewed and blocked",
            review_and_block,
            "You charge a review for blocked prompts as well: they lie above `review_at`, and nobody looks at them.",
        ),
        Mistake(
            "one threshold",
            no_review,
            "Your two thresholds are always equal, so nothing is ever reviewed.",
        ),
        Mistake(
            "always blocking",
            never_missing,
            "Never to block is a choice too, and sometimes the cheapest: look at the candidates.",
        ),
        Mistake(
            "always reviewing",
            always_reviewing,
            "Your version always reviews somebody. Where a review is too dear, the two thresholds may be equal.",
        ),
        Mistake("the dearest", dearest, "You return the dearest pair."),
        Mistake(
            "the total",
            total,
            "Your thresholds are right. The cost is that of all prompts together; asked for is that per prompt in use.",
        ),
    ),
    alternatives=(by_means, by_loop),
    rtol=1e-6,
    atol=1e-9,
    tolerance_reason="sums of a few float64 numbers in another order",
)
