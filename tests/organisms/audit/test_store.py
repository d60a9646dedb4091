"""Scores survive a stop, and another question has another key."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from course_lib import CourseError
from course_lib.data.files import file_hash
from course_lib.organisms.audit import Question, ScoreStore
from course_lib.organisms.audit.store import Stored, score_key

QUESTION = Question((1, 2, 3, 4), 1, 3, 9)


def test_a_line_that_was_cut_short_costs_itself_only(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "scores.jsonl"
    store = ScoreStore(path)
    store.put("a", Stored((1.0, -2.5), 0.25))
    store.put("b", Stored((3.0,), 0.5))
    path.write_text(path.read_text()[:-12])
    ScoreStore(path).put("c", Stored((0.0,), 1.0))
    again = ScoreStore(path)
    assert again.get("a") == Stored((1.0, -2.5), 0.25)
    assert again.get("b") is None
    assert again.get("c") == Stored((0.0,), 1.0)


def test_a_file_of_something_else_is_no_score(tmp_path: Path) -> None:
    (tmp_path / "x").write_text('[1]\n{"key": 1}\nnothing\n{"key": "a", "scores": ["b"], "seconds": 1}\n')
    assert len(ScoreStore(tmp_path / "x")) == 0


def test_every_part_of_the_question_makes_another_key() -> None:
    changed = [
        score_key("other", "delete", QUESTION),
        score_key("w", "saliency", QUESTION),
        score_key("w", "delete", replace(QUESTION, ids=(1, 2, 3, 5))),
        score_key("w", "delete", replace(QUESTION, start=0)),
        score_key("w", "delete", replace(QUESTION, target=8)),
    ]
    assert len({score_key("w", "delete", QUESTION), *changed}) == 6


def test_a_hash_is_of_the_content(tmp_path: Path) -> None:
    for name, content in [("a", "1"), ("b", "1"), ("c", "2")]:
        (tmp_path / name).write_text(content)
    assert file_hash(tmp_path / "a") == file_hash(tmp_path / "b") != file_hash(tmp_path / "c")


def test_a_folder_in_the_way_is_explained(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="could not be written"):
        ScoreStore(tmp_path)
