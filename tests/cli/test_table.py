"""Tables for people line up; tables for programs parse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from course_lib.cli.table import as_text, print_table

# Unequal lengths in both directions: a value longer than its heading, and a heading longer than its values.
ROWS = [
    {"exercise": "8.1", "what": "removal", "wrong solutions": 4, "share": 0.12345},
    {"exercise": "8.10", "what": "a probe by layer", "wrong solutions": 12, "extra": True},
]


def test_columns_line_up_and_numbers_stand_to_the_right() -> None:
    lines = as_text(ROWS).splitlines()
    assert lines[0] == "exercise  what              wrong solutions  share  extra"
    assert lines[1] == "8.1       removal                         4  0.123"
    assert lines[2] == "8.10      a probe by layer               12         yes"


def test_yes_and_no_are_not_numbers() -> None:
    assert as_text([{"a long heading": True}]).splitlines()[1] == "yes"


def test_no_rows_is_said_and_in_json_an_empty_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert as_text([]) == "(nothing to show)"
    print_table([], as_json=True, title="Nothing")
    assert json.loads(capsys.readouterr().out) == []


def test_json_keeps_values_as_they_are_and_has_no_title(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([*ROWS, {"where": Path("a")}], as_json=True, title="Gate")
    assert json.loads(capsys.readouterr().out) == [*ROWS, {"where": "a"}]


def test_the_title_stands_above(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(ROWS[:1], as_json=False, title="Gate")
    assert capsys.readouterr().out.splitlines()[0] == "Gate"
