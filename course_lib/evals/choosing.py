"""From log-likelihoods to an answer: four ways to compare choices of unequal length, and four accuracies.

A longer choice has more factors below one, so its log-likelihood is lower whatever it says. What to do about that is a
convention, and each has a name in the literature:

* **sum**: nothing (`acc` of lm-eval). Favours short choices.
* **token**: the mean over tokens. Depends on the tokenizer.
* **character**: divided by the choice's characters (`acc_norm` of lm-eval). Compares across tokenizers.
* **pmi**: minus the log-likelihood of the same choice without its question. What counts is how much the question
  helps; that takes away what makes a choice probable anywhere (Holtzman et al. 2021 call it surface form competition).

None of them is *the* right one. The pitfall is to look at all four and report the best: choose before you look, and
say which.

Sources: T. Brown et al., arXiv:2005.14165, section 2.4 (normalisation by length and by an unconditional probability);
A. Holtzman, P. West, V. Shwartz, Y. Choi, L. Zettlemoyer, "Surface Form Competition", EMNLP 2021, arXiv:2104.08315.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

Way = Literal["sum", "token", "character", "pmi"]
WAYS: tuple[Way, ...] = ("sum", "token", "character", "pmi")


def accuracies(items: Sequence[dict[str, Any]]) -> dict[str, float]:
    """The share of items whose gold choice has the highest score, under each of four ways to score.

    Args:
        items: for each item `{"log_probs", "tokens", "texts", "bare", "gold"}`: of each choice the log-likelihood, the number of
            tokens, the text, and the log-likelihood without the question; and the place of the right choice.

    Returns:
        `{"sum", "token", "character", "pmi"}`. Where choices score the same, the first of them is chosen.

    Example:
        >>> item = {"log_probs": [-6.0, -4.0], "tokens": [3, 1], "texts": ["in time", "no"], "bare": [-9.0, -5.0], "gold": 0}
        >>> accuracies([item])
        {'sum': 0.0, 'token': 1.0, 'character': 1.0, 'pmi': 1.0}
    """
    right = dict.fromkeys(("sum", "token", "character", "pmi"), 0)
    for item in items:
        choices = range(len(item["log_probs"]))
        scores = {
            "sum": item["log_probs"],
            "token": [item["log_probs"][i] / item["tokens"][i] for i in choices],
            "character": [item["log_probs"][i] / len(item["texts"][i]) for i in choices],
            "pmi": [item["log_probs"][i] - item["bare"][i] for i in choices],
        }
        for way, values in scores.items():
            right[way] += values.index(max(values)) == item["gold"]
    return {way: count / len(items) for way, count in right.items()}


def choice_scores(
    way: Way, log_probs: Sequence[float], tokens: Sequence[int], texts: Sequence[str], bare: Sequence[float] = ()
) -> list[float]:
    """The scores of one item's choices under one way; `bare` is needed for "pmi" only."""
    if way == "pmi":
        return [given - alone for given, alone in zip(log_probs, bare, strict=True)]
    lengths: Sequence[float] = {"sum": [1] * len(texts), "token": tokens, "character": [len(text) for text in texts]}[
        way
    ]
    return [value / length for value, length in zip(log_probs, lengths, strict=True)]
