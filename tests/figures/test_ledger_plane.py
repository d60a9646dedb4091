"""The plane of the two errors: every deployment is in the picture and in its text."""

from __future__ import annotations

import pytest

from course_lib import CourseError
from course_lib.answers import Ledger
from course_lib.figures import ledger_plane


def ledger(name: str, harmful: int, harmless: int) -> Ledger:
    return Ledger(name, (("harmful", harmful, 20, 0.0, 1.0), ("harmless", harmless, 20, 0.0, 1.0)))


def test_every_deployment_is_in_the_picture_and_in_the_text() -> None:
    picture = ledger_plane([ledger("plain", 20, 0), ledger("with a $ prompt", 12, 9)], "Two of them")
    assert picture.text.splitlines()[1].startswith("with a $ prompt: harmful not refused 12 of 20")
    axes = picture.figure.axes[0]
    assert len(axes.containers) == 2
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["plain", "with a $ prompt"]
    assert picture.png().startswith(b"\x89PNG")


@pytest.mark.parametrize("number", [0, 7])
def test_too_few_and_too_many_are_explained(number: int) -> None:
    with pytest.raises(CourseError, match="cannot be drawn"):
        ledger_plane([ledger(str(i), 1, 1) for i in range(number)], "title")


def test_a_missing_row_is_explained() -> None:
    with pytest.raises(CourseError, match="lookalike"):
        ledger_plane([ledger("plain", 1, 1)], "title", upward="lookalike")
