"""Attack trees and registers, held against exhaustive search."""

import math

from hypothesis import given
from hypothesis import strategies as st

from course_lib.checks.chapter03.attack_tree import by_subsets
from course_lib.threats import cheapest_attack, rank_ranges

STEPS = ["a", "b", "c", "d", "e"]


@st.composite
def trees(draw):
    """A tree of two levels whose steps are shared."""
    kinds, children = st.sampled_from(["AND", "OR"]), st.lists(st.sampled_from(STEPS), min_size=1, max_size=3)
    tree = {name: (draw(kinds), draw(children)) for name in ("x", "y")}
    return {"goal": (draw(kinds), ["x", "y", draw(st.sampled_from(STEPS))]), **tree}


@given(trees(), st.lists(st.integers(0, 9), min_size=5, max_size=5))
def test_it_is_the_cheapest_of_all_sets_of_steps(tree, prices):
    costs = dict(zip(STEPS, prices, strict=True))
    assert list(cheapest_attack(tree, costs, "goal")) == by_subsets(tree, costs, "goal")


def test_what_cannot_be_done_has_no_price():
    assert cheapest_attack({"goal": ("AND", ["a", "b"])}, {"a": 1, "b": math.inf}, "goal") == (math.inf, ["a", "b"])


RANGES = st.tuples(st.floats(0, 10), st.floats(0, 10)).map(sorted).map(tuple)


@given(st.lists(st.tuples(RANGES, RANGES), min_size=1, max_size=6), st.data())
def test_no_true_values_put_a_risk_outside_its_places(ranges, data):
    risks = [(str(number), *pair) for number, pair in enumerate(ranges)]
    places = {name: (best, worst) for name, best, worst in rank_ranges(risks)}
    true = {}
    for name, likelihood, loss in risks:
        share = data.draw(st.floats(0, 1))
        low, high = likelihood[0] * loss[0], likelihood[1] * loss[1]
        true[name] = min(high, max(low, low + share * (high - low)))
    for name, value in true.items():
        best, worst = places[name]
        assert best <= 1 + sum(other > value for other in true.values())
        assert worst >= len(true) - sum(other < value for other in true.values())
