"""Exercise 17.2: four ways to choose, four accuracies.

Choices have unequal lengths in tokens and in characters, two of them tie, and the numbers are drawn so that each slip
changes at least one of the four shares.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

from course_lib.checks.exercise import Case, Exercise, Mistake

Entry = dict[str, Any]
Result = dict[str, float]
Ways = dict[str, Callable[[Entry], list[float]]]


def _divided(item: Entry, lengths: list[float]) -> list[float]:
    return [value / length for value, length in zip(item["log_probs"], lengths, strict=True)]


RIGHT: Ways = {
    "sum": lambda item: item["log_probs"],
    "token": lambda item: _divided(item, item["tokens"]),
    "character": lambda item: _divided(item, [len(text) for text in item["texts"]]),
    "pmi": lambda item: [a - b for a, b in zip(item["log_probs"], item["bare"], strict=True)],
}


def _first(values: list[float]) -> int:
    return values.index(max(values))


def _accuracies(items: list[Entry], ways: Ways, best: Callable[[list[float]], int] = _first) -> Result:
    return {way: sum(best(score(item)) == item["gold"] for item in items) / len(items) for way, score in ways.items()}


def smallest(items: list[Entry]) -> Result:
    """Takes the lowest score."""
    return _accuracies(items, RIGHT, lambda values: values.index(min(values)))


def pmi_added(items: list[Entry]) -> Result:
    """Adds the bare log-likelihood."""
    return _accuracies(
        items, RIGHT | {"pmi": lambda i: [a + b for a, b in zip(i["log_probs"], i["bare"], strict=True)]}
    )


def pmi_ratio(items: list[Entry]) -> Result:
    """Divides by the bare log-likelihood."""
    return _accuracies(items, RIGHT | {"pmi": lambda i: _divided(i, i["bare"])})


def pmi_reversed(items: list[Entry]) -> Result:
    """Subtracts the wrong way round."""
    return _accuracies(
        items, RIGHT | {"pmi": lambda i: [b - a for a, b in zip(i["log_probs"], i["bare"], strict=True)]}
    )


def multiplied(items: list[Entry]) -> Result:
    """Multiplies by the length."""
    ways: Ways = {
        "token": lambda i: [a * n for a, n in zip(i["log_probs"], i["tokens"], strict=True)],
        "character": lambda i: [a * len(t) for a, t in zip(i["log_probs"], i["texts"], strict=True)],
    }
    return _accuracies(items, RIGHT | ways)


def words_for_tokens(items: list[Entry]) -> Result:
    """Divides by words."""
    return _accuracies(items, RIGHT | {"token": lambda i: _divided(i, [len(t.split()) for t in i["texts"]])})


def exponent_first(items: list[Entry]) -> Result:
    """Divides the probability, not its logarithm."""
    ways: Ways = {
        "token": lambda i: [math.exp(a) / n for a, n in zip(i["log_probs"], i["tokens"], strict=True)],
        "character": lambda i: [math.exp(a) / len(t) for a, t in zip(i["log_probs"], i["texts"], strict=True)],
    }
    return _accuracies(items, RIGHT | ways)


def swapped(items: list[Entry]) -> Result:
    """Tokens and characters exchanged."""
    found = _accuracies(items, RIGHT)
    return found | {"token": found["character"], "character": found["token"]}


def last_of_equals(items: list[Entry]) -> Result:
    """The last of equal scores."""
    return _accuracies(items, RIGHT, lambda values: len(values) - 1 - values[::-1].index(max(values)))


def counts(items: list[Entry]) -> Result:
    """Counts in place of shares."""
    return {way: share * len(items) for way, share in _accuracies(items, RIGHT).items()}


def right_with_numpy(items: list[Entry]) -> Any:
    """Arrays, item by item."""
    import numpy as np

    hits: dict[str, list[bool]] = {"pmi": [], "character": [], "token": [], "sum": []}
    for item in items:
        given = np.array(item["log_probs"])
        hits["sum"].append(bool(given.argmax() == item["gold"]))
        hits["token"].append(bool((given / np.array(item["tokens"])).argmax() == item["gold"]))
        hits["character"].append(bool((given / np.array([len(t) for t in item["texts"]])).argmax() == item["gold"]))
        hits["pmi"].append(bool((given - np.array(item["bare"])).argmax() == item["gold"]))
    return {way: np.mean(found) for way, found in hits.items()}


def right_with_max(items: list[Entry]) -> Any:
    """`max` with a key, and sums of booleans."""
    found = {}
    for way, score in RIGHT.items():
        hits = 0
        for item in items:
            values = score(item)
            hits += int(max(range(len(values)), key=lambda place: values[place]) == item["gold"])
        found[way] = hits / len(items)
    return found


WORDS = (
    "yes",
    "no",
    "in time",
    "a heron",
    "not at all",
    "sometimes",
    "never in winter",
    "sodium chloride",
    "it depends",
)


def _items(seed: int, count: int) -> list[Entry]:
    draw, items = random.Random(seed), []
    for number in range(count):
        texts = draw.sample(WORDS, 3 + number % 2)
        tokens = [len(text.split()) + draw.randrange(0, 4) for text in texts]
        log_probs = [round(-n * draw.uniform(1.2, 2.4), 2) for n in tokens]
        bare = [round(value - draw.uniform(-1.5, 3.0), 2) for value in log_probs]
        items.append(
            {"log_probs": log_probs, "tokens": tokens, "texts": texts, "bare": bare, "gold": draw.randrange(3)}
        )
    return items


TIED: Entry = {
    "log_probs": [-4.0, -4.0, -9.0],
    "tokens": [2, 2, 3],
    "texts": ["a tin", "a cup", "the old jug"],
    "bare": [-6.0, -6.0, -9.5],
    "gold": 1,
}


def _hidden(seed: int) -> tuple[Case, ...]:
    return (
        Case("thirty items", (_items(seed, 30),)),
        Case("forty others", (_items(seed + 1, 40),)),
        Case("equal scores", ([TIED, {**TIED, "gold": 0}, {**TIED, "gold": 0}, *_items(seed + 2, 7)],)),
    )


ACCURACIES = Exercise(
    id="17.2",
    title="Four ways to choose",
    points=3,
    difficulty=2,
    minutes=12,
    reference="course_lib.evals.choosing:accuracies",
    returns=(
        '`{"sum": …, "token": …, "character": …, "pmi": …}`: under each way of scoring the share of items '
        "whose gold choice has the highest score; of equal scores the first one counts as chosen"
    ),
    example=(
        'One item with `"log_probs": [-6.0, -4.0]`, `"tokens": [3, 1]`, `"texts": ["in time", "no"]`, `"bare": [-9.0, -5.0]`, '
        '`"gold": 0` gives 0.0 by sum, and 1.0 in the three other ways.'
    ),
    hints=(
        "All four ways give a list of scores for the choices of an item. Only the score differs; choosing and "
        "counting are the same.",
        "Log-likelihoods are negative, and the highest is the one nearest to zero. Divide by the number of tokens, "
        "divide by the "
        "number of characters of the text, or take the log-likelihood without the question away.",
        '```python\nscores = {\n    "sum": item["log_probs"],\n    "token": [... / ... for i in choices],\n'
        '    "character": [...],\n'
        '    "pmi": [... - ... for i in choices],\n}\n'
        "for way in scores:\n    chosen = ...  # the place of the largest\n    right[way] += chosen == ...\n```",
    ),
    why=(
        "The same model on the same items gets four accuracies, and reports often do not say which one they print. "
        "Before you compare "
        "two numbers, find out whether they were made in the same way."
    ),
    visible=(
        Case("ten items", (_items(4, 10),)),
        Case("twenty-five items", (_items(9, 25),)),
        Case("equal scores", ([TIED, {**TIED, "gold": 0}, {**TIED, "gold": 0}],)),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "lowest score",
            smallest,
            "You choose the lowest score. The most probable choice is the one nearest to zero.",
        ),
        Mistake(
            "pmi added",
            pmi_added,
            "In pmi you add the two log-likelihoods. What the question contributes is their difference.",
        ),
        Mistake(
            "pmi divided", pmi_ratio, "In pmi you divide. A ratio of probabilities is a *difference* of logarithms."
        ),
        Mistake(
            "pmi reversed",
            pmi_reversed,
            "In pmi the difference is the wrong way round: it rewards what the question makes less probable.",
        ),
        Mistake("multiplied", multiplied, "You multiply by the length. A mean over tokens divides by it."),
        Mistake(
            "words",
            words_for_tokens,
            "You divide by words where tokens are asked for. How many tokens a choice has is in the item.",
        ),
        Mistake(
            "probability divided",
            exponent_first,
            "You divide the probability by the length. What is averaged is its logarithm.",
        ),
        Mistake("swapped", swapped, "The shares of token and character are exchanged."),
        Mistake(
            "last of equals", last_of_equals, "Where scores are equal you choose the last choice; the card says which."
        ),
        Mistake("counts", counts, "These are counts. A share is asked for."),
    ),
    alternatives=(right_with_numpy, right_with_max),
    rtol=1e-6,
    atol=1e-6,
    tolerance_reason="shares of counts",
)
