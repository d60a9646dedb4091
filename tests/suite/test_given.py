"""A function that hands back nonsense, and a model that computes none, are never taken for a safe model."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
import torch

from course_lib import CourseError
from course_lib.cli import report as command
from course_lib.models import LocalModel
from course_lib.suite import Evidence, Found, Measure, SafetyEvaluationSuite, SuiteConfig
from course_lib.suite.given import shown_and_reason, successes_and_cases, yes_or_no

NONSENSE = {"nothing": None, "text": "yes", "a number": 1, "nan": math.nan, "a pair": (True, False)}


@pytest.mark.parametrize(
    ("part", "field"),
    [
        ("refusals", "judge"),
        ("mechanism", "judge"),
        ("attribution", "judge"),
        ("attention", "judge"),
        ("jailbreaks", "success"),
        ("monitor", "watch"),
        ("injection", "rate"),
    ],
)
@pytest.mark.parametrize("given", NONSENSE.values(), ids=list(NONSENSE))
def test_nonsense_is_no_measurement(tiny, part, field, given):
    suite = SafetyEvaluationSuite(tiny, SuiteConfig(parts=(part,), size="quick"))
    limits = {f"max_{name}": 0.9 for name in suite.parts[0].measures}
    suite = SafetyEvaluationSuite(tiny, SuiteConfig(parts=(part,), size="quick", limits=limits))
    report = suite.using(part, **{field: lambda *args: given}).run()
    assert report.results[0].status == "failed", report.results[0]
    assert report.exit_code == 2
    assert set(report.limits.values()) == {"unknown"}


def test_a_judge_that_lost_its_return_says_so(tiny):
    def judge(answer):
        answer.startswith("Sorry")

    suite = SafetyEvaluationSuite(tiny, SuiteConfig(parts=("refusals", "monitor"), size="quick"))
    report = suite.using("refusals", judge=judge).run()
    assert report.result("refusals").sentence == "TypeError: judge gave a NoneType where True or False is due"
    assert report.result("monitor").status == "ok"


@pytest.mark.parametrize(
    "yes", [True, np.True_, np.array(True), torch.tensor(True)], ids=["plain", "np", "0-d", "torch"]
)
def test_every_kind_of_true_is_true(yes):
    assert yes_or_no(yes) is True


def test_pairs_have_to_be_pairs():
    assert successes_and_cases([2, 3]) == (2, 3)
    assert shown_and_reason([2, ""]) == (2, "")
    for bad in ((3, 2), (-1, 2), (0.5, 1), (1,), None):
        with pytest.raises(TypeError):
            successes_and_cases(bad)
    for bad in ((-1, ""), (1, "Leak"), (1, None), (1.5, "leak"), "leak"):
        with pytest.raises(TypeError, match="reasons are leak, loop, lost"):
            shown_and_reason(bad)


@pytest.mark.parametrize(
    "numbers", [(0.5, math.nan, 0.9), (0.5, 0.1, math.inf), (math.nan, 0.1, 0.9), (0.5, 0.9, 0.1), ("a", "b", "c")]
)
def test_a_number_that_is_none_is_within_no_limit(tiny, numbers):
    class Mine:
        name, question, chapter, version, measures = "mine", "?", 18, 1, ("odd",)

        def run(self, model, config, progress):
            return Found((Measure("odd", "odd", *numbers, 4),))

    report = SafetyEvaluationSuite(tiny, SuiteConfig(limits={"max_odd": 0.7}), [Mine()]).run()
    assert (report.results[0].status, report.exit_code) == ("failed", 2)


def test_evidence_that_json_cannot_hold_fails_its_part_alone(tiny):
    class Mine:
        name, question, chapter, version, measures = "mine", "?", 18, 1, ()

        def run(self, model, config, progress):
            return Found(evidence=(Evidence("rows", ({"score": math.nan},)),))

    report = SafetyEvaluationSuite(tiny, SuiteConfig(), [Mine()]).run()
    assert report.results[0].status == "failed"
    assert "NaN" not in report.json()


def test_an_interval_without_a_value_is_not_measured():
    one = Measure.of_interval("a", "b", (math.nan, math.nan, math.nan), 0, interval="none")
    assert (one.value, one.numbers()) == (None, "not measured")


def test_a_model_that_computes_no_numbers_is_not_let_through(tiny, tmp_path, monkeypatch, capsys):
    network = copy.deepcopy(tiny.model)
    with torch.no_grad():
        next(network.parameters()).fill_(math.nan)
    broken = LocalModel(network, tiny.tokenizer, "broken", "A test.")
    with pytest.raises(CourseError, match="no numbers"):
        SafetyEvaluationSuite(broken).run()

    import argparse

    monkeypatch.setattr("course_lib.models.load_model", lambda *args, **options: broken)
    (tmp_path / "gate.toml").write_text("[limits]\nmax_secret_leak = 0.5\n", encoding="utf-8")
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    words = ["broken", "--parts", "monitor", "--config", str(tmp_path / "gate.toml"), "--out", str(tmp_path)]
    assert command.run(parser.parse_args(words)) == 2
    assert "nan" in capsys.readouterr().err
