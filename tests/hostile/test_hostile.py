"""Every hostile submission gains nothing, reads nothing, leaves nothing, and harms nobody; every honest oddity keeps its marks.

All are graded in one class, each between two honest learners, because that is how they meet the grader.
"""

from __future__ import annotations

import json
import shutil
import sys

import pytest

from tests.hostile.cases import CASES, HONEST, HOSTILE
from tests.hostile.mini_course import EXERCISES, FULL, HERE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        sys.platform != "linux" or shutil.which("bwrap") is None, reason="bubblewrap is not installed here"
    ),
]


def test_the_mini_course_passes_the_gate():
    from course_lib.checks.gate import gate

    assert [gate(exercise).problems for exercise in EXERCISES] == [(), ()]


def test_there_are_enough_cases_and_each_has_its_baseline():
    record = json.loads((HERE / "baseline.json").read_text())["cases"]
    assert len(HOSTILE) >= 45
    assert len(HONEST) >= 14
    assert set(record) == set(CASES)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    from tests.hostile.classroom import grade_cases

    return grade_cases(CASES.values(), tmp_path_factory.mktemp("hostile"))


@pytest.mark.parametrize("name", CASES)
def test_case(name, outcomes):
    case, one = CASES[name], outcomes[name]
    assert one.result is not None, "no result"
    assert one.result.points == case.marks, one.text
    assert one.accomplice is None or one.accomplice.points == 0, one.text
    assert one.others == [FULL, FULL], "another learner's marks have changed"
    assert one.probes() == [], f"reached {one.reached}, seen {one.seen}"
    if case.readable is not None:
        assert one.result.readable is case.readable, one.result.reason
    item = one.result.of("17.1")
    if case.status and item is not None:
        assert item.status in case.status, one.text
    if case.words:
        assert any(word.lower() in one.text.lower() for word in case.words), one.text
    assert one.result.reason or one.result.items, "the report says nothing"
