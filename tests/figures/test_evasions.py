"""Recall by disguise above false alarms."""

import pytest

from course_lib import CourseError
from course_lib.figures import evasion_panels
from course_lib.organisms.resampling import Estimate

LOW, HIGH = Estimate(0.1, 0.0, 0.3), Estimate(0.9, 0.7, 1.0)
CAUGHT, ALARMS = {"no disguise": (HIGH, HIGH), "spaced$": (LOW, HIGH)}, {"English": (LOW, LOW)}


def test_every_share_stands_in_the_text_twin():
    picture = evasion_panels({"numbers": (CAUGHT, ALARMS), "words": (CAUGHT, ALARMS)}, "Views help")
    lines = picture.text.splitlines()
    assert len(lines) == 6
    assert lines[1] == f"numbers, caught, spaced$: as it stands {LOW}; normalised {HIGH}"
    assert "false alarms, English" in lines[2]
    assert picture.png().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "columns",
    [{}, {"a": ({}, ALARMS)}, {"a": (CAUGHT, ALARMS), "b": (ALARMS, ALARMS)}],
    ids=["none", "empty", "other rows"],
)
def test_what_cannot_be_drawn_is_said(columns):
    with pytest.raises(CourseError, match="beside each other"):
        evasion_panels(columns, "Nothing")
