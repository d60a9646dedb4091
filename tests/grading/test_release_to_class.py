"""A class's own copy of a chapter, and that none is made of a chapter that cannot be graded rightly."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import example_class as ex
import example_course
from nbgrader_commands import nbgrader

from course_lib.authoring.release import for_a_class
from course_lib.errors import CourseError
from course_lib.grading.classes import class_folder, release_to_class
from course_lib.grading.whole_class import Wishes, grade_class, open_desk

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes of files")


def release(root: Path, name: str = "autumn"):
    sandboxed = ex.desk(root).sandboxed
    return release_to_class("1", name, root=root, registry=example_course.REGISTRY, sandboxed=sandboxed)


def test_a_class_folder_can_be_graded_and_keeps_its_seed_to_itself(course):
    found = release(course)
    assert found.points == ex.FULL
    assert found.folder == class_folder("autumn", course)
    assert found.seed_file.stat().st_mode & 0o777 == 0o600
    assert found.notebook.read_bytes() == for_a_class((course / "chapters" / ex.CHAPTER / "example.ipynb").read_bytes())
    asked = [line for line in found.notebook.read_text().splitlines() if ".Q" in line and "check(" in line]
    assert all("with the marks" in line for line in asked)
    assert len(asked) == 4
    seed = found.seed_file.read_text().strip()
    released = [path.read_text() for path in (found.folder / "release").rglob("*") if path.is_file()]
    assert released
    assert not any(seed in text for text in released)

    ex.hand_in(found.folder, "ada", ex.sums(course))
    desk, settings = open_desk("01", root=found.folder)
    assert desk.seed == int(seed) != ex.desk(course).seed
    graded = grade_class(desk, settings, Wishes(), lambda *state: None)
    assert graded.rows["ada"].score == ex.FULL - 3
    assert (found.folder / "feedback" / "ada" / ex.CHAPTER / "example.html").is_file()

    again = release(course)
    assert again.seed_file.read_text().strip() == seed


def test_it_refuses_when_the_answers_do_not_get_full_marks(course, monkeypatch):
    def other(scores):
        return 5.0

    monkeypatch.setattr(
        example_course, "mean_score", other
    )  # the check's reference; the notebook keeps the right answer
    first, *rest = (replace(exercise) for exercise in ex.EXERCISES)
    monkeypatch.setattr(ex, "EXERCISES", (first, *rest))
    solution = course / "solutions" / ex.CHAPTER / "example.py"
    text = solution.read_text().replace(
        "# expand: example_course:mean_score",
        "def mean_score(scores):\n    ### BEGIN SOLUTION\n    return sum(scores) / len(scores)\n    ### END SOLUTION",
    )
    solution.write_text(text)
    with pytest.raises(CourseError, match=r"reference notebook full marks: 11 of 14.*1\.1"):
        release(course)
    assert not (course / "classes" / "autumn" / "release").exists()


def test_it_refuses_when_the_untouched_notebook_gets_points(course):
    source = course / "solutions" / ex.CHAPTER / "example.py"
    source.write_text(source.read_text().replace('choice_1 = "?"\n', 'choice_1 = "b"\n'))
    with pytest.raises(CourseError, match=r"untouched notebook gets 1 points, for 1\.Q1"):
        release(course)


@pytest.mark.parametrize("name", ["../up", "", "a b", ".hidden"])
def test_names_of_classes_are_names_of_folders(course, name):
    with pytest.raises(CourseError, match="cannot be the name of a class"):
        class_folder(name, course)


def test_a_class_that_is_not_there_is_a_sentence(course):
    with pytest.raises(CourseError, match=r"no class 'winter'.*none yet.*course release NN --class winter"):
        class_folder("winter", course)


def test_a_chapter_that_the_class_does_not_have_is_a_sentence(course):
    found = release(course)
    shutil.rmtree(found.notebook.parent)
    with pytest.raises(
        CourseError, match=r"01 has not been released to the class 'autumn' \(nothing is\).*course release 01"
    ):
        open_desk("01", root=found.folder)


def test_who_forgot_the_class_reads_which_there_are(course):
    release(course)
    desk, settings = open_desk("01", root=course, sandboxed=False)
    shutil.rmtree(desk.submitted, ignore_errors=True)
    with pytest.raises(CourseError, match=r"There is no .*submitted.*--class NAME \(autumn\)"):
        grade_class(desk, settings, Wishes(), lambda *state: None)


def test_formgraders_generate_takes_the_place_of_nothing(course, tmp_path):
    found = release(course)
    before, log = found.notebook.read_bytes(), tmp_path / "log.txt"
    assert nbgrader("generate_assignment", ex.CHAPTER, "--force", cwd=found.folder, log=log) != 0
    assert found.notebook.read_bytes() == before
    assert "Nothing was changed" in log.read_text()
