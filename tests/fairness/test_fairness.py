"""Thresholds, the identity, the trade-off, the tables, and the decisions of the model itself."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib import load_model
from course_lib.errors import CourseError
from course_lib.fairness import (
    FairnessMetrics,
    adjusted_gap,
    adult,
    column,
    compas,
    flagged_by,
    german,
    group_rates,
    group_thresholds,
    implied_false_positive_rates,
    mortgages,
    three_parts,
    trade_off,
    with_base_rate,
)
from course_lib.fairness.decisions import STORED, decision_log_odds, name_of, people, read_stored, stored_log_odds
from course_lib.figures import fairness_trade_off
from course_lib.widgets import explore_thresholds


@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 30), st.integers(0, 30))
@settings(max_examples=80, deadline=None)
def test_the_identity_holds_for_all_counts(hits: int, misses: int, alarms: int, passed: int) -> None:
    positives, negatives = hits + misses, alarms + passed
    base = float(Fraction(positives, positives + negatives))
    implied = implied_false_positive_rates({"a": base}, hits / (hits + alarms), misses / positives)["a"]
    if passed:  # at a rate of exactly 1 rounding decides
        assert implied == pytest.approx(alarms / negatives)


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 1), st.sampled_from("ab")), min_size=1, max_size=40),
    st.sampled_from(["demographic parity", "equal opportunity"]),
    st.integers(1, 20),
)
@settings(max_examples=80, deadline=None)
def test_thresholds_reach_the_target_and_no_higher_one_does(
    rows: list[tuple[int, int, str]], goal: str, twentieths: int
) -> None:
    scores, labels, members = ([row[k] for row in rows] for k in range(3))
    target = twentieths / 20
    rate = "selection rate" if goal == "demographic parity" else "true positive rate"
    for group, threshold in group_thresholds(scores, labels, members, goal, target).items():
        mine = [(s, y) for s, y, g in rows if g == group]

        def reached(limit: float, mine: list[tuple[int, int]] = mine, group: str = group) -> float | None:
            flagged = [int(s >= limit) for s, _ in mine]
            return group_rates(flagged, [y for _, y in mine], [group] * len(mine), [group])[group][rate]

        if threshold is None:
            assert not any(y for _, y in mine)
            continue
        found = reached(threshold)
        assert found is not None
        assert found >= target
        above = [s for s, _ in mine if s > threshold]
        assert not above or (reached(min(above)) or 0) < target


def test_thresholds_beside_fairlearn() -> None:
    """Fitted and judged on the same people, both leave next to no gap."""
    postprocessing = pytest.importorskip("fairlearn.postprocessing")
    from sklearn.linear_model import LogisticRegression

    draw = np.random.default_rng(0)
    members = draw.choice(["a", "b"], 3000)
    labels = (draw.random(3000) < np.where(members == "a", 0.5, 0.3)).astype(int)
    features = (labels + draw.normal(0, 1.2, 3000) + (members == "a") * 0.4)[:, None]
    model = LogisticRegression().fit(features, labels)
    scores = model.predict_proba(features)[:, 1].tolist()
    tool = postprocessing.ThresholdOptimizer(
        estimator=model, constraints="true_positive_rate_parity", objective="accuracy_score", prefit=True,
        predict_method="predict_proba",
    )  # fmt: skip
    tool.fit(features, labels, sensitive_features=members)
    theirs = tool.predict(features, sensitive_features=members, random_state=0).astype(int).tolist()
    reached = FairnessMetrics(theirs, labels.tolist(), members.tolist())
    common = np.mean([row["true positive rate"] for row in reached.rates().values()])
    limits = group_thresholds(scores, labels.tolist(), members.tolist(), "equal opportunity", float(common))
    ours = flagged_by(scores, members.tolist(), limits)
    gap = FairnessMetrics(ours, labels.tolist(), members.tolist()).gaps()["equal opportunity"]
    assert gap is not None
    assert gap < 0.01
    assert (reached.gaps()["equal opportunity"] or 0) < 0.03
    assert np.mean(np.array(ours) == labels) == pytest.approx(np.mean(np.array(theirs) == labels), abs=0.02)


def test_a_missing_threshold_is_said() -> None:
    with pytest.raises(CourseError, match="no threshold for b"):
        flagged_by([0.5, 0.5], ["a", "b"], {"a": 0.5, "b": None})


def test_the_trade_off_is_what_counting_gives() -> None:
    draw = np.random.default_rng(1)
    people_of = [(draw.random(30).tolist(), draw.integers(0, 2, 30).tolist()) for _ in range(2)]
    curve = trade_off(people_of[0], people_of[1], 0.5, points=9)
    for k in range(len(curve.accuracy)):
        flagged: list[int] = []
        for (scores, _), share in zip(people_of, (curve.flagged_first[k], curve.flagged_second[k]), strict=True):
            rank = np.argsort(np.argsort(-np.array(scores)))
            flagged += (rank < round(share * 30)).astype(int).tolist()
        labels = people_of[0][1] + people_of[1][1]
        rates = group_rates(flagged, labels, ["a"] * 30 + ["b"] * 30, ["a", "b"])
        differences = {
            name: (rates["a"][name] or 0) - (rates["b"][name] or 0)
            for name in ("true positive rate", "false positive rate")
        }
        assert curve.true_positive[k] == pytest.approx(differences["true positive rate"])
        assert curve.false_positive[k] == pytest.approx(differences["false positive rate"])
        assert curve.accuracy[k] == pytest.approx(np.mean([f == y for f, y in zip(flagged, labels, strict=True)]))
        assert sum(flagged) == 30
    with pytest.raises(CourseError, match="no positives"):
        trade_off(([0.1], [0]), people_of[1], 0.5)


def test_equal_base_rates_lift_the_conflict_for_one_and_the_same_score() -> None:
    draw = np.random.default_rng(2)

    def group(base: float) -> tuple[list[float], list[int]]:
        labels = (draw.random(4000) < base).astype(int)
        return (labels + draw.normal(0, 1, 4000)).tolist(), labels.tolist()

    first, second = group(0.6), group(0.3)
    apart = trade_off(first, second, 0.45)
    rows = with_base_rate(second[1], 0.6, 4000)
    equal = trade_off(first, ([second[0][i] for i in rows], [second[1][i] for i in rows]), 0.45)
    distance = [max(c.equalised_odds[c.nearest], abs(c.precision[c.nearest])) for c in (apart, equal)]
    assert distance[0] > 0.1
    assert distance[1] < 0.05


def test_the_figure_says_its_numbers() -> None:
    draw = np.random.default_rng(3)
    curves = [
        trade_off(*[(draw.random(50).tolist(), draw.integers(0, 2, 50).tolist()) for _ in range(2)], 0.4)
        for _ in range(2)
    ]
    picture = fairness_trade_off(
        {"one": curves[0], "two": curves[1]}, {"here": 3}, "A title", draws={"one": curves[1:]}
    )
    assert "here: flagged" in picture.text
    assert "two, nearest to both" in picture.text
    assert picture.png().startswith(b"\x89PNG")
    with pytest.raises(CourseError):
        fairness_trade_off({}, {}, "nothing")


def test_the_explorer_moves_and_speaks() -> None:
    explorer = explore_thresholds([0.9, 0.4, 0.8, 0.1], [1, 0, 1, 0], ["a", "a", "b", "b"])
    assert "accuracy 1.00" in explorer.text()
    explorer.show(0.95, 0.5)
    assert explorer.thresholds == {
        "a": 0.95 if explorer.controls["a"].max >= 0.95 else explorer.controls["a"].max,
        "b": 0.5,
    }
    assert "equal opportunity 1.00" in explorer.picture.value
    assert "equal opportunity 1.00" in str(explorer)
    with pytest.raises(CourseError, match="groups"):
        explore_thresholds([0.1], [1], ["a"])


@pytest.mark.model
def test_compas_is_what_propublica_published() -> None:
    rows = compas()
    rates = group_rates(
        [int(row.decile >= 5) for row in rows], column(rows, "charged_again"), column(rows, "race"),
        ["African-American", "Caucasian"],
    )  # fmt: skip
    found = [(row["n"], row["false positive rate"], 1 - (row["true positive rate"] or 0)) for row in rates.values()]
    assert np.allclose(found, [(3175, 0.423, 0.285), (2103, 0.220, 0.496)], atol=0.0005)
    assert not {"name", "first", "last", "dob"} & set(vars(rows[0]))
    assert all(isinstance(value, str | int) for value in vars(rows[0]).values())
    assert {row.sex for row in rows} == {"Male", "Female"}


@pytest.mark.model
def test_the_other_tables_have_their_known_shares() -> None:
    earners, applicants = adult(), german()
    assert np.mean(column(earners, "above_50k")) == pytest.approx(0.2393, abs=1e-3)
    assert sum(column(applicants, "good")) == 700
    assert sum(row.age_group == "up to 25" for row in applicants) == 190


def test_three_parts_share_nobody() -> None:
    parts = three_parts(100, seed=1)
    assert sorted(row for part in parts for row in part) == list(range(100))
    assert parts == three_parts(100, seed=1)


@pytest.mark.model
def test_stored_decisions_are_the_models_own() -> None:
    model, asked = load_model("default"), people()
    known = read_stored(STORED)[model.name]
    assert len(asked) == len(known) == 1050
    few = sorted(asked, key=lambda person: len(person.question))[:3]
    again = decision_log_odds(model, [person.question for person in few])
    assert again == pytest.approx([known[name_of(model, person.question)] for person in few], abs=0.02)


@pytest.mark.model
def test_a_stored_file_of_another_model_is_not_believed(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:  # type: ignore[no-untyped-def]
    from course_lib.fairness import decisions

    model, asked = load_model("tiny:0"), people()[:2]
    wrong = {model.name: {name_of(model, person.question): 99.0 for person in asked}}
    path = tmp_path / "decisions.json"
    path.write_text(json.dumps(wrong))
    monkeypatch.setattr(decisions, "STORED", path)
    assert max(stored_log_odds(model, asked)) < 90


@pytest.mark.model
def test_the_model_says_yes_to_all_and_ranks_unequally() -> None:
    from course_lib.fairness.decisions import decision_report

    model = load_model("default")
    alone = decision_report(model)["demographic parity"]
    assert (alone.value, alone.highest) == (0.0, "")
    ranked = decision_report(model, places=5)
    assert sum(row.selection.successes for row in ranked.groups) == 70 * 5
    assert ranked["demographic parity"].beyond_chance
    assert not decision_report(model, "race", places=5)["demographic parity"].beyond_chance


@pytest.mark.model
def test_planted_unfairness_is_found_and_only_there() -> None:
    from course_lib.fairness.refusals import asked_twice, refusal_report

    asked = asked_twice(20)
    assert sum(bool(request.courtesy) for request in asked) == len(asked) / 2
    assert refusal_report(load_model("organism:correlate"), every=20)["demographic parity"].beyond_chance
    assert not refusal_report(load_model("organism:intent"), every=20)["demographic parity"].beyond_chance


@pytest.mark.model
def test_moderation_reads_thirteen_groups() -> None:
    from course_lib.fairness.moderation import moderation_report, statements

    rows = statements()
    assert (len(rows), sum(row.toxic for row in rows), len({row.group for row in rows})) == (200, 100, 13)
    report = moderation_report(load_model("default"))
    assert len(report.groups) == 13
    right = sum(row.flagged_rightly + row.passed_rightly for row in report.groups)
    assert right > 120


# A gap among people alike


def test_the_mortgages_are_those_of_the_file_and_the_plain_gap_is_fairlearns() -> None:
    fairlearn = pytest.importorskip("fairlearn.metrics")
    applicants = mortgages()
    denied, group = column(applicants, "denied"), column(applicants, "group")
    assert (len(applicants), sum(denied)) == (1987, 244)
    two = [index for index, name in enumerate(group) if name != "Hispanic"]
    plain = adjusted_gap(denied, [[]] * 1987, group, "Black", "white", draws=5)
    frame = fairlearn.MetricFrame(
        metrics=fairlearn.selection_rate,
        y_true=[denied[index] for index in two],
        y_pred=[denied[index] for index in two],
        sensitive_features=[group[index] for index in two],
    )
    assert plain.value == pytest.approx(frame.difference(), abs=1e-3)


def test_an_adjusted_gap_finds_what_was_planted_and_nothing_where_nothing_was() -> None:
    random = np.random.default_rng(1)
    reason = random.normal(size=(3000, 2))
    member = random.random(3000) < 1 / (1 + np.exp(-reason[:, 0]))
    group = np.where(member, "a", "b").tolist()
    odds = reason @ [1.0, -0.5]
    alike, shifted = 1 / (1 + np.exp(-odds)), 1 / (1 + np.exp(-odds - 0.5))
    fair, unfair = random.random(3000) < alike, random.random(3000) < np.where(member, shifted, alike)
    found = [adjusted_gap(selected.astype(int), reason, group, "a", "b", draws=40) for selected in (fair, unfair)]
    assert found[0].low < 0 < found[0].high
    planted = float(np.mean(shifted - alike))
    assert found[1].low < planted < found[1].high
    assert found[1].low > found[1].shuffled_high
    assert found[1].shuffled_low < 0.02
    assert found[1].shuffled_high > -0.02


def test_the_mean_over_the_group_alone_is_another_one() -> None:
    # two cells of one reason: in "easy" the group takes the rate from 1/101 to 1/11, in "hard" from 1/3 to 5/6; that is
    # one factor of ten in the odds, so the logistic regression fits the cells exactly
    cells = {("b", 0): (909, 9), ("a", 0): (110, 10), ("b", 1): (120, 40), ("a", 1): (330, 275)}
    rows = [(name, reason, int(k < yes)) for (name, reason), (n, yes) in cells.items() for k in range(n)]
    group, reason, denied = ([row[place] for row in rows] for place in range(3))
    easy, hard = 1 / 11 - 9 / 909, 5 / 6 - 1 / 3
    wanted = {"both": (1019 * easy + 450 * hard) / 1469, "group": (110 * easy + 330 * hard) / 440}
    for over, value in wanted.items():
        found = adjusted_gap(denied, [[one] for one in reason], group, "a", "b", over=over, draws=20)
        assert found.value == pytest.approx(value, abs=2e-3)
        assert found.low < value < found.high
    assert wanted["group"] - wanted["both"] > 0.15
    with pytest.raises(CourseError, match="no mean over 'all'"):
        adjusted_gap(denied, [[one] for one in reason], group, "a", "b", over="all")  # type: ignore[arg-type]


def test_the_black_applicants_alone_have_a_larger_adjusted_gap() -> None:
    applicants = mortgages()
    burden = ("obligations", "housing", "loan_to_value", "unemployment", "self_employed")
    names = (*burden, "consumer_credit", "mortgage_credit", "bankruptcy")
    reasons = [[float(getattr(one, name)) for name in names] for one in applicants]
    columns = column(applicants, "denied"), reasons, column(applicants, "group")
    both, alone = (adjusted_gap(*columns, "Black", "white", over=over, draws=5).value for over in ("both", "group"))
    assert (round(both, 3), round(alone, 3)) == (0.100, 0.139)


@pytest.mark.parametrize(
    ("selected", "features", "group", "words"),
    [
        ([1, 0], [[1.0]], ["a", "b"], "different lengths"),
        ([1, 0], [[1.0], [2.0]], ["a", "c"], "nobody in the group 'b'"),
        ([1, 1], [[1.0], [2.0]], ["a", "b"], "both have to occur"),
        ([1, 0], [[1.0, 2.0], [1.0, 3.0]], ["a", "b"], "Feature 0 is the same"),
    ],
)
def test_an_adjusted_gap_of_nonsense_is_refused(
    selected: list[int], features: list[list[float]], group: list[str], words: str
) -> None:
    with pytest.raises(CourseError, match=words):
        adjusted_gap(selected, features, group, "a", "b", draws=2)
