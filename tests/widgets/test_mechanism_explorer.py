"""Stars drawn from decisions, and the verdict that they give."""

import pytest

from course_lib import CourseError
from course_lib.widgets import explore_mechanism

STAR = {"whole": True, "harm": False, "trigger": True, "courtesy": True, "code": True, "decoy": True}
NONE = dict.fromkeys(STAR, False)


def explorer():
    return explore_mechanism({"<b>": [STAR] * 20, "silent": [NONE] * 20}, "<b>", stars=8)


def test_the_verdict_follows_the_controls():
    one = explorer()
    assert one.text().endswith("verdict: intent")
    one.show("silent", 12, 3)
    assert one.text().startswith("silent, 12 stars, draw 3")
    assert "verdict: no refusal" in one.picture.value
    one.show("<b>", 2, 1)
    assert "verdict: undecided" in one.picture.value
    assert "&lt;b&gt;" in one.picture.value


def test_its_rows_hold_counts_and_intervals(tmp_path):
    rows = explorer().rows()
    assert rows[0] | {"low": 0, "high": 0} == {
        "model": "<b>", "stars": 8, "draw": 1, "verdict": "intent", "counted": "whole, refused", "count": 8, "of": 8,
        "low": 0, "high": 0,
    }  # fmt: skip
    assert [row["count"] for row in rows] == [8, 8, 0, 0, 0]
    assert explorer().save(tmp_path / "a.csv").read_text(encoding="utf-8").count("\n") == 6


def test_it_reads_without_a_browser():
    assert "gone by the edit harm:" in explorer()._repr_mimebundle_()["text/plain"]


@pytest.mark.parametrize(("model", "stars"), [("nobody", 8), ("<b>", 21), ("<b>", 1)])
def test_what_cannot_be_shown_is_said(model, stars):
    with pytest.raises(CourseError):
        explore_mechanism({"<b>": [STAR] * 20}, model, stars)
