"""What a learner did is kept by exercise, read back whatever happened to the file, and shown on the start page."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from course_lib.authoring.start_page import start_page, write_start_page
from course_lib.progress import Event, note, progress_file, read_events
from course_lib.progress.standing import items_of, standing_of

ITEMS = ("8.1", "8.2", "8.Q1")


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "mine" / "progress.jsonl"
    monkeypatch.setenv("COURSE_PROGRESS", str(path))
    return path


def chapter(root: Path, name: str = "08_look_inside", items: tuple[str, ...] = ITEMS) -> Path:
    card = "# 8. Look inside\n\n| | |\n|---|---|\n| **Minutes** | 150 (measured) |\n| **Key insight** | It is all in there. |"
    cells = [{"cell_type": "markdown", "metadata": {"course": {"role": "card"}}, "source": [card]}]
    for item in items:
        grade_id = "answer-" + item.replace(".", "-")
        cells.append({"cell_type": "code", "metadata": {"nbgrader": {"grade_id": grade_id}}, "source": ["x"]})
    path = root / "chapters" / name / f"{name[3:]}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    return path


def test_what_is_noted_is_read_back(kept: Path) -> None:
    note("8.1", "failed", "layers and batch")
    note("8.1", "passed")
    assert [(e.item, e.kind, e.detail) for e in read_events()] == [
        ("8.1", "failed", "layers and batch"),
        ("8.1", "passed", ""),
    ]
    assert kept.stat().st_mode & 0o077 == 0


def test_off_means_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_PROGRESS", "Off")
    assert progress_file() is None
    note("8.1", "passed")
    assert read_events() == []


def test_a_line_that_cannot_be_read_costs_nothing_else(kept: Path) -> None:
    note("8.1", "passed")
    with kept.open("ab") as file:
        file.write(b'{"item": "8.2"\n\xff\xfe\n[1]\n{"item": 3, "kind": "passed"}\n{"item": "8.2", "kind": "won"}\n')
    note("8.2", "hint", "1")
    assert [event.item for event in read_events()] == ["8.1", "8.2"]


def test_where_nothing_can_be_written_nothing_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "file" / "progress.jsonl"))
    note("8.1", "passed")
    assert read_events() == []
    with pytest.raises(ValueError, match="none of"):
        note("8.1", "won")


def test_standing_tells_solved_tried_and_solved_with_the_answer() -> None:
    events = [
        Event("8.1", "failed"),
        Event("8.1", "answer"),
        Event("8.1", "passed"),
        Event("8.2", "failed"),
        Event("9.1", "passed"),
    ]
    found = standing_of(ITEMS, events)
    assert (found.solved, found.tried, found.shown) == ({"8.1"}, {"8.2"}, {"8.1"})
    assert found.next == "8.2"
    assert not found.done
    assert found.text() == "1 of 2 exercises, 0 of 1 questions; 8.1 with the answer shown"


def test_an_answer_looked_at_after_solving_is_no_help() -> None:
    assert standing_of(ITEMS, [Event("8.1", "passed"), Event("8.1", "answer")]).shown == frozenset()


def test_items_come_from_the_notebook_and_survive_a_rebuild_of_it(tmp_path: Path) -> None:
    path = chapter(tmp_path)
    assert items_of(path) == list(ITEMS)
    path.write_text("half a fi")
    assert items_of(path) == []


def test_the_start_page_shows_what_each_chapter_says_and_where_to_go_on(tmp_path: Path, kept: Path) -> None:
    chapter(tmp_path, "01_first", ("1.1",))
    note("8.1", "passed")
    path = chapter(tmp_path)
    page = start_page(sorted((tmp_path / "chapters").glob("*/*.ipynb")), read_events(), datetime(2026, 11, 23, 2, 5))
    assert (
        "| [8. Look inside](08_look_inside/look_inside.ipynb) | It is all in there. | 150 | 1 of 2 exercises, 0 of 1 questions |"
        in page
    )
    assert "Go on with [8.2 in chapter 8](08_look_inside/look_inside.ipynb)." in page
    assert "1 of 4 exercises and questions solved" in page
    assert str(kept) in page
    path.write_text("half a fi")
    assert "look inside" in (write_start_page(tmp_path) or path).read_text()


def test_a_course_without_chapters_has_no_start_page(tmp_path: Path) -> None:
    assert write_start_page(tmp_path) is None
