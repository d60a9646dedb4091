"""Hits are counted right: an oracle hits always, its negative never, and chance is what random draws give."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
import torch

from course_lib import CourseError
from course_lib.models import LocalModel
from course_lib.organisms.audit import Case, Method, Question, ScoreStore, Selection, chance, score_method
from course_lib.organisms.audit.scoring import MethodScore, ranking
from course_lib.rates import Rate


def oracle(selection: Selection, sign: int = 1, signed: bool = False) -> Method:
    """Knows the answer key, and gives `sign` to every planted token and 0 to the others."""
    key = {case.question: case.planted for case in selection.cases}

    def scores(model: LocalModel, question: Question) -> torch.Tensor:
        return torch.tensor([sign * float(i in key[question]) for i in range(question.stop - question.start)])

    return Method(f"oracle {sign}", scores, signed, "")


@pytest.fixture
def store(tmp_path: Path) -> ScoreStore:
    return ScoreStore(tmp_path / "scores.jsonl")


def scored(method: Method, selection: Selection, model: LocalModel, store: ScoreStore, seed: int = 0) -> MethodScore:
    return score_method(method, selection, model, weights="w", store=store, seed=seed)


def test_an_oracle_always_hits_and_its_negative_never(
    model: LocalModel, selection: Selection, store: ScoreStore
) -> None:
    right = scored(oracle(selection), selection, model, store)
    wrong = scored(oracle(selection, -1), selection, model, store)
    assert right.hits == {1: Rate(8, 8), 3: Rate(8, 8)}
    assert wrong.hits == {1: Rate(0, 8), 3: Rate(0, 8)}
    assert (right.verdict(), wrong.verdict(3)) == ("better", "like")  # 0 of 8 against 0.05: too few to call it worse


def test_where_the_phrase_pushes_down_signed_methods_are_turned_and_others_not(
    model: LocalModel, selection: Selection, store: ScoreStore
) -> None:
    down = replace(selection, cases=tuple(replace(case, sign=-1) for case in selection.cases))
    assert scored(oracle(down, -1, signed=True), down, model, store).hits[1] == Rate(8, 8)
    assert scored(oracle(down, +1, signed=False), down, model, store).hits[1] == Rate(8, 8)


def test_chance_is_what_random_draws_give() -> None:
    random = Random(0)
    for n, m, k in [(12, 1, 1), (12, 3, 1), (12, 3, 3), (5, 3, 3)]:
        draws = [min(random.sample(range(n), k)) < m for _ in range(20_000)]
        assert chance(n, m, k) == pytest.approx(sum(draws) / len(draws), abs=0.012)


def test_chance_is_certain_when_everything_is_drawn() -> None:
    assert chance(3, 1, 3) == chance(2, 1, 3) == 1.0
    assert chance(4, 0, 3) == 0.0


def test_a_method_that_scores_all_alike_reaches_chance_and_no_more(model: LocalModel, store: ScoreStore) -> None:
    question = Question(tuple(range(20)), 4, 14, 0)
    cases = tuple(Case(replace(question, target=i), frozenset({0}), 1, str(i)) for i in range(1000))
    flat = Method("flat", lambda model, question: torch.zeros(10), False, "")
    score = scored(flat, Selection("trigger", cases, 1000), model, store)
    assert score.chance == pytest.approx({1: 0.1, 3: 0.3})
    assert score.hits[1].value == pytest.approx(0.1, abs=0.03)
    assert score.hits[3].value == pytest.approx(0.3, abs=0.045)


def test_equal_scores_change_places_with_the_seed() -> None:
    assert len({tuple(ranking([0.0] * 4, Random(seed))) for seed in range(20)}) > 10
    assert ranking([0.0, 2.0, 1.0], Random(0)) == [1, 2, 0]


@pytest.mark.parametrize(
    ("hits", "chance_", "verdict"),
    [(Rate(30, 60), 0.1, "better"), (Rate(30, 60), 0.4, "like"), (Rate(30, 60), 0.9, "worse")],
)
def test_the_verdict_is_where_chance_lies(hits: Rate, chance_: float, verdict: str) -> None:
    assert MethodScore("trigger", "delete", {1: hits}, {1: chance_}, 0.0).verdict() == verdict


@pytest.mark.parametrize("scores", [torch.zeros(1), torch.full((30,), torch.nan)])
def test_a_method_that_gives_nonsense_is_named(
    scores: torch.Tensor, model: LocalModel, selection: Selection, store: ScoreStore
) -> None:
    with pytest.raises(CourseError, match="'broken'"):
        scored(Method("broken", lambda model, question: scores, False, ""), selection, model, store)


def test_what_was_scored_before_is_not_scored_again(model: LocalModel, selection: Selection, store: ScoreStore) -> None:
    method, asked = oracle(selection), []

    def stops_after_five(model: LocalModel, question: Question) -> torch.Tensor:
        if len(asked) == 5:
            raise KeyboardInterrupt
        asked.append(question)
        return method.scores(model, question)

    with pytest.raises(KeyboardInterrupt):
        scored(replace(method, scores=stops_after_five), selection, model, store)
    again = ScoreStore(store.path)
    assert len(again) == 5
    rest: list[Question] = []

    def counts(model: LocalModel, question: Question) -> torch.Tensor:
        rest.append(question)
        return method.scores(model, question)

    assert scored(replace(method, scores=counts), selection, model, again).hits[1] == Rate(8, 8)
    assert len(rest) == 3
    other = score_method(
        replace(method, scores=counts), selection, model, weights="another adapter", store=again, seed=1
    )
    assert (other.hits[1], len(rest)) == (Rate(8, 8), 11)


def test_progress_reaches_its_end(model: LocalModel, selection: Selection, store: ScoreStore) -> None:
    seen: list[tuple[int, int]] = []
    score_method(
        oracle(selection), selection, model, weights="w", store=store, progress=lambda done, total: seen.append((done, total))
    )  # fmt: skip
    assert seen == [(i, 8) for i in range(1, 9)]
