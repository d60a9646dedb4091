"""A value in a disguise, and what the filter sees."""

import pytest

from course_lib import CourseError
from course_lib.filtering import OutputFilter
from course_lib.widgets import explore_filter

RULES = OutputFilter(words=(), judge=False)


def test_the_controls_move_it():
    explorer = explore_filter(RULES, ["bob@example.com", "<b>"])
    assert "redact:" in explorer.text()
    explorer.show("bob@example.com", "zero width")
    assert "<U+" in explorer.text()
    assert "EMAIL_ADDRESS (folded)" in explorer.text()
    explorer.show("bob@example.com", "in words")
    assert "found:               nothing" in explorer.text()


def test_the_text_is_escaped():
    assert "<b>" not in explore_filter(RULES, ["<b>"]).frame()


def test_what_cannot_be_shown_is_said():
    with pytest.raises(CourseError, match="nothing to disguise"):
        explore_filter(RULES, [])
    with pytest.raises(CourseError, match="no disguise"):
        explore_filter(RULES, ["a"]).show("a", "magic")
