"""Two sliders over a guardrail's thresholds."""

import pytest

from course_lib import CourseError
from course_lib.widgets import explore_guardrail


def test_counts_follow_the_sliders():
    explorer = explore_guardrail([0.1, 0.5, 0.9], ["good", "good", "<b>"], 0.4, 0.8)
    assert explorer.counts() == {"good": (1, 1, 0), "<b>": (0, 0, 1)}
    explorer.show(0.05, 0.5)
    assert explorer.counts() == {"good": (0, 1, 1), "<b>": (0, 0, 1)}
    assert "0 of 2" in explorer.picture.value
    assert "&lt;b&gt;" in explorer.picture.value


def test_review_never_begins_above_block():
    explorer = explore_guardrail([0.5], ["good"], 0.9, 0.3)
    assert explorer.review_at == explorer.block_at == 0.3
    explorer.show(1.0, 0.6)
    assert explorer.review_at == 0.6


def test_it_reads_without_a_browser():
    bundle = explore_guardrail([0.5], ["good"])._repr_mimebundle_()
    assert bundle["text/plain"] == "Review from 0.40, block from 0.80. good: 0 allowed, 1 reviewed, 0 blocked."


def test_scores_without_kinds_are_refused():
    with pytest.raises(CourseError, match="score for every prompt"):
        explore_guardrail([0.5], [])
