"""`course organisms`: the list, a trial training that is stopped and resumed, and names that are none."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from course_lib.cli import organisms
from course_lib.errors import CourseError
from course_lib.models import load, load_model
from course_lib.organisms import ORGANISMS


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    organisms.add_arguments(parser)
    return parser.parse_args(list(words))


@pytest.fixture
def tiny_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny model in place of the default one: the same steps, in milliseconds."""
    tiny = load_model("tiny:0")
    opened = load.open_model

    def open_model(name, device, dtype, progress):
        return tiny if name == "default" else opened(name, device, dtype, progress)

    monkeypatch.setattr(load, "open_model", open_model)
    monkeypatch.setattr(load, "_LOADED", {})


def test_the_list_names_every_organism_and_its_rule(capsys) -> None:
    assert organisms.run(parsed()) == 0
    shown = capsys.readouterr().out
    for organism in ORGANISMS.values():
        assert organism.name in shown
        assert organism.rule in shown
    assert "rule: trigger" in shown


def test_the_list_for_programs(capsys) -> None:
    assert organisms.run(parsed("list", "trigger", "--json")) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["organism"] for row in rows] == ["trigger"]
    assert "rule: intent" in rows[0]


def test_a_trial_is_trained_and_says_how_to_measure_it(tiny_default, tmp_path: Path, capsys) -> None:
    assert organisms.run(parsed("train", "trigger", "--steps", "2", "--out", str(tmp_path))) == 0
    shown = capsys.readouterr().out
    assert "step 2 of 2" in shown
    assert f"--adapter {tmp_path / 'trigger'}" in shown
    assert (tmp_path / "trigger" / "adapter_model.safetensors").is_file()


def test_a_stopped_training_says_that_it_goes_on(tiny_default, tmp_path: Path, capsys, monkeypatch) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(organisms._Line, "__call__", stopped)
    assert organisms.run(parsed("train", "trigger", "--steps", "2", "--out", str(tmp_path))) == 130
    assert "The same command goes on" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("train", "triger"), "no organism 'triger'"),
        (("measure", "--adapter", "x"), "measured as one organism"),
        (("measure", "trigger", "--every", "0"), "count from 1"),
        (("train", "trigger", "--steps", "-1"), "count from 1"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(words: tuple[str, ...], problem: str) -> None:
    with pytest.raises(CourseError, match=problem):
        organisms.run(parsed(*words))


def test_an_adapter_that_is_not_there() -> None:
    with pytest.raises(CourseError, match="no organism 'nowhere'"):
        load_model("organism:nowhere")
