"""Every way of every comparison gives the same numbers; what is timed in part says so; the bookkeeping of numbers."""

from __future__ import annotations

import math

import pytest
import torch

from course_lib import CourseError, load_model
from course_lib.attribution.shapley import draw_orders
from course_lib.benchmarks import COMPARISONS, NAMES, Comparison, Sizes, find_names
from course_lib.benchmarks.captum_inputs import fastest_rows, token_input
from course_lib.benchmarks.floor import arithmetic
from course_lib.benchmarks.measure import missing, turn
from course_lib.benchmarks.setting import Setting, make_pair, make_setting, sentences
from course_lib.benchmarks.ways import OURS, Prepared, Way, correlations, difference, evenly, filled

SMALL = Sizes(steps=3, most_forwards=10_000, sentences=4, rows=4)


@pytest.fixture(scope="module")
def setting() -> Setting:
    return make_setting(load_model("tiny:0"), 36, SMALL)


@pytest.mark.parametrize("comparison", COMPARISONS, ids=lambda comparison: comparison.name)
def test_all_ways_that_are_here_agree(comparison: Comparison, setting: Setting) -> None:
    values = {way.name: way.prepare(setting).run().tolist() for way in comparison.ways if not missing(way)}
    assert len(values) == len([way for way in comparison.ways if way.needs != "inseq"])
    assert not any(math.isnan(value) for row in values.values() for value in row)
    exact = [row for name, row in values.items() if not (comparison.approximate and name == OURS)]
    gaps = [difference(exact[0], row) for row in exact[1:]]
    assert all(gap is not None and gap < 1e-4 for gap in gaps)
    assert comparison.floor(setting) > 0


@pytest.mark.parametrize("name", ["removal", "replacement", "shapley, exact", "patching map"])
def test_a_loop_that_is_timed_in_part_is_scaled_and_says_so(name: str) -> None:
    comparison = next(known for known in COMPARISONS if known.name == name)
    part = make_setting(load_model("tiny:0"), 36, Sizes(most_forwards=10, rows=4))
    whole = comparison.ways[0].prepare(part).run().tolist()
    for way in comparison.ways[1:]:
        if missing(way):
            continue
        prepared = way.prepare(part)
        assert prepared.scale > 2
        assert "timed on" in prepared.note
        values = prepared.run().tolist()
        known = [not math.isnan(value) for value in values]
        assert not all(known)
        assert len(values) == len(whole)
        if any(known):
            gap = difference(whole, values)
            assert gap is not None
            assert gap < 1e-4


def test_captum_gets_the_same_tokens(setting: Setting) -> None:
    text = token_input(setting)
    absent = torch.ones(1, 36, dtype=torch.long)
    absent[0, 5] = 0
    expected = setting.ids.clone()
    expected[5] = setting.replacement
    assert text.to_model_input(absent)[0].tolist() == expected.tolist()


def test_the_fastest_batch_is_looked_for_unless_it_is_known() -> None:
    tried = []
    free = make_setting(load_model("tiny:0"), 8, Sizes())
    assert fastest_rows(free, lambda ids: tried.append(len(ids)), 5) in (1, 2, 4)
    assert sorted(set(tried)) == [1, 2, 4]
    assert fastest_rows(make_setting(free.model, 8, Sizes(rows=7)), print, 5) == 7


def test_the_pair_differs_in_one_token_a_quarter_into_the_text(setting: Setting) -> None:
    pair = make_pair(setting.model, 40)
    assert len(pair.clean) == len(pair.corrupted) == 40
    assert [p for p in range(40) if pair.clean[p] != pair.corrupted[p]] == [pair.place] == [10]


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda model: make_setting(model, 1, SMALL), "A prompt of 1 tokens cannot be measured"),
        (lambda model: make_setting(model, 513, SMALL), "A prompt of 513 tokens cannot be measured"),
        (lambda model: make_pair(model, 12), "too short for patching"),
        (lambda model: sentences(0), "There are not 0 sentences"),
        (lambda model: find_names(["shaply"]), "There is no comparison 'shaply'"),
    ],
)
def test_bad_sizes_are_a_sentence(make: object, sentence: str) -> None:
    with pytest.raises(CourseError, match=sentence):
        make(load_model("tiny:0"))  # type: ignore[operator]


def test_names() -> None:
    assert find_names([]) == list(NAMES)
    assert find_names(["removal", "integrated"]) == ["removal", "integrated gradients"]


def test_turns_begin_with_another_way_each_time() -> None:
    ways = [Way(name, lambda setting: Prepared(setting.ids.float)) for name in "abc"]
    assert ["".join(way.name for way in turn(ways, run)) for run in range(4)] == ["abc", "bca", "cab", "abc"]


def test_differences_and_correlations() -> None:
    assert difference([1.0, math.nan], [math.nan, 1.0]) is None
    assert difference([1.0], [1.0, 2.0]) is None
    assert difference([0.0, 0.0], [0.0, 0.0]) == 0
    assert correlations([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]) is None
    pearson, spearman = correlations([1.0, 2.0, 4.0, 3.0], [-1.0, -2.0, -4.0, -3.0]) or (0, 0)
    assert pearson == pytest.approx(-1)
    assert spearman == pytest.approx(-1)
    assert evenly(1000, 4) == [125, 375, 625, 875]
    assert filled(2, [], []).isnan().all()


def test_the_floor_of_a_pass_is_what_its_matrices_cost() -> None:
    model = load_model("tiny:0")
    cost = arithmetic(model)
    # 24 x (24 + 8 + 8) for queries, keys, values, 24 x 24 back, three matrices of 24 x 40, two operations each
    assert cost.block == 2 * (24 * 40 + 24 * 24 + 3 * 24 * 40)
    assert cost.attention == 4 * 3 * 8
    assert cost.span(0, 5) == pytest.approx(sum(cost.span(p, p + 1) for p in range(5)))
    assert cost.span(3, 3) == 0


def test_orders_come_in_pairs() -> None:
    orders = draw_orders(5, 6, seed=1)
    assert orders.shape == (6, 5)
    assert orders[0].tolist() == orders[1].flip(0).tolist()
    assert torch.equal(orders, draw_orders(5, 6, seed=1))
