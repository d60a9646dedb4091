"""The detector of unusual attention: its false alarms are as many as it says, and a changed head is seen."""

from __future__ import annotations

import random

import pytest
import torch

from course_lib.attention import alarm_rate, attention_anomaly, attention_baseline, attention_weights, row_entropy
from course_lib.attention.baseline import fitted_baseline, head_features, threshold_rank
from course_lib.errors import CourseError
from course_lib.models import LocalModel, load_model
from course_lib.rates import Rate
from tests.attribution.tiny_families import build_tiny


def ordinary(count: int, seed: int) -> list[str]:
    """Texts of 8 to 14 random words of the small vocabulary."""
    draw = random.Random(seed)
    return [" ".join(f"w{draw.randrange(1, 61)}" for _ in range(draw.randrange(8, 15))) for _ in range(count)]


@pytest.fixture(scope="module")
def model() -> LocalModel:
    return build_tiny(seed=1)


def test_features_are_entropies_relative_to_even_rows_and_sink(tiny: LocalModel) -> None:
    ids = tiny.encode("The model reads the question")
    weights, features = attention_weights(tiny, ids), head_features(tiny, ids)
    rows = [row_entropy(weights)[:, :, q] / torch.log(torch.tensor(q + 1.0)) for q in range(1, len(ids))]
    torch.testing.assert_close(features[0], torch.stack(rows).mean(dim=0))
    torch.testing.assert_close(features[1], weights[:, :, 1:, 0].mean(dim=-1))
    assert ((features >= 0) & (features <= 1 + 1e-6)).all()


@pytest.mark.parametrize(("n", "alpha", "rank"), [(99, 0.05, 95), (19, 0.05, 19), (40, 0.05, 39), (9, 0.1, 9)])
def test_the_threshold_is_the_conformal_rank(n: int, alpha: float, rank: int) -> None:
    assert threshold_rank(n, alpha) == rank
    assert (n + 1 - rank) / (n + 1) <= alpha + 1e-12


def test_false_alarms_over_many_baselines_are_as_many_as_stated() -> None:
    """400 baselines from a skewed distribution with dependent heads, 20 fresh texts each: the mean rate is the stated one.

    Texts that share a baseline are not independent, so the interval is over baselines: 4 standard errors.
    """
    generator = torch.Generator().manual_seed(0)

    def draw(n: int) -> torch.Tensor:
        common = torch.randn(n, 1, 1, 1, generator=generator)
        return (0.5 * common + torch.randn(n, 2, 2, 3, generator=generator)).exp() / 100

    rates = []
    for seed in range(400):
        baseline = fitted_baseline(draw(60), [9] * 60, alpha=0.1, seed=seed)
        scores = baseline.z(draw(20)).abs().flatten(1).amax(dim=1)
        rates.append(float((scores > baseline.threshold).float().mean()))
    found = torch.tensor(rates)
    assert baseline.false_positive_rate == pytest.approx(3 / 31)
    assert abs(float(found.mean()) - baseline.false_positive_rate) < 4 * float(found.std()) / 20


def test_false_alarms_on_fresh_texts_lie_in_the_stated_range(model: LocalModel) -> None:
    """One baseline and 150 fresh texts of the same kind: Wilson's interval of the count meets the stated range."""
    baseline = attention_baseline(model, ordinary(80, seed=0), alpha=0.1)
    rate = alarm_rate(model, ordinary(150, seed=1), baseline)
    low, high = baseline.false_positive_range()
    assert low < baseline.false_positive_rate < high
    assert rate.low <= high
    assert rate.high >= low
    assert rate.n == 150


def test_other_texts_and_another_way_of_looking_are_seen(model: LocalModel) -> None:
    baseline = attention_baseline(model, ordinary(80, seed=0), alpha=0.1)
    repeated = [" ".join([f"w{i}"] * 11) for i in range(1, 21)]  # one word, eleven times
    assert alarm_rate(model, repeated, baseline).low > baseline.false_positive_range()[1]


def test_the_result_says_where_and_how_sure(model: LocalModel) -> None:
    baseline = attention_baseline(model, ordinary(40, seed=0))
    found = attention_anomaly(model, "w3 " * 11, baseline)
    feature, layer, head, z = found.top(1)[0]
    assert abs(z) == pytest.approx(found.score)
    assert float(found.z[("evenness", "sink").index(feature), layer, head]) == pytest.approx(z)
    assert found.p_value >= 1 / 21
    assert found.unusual == (found.score > baseline.threshold)
    assert f"L{layer}H{head}" in found.text()
    assert f"{baseline.false_positive_rate:.3f}" in found.text()
    assert "<table" in found._repr_html_()
    assert "on average" in baseline.text()
    assert baseline._repr_html_().startswith("<p>")


def test_a_text_of_another_length_is_announced(model: LocalModel) -> None:
    baseline = attention_baseline(model, ordinary(40, seed=0))
    assert "outside the baseline's" in attention_anomaly(model, "w1 w2 w3", baseline).text()
    assert "outside" not in attention_anomaly(model, ordinary(1, seed=9)[0], baseline).text()


def test_a_head_that_never_varies_does_not_divide_by_nothing() -> None:
    features = torch.rand(40, 2, 2, 3, generator=torch.Generator().manual_seed(0))
    features[:, 1, 0, 0] = 0.5
    baseline = fitted_baseline(features, [9] * 40, alpha=0.1)
    assert torch.isfinite(baseline.z(features)).all()


def test_progress_counts_texts(model: LocalModel) -> None:
    seen: list[tuple[int, int]] = []
    attention_baseline(model, ordinary(38, seed=0), progress=lambda done, total: seen.append((done, total)))
    assert seen == [(i, 38) for i in range(1, 39)]


def test_bad_input_is_explained(model: LocalModel) -> None:
    with pytest.raises(CourseError, match="give at least 38 texts"):
        attention_baseline(model, ordinary(30, seed=0))
    with pytest.raises(CourseError, match="too few for a baseline"):
        attention_baseline(model, ordinary(10, seed=0), alpha=0.3)
    with pytest.raises(CourseError, match="no false-positive rate"):
        attention_baseline(model, ordinary(40, seed=0), alpha=1.5)
    with pytest.raises(CourseError, match="list of texts"):
        attention_baseline(model, "one text")
    baseline = attention_baseline(model, ordinary(40, seed=0))
    with pytest.raises(CourseError, match="list of texts"):
        alarm_rate(model, "one text", baseline)
    with pytest.raises(CourseError, match="was made with 'tiny:1'"):
        attention_anomaly(load_model("tiny:0"), "The model reads", baseline)


def test_no_texts_no_rate(model: LocalModel) -> None:
    baseline = attention_baseline(model, ordinary(40, seed=0))
    assert alarm_rate(model, [], baseline) == Rate(0, 0)
