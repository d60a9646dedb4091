"""A generated class for instructors to try grading on: everybody gets the marks that the generator knows."""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import example_class as ex
import example_course

from course_lib import cli
from course_lib.benchmarks.generated_class import SHARES, generated_class
from course_lib.errors import CourseError
from course_lib.grading import classes
from course_lib.grading.classes import release_to_class
from course_lib.grading.whole_class import Wishes, grade_class, open_desk

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes of files")
SIZE = 25


def test_a_generated_class_gets_its_marks_and_is_never_mixed_with_people(course, monkeypatch, capsys):
    sandboxed = ex.desk(course).sandboxed
    folder = release_to_class("1", "trial", root=course, registry=example_course.REGISTRY, sandboxed=sandboxed).folder
    monkeypatch.setattr(classes, "class_folder", lambda name: folder)
    command = cli.load_command("example-class")
    words = ["01", "--class", "trial", "--size", str(SIZE)]
    assert command.run(cli.parser_for("example-class", command).parse_args(words)) == 0
    assert f"{SIZE} submissions in " in capsys.readouterr().out

    desk, settings = open_desk("01", root=folder, sandboxed=sandboxed)
    graded = grade_class(desk, settings, Wishes(), lambda *state: None)
    expected = generated_class(desk.assignment, nbformat.read(desk.chapter.solution, 4), SIZE)
    assert {name: row.score for name, row in graded.rows.items()} == {
        one.learner: one.points or 0.0 for one in expected
    }
    assert len({one.kind for one in expected}) >= 3
    with pytest.raises(CourseError, match=r"submissions of 01_example .* already.*another class.*course release 01"):
        command.hand_in(desk, SIZE)


def test_a_class_of_nobody_is_a_sentence(course):
    with pytest.raises(CourseError, match="one learner or more"):
        cli.load_command("example-class").hand_in(ex.desk(course), 0)


@pytest.mark.parametrize("size", [8, 12, 40])
def test_a_small_class_has_every_kind(course, size):
    desk = ex.desk(course)
    kinds = {one.kind for one in generated_class(desk.assignment, nbformat.read(desk.chapter.solution, 4), size)}
    assert kinds == set(SHARES)


def test_a_name_for_another_trial_is_one_that_no_class_has(tmp_path):
    command = cli.load_command("example-class")
    assert command.unused_name(tmp_path / "autumn") == "trial"
    (tmp_path / "trial").mkdir()
    assert command.unused_name(tmp_path / "trial") == "trial2"


def test_no_time_is_told_from_the_first_ones(capsys):
    from course_lib.cli.grade import FEW, ProgressLine

    show = ProgressLine()
    show.terminal = True
    for done in range(1, FEW + 2):
        show.last = 0.0
        show("marks", done, 100, None)
    told = capsys.readouterr().err.split("\r")
    assert ["left" in line for line in told[1:]] == [False] * FEW + [True]
