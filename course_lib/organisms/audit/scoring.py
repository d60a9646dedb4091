"""Hit rates: how often do a method's highest scores fall on the planted words, and how often would random ones?

Random scores hit too, the more often the longer the planted span. Their chance is known for each request, exactly:

    chance of a hit among the k highest = 1 - C(n - m, k) / C(n, k)      n tokens in the request, m of them planted

Pitfall: equal scores. A method that gives every token the same number has said nothing, and "the first of the highest"
would make an answer of it. Equal scores are put in a random order, anew for each request.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from course_lib.batches import Progress
from course_lib.errors import CourseError
from course_lib.organisms.audit.cases import Case, Selection
from course_lib.organisms.audit.methods import Method
from course_lib.organisms.audit.store import ScoreStore, Stored, score_key
from course_lib.rates import Rate

if TYPE_CHECKING:
    from course_lib.models import LocalModel

TOPS = (1, 3)


@dataclass(frozen=True)
class MethodScore:
    """How often one method hit, on one organism.

    Attributes:
        organism: its name.
        method: its name.
        hits: from k to the share of requests with a planted token among the k highest scores.
        chance: from k to what random scores reach on the same requests, on average.
        seconds: mean time for one request, as measured when it was computed.
    """

    organism: str
    method: str
    hits: Mapping[int, Rate]
    chance: Mapping[int, float]
    seconds: float

    def verdict(self, k: int = 1) -> str:
        """Where chance lies, seen from the interval of the hit rate: "better", "worse" or "like" random."""
        if self.hits[k].low > self.chance[k]:
            return "better"
        return "worse" if self.hits[k].high < self.chance[k] else "like"


def score_method(
    method: Method,
    selection: Selection,
    model: LocalModel,
    *,
    weights: str,
    store: ScoreStore,
    seed: int = 0,
    progress: Progress | None = None,
) -> MethodScore:
    """Ask one method about every case of one organism, and count its hits.

    Args:
        method: one of `METHODS`, or another.
        selection: the cases.
        model: what the method looks into: the organism, or the default model as a control.
        weights: what identifies the model's weights in the store.
        store: has scores that were computed before, and gets the new ones.
        seed: of the order among equal scores.
        progress: called as `progress(done, total)` after each case.

    Raises:
        CourseError: the method gives something else than one number for each token.
    """
    answers = []
    for done, case in enumerate(selection.cases, start=1):
        answers.append(_answer(method, case, model, weights, store))
        if progress is not None:
            progress(done, len(selection.cases))
    orders = [
        ranking([_seen_by(case, method) * score for score in answer.scores], Random(f"{seed} {case.text}"))
        for case, answer in zip(selection.cases, answers, strict=True)
    ]
    pairs = list(zip(selection.cases, orders, strict=True))
    return MethodScore(
        selection.organism,
        method.name,
        {k: Rate(sum(not case.planted.isdisjoint(order[:k]) for case, order in pairs), len(pairs)) for k in TOPS},
        {k: sum(chance(len(order), len(case.planted), k) for case, order in pairs) / len(pairs) for k in TOPS},
        sum(answer.seconds for answer in answers) / len(answers),
    )


def _answer(method: Method, case: Case, model: LocalModel, weights: str, store: ScoreStore) -> Stored:
    """A method's scores for one case, from the store or computed now."""
    key = score_key(weights, method.name, case.question)
    stored = store.get(key)
    if stored is None:
        begin = time.perf_counter()
        scores = tuple(map(float, method.scores(model, case.question)))
        stored = Stored(scores, time.perf_counter() - begin)
        wanted = case.question.stop - case.question.start
        if len(scores) != wanted or any(map(math.isnan, scores)):
            raise CourseError(
                f"The method {method.name!r} gave {len(scores)} numbers for {wanted} tokens, or one that is none.",
                "A method gives one number for each token of the request; put that right in its code.",
            )
        store.put(key, stored)
    return stored


def _seen_by(case: Case, method: Method) -> int:
    """-1 where the planted words push the target down and the method tells down from up; else 1."""
    return case.sign if method.signed else 1


def ranking(scores: Sequence[float], random: Random) -> list[int]:
    """Positions from the highest score to the lowest; equal scores in random order.

    Example:
        >>> ranking([0.1, 0.9, 0.3], Random(0))
        [1, 2, 0]
    """
    return sorted(range(len(scores)), key=lambda place: (-scores[place], random.random()))


def chance(n: int, m: int, k: int) -> float:
    """The probability that one of `k` tokens drawn from `n` is one of the `m` planted ones.

    Example:
        >>> round(chance(20, 1, 1), 3), round(chance(20, 2, 3), 3)
        (0.05, 0.284)
    """
    return 1 - math.comb(n - m, k) / math.comb(n, k) if k < n else float(m > 0)
