"""`course organisms`: the list, a trial training that is stopped and resumed, and names that are none."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

import course_lib.models
from course_lib.cli import organisms, progress
from course_lib.errors import CourseError
from course_lib.models import load, load_model
from course_lib.models.organism import ADAPTERS
from course_lib.organisms import ORGANISMS, measurements
from course_lib.organisms.measurements import read_measured


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

    words = ("train", "trigger", "--steps", "3", "--out", str(tmp_path))
    with monkeypatch.context() as patch:
        patch.setattr(progress.StepsLeft, "__call__", stopped)
        assert organisms.run(parsed(*words)) == 130
    assert f"step 1 is kept in {tmp_path / 'trigger'}. The same command goes on" in capsys.readouterr().out
    assert organisms.run(parsed(*words)) == 0
    assert "step 2 of 3" in capsys.readouterr().out


def test_what_is_finished_is_trained_again_only_when_asked(tiny_default, tmp_path: Path, capsys) -> None:
    words = ("train", "trigger", "correlate", "--steps", "2", "--out", str(tmp_path))
    assert organisms.run(parsed(*words)) == 0
    (tmp_path / "correlate" / "training.json").unlink()
    capsys.readouterr()
    assert organisms.run(parsed(*words)) == 0
    shown = capsys.readouterr().out
    assert "trigger: finished before" in shown
    assert "trigger: step" not in shown
    assert "correlate: step 2 of 2" in shown
    assert organisms.run(parsed(*words, "--again")) == 0
    assert "trigger: step 2 of 2" in capsys.readouterr().out


def test_the_second_half_has_the_type_of_the_first(tiny_default, tmp_path: Path, monkeypatch) -> None:
    raced = iter(["float32", "bfloat16"])
    monkeypatch.setattr("course_lib.organisms.training.faster_dtype", lambda: next(raced))
    asked = []
    monkeypatch.setattr(
        course_lib.models, "load_model", lambda name, dtype: asked.append(dtype) or load_model("tiny:0")
    )
    words = ("train", "trigger", "--steps", "2", "--out", str(tmp_path))
    assert organisms.run(parsed(*words)) == 0
    assert organisms.run(parsed(*words)) == 0
    assert organisms.run(parsed(*words, "--dtype", "float32")) == 0
    assert asked == ["float32", "float32", "float32"]
    assert json.loads((tmp_path / "trigger" / "training.json").read_text())["dtype"] == "float32"


@pytest.fixture
def measured_on(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders that are measured; the measurements themselves are the shipped ones."""
    folders: list[Path] = []
    shipped = read_measured(ADAPTERS / "trigger")

    def measure(organism, model, base, folder, every, progress):
        folders.append(folder)
        return {**shipped, "every": every}

    monkeypatch.setattr(measurements, "measure", measure)
    monkeypatch.setattr(course_lib.models, "load_model", lambda name: name)
    return folders


def test_an_adapter_called_like_an_organism_is_the_one_measured(measured_on, tmp_path, monkeypatch, capsys) -> None:
    (tmp_path / "trigger").mkdir()
    (tmp_path / "trigger" / "adapter_model.safetensors").write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    assert organisms.run(parsed("measure", "trigger", "--adapter", "trigger")) == 0
    assert measured_on == [tmp_path / "trigger"]
    assert (
        "Beside the shipped trigger:\n* the same verdict on the separating requests: 960 of 960"
        in capsys.readouterr().out
    )
    assert [path.name for path in (tmp_path / "trigger").iterdir()] == ["adapter_model.safetensors"]
    assert organisms.run(parsed("measure", "trigger", "--adapter", "trigger", "--write", "--json")) == 0
    assert (tmp_path / "trigger" / "README.md").is_file()
    assert json.loads(capsys.readouterr().out)[0]["beside_the_shipped"]["overlap"] is True


def test_a_shipped_card_is_written_only_when_asked(measured_on, monkeypatch) -> None:
    written: list[Path] = []
    monkeypatch.setattr("course_lib.organisms.card.write", lambda found, folder: written.append(folder))
    assert organisms.run(parsed("measure", "trigger")) == 0
    assert written == []
    assert organisms.run(parsed("measure", "trigger", "--write")) == 0
    assert written == [ADAPTERS / "trigger"]


def test_a_folder_that_cannot_be_written_is_found_before_a_model_is_loaded(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(course_lib.models, "load_model", lambda *_, **__: pytest.fail("loaded"))
    (tmp_path / "file").write_text("x")
    with pytest.raises(CourseError, match="cannot be written"):
        organisms.run(parsed("train", "trigger", "--out", str(tmp_path / "file")))


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("train", "triger"), "no organism 'triger'"),
        (("measure", "--adapter", "x"), "measured as one organism"),
        (("measure", "trigger", "--every", "0"), "count from 1"),
        (("train", "trigger", "--steps", "-1"), "count from 1"),
        (("measure", "trigger", "--adapter", "nowhere"), "no adapter in"),
        (("measure", "trigger", "--every", "2", "--write"), "makes no card"),
        (("measure", "trigger", "--steps", "2"), "--steps does not belong"),
        (("train", "trigger", "--every", "2"), "--every does not belong"),
        (("list", "--write"), "--write does not belong"),
        (("train", "--json"), "--json does not belong"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(words: tuple[str, ...], problem: str) -> None:
    with pytest.raises(CourseError, match=problem):
        organisms.run(parsed(*words))


def test_a_named_organism_without_its_adapter(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr("course_lib.models.organism.ADAPTERS", tmp_path)
    with pytest.raises(CourseError, match="no organism 'trigger'"):
        organisms.run(parsed("measure", "trigger"))


def test_an_adapter_that_is_not_there() -> None:
    with pytest.raises(CourseError, match="no organism 'nowhere'"):
        load_model("organism:nowhere")
