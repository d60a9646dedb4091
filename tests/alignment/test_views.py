"""The Goodhart curve as a picture, and the slider over n."""

from __future__ import annotations

import pytest
import torch

from course_lib import CourseError
from course_lib.alignment import Pool, Request, goodhart_curve
from course_lib.figures import goodhart_curves
from course_lib.organisms.resampling import Estimate
from course_lib.widgets import explore_best_of_n

FRUITS = Request("fruits", "test", ("apple", "cherry", "plum", "orange"))
POOL = Pool((FRUITS,), (("No.", "Apple, plum", "Apple, cherry, plum", "Apple, cherry, plum, orange"),), ((True,) * 4,))


def curve(name="right things", sizes=(1, 2, 4)):
    return goodhart_curve(name, POOL.right_things, POOL.true_rewards, sizes)


def test_the_picture_says_where_the_true_reward_is_highest():
    picture = goodhart_curves([curve()], points={"tuned": (1.0, Estimate(0.5, 0.4, 0.6))})
    assert "right things highest at n = 2" in picture.title
    assert "tuned: divergence 1.0 nats, true reward 0.50 [0.40, 0.60]" in picture.text
    assert picture.png().startswith(b"\x89PNG")


def test_curves_of_different_sizes_are_refused():
    with pytest.raises(CourseError, match="one picture"):
        goodhart_curves([curve(), curve("other", (1, 2))])


def test_the_curve_in_numbers():
    found = curve()
    assert found.best == 1
    assert found.lost_at_the_end.value == pytest.approx(found.true[-1].value - found.true[1].value)
    assert "KL measured" in found.text()
    assert "<table" in found._repr_html_()


def test_the_slider_shows_what_wins():
    explorer = explore_best_of_n(POOL, {"right things": POOL.right_things, "words": POOL.words})
    assert "'No.'" in explorer.text()
    explorer.show(0, "right things", 4)
    assert "orange" in explorer.text()
    assert "true reward 0.67" in explorer.picture.value
    assert explorer._repr_mimebundle_()["text/plain"] == explorer.text()


def test_the_slider_needs_numbers_for_each_answer():
    with pytest.raises(CourseError, match="do not fit"):
        explore_best_of_n(POOL, {"short": torch.zeros(1, 2)})
