"""The plain functions of chapter 10 agree with the library's fast ones, and the survey with what it is made of."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from scipy.stats import spearmanr

from course_lib import load_model
from course_lib.attribution import (
    coalition_table,
    deletion_curve,
    deletion_scores,
    given_scores,
    gradient_scores,
    gradient_x_input,
    integrated_gradients,
    integrated_scores,
    method_survey,
    rank_agreement,
    removal_attribution,
    shapley_from_table,
    shapley_values,
)
from course_lib.attribution.agreement import rank_correlation
from course_lib.attribution.baselines import baseline_embeddings
from course_lib.attribution.gradients import embed
from course_lib.attribution.survey import METHODS, bootstrap_mean
from course_lib.errors import CourseError

TEXT, TARGET = "the cat sat on the", " mat"
PROMPTS = ["the cat sat on the", "The capital of France is", "Mary gave the book"]


@pytest.mark.parametrize("seed", [0, 1])
def test_plain_gradients_are_the_librarys(seed: int) -> None:
    model = load_model(f"tiny:{seed}")
    plain = gradient_scores(model, model.encode(TEXT), model.single_token(TARGET))
    torch.testing.assert_close(plain, gradient_x_input(model, TEXT, TARGET).scores[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("held", [0, 1])
def test_plain_integrated_gradients_are_the_librarys(held: int) -> None:
    model = load_model("tiny:1")
    ids = model.encode(TEXT)
    start = baseline_embeddings(model, "mean", len(ids)).clone()
    start[:held] = embed(model, ids)[:held]
    plain, error = integrated_scores(model, ids, model.single_token(TARGET), start, 7)
    hold = tuple(range(held))
    fast = integrated_gradients(model, TEXT, TARGET, nodes="midpoint", steps=7, max_steps=7, hold=hold)
    torch.testing.assert_close(plain, fast.scores[0], rtol=1e-3, atol=1e-4)
    assert error == pytest.approx(fast.settings["completeness_error"][0], abs=1e-3)


def test_plain_shapley_values_are_the_librarys() -> None:
    model = load_model("tiny:2")
    table = coalition_table(model, TEXT, TARGET)
    exact = shapley_values(model, TEXT, TARGET, units="token").scores[0]
    torch.testing.assert_close(shapley_from_table(table.values).float(), exact[1:], rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(table.shapley().float(), exact, rtol=1e-3, atol=1e-4)


def test_the_table_holds_removal_and_every_curve() -> None:
    model = load_model("tiny:3")
    ids, target = model.encode(TEXT), model.single_token(TARGET)
    table = coalition_table(model, TEXT, TARGET)
    removal = removal_attribution(model, TEXT, TARGET)
    torch.testing.assert_close(table.removal()[1:].float(), removal.scores[0][1:], rtol=1e-3, atol=1e-4)
    scores = torch.tensor([9.0, -1.0, 3.0, 0.5, 2.0])
    plain = deletion_scores(model, ids, target, scores)
    fast = deletion_curve(model, given_scores(removal, scores.tolist(), "own"))
    torch.testing.assert_close(plain.double(), table.deletion(scores), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(plain.double(), fast.values, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(table.insertion(scores), table.deletion(-scores).flip(0))


def test_the_mean_over_all_orders_is_chance() -> None:
    table = coalition_table(load_model("tiny:0"), TEXT, TARGET)
    curves = table._curves(table._random_orders(), deletion=True)
    assert len(curves) == 24
    torch.testing.assert_close(curves.mean(dim=0), table.random_curve())
    generator = torch.Generator().manual_seed(0)
    shares = [table.beaten(torch.rand(5, generator=generator)) for _ in range(400)]
    assert sum(shares) / len(shares) == pytest.approx(0.5, abs=0.06)


def test_a_table_that_would_be_too_large_is_refused() -> None:
    model = load_model("tiny:0")
    with pytest.raises(CourseError, match="parts"):
        coalition_table(model, "the cat sat on the mat and the dog sat on the cat and the dog", TARGET)
    with pytest.raises(CourseError, match="tables"):
        coalition_table(model, TEXT, " mat and")
    with pytest.raises(CourseError, match="do not fit"):
        coalition_table(model, TEXT, TARGET).deletion(torch.zeros(3))


def test_plain_rank_agreement_is_spearmans() -> None:
    one, other = torch.tensor([1.0, 5.0, 5.0, -2.0, 100.0]), torch.tensor([3.0, 3.0, 1.0, 0.0, 2.0])
    assert rank_agreement(one, other) == pytest.approx(spearmanr(one, other).statistic)
    assert rank_agreement(one, other) == pytest.approx(rank_correlation(one.tolist(), other.tolist()).value)


def test_a_survey_is_read_again_and_computed_anew_for_another_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    model, calls = load_model("tiny:0"), []
    first = method_survey(model, PROMPTS, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(1, 3), (2, 3), (3, 3)]
    again = method_survey(model, PROMPTS, progress=lambda done, total: calls.append((done, total)))
    assert len(calls) == 3
    assert again.text() == first.text()
    assert list(first.scores) == list(METHODS)
    (file,) = (tmp_path / "surveys").iterdir()
    changed = file.read_text().replace(str(first.tables[0].values[-1].item()), "-99.0")
    file.write_text(changed)
    method_survey(model, PROMPTS, progress=lambda done, total: calls.append((done, total)))
    assert len(calls) == 6
    file.write_text("{")
    assert method_survey(model, PROMPTS).text() == first.text()


def test_a_bootstrap_of_equal_numbers_has_no_width() -> None:
    assert bootstrap_mean(torch.full((5,), 0.25)) == (0.25, 0.25, 0.25)
