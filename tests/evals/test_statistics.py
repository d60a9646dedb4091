"""Choosing, calibration, orders, power, agreement and the two bias scores."""

from __future__ import annotations

import math

import numpy as np
import pytest

from course_lib import CourseError, load_model
from course_lib.evals import (
    BenchmarkResult,
    Item,
    accuracies,
    alpha_interval,
    bbq_bias,
    bbq_by_coin,
    bbq_difference,
    calibration_error,
    chance_errors,
    choice_scores,
    corrected_rate,
    error_interval,
    fresh_items,
    from_results,
    items_needed,
    krippendorff_alpha,
    log_likelihood,
    order_table,
    order_tables,
    pooled_p_value,
    safety_benchmarks,
    shards_of,
    simulated_power,
    smallest_difference,
    stereo_scores,
)
from course_lib.evals.contamination import BETWEEN, ORDERS, START
from course_lib.evals.leaderboard import holm, paired_interval
from course_lib.evals.orders import SETS, _shipped, fingerprint


def result(chosen, gold, model="a", task="t") -> BenchmarkResult:
    return BenchmarkResult(task, model, "sum", "", tuple(chosen), tuple(gold), tuple((0.0,) for _ in chosen))


def test_the_two_ways_to_choose_are_one():
    draw = np.random.default_rng(0)
    entries = []
    for _ in range(40):
        texts = ["a" * int(n) for n in draw.integers(1, 9, 3)]
        entries.append({
            "log_probs": draw.normal(-8, 2, 3).tolist(), "tokens": draw.integers(1, 5, 3).tolist(), "texts": texts,
            "bare": draw.normal(-8, 2, 3).tolist(), "gold": int(draw.integers(3)),
        })  # fmt: skip
    found = accuracies(entries)
    for way in found:
        best = [int(np.argmax(choice_scores(way, e["log_probs"], e["tokens"], e["texts"], e["bare"]))) for e in entries]
        assert found[way] == np.mean([b == e["gold"] for b, e in zip(best, entries, strict=True)])


def test_chance_errors_are_errors_of_a_calibrated_model():
    sure = np.random.default_rng(1).uniform(0.4, 1, 200)
    right = np.random.default_rng(2).random(200) < sure
    drawn = chance_errors(sure.tolist(), 10)
    assert 0.02 < drawn.mean() < 0.12
    assert calibration_error(sure.tolist(), right.tolist(), 10) < np.quantile(drawn, 0.999)
    low, high = error_interval(sure.tolist(), right.tolist(), 10)
    assert low < high
    assert chance_errors(sure[:40].tolist(), 10).mean() > drawn.mean()  # fewer items, larger error


def test_an_order_table_holds_the_log_likelihood_of_each_order():
    model, shard = load_model("tiny:4"), ["The cat sat.", "A dog.", "Rome is a book.", "Why?"]
    table = order_table(model, shard)
    for place in (0, 7, 23):
        text = BETWEEN.join(shard[part] for part in ORDERS[place])
        assert table[place] == pytest.approx(log_likelihood(model, START, text)[0], abs=1e-3)


def test_p_values_of_random_orders_are_uniform():
    draw = np.random.default_rng(3)
    found = [pooled_p_value(draw.normal(size=(6, 24)), draw.integers(0, 24, 6), draws=199, seed=n) for n in range(300)]
    assert np.mean([p <= 0.05 for p in found]) == pytest.approx(0.05, abs=0.04)
    assert np.mean(found) == pytest.approx(0.5, abs=0.06)
    tables = draw.normal(size=(6, 24))
    assert pooled_p_value(tables, tables.argmax(axis=1), draws=199) < 0.02


def test_the_stored_orders_are_those_of_the_texts():
    for name in ("invented", "numbered", "seen, 8 times", "unseen, 32 times"):
        shards = SETS[name][1]()
        assert _shipped()[name]["texts"] == fingerprint(shards)
        assert order_tables(name).shape == (len(shards), 24)
    with pytest.raises(CourseError, match="no tables"):
        order_tables("another")


@pytest.mark.model
def test_the_stored_orders_of_real_files_are_those_of_the_texts():
    for name in ("PIQA", "HellaSwag", "TruthfulQA"):
        assert _shipped()[name]["texts"] == fingerprint(SETS[name][1]())


def test_invented_items_differ_by_seed_and_come_in_random_order():
    assert fresh_items(40, 1) != fresh_items(40, 2)
    assert fresh_items(40, 1) != sorted(fresh_items(40, 1))
    assert [len(shard) for shard in shards_of(fresh_items(9, 1))] == [4, 4]


@pytest.mark.parametrize(("p", "q", "d"), [(0.6, 0.65, 0.15), (0.3, 0.4, 0.25), (0.85, 0.87, 0.06)])
def test_the_formulas_hold_in_simulation(p, q, d):
    unpaired, paired = items_needed(p, q, d, 0.8)
    assert simulated_power(p, q, d, unpaired, paired=False) == pytest.approx(0.8, abs=0.03)
    assert simulated_power(p, q, d, paired, paired=True) == pytest.approx(0.8, abs=0.03)
    unseen = smallest_difference(paired, p, d)
    assert unseen[1] <= abs(p - q) + 0.002


def test_holm_is_the_step_down_correction():
    assert holm([0.04, 0.01]) == [0.04, 0.02]
    assert holm([0.5, 0.6]) == [1.0, 1.0]
    assert holm([]) == []


def test_a_leaderboard_compares_on_the_same_items():
    gold = [0] * 60
    first = result([1] * 30 + [0] * 30, gold, "default")
    better, same = result([0] * 60, gold, "b"), result([1] * 30 + [0] * 30, gold, "c")
    board = from_results({"t": [first, better, same]})
    one, two = board.differences
    assert (one.gained, one.lost, one.value, one.beyond_chance) == (30, 0, 0.5, True)
    assert (two.value, two.low, two.high, two.p, two.beyond_chance) == (0, 0, 0, 1, False)
    assert board.text().count("*") == 2
    assert "default" in board._repr_html_()
    wide = paired_interval(better.right, first.right, ["x"] * 30 + ["y"] * 30)
    narrow = paired_interval(better.right, first.right, [""] * 60)
    assert wide[1] - wide[0] > narrow[1] - narrow[0]  # two templates, not sixty items


def test_bbq_scores_are_those_of_the_paper():
    items = [Item("c", ("x", "y", "unknown"), 2, biased=0, unknown=2, group=str(n % 5)) for n in range(20)]
    always, never, even = [0] * 20, [2] * 20, [0, 1] * 10
    assert bbq_bias(items, result(always, [2] * 20), ambiguous=True).value == 1
    assert bbq_bias(items, result(never, [2] * 20), ambiguous=True).value == 0
    assert bbq_bias(items, result(even, [2] * 20), ambiguous=True).value == 0
    half = bbq_bias(items, result([0] * 10 + [2] * 10, [2] * 20), ambiguous=True)
    assert half.value == 0.5
    assert half.low <= 0.5 <= half.high
    assert bbq_bias(items, result([0] * 10 + [2] * 10, [2] * 20), ambiguous=False).value == 1


def test_stereoset_scores_are_those_of_the_paper():
    items = [Item("c", ("s", "a", "u"), None, group=str(n)) for n in range(10)]
    fair = [(-1.0, -2.0, -3.0), (-2.0, -1.0, -3.0)] * 5
    found = stereo_scores(items, fair)
    assert (found["lms"].value, found["ss"].value, found["icat"].value) == (100, 50, 100)
    found = stereo_scores(items, [(-1.0, -3.0, -2.0)] * 10)
    assert (found["lms"].value, found["ss"].value, found["icat"].value) == (50, 100, 0)


def test_alpha_of_a_table_worked_by_hand():
    # two judges, three cases: observed (0 + 1 + 0) / 3 = 1/3; expected: mean squared difference of all pairs of six values
    ratings = [[1.0, 1.0], [2.0, 3.0], [3.0, 3.0]]
    values = [value for row in ratings for value in row]
    pairs = [(a - b) ** 2 for i, a in enumerate(values) for j, b in enumerate(values) if i != j]
    assert krippendorff_alpha(ratings) == pytest.approx(1 - (1 / 3) / np.mean(pairs))
    assert math.isnan(krippendorff_alpha([[1.0, 1.0], [1.0, 1.0]]))
    assert krippendorff_alpha([*ratings, [5.0, None]]) == krippendorff_alpha(ratings)
    low, high = alpha_interval([[float(n % 4), float(n % 4)] for n in range(20)])
    assert low == high == 1
    assert math.isnan(corrected_rate(0.5, 0.3, 0.4))
    assert corrected_rate(0.05, 0.9, 0.1) == 0


def test_the_table_of_the_field_is_complete():
    table = safety_benchmarks()
    names = [one.name for one in table.benchmarks]
    wanted = {"TruthfulQA", "RealToxicityPrompts", "BBQ", "HarmBench", "XSTest", "HELM Safety", "StereoSet"}
    assert wanted <= set(names)
    assert len(set(names)) == len(names)
    for one in table.benchmarks:
        assert all(len(str(value)) > 2 for value in vars(one).values())
        assert one.paper.startswith(("arXiv:", "https://"))
        assert one.name in table.text()
        assert one.name in table._repr_html_()
    assert "XSTest" in table.short()


def test_bbqs_score_sees_what_is_planted_and_a_coin_nothing():
    items = [
        Item("c", ("a", "b", "unknown"), 2, group=str(place // 8), biased=place % 2, unknown=2) for place in range(400)
    ]
    fair = tuple(place // 2 % 2 for place in range(400))
    planted = tuple(item.biased if place % 4 == 2 else fair[place] for place, item in enumerate(items))
    results = [result(chosen, [2] * 400) for chosen in (fair, planted)]
    assert bbq_bias(items, results[0], ambiguous=True).value == 0
    less = bbq_difference(items, results[1], results[0], ambiguous=True)
    assert less.value == bbq_bias(items, results[1], ambiguous=True).value
    assert less.low > 0
    coin = bbq_by_coin(items, results[1], ambiguous=True)
    assert coin.low < 0 < coin.high < less.value


def test_both_questions_of_a_context_get_the_same_toss():
    def items(group):
        return [Item("c", ("a", "b", "unknown"), 2, group=group(n), biased=n % 2, unknown=2) for n in range(60)]

    ignores, follows = result([n // 2 % 2 for n in range(60)], [2] * 60), result([n % 2 for n in range(60)], [2] * 60)
    contexts, loose = items(lambda n: f"context {n // 2}"), items(lambda n: "")
    same = bbq_by_coin(contexts, ignores, ambiguous=True)
    assert (same.low, same.value, same.high) == (
        0,
        0,
        0,
    )  # who says one name to both questions adds nothing, however it falls
    apart = bbq_by_coin(loose, ignores, ambiguous=True)
    assert apart.low < -0.1 < 0.1 < apart.high
    one = bbq_by_coin(items(lambda n: "one"), follows, ambiguous=True)
    assert (one.low, one.high) == (-1, 1)  # a single toss for all: the stereotype always, or never
    thirty = bbq_by_coin(contexts, follows, ambiguous=True)
    assert thirty.high == pytest.approx(1.96 / math.sqrt(30), abs=0.1)
