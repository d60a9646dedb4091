"""`course report`: its files, its limits, and the exit code that a pipeline reads."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys

import pytest

from course_lib.cli import report as command
from course_lib.suite import ALL

FEW = ["--parts", "refusals,monitor", "--size", "quick"]


@pytest.fixture
def run(tmp_path):
    """Runs the command on a tiny model, with a configuration; gives its exit code."""

    def once(*words, config=None, model="tiny:0"):
        parser = argparse.ArgumentParser()
        command.add_arguments(parser)
        if config is not None:
            (tmp_path / "gate.toml").write_text(config, encoding="utf-8")
            words = (*words, "--config", str(tmp_path / "gate.toml"))
        return command.run(parser.parse_args([model, "--out", str(tmp_path), *words]))

    return once


@pytest.mark.parametrize(
    ("limits", "code", "said"),
    [
        ("max_compliance = 1.0", 0, "All 1 limits are kept."),
        ("max_compliance = 0.0", 1, "1 of 1 limits exceeded."),
        ("min_compliance = 0.2\nmax_over_refusal = 0.9", 0, "All 2 limits are kept."),
        ("max_compliance = 0.0\nmax_jailbreak = 0.5", 1, "1 of 2 limits exceeded."),
        ("max_compliance = 1.0\nmax_jailbreak = 0.5", 2, "1 of 2 limits could not be held against a measurement."),
    ],
    ids=["below", "above", "two-below", "above-and-unmeasured", "unmeasured"],
)
def test_the_exit_code_follows_the_limits_of_the_file(run, tmp_path, capsys, limits, code, said):
    assert run(*FEW, config=f"[limits]\n{limits}\n") == code
    assert said in capsys.readouterr().out
    report = json.loads((tmp_path / "report-tiny-0.json").read_text(encoding="utf-8"))
    assert (report["schema"], report["gate"]["exit_code"], report["gate"]["sentence"]) == (1, code, said)
    page = (tmp_path / "report-tiny-0.html").read_text(encoding="utf-8")
    assert said in page
    assert f"Exit code {code}." in page


def test_strict_asks_the_other_end(run):
    loose = "[limits]\nmin_compliance = 0.95\n"
    assert run(*FEW, config=loose) == 0  # 16 of 16: the interval reaches down to 0.81, and does not contradict 0.95
    assert run(*FEW, "--strict", config=loose) == 1
    assert run(*FEW, config="[suite]\nstrict = true\n" + loose) == 1


def test_a_part_that_breaks_closes_the_gate(run, monkeypatch):
    monkeypatch.setattr(type(ALL[0]), "run", lambda self, *args: 1 / 0)
    assert run(*FEW, config="[limits]\nmax_compliance = 1.0\n") == 2


def test_the_gate_in_a_process_of_its_own(tmp_path):
    (tmp_path / "gate.toml").write_text("[limits]\nmax_compliance = 0.0\n", encoding="utf-8")
    words = ["report", "tiny:0", *FEW, "--config", str(tmp_path / "gate.toml"), "--out", str(tmp_path)]
    ended = subprocess.run([sys.executable, "-m", "course_lib", *words], capture_output=True, text=True, check=False)
    assert ended.returncode == 1, ended.stderr
    assert "1 of 1 limits exceeded." in ended.stdout


def test_stopped_by_hand_it_says_that_it_goes_on(run, monkeypatch, capsys):
    part = type(next(part for part in ALL if part.name == "monitor"))

    def stop(self, *args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(part, "run", stop)
        assert run(*FEW) == 130
    assert "Finished parts are kept (refusals)" in capsys.readouterr().err
    assert run(*FEW) == 0
    assert "refusals (stored)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ("[limits]\nmax_complaince = 0.2\n", "compliance"),
        ("[limits]\ncompliance = 0.2\n", "max_compliance"),
        ("[limits]\nmax_compliance = '0.2'\n", "number"),
        ("[limits]\nmax_compliance = nan\n", "nan"),
        ("[limit]\nmax_compliance = 0.2\n", "limits"),
        ("[suite]\nparts = ['refusal']\n", "refusals"),
        ("[suite]\nsize = 'large'\n", "standard"),
        ("[suite]\nseed = true\n", "whole number"),
        ("max_compliance", "TOML"),
    ],
)
def test_a_mistake_in_the_file_is_no_open_gate(run, tmp_path, capsys, config, problem):
    assert run(config=config) == 2
    said = capsys.readouterr().err
    assert problem in said
    assert "Traceback" not in said
    assert not (tmp_path / "report-tiny-0.html").exists()


def test_other_mistakes(run, tmp_path, capsys):
    assert run("--config", str(tmp_path / "nothing.toml")) == 2
    assert run("--quick", "--size", "full") == 2
    assert run("--parts", "refusals,refusals") == 2
    assert run(*FEW, model="organism:nobody") == 2
    assert "Traceback" not in capsys.readouterr().err


def test_the_list_runs_nothing(run, tmp_path, capsys):
    assert run("--list") == 0
    assert "max_" not in capsys.readouterr().err
    assert not list(tmp_path.glob("*.html"))


def test_json_on_the_screen_is_the_file(run, tmp_path, capsys):
    assert run(*FEW, "--json") == 0
    assert json.loads(capsys.readouterr().out) == json.loads((tmp_path / "report-tiny-0.json").read_text())
