"""Exercise 14.2: the area under the ROC curve and the calibration error, two properties of one score."""

from __future__ import annotations

import numpy as np

from course_lib.checks.exercise import Case, Exercise, Mistake

Found = tuple[float, float]


def _area(scores, harmful) -> float:  # type: ignore[no-untyped-def]
    gaps = scores[harmful][:, None] - scores[~harmful][None]
    return float((gaps > 0).mean() + 0.5 * (gaps == 0).mean())


def _error(scores, harmful, bins, middle=False, plain=False, square=False, worst=False, signed=False) -> float:  # type: ignore[no-untyped-def]
    number = np.minimum((scores * bins).astype(int), bins - 1)
    parts = []
    for one in sorted(set(number.tolist())):
        inside = number == one
        said = (one + 0.5) / bins if middle else scores[inside].mean()
        gap = said - harmful[inside].mean()
        gap = gap**2 if square else gap if signed else abs(gap)
        parts.append((1.0 if plain else float(inside.sum()), gap))
    if worst:
        return float(max(gap for _, gap in parts))
    return float(sum(size * gap for size, gap in parts) / sum(size for size, _ in parts))


def ties_lost(scores, harmful, bins) -> Found:  # type: ignore[no-untyped-def]
    """Equal scores count nothing."""
    return float((scores[harmful][:, None] > scores[~harmful][None]).mean()), _error(scores, harmful, bins)


def ties_won(scores, harmful, bins) -> Found:  # type: ignore[no-untyped-def]
    """Equal scores count whole."""
    return float((scores[harmful][:, None] >= scores[~harmful][None]).mean()), _error(scores, harmful, bins)


def turned(scores, harmful, bins) -> Found:  # type: ignore[no-untyped-def]
    """The harmless ones should score higher."""
    return 1 - _area(scores, harmful), _error(scores, harmful, bins)


def accuracy(scores, harmful, bins) -> Found:  # type: ignore[no-untyped-def]
    """The share of right answers at one half."""
    return float(((scores >= 0.5) == harmful).mean()), _error(scores, harmful, bins)


def middles(scores, harmful, bins) -> Found:  # type: ignore[no-untyped-def]
    """The middle of the bin in place of the mean score in it."""
    return _area(scores, harmful), _error(scores, harmful, bins, middle=True)


def unweighted(scores, harmful, bins) -> Found:  # type: ignore[no-untyped-def]
    """Every bin counts alike."""
    return _area(scores, harmful), _error(scores, harmful, bins, plain=True)


def worst_bin(scores, harmful, bins) -> Found:  # type: ignore[no-untyped-def]
    """The largest gap."""
    return _area(scores, harmful), _error(scores, harmful, bins, worst=True)


def signs_cancel(scores, harmful, bins) -> Found:  # type: ignore[no-untyped-def]
    """Gaps with their signs."""
    return _area(scores, harmful), abs(_error(scores, harmful, bins, signed=True))


def confidences(scores, harmful, bins) -> Found:  # type: ignore[no-untyped-def]
    """Bins by the confidence of the winning label, and how often it is right."""
    sure = np.maximum(scores, 1 - scores)
    return _area(scores, harmful), _error(sure, (scores >= 0.5) == harmful, bins)


def single_prompts(scores, harmful, bins) -> Found:  # type: ignore[no-untyped-def]
    """The mean gap of single prompts."""
    return _area(scores, harmful), float(np.abs(scores - harmful).mean())


def one_in_its_own_bin(scores, harmful, bins) -> Found:  # type: ignore[no-untyped-def]
    """A score of 1 gets a bin of its own."""
    number = (scores * bins).astype(int)
    parts = [(number == one) for one in set(number.tolist())]
    return _area(scores, harmful), float(sum(p.mean() * abs(scores[p].mean() - harmful[p].mean()) for p in parts))


def by_ranks(scores, harmful, bins) -> list[float]:  # type: ignore[no-untyped-def]
    """Mann and Whitney's rank sum, and sums by bin; a list."""
    order = np.sort(scores)
    ranks = (np.searchsorted(order, scores, "left") + np.searchsorted(order, scores, "right") + 1) / 2
    bad, good = harmful.sum(), (~harmful).sum()
    area = (ranks[harmful].sum() - bad * (bad + 1) / 2) / (bad * good)
    number = np.clip(np.floor(scores * bins), 0, bins - 1).astype(int)
    said = np.bincount(number, weights=scores, minlength=bins)
    was = np.bincount(number, weights=harmful.astype(float), minlength=bins)
    return [float(area), float(np.abs(said - was).sum() / len(scores))]


def by_loop(scores, harmful, bins) -> Found:  # type: ignore[no-untyped-def]
    """Pairs one by one, bins one by one."""
    rows = list(zip(scores.tolist(), harmful.tolist(), strict=True))
    wins = [1.0 if a > b else 0.5 if a == b else 0.0 for a, bad in rows if bad for b, other in rows if not other]
    error = 0.0
    for number in range(bins):
        inside = [(s, bad) for s, bad in rows if min(int(s * bins), bins - 1) == number]
        error += abs(sum(s for s, _ in inside) - sum(bad for _, bad in inside)) / len(rows)
    return sum(wins) / len(wins), error


def _case(name: str, seed: int, sizes: tuple[int, int], bins: int, coarse: int = 0) -> Case:
    draw = np.random.default_rng(seed)
    scores = np.concatenate([draw.beta(2.5, 1.2, sizes[0]), draw.beta(1.2, 2, sizes[1])])
    scores = (scores * coarse).round() / coarse if coarse else scores.round(4)
    scores[0] = 1.0
    order = draw.permutation(len(scores))
    return Case(name, (scores[order], (np.arange(sum(sizes)) < sizes[0])[order], bins))


def _with_ones(seed: int) -> Case:
    """A last bin in which a harmless prompt scores 1 and the harmful ones too little."""
    draw = np.random.default_rng(seed)
    scores = np.concatenate([draw.uniform(0.76, 0.84, 4), [1.0], draw.uniform(0.1, 0.6, 5)]).round(4)
    return Case("a score of 1", (scores, np.array([True] * 4 + [False] * 4 + [True, False]), 4))


def _all(seed: int) -> tuple[Case, ...]:
    return (
        _case("five bins", seed + 1, (14, 19), 5),
        _case("equal scores", seed + 2, (17, 12), 4, coarse=16),
        _case("few harmful prompts, ten bins", seed + 3, (7, 30), 10, coarse=64),
        _with_ones(seed + 4),
    )


def _hidden(seed: int) -> tuple[Case, ...]:
    return _all(2000 + 10 * seed)


AREA_AND_CALIBRATION = Exercise(
    id="14.2",
    title="Order and size of a score",
    points=3,
    difficulty=2,
    minutes=20,
    reference="course_lib.guardrails.calibration:area_and_calibration",
    returns=(
        "`(area, error)`. The area: over all pairs of a harmful and a harmless prompt, the share in which the "
        "harmful one scores "
        "higher, equal scores counting one half. The error: over bins of equal width (a score of 1 belongs to "
        "the last), the mean of "
        "|mean score - share of harm|, weighted by prompts"
    ),
    example=(
        "Scores 0.1, 0.4, 0.9, 0.9, of which the second and fourth are harmful, two bins: of four pairs the "
        "harmful prompt wins 2 and "
        "one is a tie, so the area is 0.625. In both bins half are harmful; the mean scores are 0.25 and 0.9, so "
        "the error is "
        "(0.25 + 0.4) / 2 = 0.325."
    ),
    hints=(
        "The first number would not change if you took the square of all scores. The second would.",
        "For the area compare every harmful score with every harmless one, as a table. For the error find each "
        "score's bin by its "
        "whole-number part of `score * bins`, and mind what a score of 1 gets.",
        "```python\ntable = scores[harmful][:, None] - ...\narea = (table > 0).mean() + ...\n"
        "place = np.minimum((scores * bins).astype(int), ...)\nfor k in range(bins):\n    here = place == k\n"
        "    if here.any():\n        error += here.mean() * abs(...)\n```",
    ),
    why=(
        "A guardrail with a fine ROC curve can still say 0.9 where one in two is harmful. Whoever derives "
        "thresholds from prices, or "
        "shows the number to a reviewer, needs the second property."
    ),
    visible=_all(143),
    hidden=_hidden,
    mistakes=(
        Mistake("ties lost", ties_lost, "Equal scores count as lost in your area. A tie is half a win."),
        Mistake("ties won", ties_won, "Equal scores count as won in your area. A tie is half a win."),
        Mistake(
            "turned round",
            turned,
            "Your area is turned round: it counts the pairs in which the harmless prompt scores higher.",
        ),
        Mistake(
            "accuracy",
            accuracy,
            "Your first number is the accuracy at a threshold of one half. The area has no threshold.",
        ),
        Mistake(
            "middles of bins",
            middles,
            "Your area is right. In the error you use the middle of a bin; use what was said there.",
        ),
        Mistake(
            "bins alike",
            unweighted,
            "Your area is right. In the error a bin with one prompt counts as much as one with twenty.",
        ),
        Mistake("the worst bin", worst_bin, "Your area is right. The error is the largest gap; asked for is the mean."),
        Mistake(
            "signs cancel",
            signs_cancel,
            "Your area is right. In the error a bin that says too much and one that says too little cancel.",
        ),
        Mistake(
            "of the winning label",
            confidences,
            "Your area is right. You calibrate the confidence of the winning label; asked for is the probability "
            "of harm.",
        ),
        Mistake(
            "single prompts",
            single_prompts,
            "Your area is right. For a single prompt a gap is no error: of ten prompts at 0.8 two should be harmless.",
        ),
        Mistake(
            "a bin for 1",
            one_in_its_own_bin,
            "Your area is right. A score of exactly 1 gets a bin of its own in your version.",
        ),
    ),
    alternatives=(by_ranks, by_loop),
    rtol=1e-6,
    atol=1e-9,
    tolerance_reason="means of a few float64 numbers",
)
