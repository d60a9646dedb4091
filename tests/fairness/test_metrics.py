"""FairnessMetrics against fairlearn, against the plain functions of the chapter, and where nothing can be said."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.errors import CourseError
from course_lib.fairness import FairnessMetrics, calibration_within_groups, fairness_gaps, group_rates
from course_lib.fairness.resampling import drawn_counts, interval, rate_of, shuffled_counts

person = st.tuples(st.integers(0, 1), st.integers(0, 1), st.sampled_from("abcd"))
crowd = st.lists(person, min_size=1, max_size=40)


def columns(rows: list[tuple[int, int, str]]) -> tuple[list[int], list[int], list[str]]:
    return [p for p, _, _ in rows], [y for _, y, _ in rows], [g for _, _, g in rows]


@given(crowd)
@settings(max_examples=60, deadline=None)
def test_the_fast_class_is_the_plain_functions(rows: list[tuple[int, int, str]]) -> None:
    predictions, labels, members = columns(rows)
    metrics = FairnessMetrics(predictions, labels, members, draws=20)
    plain = group_rates(predictions, labels, members, sorted(set(members)))
    assert metrics.rates() == plain
    assert metrics.gaps() == pytest.approx(fairness_gaps(plain))


@given(crowd)
@settings(max_examples=60, deadline=None)
def test_no_number_is_ever_nan(rows: list[tuple[int, int, str]]) -> None:
    metrics = FairnessMetrics(*columns(rows), draws=20)
    report = metrics.report()
    for metric in report.metrics:
        numbers = (metric.value, metric.low, metric.high, metric.by_chance)
        assert not any(number is not None and math.isnan(number) for number in numbers)
        assert metric.value is not None or metric.reason
        assert "nan" not in metric.text()
    assert "nan" not in report.text()


@given(st.lists(person, min_size=4, max_size=60))
@settings(max_examples=12, deadline=None)
def test_fairlearn_agrees_where_every_rate_exists(rows: list[tuple[int, int, str]]) -> None:
    fairlearn = pytest.importorskip("fairlearn.metrics")
    full = rows + [(p, y, g) for g in "abcd" for p in (0, 1) for y in (0, 1)]  # nothing is undefined
    predictions, labels, members = columns(full)
    gaps = FairnessMetrics(predictions, labels, members, draws=2).gaps()
    theirs = {
        "demographic parity": fairlearn.demographic_parity_difference,
        "equal opportunity": fairlearn.equal_opportunity_difference,
        "equalised odds": fairlearn.equalized_odds_difference,
        "disparate impact": fairlearn.demographic_parity_ratio,
    }
    for name, function in theirs.items():
        assert gaps[name] == pytest.approx(function(labels, predictions, sensitive_features=members)), name


def test_fairlearn_frame_gives_the_same_rates_and_precision_gap() -> None:
    fairlearn = pytest.importorskip("fairlearn.metrics")
    from sklearn.metrics import precision_score

    draw = np.random.default_rng(3)
    predictions, labels = (draw.integers(0, 2, 200).tolist() for _ in range(2))
    members = draw.choice(list("abcde"), 200).tolist()
    frame = fairlearn.MetricFrame(
        metrics={
            "selection rate": fairlearn.selection_rate,
            "true positive rate": fairlearn.true_positive_rate,
            "false positive rate": fairlearn.false_positive_rate,
            "precision": precision_score,
        },
        y_true=labels,
        y_pred=predictions,
        sensitive_features=members,
    )
    metrics = FairnessMetrics(predictions, labels, members)
    for group, row in frame.by_group.to_dict(orient="index").items():
        for name, value in row.items():
            assert metrics.rates()[group][name] == pytest.approx(value)
    assert metrics.gaps()["predictive parity"] == pytest.approx(frame.difference()["precision"])


def test_the_bootstrap_is_that_of_fairlearn() -> None:
    fairlearn = pytest.importorskip("fairlearn.metrics")
    draw = np.random.default_rng(4)
    members = ["a"] * 300 + ["b"] * 300
    labels = draw.integers(0, 2, 600).tolist()
    predictions = (draw.random(600) < np.where(np.array(members) == "a", 0.5, 0.3)).astype(int).tolist()
    frame = fairlearn.MetricFrame(
        metrics=fairlearn.selection_rate, y_true=labels, y_pred=predictions, sensitive_features=members,
        n_boot=120, ci_quantiles=[0.025, 0.975], random_state=0,
    )  # fmt: skip
    low, high = frame.difference_ci()
    ours = FairnessMetrics(predictions, labels, members).demographic_parity()
    assert ours.low == pytest.approx(low, abs=0.03)
    assert ours.high == pytest.approx(high, abs=0.03)


def test_what_does_not_exist_says_why() -> None:
    no_positives = FairnessMetrics([1, 0, 1, 0], [1, 1, 0, 0], ["a", "a", "b", "b"])
    assert no_positives.equal_opportunity().value is None
    assert "fewer than two groups" in no_positives.equal_opportunity().reason
    nobody = FairnessMetrics([0, 0], [1, 0], ["a", "b"])
    assert nobody.disparate_impact().reason == "nobody is flagged"
    assert nobody.demographic_parity().value == 0
    unlabelled = FairnessMetrics([0, 1], None, ["a", "b"])
    assert "labels" in unlabelled.equalised_odds().reason
    assert unlabelled.rates()["a"]["base rate"] is None
    assert "none" in unlabelled.report().rows()[0]["label 1"]
    empty = FairnessMetrics([1, 0], [1, 0], ["a", "a"], groups=["a", "z"]).report()
    assert empty.groups[1].n == 0
    assert empty.groups[1].selection.n == 0
    left = FairnessMetrics([1, 0, 1, 0, 1], [1, 1, 1, 1, 0], ["a", "a", "b", "b", "c"]).equal_opportunity()
    assert left.left_out == ("c (no members with label 1)",)


def test_bad_input_is_said_in_words() -> None:
    for arguments in (([1], [1, 0], ["a"]), ([2, 0], [1, 0], ["a", "b"]), ([0.5, 0], [1, 0], ["a", "b"]), ([], [], [])):
        with pytest.raises(CourseError):
            FairnessMetrics(*arguments)  # type: ignore[arg-type]


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    draw, held = np.random.default_rng(5), 0
    for _ in range(200):
        members = ["a"] * 150 + ["b"] * 150
        flagged = np.concatenate([draw.random(150) < 0.5, draw.random(150) < 0.3]).astype(int).tolist()
        metric = FairnessMetrics(flagged, None, members, draws=200).demographic_parity()
        assert metric.low is not None
        assert metric.high is not None
        held += metric.low <= 0.2 <= metric.high
    assert 0.9 <= held / 200 <= 0.99


def test_chance_is_passed_by_one_in_twenty() -> None:
    draw, alarms = np.random.default_rng(6), 0
    for _ in range(100):
        members = draw.choice(list("abcdef"), 90).tolist()
        metric = FairnessMetrics(draw.integers(0, 2, 90).tolist(), None, members, draws=2).demographic_parity()
        alarms += bool(metric.beyond_chance)
    assert alarms <= 14


def test_clusters_are_drawn_whole_and_shuffled_inside() -> None:
    groups, cells = np.array([0, 1] * 30), np.array([1, 1] * 15 + [0, 0] * 15)
    clusters = np.repeat(np.arange(30), 2)
    drawn = drawn_counts(groups, cells, clusters, 2, 50, 0)
    rates = rate_of(drawn, "selection rate")
    assert np.allclose(rates[:, 0], rates[:, 1])  # both of a cluster decide alike, so no draw has a gap
    assert rates[:, 0].std() > 0.01
    shuffled = shuffled_counts(groups, cells, clusters, 2, 0)
    assert (shuffled.sum(2) == 30).all()
    assert np.allclose(rate_of(shuffled, "selection rate"), 0.5)


def test_no_interval_where_draws_lose_the_rate() -> None:
    assert interval(np.array([0.1] * 8 + [np.nan] * 2)) is None
    assert interval(np.array([0.1] * 100)) == (0.1, 0.1)


def test_calibration_is_the_plain_one_and_knows_noise() -> None:
    draw = np.random.default_rng(7)
    scores = draw.integers(0, 21, 400) / 20  # many scores on an edge
    members = draw.choice(["a", "b", "c"], 400).tolist()
    labels = (draw.random(400) < scores).astype(int).tolist()
    metric = FairnessMetrics([0] * 400, labels, members, scores=scores.tolist()).calibration()
    plain = calibration_within_groups(scores.tolist(), labels, members, [i / 10 for i in range(11)])
    assert metric.value == pytest.approx(max(row["error"] for row in plain.values()))
    assert metric.by_chance is not None
    assert metric.value < 1.5 * metric.by_chance
    off = FairnessMetrics([0] * 400, labels, members, scores=(scores / 2).tolist()).calibration()
    assert off.beyond_chance
    assert FairnessMetrics([0], [1], ["a"], scores=[2.0]).calibration().value is None
