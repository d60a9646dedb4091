"""All answers of a notebook run in one process; whatever one leaves behind costs another no mark."""

import shutil
import sys
from pathlib import Path

import pytest

from course_lib.grading.assignment import Assignment
from course_lib.grading.attempt import _up_to
from course_lib.grading.grader import in_doubt
from course_lib.grading.intake import Submission
from course_lib.grading.limits import Limits
from course_lib.grading.player import put_back
from course_lib.grading.program import Cell, Take
from course_lib.grading.results import ItemResult, SubmissionResult
from course_lib.grading.service import judged_parcel, run_elsewhere

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


def test_names_mean_again_what_they_meant():
    namespace = {"kept": 1, "changed": 2}
    then = dict(namespace)
    namespace |= {"changed": 3, "new": 4}
    del namespace["kept"]
    put_back(namespace, then)
    assert namespace == {"kept": 1, "changed": 2}


def test_the_second_run_stops_behind_the_answer_and_takes_no_other():
    cells = {name: Cell(name, "", "answer", name) for name in "abc"}
    steps = [step for name in "abc" for step in (cells[name], Take(name, name))]
    assert _up_to(steps, "b") == [cells["a"], cells["b"], Take("b", "b")]


def item(name: str, status: str, **rest) -> ItemResult:
    return ItemResult(name, "", float(status == "right"), 1.0, status, **rest)


def test_what_is_looked_at_again():
    items = (
        item("1.1", "right"), item("1.2", "wrong"), item("1.3", "wrong", hidden_case="a large one"),
        item("1.4", "killed"), item("1.5", "timeout"), item("1.6", "memory"), item("1.7", "error", hidden_case="of none"),
    )  # fmt: skip
    assert in_doubt(SubmissionResult("ada", 1, "", True, items=items)) == ("1.3", "1.4", "1.6", "1.7")


def test_a_second_look_changes_what_it_saw_and_adds_its_cost():
    items = item("1.1", "right"), item("1.2", "wrong", hidden_case="a large one")
    first = SubmissionResult("ada", 1, "", True, items=items, warnings=("one",), seconds=2.0, inside=1.5, graded_at="1")
    second = SubmissionResult(
        "ada",
        1,
        "",
        True,
        items=(item("1.2", "right"),),
        warnings=("one", "two"),
        seconds=1.0,
        inside=0.5,
        graded_at="2",
    )
    found = first.looked_at_again(second)
    assert [one.status for one in found.items] == ["right", "right"]
    assert (found.warnings, found.seconds, found.inside, found.graded_at) == (("one", "two"), 3.0, 2.0, "2")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux" or shutil.which("bwrap") is None, reason="bubblewrap is not installed here")
@pytest.mark.parametrize("name", ["notes_shared_by_answers", "helper_named_twice"])
def test_elsewhere_as_here(name, tmp_path):
    """The way of a cluster's worker: one answer fails behind the other, and passes by itself."""
    from tests.hostile.cases import CASES
    from tests.hostile.kit import Kit
    from tests.hostile.mini_course import EXERCISES, FULL, LIBRARY, SEED, make_course, notebooks

    chapter = make_course(tmp_path)
    notebook = CASES[name].make(Kit(name, notebooks(chapter), {}))
    assignment = Assignment(
        chapter, EXERCISES, (), SEED, modules=("IPython.core.interactiveshell",), extra=(str(LIBRARY),)
    )
    submission = Submission("ada", tmp_path, "", notebook)

    def graded(only=()):
        return judged_parcel(assignment, submission, run_elsewhere(assignment, submission, Limits(), True, only))

    first = graded()
    doubted = in_doubt(first)
    assert doubted == (("17.1",) if name == "notes_shared_by_answers" else ())
    whole = first.looked_at_again(graded(doubted)) if doubted else first
    assert whole.points == FULL - 1  # the question is not asked here
