"""Proof that the gate itself can fail. The gate over every exercise is a step of its own: `course gate`."""

import argparse
from dataclasses import replace

import pytest

from course_lib.checks.exercise import Mistake
from course_lib.checks.gate import gate, gets_its_message, passes
from course_lib.checks.registry import exercise
from course_lib.checks.runner import call, reference_outcomes, run
from course_lib.cli import gate as command

BASE = exercise("8.2")


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        (replace(BASE, reference="course_lib.checks.chapter08.mean_attention:summed"), "refused"),
        (replace(BASE, alternatives=BASE.alternatives[:1]), "fewer than 2"),
        (replace(BASE, mistakes=BASE.mistakes[:3]), "fewer than 4"),
        (replace(BASE, alternatives=(*BASE.alternatives, BASE.mistakes[0].function)), "refused"),
        (replace(BASE, mistakes=(*BASE.mistakes, Mistake("none", BASE.alternatives[0], "x"))), "accepted"),
        (replace(BASE, mistakes=(*BASE.mistakes, Mistake("twin", BASE.mistakes[0].function, "x"))), "own message"),
        (replace(BASE, visible=BASE.visible[2:], rtol=10.0), "accepted"),
    ],
)
def test_gate_notices(broken, complaint):
    assert any(complaint in problem for problem in gate(broken).problems)


def test_gate_passes_what_is_right():
    assert gate(BASE).passed


def test_the_reference_is_called_once_on_each_hidden_case_and_the_notebooks_own_answer_too(monkeypatch):
    calls = []

    def counted(function, case):
        calls.append((function, case.name))
        return call(function, case)

    monkeypatch.setattr("course_lib.checks.gate.call", counted)
    monkeypatch.setattr("course_lib.checks.runner.call", counted)

    def own(*arguments):
        return BASE.reference_function(*arguments)

    assert gate(BASE, reference=own, seeds=(0, 1)).passed
    hidden = len(BASE.hidden(0)) + len(BASE.hidden(1))
    assert sum(function is own for function, _ in calls) == len(BASE.visible) + hidden
    assert sum(function is BASE.reference_function for function, _ in calls) in (hidden, hidden + len(BASE.visible))


def test_the_gate_says_of_every_mistake_what_a_check_of_it_says():
    """`run` computes every case; the gate as many as it needs, with the same finding."""
    twin = replace(BASE, mistakes=(*BASE.mistakes, Mistake("twin", BASE.mistakes[1].function, "x")))
    unseen = replace(BASE, mistakes=(*BASE.mistakes, Mistake("shows nothing", BASE.alternatives[0], "x")))
    for item in (BASE, twin, unseen, exercise("8.3")):
        expected = reference_outcomes(item, item.visible)
        for mistake in item.mistakes:
            found = run(item, mistake.function)
            assert gets_its_message(item, mistake, expected) == (found.mistake is mistake), mistake.name
            assert passes(item, mistake.function, item.visible, expected) == found.passed, mistake.name


def test_a_wrong_solution_that_looks_like_a_stub_does_not_get_its_message():
    def unwritten(attentions):
        raise NotImplementedError

    broken = replace(BASE, mistakes=(*BASE.mistakes, Mistake("a stub", unwritten, "x")))
    assert any("“a stub” does not get its own message" in problem for problem in gate(broken).problems)


def test_a_mistake_has_to_be_caught_by_the_hidden_cases_of_every_seed():
    caught, missed = BASE.hidden(0), ()  # no case catches nothing
    lucky = replace(BASE, hidden=lambda seed: caught if seed == 0 else missed)
    assert any("accepted" in problem for problem in gate(lucky, seeds=(0, 1)).problems)
    assert gate(lucky, seeds=(0,)).passed


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_command_prints_the_exercises_in_order(workers):
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    arguments = parser.parse_args(["--workers", workers, "--json"])
    rows = list(command._gated([(8, "8.3"), (8, "8.2")], arguments.workers))
    assert [row.exercise for row in rows] == ["8.3", "8.2"]
    assert all(row.passed for row in rows)


def test_gate_notices_a_stub_that_passes_and_a_reference_that_fails():
    assert any("stub" in p for p in gate(BASE, stub=BASE.reference_function).problems)
    assert any("reference" in p for p in gate(BASE, reference=BASE.mistakes[0].function).problems)


@pytest.mark.parametrize("exercise_id", ["8.2", "8.3", "8.4"])
def test_the_hidden_cases_of_every_seed_catch_every_named_mistake(exercise_id):
    item = exercise(exercise_id)
    for seed in range(12):
        missed = [m.name for m in item.mistakes if passes(item, m.function, item.hidden(seed))]
        assert missed == [], f"seed {seed}"
