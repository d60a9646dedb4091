"""Curves of guardrails."""

import pytest

from course_lib import CourseError
from course_lib.figures import guardrail_curves, reliability_curves, trade_off


def test_a_curve_runs_from_stopping_nothing_to_stopping_everything():
    one = trade_off([0.9, 0.4], [0.5, 0.1], 0.4, 0.9)
    assert one.points[0] == (0.0, 1.0)
    assert one.points[-1] == (1.0, 0.0)
    assert [rate.successes for rate in one.chosen["review"]] == [1, 0]
    assert [rate.successes for rate in one.chosen["block"]] == [0, 1]


def test_every_threshold_stands_in_the_text_twin():
    one = trade_off([0.9, 0.4], [0.5, 0.1], 0.4, 0.9)
    picture = guardrail_curves({"twins": {"$words$": one}, "others": {"$words$": one}}, "A finding")
    assert picture.text.splitlines()[1].startswith("  $words$, review: harmless stopped 1 of 2")
    assert picture.png().startswith(b"\x89PNG")


def test_bins_stand_in_the_text_twin():
    picture = reliability_curves({"a": [(0.1, 1, 10), (0.9, 9, 10)]}, "Nearly")
    assert picture.text.splitlines()[1] == "a: says 0.90, was 9 of 10 = 0.90 [0.60, 0.98]"
    assert picture.png().startswith(b"\x89PNG")


def test_what_does_not_fit_is_said():
    one = trade_off([0.9], [0.1], 0.5, 0.5)
    with pytest.raises(CourseError, match="do not fit"):
        guardrail_curves({"a": {"x": one}, "b": {"y": one}}, "x")
    with pytest.raises(CourseError, match="0 scorers"):
        reliability_curves({}, "x")
