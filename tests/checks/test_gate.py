"""Proof that the gate itself can fail. The gate over every exercise is a step of its own: `course gate`."""

from dataclasses import replace

import pytest

from course_lib.checks.exercise import Mistake
from course_lib.checks.gate import _passes, gate
from course_lib.checks.registry import exercise

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


def test_gate_notices_a_stub_that_passes_and_a_reference_that_fails():
    assert any("stub" in p for p in gate(BASE, stub=BASE.reference_function).problems)
    assert any("reference" in p for p in gate(BASE, reference=BASE.mistakes[0].function).problems)


@pytest.mark.parametrize("exercise_id", ["8.2", "8.3", "8.4"])
def test_the_hidden_cases_of_every_seed_catch_every_named_mistake(exercise_id):
    item = exercise(exercise_id)
    for seed in range(12):
        missed = [m.name for m in item.mistakes if _passes(item, m.function, item.hidden(seed))]
        assert missed == [], f"seed {seed}"
