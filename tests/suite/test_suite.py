"""The suite: one part failing alone, stopping and going on, a learner's own function in place of each part."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest

from course_lib import CourseError
from course_lib.suite import ALL, NotApplicable, SafetyEvaluationSuite, SuiteConfig, part_names
from course_lib.suite.part import functions_of, may_be_stored
from course_lib.suite.refusing import paired

PARTS = pytest.mark.parametrize("name", part_names())
QUICK = SuiteConfig(size="quick")
CHEAP = ("refusals", "mechanism", "monitor")
"""Parts that cost a tiny model well under a second each."""


def statuses(report):
    return {result.part: result.status for result in report.results}


@PARTS
@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (ValueError("no such word"), "failed", "ValueError: no such word"),
        (SystemExit(3), "failed", "SystemExit: 3"),
        (NotApplicable("nothing to see"), "skipped", "nothing to see"),
    ],
    ids=["breaks", "exits", "skips"],
)
def test_each_part_ends_alone(tiny, cast, name, error, status, sentence):
    report = SafetyEvaluationSuite(tiny, QUICK, cast(**{name: error})).run()
    assert statuses(report) == {part: status if part == name else "ok" for part in part_names()}
    assert report.result(name).sentence == sentence
    lost = {measure for part in ALL if part.name == name for measure in part.measures}
    assert {m.name for m in report.measures} == {m for part in ALL for m in part.measures} - lost
    assert sentence in report.html()
    assert json.loads(report.json())["complete"] is (status == "skipped")


def test_a_part_that_gives_no_result_has_failed(tiny, cast):
    class Empty:
        name, question, chapter, version, measures = "empty", "?", 18, 1, ()

        def run(self, model, config, progress):
            return None

    report = SafetyEvaluationSuite(tiny, QUICK, [*cast()[:1], Empty()]).run()
    assert statuses(report)["refusals"] == "ok"
    assert statuses(report)["empty"] == "failed"


def test_ctrl_c_keeps_what_is_done_and_the_next_run_goes_on_there(tiny, own_store, monkeypatch):
    config = SuiteConfig(parts=CHEAP, size="quick")
    part, run = next(type(part) for part in ALL if part.name == "mechanism"), None
    run = part.run

    def stop(self, *args):
        raise KeyboardInterrupt

    monkeypatch.setattr(part, "run", stop)
    first = SafetyEvaluationSuite(tiny, config).run()
    assert first.stopped
    assert statuses(first) == {"refusals": "ok", "mechanism": "not run", "monitor": "not run"}
    assert not json.loads(first.json())["complete"]
    assert [file.name.split("-")[0] for file in own_store.iterdir() if file.suffix == ".json"] == ["refusals"]

    monkeypatch.setattr(part, "run", run)
    second = SafetyEvaluationSuite(tiny, config).run()
    assert not second.stopped
    assert [result.stored for result in second.results] == [True, False, False]
    third = SafetyEvaluationSuite(tiny, config).run()
    assert all(result.stored for result in third.results)
    same = [json.loads(one.json()) for one in (second, third)]
    for one in same:
        del one["made"]
    assert same[0] == same[1]
    assert not any(result.stored for result in SafetyEvaluationSuite(tiny, config).run(again=True).results)


def test_what_failed_is_tried_again(tiny, monkeypatch):
    config = SuiteConfig(parts=("refusals",), size="quick")
    part = type(ALL[0])
    with monkeypatch.context() as patch:
        patch.setattr(part, "run", lambda self, *args: 1 / 0)
        assert statuses(SafetyEvaluationSuite(tiny, config).run()) == {"refusals": "failed"}
    assert statuses(SafetyEvaluationSuite(tiny, config).run()) == {"refusals": "ok"}


def test_a_broken_stored_file_is_measured_anew(tiny, own_store):
    config = SuiteConfig(parts=("monitor",), size="quick")
    SafetyEvaluationSuite(tiny, config).run()
    for file in own_store.glob("*.json"):
        file.write_text(file.read_text(encoding="utf-8")[:40], encoding="utf-8")
    result = SafetyEvaluationSuite(tiny, config).run().results[0]
    assert (result.status, result.stored) == ("ok", False)


def test_another_model_seed_or_size_is_another_measurement(tiny):
    from course_lib import load_model

    config = SuiteConfig(parts=("monitor",), size="quick")
    SafetyEvaluationSuite(tiny, config).run()
    for model, other in (
        (tiny, config.with_options(seed=1)),
        (tiny, config.with_options(size="standard")),
        (load_model("tiny:1"), config),
    ):
        assert not SafetyEvaluationSuite(model, other).run().results[0].stored
    limits = replace(config, limits={"max_secret_leak": 0.5})
    assert SafetyEvaluationSuite(tiny, limits).run().results[0].stored


EXCHANGED = [(part.name, field) for part in ALL for field in functions_of(part)]


class Reached(Exception):
    """The learner's own function was called."""


def mine(*args, **options):
    """A learner's own function, in a module that is not the course's."""
    raise Reached("mine")


@pytest.mark.parametrize(("name", "field"), EXCHANGED)
def test_a_function_of_ones_own_takes_each_place(tiny, name, field):
    suite = SafetyEvaluationSuite(tiny, SuiteConfig(parts=(name,), size="quick")).using(name, **{field: mine})
    part = suite.parts[0]
    assert getattr(part, field) is mine
    assert not may_be_stored(part)
    assert functions_of(part)[field].endswith(":mine")


def test_every_part_can_be_given_ones_own(tiny):
    assert {name for name, _ in EXCHANGED} == set(part_names())
    for part in ALL:
        assert {field.name for field in fields(part)} == set(functions_of(part))


@pytest.mark.parametrize(
    ("name", "field"),
    [("refusals", "judge"), ("refusals", "ledger"), ("mechanism", "judge"), ("monitor", "watch"), ("guardrail", "make"),
     ("filter", "filter"), ("pronouns", "skew"), ("benchmark", "benchmark"), ("injection", "rate"),
     ("jailbreaks", "success"), ("attribution", "judge"), ("attention", "judge"), ("mechanism", "name_rule")],
)  # fmt: skip
def test_it_is_called_and_its_fault_stays_its_own(tiny, name, field):
    suite = SafetyEvaluationSuite(tiny, SuiteConfig(parts=(name, "monitor"), size="quick") if name != "monitor" else
                                  SuiteConfig(parts=("monitor", "refusals"), size="quick"))  # fmt: skip
    report = suite.using(name, **{field: mine}).run()
    assert report.result(name).sentence == "Reached: mine"
    assert [result.status for result in report.results if result.part != name] == ["ok"]


@pytest.mark.parametrize("field", ["scores", "average"])
def test_the_functions_behind_a_refusal_are_called_too(tiny, field):
    name = "attention" if field == "average" else "attribution"
    suite = SafetyEvaluationSuite(tiny, SuiteConfig(parts=(name,), size="quick"))
    report = suite.using(name, judge=lambda answer: True, **{field: mine}).run()
    assert report.results[0].sentence == "Reached: mine"


def test_the_report_says_whose_functions_they_are(tiny, own_store):
    suite = SafetyEvaluationSuite(tiny, SuiteConfig(parts=("refusals",), size="quick"))
    report = suite.using("refusals", judge=lambda answer: True).run()
    assert "With functions that are not the course's: judge = " in report.html()
    assert report.measures[0].value == 0  # nothing is granted where everything counts as refused
    assert not list(own_store.glob("*.json"))


def test_a_part_of_ones_own_stands_behind_the_others_or_in_its_namesakes_place(tiny, cast):
    suite = SafetyEvaluationSuite(tiny, QUICK, cast()[:2])
    other = replace(cast()[1], shares=(4, 4))
    assert [part.name for part in suite.with_part(cast()[5]).parts] == ["refusals", "mechanism", "injection"]
    assert suite.with_part(other).run().result("mechanism").found.measures[0].value == 1


def test_what_is_not_there_is_said(tiny):
    suite = SafetyEvaluationSuite(tiny)
    for call in (
        lambda: suite.using("refusal", judge=mine),
        lambda: suite.using("refusals", jugde=mine),
        lambda: SafetyEvaluationSuite(tiny, SuiteConfig(parts=("refusal",))),
    ):
        with pytest.raises(CourseError):
            call()


@pytest.mark.parametrize(
    ("only_harmful", "only_harmless", "begins"),
    [
        (9, 1, "It refuses harmful requests more"),
        (1, 9, "It refuses harmless requests more"),
        (5, 4, "Whether"),
        (0, 0, "Whether"),
    ],
)
def test_twins_are_compared_within_their_pairs(only_harmful, only_harmless, begins):
    both = [(True, False)] * only_harmful + [(False, True)] * only_harmless + [(True, True), (False, False)] * 10
    pairs = [str(number) for number in range(len(both)) for _ in "ab"]
    said = paired(pairs, ["harmful", "harmless"] * len(both), [one for pair in both for one in pair])
    assert said.startswith(begins)
    assert f"only the harmful one in {only_harmful} and only its twin in {only_harmless}" in said
