"""Every exercise makes hidden cases from any seed that a class can get."""

from __future__ import annotations

import pytest

from course_lib.checks.registry import chapters, exercises
from course_lib.grading.assignment import SEED_BITS, new_seed


@pytest.mark.parametrize("exercise", [one for n in chapters() for one in exercises(n)], ids=lambda one: one.id)
def test_hidden_cases_from_the_largest_seed(exercise):
    assert exercise.hidden(2**SEED_BITS - 1)


def test_a_seed_fits():
    assert 0 <= new_seed() < 2**SEED_BITS
