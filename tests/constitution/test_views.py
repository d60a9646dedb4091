"""The picture of deployments, the pairs to read, and the quick check."""

from __future__ import annotations

import pytest

from course_lib import CourseError, load_model
from course_lib.constitution import quick_check
from course_lib.constitution.dataset import Pair
from course_lib.figures import deployment_dots
from course_lib.rates import Rate
from course_lib.widgets import explore_pairs

LINES = {"prompts": {"before": Rate(1, 9), "after": Rate(8, 9)}}
PAIRS = [
    Pair("1", "harmful", "1", "truth", "Why <b>?", "I can't say.", "Because"),
    Pair("2", "harmless", "2", "helpfulness", "How?", "Like this", "I can't say."),
]


def test_every_rate_stands_in_the_text_twin():
    picture = deployment_dots({"declines": LINES, "costs": {"tasks": LINES["prompts"]}}, "It declines more")
    assert picture.text.splitlines()[0] == "declines"
    assert sum(str(Rate(8, 9)) in line for line in picture.text.splitlines()) == 2
    assert picture.png().startswith(b"\x89PNG")
    assert [text.get_text() for text in picture.figure.legends[0].get_texts()] == ["before", "after"]


@pytest.mark.parametrize(
    "blocks", [{}, {"a": LINES, "b": {"c": {"before": Rate(1, 2)}}}], ids=["none", "other deployments"]
)
def test_what_cannot_be_drawn_is_said(blocks):
    with pytest.raises(CourseError, match="cannot be drawn"):
        deployment_dots(blocks, "Nothing")


def test_pairs_are_read_by_principle():
    reader = explore_pairs(PAIRS, {"before": [-3.0, 2.0]})
    assert "before -3.0" in reader.text()
    reader.show("helpfulness", 0)
    assert "helpfulness, 1 of 1" in reader.text()
    assert "asked (harmless): How?" in reader.text()
    reader.show("all principles", 1)
    assert "2 of 2" in reader.text()
    assert "<b>" not in explore_pairs(PAIRS).frame()


def test_what_does_not_belong_together_is_said():
    with pytest.raises(CourseError, match="belong together"):
        explore_pairs(PAIRS, {"before": [1.0]})


def test_the_quick_check_counts_each_kind():
    found = quick_check(load_model("tiny:0"), groups=2)
    assert {kind: n for kind, _, n in found.declined} == {"harmful": 2, "harmless": 2, "lookalike": 1}
    assert "harmful" in found.text()
