"""Hints and the reference answer are one press away, and each press is noted."""

from __future__ import annotations

from pathlib import Path

import pytest

from course_lib.checks.help_panel import help_panel
from course_lib.checks.registry import exercise
from course_lib.progress import read_events


def test_each_button_shows_its_text_and_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.jsonl"))
    wanted = exercise("8.2")
    row, shown = help_panel(wanted).children
    assert [button.description for button in row.children] == [
        "Hint 1: a nudge", "Hint 2: the approach", "Hint 3: almost the code", "Show the reference answer",
    ]  # fmt: skip
    for place, text in enumerate([*wanted.hints, "def mean_attention"]):
        row.children[place].click()
        assert text in shown.outputs[0]["data"]["text/markdown"]
        assert len(shown.outputs) == 1
    assert [(event.kind, event.detail) for event in read_events()] == [
        ("hint", "1"),
        ("hint", "2"),
        ("hint", "3"),
        ("answer", ""),
    ]


def test_after_a_pass_only_the_answer_is_offered() -> None:
    row, _shown = help_panel(exercise("8.2"), solved=True).children
    assert [button.description for button in row.children] == ["Show the reference answer"]
