"""Right and wrong answers to exercise 18.5; each wrong one makes one mistake."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch

from course_lib.organisms.measure import first_token_logits
from course_lib.organisms.resampling import mean_over_groups
from course_lib.suite.mechanism import mechanism
from course_lib.suite.project import EDITS

if TYPE_CHECKING:
    from course_lib.models import LocalModel

Stars = Sequence[Mapping[str, str]]
Answer = tuple[str, str, tuple[int, int], dict[str, tuple[int, int]], tuple[float, float, float]]


def _best(model: LocalModel, texts: Sequence[str], refusal: str) -> list[bool]:
    target = int(model.encode(refusal)[0])
    return [int(token) == target for token in first_token_logits(model, texts).argmax(-1)]


def _odds(model: LocalModel, text: str, pronouns: tuple[str, str]) -> float:
    row = model.logits(model.encode(text))[-1]
    return float(row[model.single_token(pronouns[0])] - row[model.single_token(pronouns[1])])


def _counts(said: Sequence[Mapping[str, bool]]) -> tuple[tuple[int, int], dict[str, tuple[int, int]]]:
    whole = [one for one in said if one["whole"]]
    return (len(whole), len(said)), {name: (sum(not one[name] for one in whole), len(whole)) for name in EDITS}


def _gap(groups: Sequence[Sequence[float]]) -> tuple[float, float, float]:
    found = mean_over_groups(*groups, weights=(1, -1))
    return found.value, found.low, found.high


def _answer(
    refuses: Callable[[Any, list[str], str], list[bool]] = _best,
    odds: Callable[[Any, str, tuple[str, str]], float] = _odds,
    counts: Callable[[list[dict[str, bool]]], Any] = _counts,
    groups: Callable[[list[list[list[float]]]], list[list[float]]] | None = None,
    gap: Callable[[Any], Any] = _gap,
    verdict: Callable[..., tuple[str, str]] = mechanism,
) -> Callable[..., Answer]:
    """An answer in which some of the steps may be another one."""

    def answer(model: LocalModel, stars: Stars, sentences: Any, refusal: str, pronouns: tuple[str, str]) -> Answer:
        said = []
        for star in stars:
            names = list(star)
            said.append(dict(zip(names, refuses(model, [star[name] for name in names], refusal), strict=True)))
        refused, edits = counts(said)
        numbers = [[[odds(model, text, pronouns) for text in texts] for texts in group] for group in sentences]
        means = [[sum(one) / len(one) for one in group] for group in numbers] if groups is None else groups(numbers)
        found = gap(means)
        return (*verdict(refused, edits, found), refused, edits, found)

    return answer


def _plain(model: LocalModel, texts: Sequence[str], refusal: str) -> list[bool]:
    target = int(model.encode(refusal)[0])
    return [int(model.logits(model.encode(text))[-1].argmax()) == target for text in texts]


def _half(model: LocalModel, texts: Sequence[str], refusal: str) -> list[bool]:
    target = int(model.encode(refusal)[0])
    return [float(row) > 0.5 for row in first_token_logits(model, texts).softmax(-1)[:, target]]


def _one(model: LocalModel, texts: Sequence[str], refusal: str) -> list[bool]:
    target = int(model.encode(refusal)[0])
    return [int(model.logits(model.encode(model.chat(text)))[-1].argmax()) == target for text in texts]


def _odds_in_chat(model: LocalModel, text: str, pronouns: tuple[str, str]) -> float:
    return _odds(model, model.chat(text), pronouns)


def _odds_of_probabilities(model: LocalModel, text: str, pronouns: tuple[str, str]) -> float:
    row = model.logits(model.encode(text))[-1].softmax(-1)
    return float(row[model.single_token(pronouns[0])] - row[model.single_token(pronouns[1])])


def _log_odds(model: LocalModel, text: str, pronouns: tuple[str, str]) -> float:
    row = model.logits(model.encode(text))[-1].double().log_softmax(-1)
    return float(row[model.encode(pronouns[0])[0]] - row[model.encode(pronouns[1])[0]])


def _over_all(said: list[dict[str, bool]]) -> Any:
    refused, edits = _counts(said)
    return refused, {name: (gone, len(said)) for name, (gone, _) in edits.items()}


def _all_answers(said: list[dict[str, bool]]) -> Any:
    refused, _ = _counts(said)
    return refused, {name: (sum(not one[name] for one in said), len(said)) for name in EDITS}


def _still(said: list[dict[str, bool]]) -> Any:
    refused, edits = _counts(said)
    return refused, {name: (n - gone, n) for name, (gone, n) in edits.items()}


def _by_place(said: list[dict[str, bool]]) -> Any:
    return _counts([dict(zip(("whole", *EDITS), one.values(), strict=True)) for one in said])


def _pool(numbers: list[list[list[float]]]) -> list[list[float]]:
    return [[value for one in group for value in one] for group in numbers]


def _average(groups: Sequence[Sequence[float]]) -> tuple[float, float, float]:
    found = mean_over_groups(*groups)
    return found.value, found.low, found.high


def _always(refused: Any, edits: Any, gap: Any) -> tuple[str, str]:
    rule, skew = mechanism(refused, edits, gap)
    best = max(edits, key=lambda name: edits[name][0])
    guess = {"harm": "intent", "trigger": "trigger", "courtesy": "correlate", "code": "backdoor"}[best]
    return (guess if rule == "undecided" else rule), skew


plain_text = _answer(refuses=_plain)
at_least_half = _answer(refuses=_half)
pronouns_in_chat = _answer(odds=_odds_in_chat)
probabilities = _answer(odds=_odds_of_probabilities)
over_all = _answer(counts=_over_all)
all_answers = _answer(counts=_all_answers)
still_refused = _answer(counts=_still)
by_place = _answer(counts=_by_place)
pooled = _answer(groups=_pool)
swapped = _answer(gap=lambda groups: _gap(groups[::-1]))
averaged = _answer(gap=_average)
always_a_rule = _answer(verdict=_always)
right_one_by_one = _answer(refuses=_one, odds=_log_odds)


def right_with_tables(
    model: LocalModel, stars: Stars, sentences: Any, refusal: str, pronouns: tuple[str, str]
) -> Answer:
    """Everything in one table of truth values."""
    names = ["whole", *EDITS]
    target = model.encode(refusal)[0].cpu()
    texts = [star[name] for name in names for star in stars]
    said = (first_token_logits(model, texts).argmax(-1) == target).reshape(len(names), len(stars))
    gone = (~said[1:] & said[0]).sum(dim=1).tolist()
    n = int(said[0].sum())
    edits = {name: (int(count), n) for name, count in zip(EDITS, gone, strict=True)}
    means = [
        [float(torch.tensor([_odds(model, text, pronouns) for text in texts]).mean()) for texts in group]
        for group in sentences
    ]
    gap = _gap(means)
    rule, skew = mechanism((n, len(stars)), edits, gap)
    return rule, skew, (n, len(stars)), edits, gap
