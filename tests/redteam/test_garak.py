"""garak's report: written, read, stored; and garak itself where GARAK_PYTHON names its environment."""

import argparse
import io
import json
import os
import runpy
import subprocess
import sys
import types
import warnings
from pathlib import Path

import pytest

from course_lib import CourseError
from course_lib.cli import redteam
from course_lib.data.prompts import load_prompts
from course_lib.data.refusal_labels import own_labels
from course_lib.extras import garak_python
from course_lib.redteam import (
    detector_quality,
    evaluations,
    judge,
    not_declined,
    read_report,
    report_entries,
    report_text,
    run_probe,
    success_rate,
    verdicts,
)
from course_lib.redteam.garak_judge import judge_texts
from course_lib.redteam.garak_run import DETECTORS, configuration, run_garak, trimmed
from course_lib.redteam.garak_stored import scores_on_labelled, stored_report
from course_lib.redteam.garak_target import answer

RUNS = [(model, kind) for model in ("default", "organism:intent") for kind in ("harmful", "harmless")]
GARAK = os.environ.get("GARAK_PYTHON", "")
ATTEMPTS = run_probe(["Why?", "How?"], [["I can't say.", None], ["So.", " "]], ["i can't"])


def test_a_report_comes_back_as_it_was_written():
    lines = report_text(report_entries("test.Test", "always.Fail", ATTEMPTS)).splitlines()
    assert read_report(lines) == {"always.Fail": ATTEMPTS}
    last = evaluations(lines)["always.Fail"]
    assert [last[key] for key in ("passed", "fails", "nones", "total_evaluated", "total_processed")] == [1, 1, 2, 2, 4]


def test_attempts_that_nobody_has_judged_yet_are_passed_over_and_order_is_by_number():
    entries = report_entries("test.Test", "always.Fail", ATTEMPTS)
    answered = [{**entry, "status": 1, "detector_results": {}} for entry in entries[:-1]]
    lines = [json.dumps(entry) for entry in [*answered, *entries[::-1]]]
    assert read_report(lines) == {"always.Fail": ATTEMPTS}
    with pytest.raises(CourseError, match="has been judged"):
        read_report([json.dumps(entry) for entry in answered])


@pytest.mark.parametrize("line", ["no json", "[]", '{"seq": 1}', "3"])
def test_a_line_that_is_no_entry_is_said(line):
    with pytest.raises(CourseError, match="Line 2"):
        read_report(['{"entry_type": "init"}', line])


@pytest.mark.parametrize(("model", "kind"), RUNS)
def test_stored_reports_hold_the_courses_prompts_and_our_counts_are_garaks(model, kind):
    lines = stored_report(model, kind)
    found = read_report(lines)
    assert set(found) == set(DETECTORS)
    for detector, attempts in found.items():
        assert [one["prompt"] for one in attempts] == [prompt.text for prompt in load_prompts(kind, "test")]
        rate, theirs = success_rate(attempts), evaluations(lines)[detector]
        assert (rate.successes, rate.n) == (theirs["fails"], theirs["total_evaluated"])
        assert theirs["nones"] == sum(one is None for one in verdicts(attempts))
    assert "/tmp" not in "".join(lines)
    assert "/home" not in "".join(lines)


def test_stored_answers_are_first_words():
    for model, kind, tokens in [*((model, kind, 12) for model, kind in RUNS), ("default", "harmful", 48)]:
        for attempts in read_report(stored_report(model, kind, tokens)).values():
            assert all(len(one["outputs"][0].split()) <= 12 for one in attempts)


def test_what_the_chapter_says_of_garaks_detectors():
    """On the default model MitigationBypass cannot be told from the detector that fires on everything."""
    labels = [row for row in own_labels("found") if row.kind == "harmful"]
    found = read_report(stored_report("default", "harmful"))
    usual = [one["scores"][0] for one in found["mitigation.MitigationBypass"]]
    ours = [one["scores"][0] for one in judge(found["always.Fail"], not_declined)]
    hits = [not row.refused for row in labels]
    assert detector_quality(usual, hits)["precision"][:2] == (sum(hits), 100)
    assert detector_quality(ours, hits)["precision"][0] / detector_quality(ours, hits)["precision"][1] > 0.95


def test_scores_belong_to_the_labelled_answers():
    for group in ("found", "fresh"):
        assert {len(scores) for scores in scores_on_labelled(group).values()} == {len(own_labels(group))}
    with pytest.raises(CourseError, match="called 'other'"):
        scores_on_labelled("other")


def test_no_report_and_no_garak_are_said(tmp_path, monkeypatch, capsys):
    with pytest.raises(CourseError, match="No report"):
        stored_report("tiny:0", "harmful")
    monkeypatch.delenv("GARAK_PYTHON", raising=False)
    assert garak_python() is None
    assert "README" in capsys.readouterr().out
    with pytest.raises(CourseError, match="no Python at"):
        run_garak(tmp_path / "nobody", ["Why?"], "tiny:0", tmp_path)


def test_the_command_says_what_it_needs(monkeypatch):
    monkeypatch.delenv("GARAK_PYTHON", raising=False)
    with pytest.raises(CourseError, match="environment of its own"):
        redteam.run(argparse.Namespace(python=None, kind="harmful", limit=1, model="tiny:0", tokens=3, out=Path("x")))


def test_what_garak_is_told(tmp_path):
    told = configuration(["Why?"], "tiny:0", tmp_path, 5)["plugins"]
    assert told["probes"]["test"]["Test"]["prompts"] == ["Why?"]
    assert told["generators"]["function"]["Single"]["kwargs"] == {"model": "tiny:0", "max_new_tokens": 5}


def test_the_target_answers_as_garak_asks():
    said = answer("Why?", "tiny:0", 3)
    assert len(said) == 1
    assert said[0] is None or said[0].strip()


def test_a_report_is_trimmed_to_what_was_judged():
    entries = report_entries("test.Test", "always.Fail", ATTEMPTS)
    noise = [{"entry_type": "start_run setup", "path": "/home"}, {**entries[0], "status": 1}]
    kept = trimmed([json.dumps(entry) for entry in [*noise, *entries]])
    assert len(kept) == len(entries)
    assert "/home" not in "".join(kept)
    assert read_report(kept) == {"always.Fail": ATTEMPTS}


@pytest.mark.skipif(not GARAK, reason="GARAK_PYTHON names no environment")
def test_garak_agrees_with_its_stored_report(tmp_path):
    """garak runs on two prompts, gives the stored verdicts, and reads a report of ours."""
    prompts = [prompt.text for prompt in load_prompts("harmful", "test")][:2]
    stored = read_report(stored_report("default", "harmful"))
    found = read_report(run_garak(Path(GARAK), prompts, "default", tmp_path))
    for detector, attempts in found.items():
        assert [one["prompt"] for one in attempts[:2]] == prompts
        assert verdicts(attempts[:2]) == verdicts(stored[detector][:2])
    report = tmp_path / "ours.report.jsonl"
    ours = judge(found["mitigation.Prefixes"], not_declined)
    report.write_text(report_text(report_entries("test.Test", "mitigation.Prefixes", ours)), encoding="utf-8")
    page = tmp_path / "page.html"
    tool = [GARAK, "-m", "garak.analyze.report_digest", "-r", str(report), "-o", str(page)]
    subprocess.run(tool, check=True, capture_output=True)
    assert "mitigation.Prefixes" in page.read_text(encoding="utf-8")


def pretend_garak(monkeypatch):
    """Modules with garak's names: `always.Fail` fires on everything, the others on answers without "sorry"; they chatter."""
    config = types.ModuleType("garak._config")
    config.load_base_config = lambda: print("loading")

    class Message:
        def __init__(self, text, lang):
            self.text = text

    class Attempt:
        def __init__(self, prompt):
            self.prompt, self.outputs = prompt, []

    class Detector:
        def __init__(self, name):
            self.name = name

        def detect(self, attempt):
            return [1.0 if self.name.endswith("Fail") or "sorry" not in o.text else 0.0 for o in attempt.outputs]

    plugins = types.ModuleType("garak._plugins")
    plugins.load_plugin = lambda name, config_root: Detector(name)
    attempt = types.ModuleType("garak.attempt")
    attempt.Attempt, attempt.Message = Attempt, Message
    package = types.ModuleType("garak")
    package._config, package._plugins, package.attempt = config, plugins, attempt
    modules = {"garak": package, "garak._config": config, "garak._plugins": plugins, "garak.attempt": attempt}
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)


def test_the_judge_gives_one_score_to_each_text_and_detector(monkeypatch):
    pretend_garak(monkeypatch)
    scores = judge_texts(["I'm sorry, no.", "Sure."])
    assert scores == {name: [1.0, 1.0] if name == "always.Fail" else [0.0, 1.0] for name in DETECTORS}
    assert judge_texts([]) == {name: [] for name in DETECTORS}


def test_the_judge_as_a_program_writes_nothing_but_its_scores(monkeypatch, capsys):
    pretend_garak(monkeypatch)
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(["Sure."])))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the module is imported already
        runpy.run_module("course_lib.redteam.garak_judge", run_name="__main__")
    said = capsys.readouterr()
    assert json.loads(said.out) == {name: [1.0] for name in DETECTORS}
    assert "loading" in said.err


@pytest.mark.skipif(not GARAK, reason="GARAK_PYTHON names no environment")
def test_garaks_detectors_give_the_stored_scores():
    texts = [row.answer for row in own_labels("fresh")][:10]
    program = [GARAK, "-m", "course_lib.redteam.garak_judge"]
    paths = os.pathsep.join(filter(None, (str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", ""))))
    environment = {**os.environ, "PYTHONPATH": paths}
    done = subprocess.run(program, input=json.dumps(texts), capture_output=True, text=True, check=True, env=environment)
    stored = scores_on_labelled("fresh")
    assert json.loads(done.stdout) == {name: stored[name][:10] for name in DETECTORS}
