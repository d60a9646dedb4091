"""Errors of the model's preparation in words for the person at the keyboard."""

from __future__ import annotations

import json

import pytest

from course_lib import models
from course_lib.cli import prepare_model
from course_lib.data import assets
from course_lib.errors import CourseError


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (CourseError("No network.", "Connect."), "No network."),
        (MemoryError(), "The memory is full"),
        (ImportError("libgomp.so.1: cannot open\nmore"), "ImportError: libgomp.so.1: cannot open."),
        (RuntimeError(), "RuntimeError: no message."),
    ],
)
def test_every_error_is_one_line_of_json(
    error: Exception, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(name: str, progress: object) -> None:
        raise error

    monkeypatch.setattr(models, "load_model", fail)
    assert prepare_model.main() == 1
    line = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert said in line["problem"]
    assert line["remedy"]


def test_it_prepares_the_default_model_and_reports_percent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def load(name: str, progress: object) -> None:
        assert name == "default"
        prepare_model.report("Downloading", 1, 3)
        prepare_model.report("Looking", 5, 0)

    fetched: list[str] = []
    monkeypatch.setattr(models, "load_model", load)
    monkeypatch.setattr(assets, "fetch", lambda name, progress: fetched.append(name))
    assert prepare_model.main() == 0
    assert fetched == list(prepare_model.CHAPTER_DATA)
    said = [json.loads(line)["doing"] for line in capsys.readouterr().out.splitlines()]
    assert said == ["Downloading 33 %", "Looking"]


def test_data_that_cannot_be_fetched_stop_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str, progress: object) -> None:
        raise CourseError("No network.", "Connect.")

    monkeypatch.setattr(models, "load_model", lambda name, progress: None)
    monkeypatch.setattr(assets, "fetch", fail)
    assert prepare_model.main() == 0
