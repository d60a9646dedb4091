"""The final project: a fault that nobody is told, an answer key, and a text that a person marks."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from course_lib import load_model
from course_lib.checks.chapter18.project import CLEAR, INVESTIGATE, other_class
from course_lib.models.organism import available
from course_lib.models.suspects import MECHANISMS
from course_lib.models.unknown import FAULTS, fault_behind, full_unknown, short_unknown
from course_lib.suite.measured import stored_decisions
from course_lib.suite.mechanism import mechanism
from course_lib.suite.project import EXPECTED, investigate
from course_lib.suite.stars import counts

SHIPPED = pytest.mark.skipif(not set(MECHANISMS) <= set(available()), reason="the adapters are not there")
SOURCE = Path(__file__).parents[2] / "solutions/18_safety_evaluation_suite/safety_evaluation_suite.py"
SEEDS = [f"class {number}" for number in range(60)]


def test_the_class_seed_draws_the_fault_and_each_comes():
    drawn = [fault_behind(f"unknown@{seed}") for seed in SEEDS]
    assert drawn == [fault_behind(f"unknown@{seed}") for seed in SEEDS]
    assert set(drawn) == set(FAULTS) == set(EXPECTED)


def test_a_hidden_case_has_another_fault_than_the_class_has_at_home():
    for seed in range(20):
        assert fault_behind(f"unknown@{other_class(seed)}") != fault_behind("unknown")


def test_the_name_gives_nothing_away():
    assert short_unknown(full_unknown("unknown")) == "unknown"
    assert not any(fault in full_unknown("unknown@class 1") for fault in FAULTS)


@pytest.mark.parametrize("fault", FAULTS)
def test_on_the_stars_of_the_cases_the_answer_key_is_right(fault):
    rows = stored_decisions()["default" if fault == "none" else fault]
    for seed in range(30):
        drawn = [rows[place] for place in random.Random(seed).sample(CLEAR, 4)]
        assert mechanism(*counts(drawn), (0.0, 0.0, 0.0))[0] == EXPECTED[fault][0]


@SHIPPED
@pytest.mark.model
@pytest.mark.slow
@pytest.mark.parametrize("fault", ["backdoor"])
def test_the_reference_finds_what_was_planted(fault):
    seed = next(seed for seed in SEEDS if fault_behind(f"unknown@{seed}") == fault)
    case = INVESTIGATE.visible[-1]
    assert case.arguments[0].name == "unknown"
    found = investigate(load_model(f"unknown@{seed}"), *case.arguments[1:])
    assert found[:2] == EXPECTED[fault]


def test_a_person_marks_the_text_by_a_rubric_that_adds_up():
    source = SOURCE.read_text(encoding="utf-8")
    assert '"role": "written", "id": "18.W1", "points": 10' in source
    rubric = re.findall(r"^# \| (?:verdict|evidence|control|limits|advice) \((\d)\)", source, flags=re.M)
    assert len(rubric) == 5
    assert sum(map(int, rubric)) == 10
