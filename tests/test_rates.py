"""`Rate`: the interval is checked against its definition and against how often it holds the truth."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib import CourseError
from course_lib.rates import Z95, Rate, wilson_interval

counts = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("successes", "n", "text"),
    [
        (12, 30, "12 of 30 = 0.40 [0.25, 0.58]"),
        (0, 10, "0 of 10 = 0.00 [0.00, 0.28]"),
        (10, 10, "10 of 10 = 1.00 [0.72, 1.00]"),
        (1, 1, "1 of 1 = 1.00 [0.21, 1.00]"),
    ],
)
def test_text(successes: int, n: int, text: str) -> None:
    assert str(Rate(successes, n)) == Rate(successes, n).text() == text


@given(counts)
def test_the_ends_are_the_rates_at_which_the_count_is_just_unsurprising(count: tuple[int, int]) -> None:
    rate = Rate(*count)
    assert 0 <= rate.low <= rate.value <= rate.high <= 1
    for end in (rate.low, rate.high):
        if 0 < end < 1:  # Wilson's equation: |p - end| = z · sqrt(end (1 - end) / n)
            assert abs(rate.value - end) == pytest.approx(Z95 * math.sqrt(end * (1 - end) / rate.n), abs=1e-9)


@given(counts)
def test_failures_mirror_successes(count: tuple[int, int]) -> None:
    rate, mirrored = Rate(*count), Rate(count[1] - count[0], count[1])
    assert mirrored.low == pytest.approx(1 - rate.high, abs=1e-12)


def test_the_ends_are_exact_where_nothing_or_everything_succeeded() -> None:
    for n in (1, 7, 30, 1000):
        assert Rate(0, n).low == 0.0
        assert Rate(n, n).high == 1.0
        assert Rate(0, n).high > 0  # the textbook interval has no width here


def test_it_holds_the_truth_about_95_times_in_100() -> None:
    draw, truth, n, trials = random.Random(0), 0.1, 30, 4000
    held = sum(
        (rate := Rate(sum(draw.random() < truth for _ in range(n)), n)).low <= truth <= rate.high for _ in range(trials)
    )
    # Exact coverage of Wilson's interval at p = 0.1, n = 30 is 0.974; four standard errors of 4000 trials are 0.010.
    # The textbook interval covers only 0.809 here.
    assert held / trials == pytest.approx(0.974, abs=0.010)


def test_nothing_counted_is_a_clear_result() -> None:
    nothing = Rate(0, 0)
    assert math.isnan(nothing.value)
    assert (nothing.low, nothing.high) == (0.0, 1.0)
    assert str(nothing) == "0 of 0 = no rate, nothing was counted"


@pytest.mark.parametrize("count", [(3, 2), (-1, 2), (1, -1), (1, 0), (0.4, 30), ("12", 30), (None, 3)])
def test_what_is_no_rate(count: tuple[object, object]) -> None:
    with pytest.raises(CourseError, match="rate"):
        Rate(*count)  # type: ignore[arg-type]


def test_counts_may_come_from_numpy() -> None:
    assert Rate(np.int64(12), np.int64(30)) == Rate(12, 30)
    assert isinstance(Rate(np.int64(12), np.int64(30)).successes, int)


@pytest.mark.parametrize(("successes", "n"), [(0, 25), (12, 30), (1, 3), (97, 100), (8, 8)])
def test_scipy_says_the_same(successes: int, n: int) -> None:
    from scipy.stats import binomtest

    theirs = binomtest(successes, n).proportion_ci(method="wilson")
    assert wilson_interval(successes, n) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
