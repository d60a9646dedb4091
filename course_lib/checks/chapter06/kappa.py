"""Exercise 6.3: Cohen's kappa. The published version reports agreement and calls it kappa.

The judges use their words differently often, so that chance from pooled words (Scott) and chance of one half give
other numbers; one case has three words, one has judges who agree less than chance, one cannot tell.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

from course_lib.checks.exercise import Case, Exercise, Mistake

Labels = Sequence[str]


def _agreed(first: Labels, second: Labels) -> float:
    return sum(a == b for a, b in zip(first, second, strict=True)) / len(first)


def _chance(first: Labels, second: Labels) -> float:
    one, two = Counter(first), Counter(second)
    return sum(one[label] * two[label] for label in one) / len(first) ** 2


def _kappa(agreed: float, chance: float) -> float:
    return (agreed - chance) / (1 - chance) if chance < 1 else math.nan


def agreement(first: Labels, second: Labels) -> float:
    """The published version: the share of equal words."""
    return _agreed(first, second)


def chance_of_half(first: Labels, second: Labels) -> float:
    """As if each word were equally likely."""
    return _kappa(_agreed(first, second), 1 / max(2, len({*first, *second})))


def pooled(first: Labels, second: Labels) -> float:
    """Scott's pi."""
    both = Counter([*first, *second])
    return _kappa(_agreed(first, second), sum((c / (2 * len(first))) ** 2 for c in both.values()))


def not_divided(first: Labels, second: Labels) -> float:
    """Subtracts chance and stops."""
    chance = _chance(first, second)
    return _agreed(first, second) - chance if chance < 1 else math.nan


def divided_by_chance(first: Labels, second: Labels) -> float:
    """Divides by the chance."""
    chance = _chance(first, second)
    return (_agreed(first, second) - chance) / chance if 0 < chance < 1 else math.nan


def one_word_only(first: Labels, second: Labels) -> float:
    """Chance on the first word only."""
    word, n = first[0], len(first)
    return _kappa(_agreed(first, second), list(first).count(word) * list(second).count(word) / n**2)


def one_judge(first: Labels, second: Labels) -> float:
    """Chance from the first judge's words twice."""
    return _kappa(_agreed(first, second), _chance(first, first))


def one_where_it_cannot_tell(first: Labels, second: Labels) -> float:
    """1 where both always say the same word."""
    value = _kappa(_agreed(first, second), _chance(first, second))
    return 1.0 if math.isnan(value) else value


def zero_where_it_cannot_tell(first: Labels, second: Labels) -> float:
    """0 where both always say the same word."""
    value = _kappa(_agreed(first, second), _chance(first, second))
    return 0.0 if math.isnan(value) else value


def divides_by_zero(first: Labels, second: Labels) -> float:
    """No thought of chance = 1."""
    chance = _chance(first, second)
    return (_agreed(first, second) - chance) / (1 - chance)


def cut_at_zero(first: Labels, second: Labels) -> float:
    """No negative kappa."""
    value = _kappa(_agreed(first, second), _chance(first, second))
    return value if math.isnan(value) else max(0.0, value)


def right_by_sklearn(first: Labels, second: Labels) -> Any:
    """scikit-learn's own."""
    import warnings

    from sklearn.metrics import cohen_kappa_score

    if len({*first, *second}) == 1:
        return math.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return cohen_kappa_score(list(first), list(second))


def right_by_table(first: Labels, second: Labels) -> Any:
    """A table of counts, with torch."""
    import torch

    words = sorted({*first, *second})
    table = torch.zeros(len(words), len(words), dtype=torch.float64)
    for a, b in zip(first, second, strict=True):
        table[words.index(a), words.index(b)] += 1
    table /= table.sum()
    chance = table.sum(0) @ table.sum(1)
    return (table.trace() - chance) / (1 - chance) if chance < 1 - 1e-12 else torch.tensor(float("nan"))


def right_by_disagreement(first: Labels, second: Labels) -> float:
    """1 less the observed disagreement over the expected one."""
    observed = sum(a != b for a, b in zip(first, second, strict=True)) * len(first)
    expected = sum(a != b for a in first for b in second)
    return 1 - observed / expected if expected else math.nan


def _judges(seed: int, words: Sequence[str], n: int, follow: float) -> tuple[list[str], list[str]]:
    draw = random.Random(seed)
    first = draw.choices(words, weights=range(1, len(words) + 1), k=n)
    other = draw.choices(words, weights=[3, *range(1, len(words))], k=n)
    return first, [a if draw.random() < follow else b for a, b in zip(first, other, strict=True)]


def _hidden(seed: int) -> tuple[Case, ...]:
    return (
        Case("two words", _judges(seed, ("broken", "safe"), 37, 0.5)),
        Case("three words", _judges(seed + 1, ("full", "partial", "none"), 41, 0.4)),
        Case("worse than chance", (["no", "no", "yes", "no", "yes"] * 2, ["yes", "yes", "no", "no", "no"] * 2)),
        Case("always the same word", (["safe"] * 9, ["safe"] * 9)),
    )


COHENS_KAPPA = Exercise(
    id="6.3",
    title="Agreement beyond chance",
    points=3,
    difficulty=2,
    minutes=10,
    reference="course_lib.redteam:cohens_kappa",
    returns="Cohen's kappa, a number of at most 1; `math.nan` where both judges say one and the same word to every case",
    example='`cohens_kappa(["yes", "yes", "no", "no"], ["yes", "no", "no", "no"])` is 0.5: agreement 0.75, chance 0.5.',
    hints=(
        "Two numbers are needed: the share of cases on which the judges agree, and the share on which they "
        "would agree if each kept their "
        "own words, in any order.",
        "For each word: how often does the first judge say it, as a share, and how often the second? The "
        "product is the chance that both say "
        "it. Sum over the words; then take the chance away, and divide by what is left above it.",
        "```python\nagreed = sum(a == b for a, b in zip(first, second)) / n\n"
        "chance = sum(... * ... for label in set(first))\nreturn (agreed - ...) / (...) if chance < 1 else math.nan\n```",
    ),
    why=(
        "A judge that never looks can agree with you on nine answers of ten. Before a judge counts your "
        "findings, you want to know how much of "
        "its agreement is looking."
    ),
    visible=(
        Case("four answers", (["yes", "yes", "no", "no"], ["yes", "no", "no", "no"])),
        Case("one judge always says safe", (["safe"] * 22 + ["broken"] * 3, ["safe"] * 25)),
        Case("worse than chance", (["yes", "no", "no", "yes", "no", "no"], ["no", "yes", "yes", "yes", "no", "yes"])),
        Case("three words", _judges(11, ("full", "partial", "none"), 30, 0.5)),
        Case("both always the same word", (["safe"] * 5, ["safe"] * 5)),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "agreement",
            agreement,
            "This is the share of answers on which the judges agree, as in the published version. Chance has "
            "not been taken away.",
        ),
        Mistake(
            "equal chances",
            chance_of_half,
            "You take chance as if every word were said equally often. Count how often each judge says each word.",
        ),
        Mistake(
            "pooled words",
            pooled,
            "You put both judges' words into one pot: that is Scott's pi. Cohen lets each judge keep their own shares.",
        ),
        Mistake(
            "not divided",
            not_divided,
            "You subtract chance and stop. Full agreement should give 1: what is the most that can be left?",
        ),
        Mistake(
            "divided by chance", divided_by_chance, "You divide by the chance itself. Full agreement should give 1."
        ),
        Mistake(
            "one word",
            one_word_only,
            "Your chance counts agreement on one word only. They can agree on the others as well.",
        ),
        Mistake(
            "one judge twice", one_judge, "Your chance uses the first judge's words twice. The second has their own."
        ),
        Mistake(
            "1 where nothing shows",
            one_where_it_cannot_tell,
            "Both judges always said the same single word, and you return a kappa. Such answers cannot show "
            "whether anybody looked.",
        ),
        Mistake(
            "0 where nothing shows",
            zero_where_it_cannot_tell,
            "Both judges always said the same single word, and you return 0, which stands for judges known to do no better "
            "than chance. These answers cannot show even that.",
        ),
        Mistake(
            "division by zero",
            divides_by_zero,
            "Where both judges say one word throughout, chance is 1 and you divide by zero. The card says what to return.",
        ),
        Mistake("cut at zero", cut_at_zero, "You cut negative numbers off. Judges can agree less than chance would."),
    ),
    alternatives=(right_by_sklearn, right_by_table, right_by_disagreement),
    rtol=1e-4,
    atol=1e-6,
    tolerance_reason="shares of counts; another order of sums differs by about 1e-15",
)
