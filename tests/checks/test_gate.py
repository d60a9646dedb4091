"""Proof that the gate itself can fail. The gate over every exercise is a step of its own: `course gate`."""

from dataclasses import replace

import pytest

from course_lib.checks.exercise import Mistake
from course_lib.checks.gate import gate
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
