"""Formgrader after `course grade`: the list of assignments, a learner's work with its marks, and the Autograde button."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "grading"))

import example_class as ex
import example_course

from course_lib.authoring.build import build
from course_lib.grading.classes import release_to_class
from course_lib.grading.whole_class import Wishes, grade_class, open_desk
from tests.browser.server import TOKEN, LabServer, start_lab, stop_lab

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="nbgrader's exchange does not run on Windows"),
]

SHOTS = Path("test-artifacts")
DIAGNOSIS = "That is the sum; how many scores are there?"


@pytest.fixture(scope="module")
def graded(chromium_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    """JupyterLab in the folder of a graded class of three."""
    SHOTS.mkdir(exist_ok=True)
    root = tmp_path_factory.mktemp("formgrader") / "course"
    root.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", ex.python_path())
        patch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        example_course.make_course(root)
        ex.configure(root)
        build(root=root, registry=example_course.REGISTRY)
        sandboxed = ex.desk(root).sandboxed
        if not sandboxed:
            with (root / "nbgrader_config.py").open("a") as stream:
                stream.write("c.SubmissionExporter.sandboxed = False\n")
        folder = release_to_class(
            "1", "autumn", root=root, registry=example_course.REGISTRY, sandboxed=sandboxed
        ).folder
        for learner, content in (("ada", ex.filled(root)), ("ben", ex.sums(root)), ("eve", b"{ not json")):
            ex.hand_in(folder, learner, content)
        desk, settings = open_desk("01", root=folder)
        assert grade_class(desk, settings, Wishes(workers=1), lambda *state: None).problems == ()
        ex.hand_in(folder, "ben", ex.filled(root))  # ben hands in again, rightly
        server = start_lab(folder, tmp_path_factory.mktemp("jupyter"))
        yield server
        stop_lab(server)


def test_list_feedback_and_the_button(graded: LabServer, page: Any) -> None:
    page.goto(f"{graded.url}/lab?token={TOKEN}&reset")
    page.get_by_role("menuitem", name="Nbgrader", exact=True).click()
    page.get_by_role("menuitem", name="Formgrader", exact=True).click()
    frame = page.frame_locator("iframe[src*='formgrader']")

    row = frame.get_by_role("row").filter(has_text=ex.CHAPTER)
    expect(row.locator("td.num-submissions")).to_have_text("3")
    page.screenshot(path=SHOTS / "formgrader-assignments.png")

    row.locator("td.num-submissions a").click()
    learner = {name: frame.get_by_role("row").filter(has_text=name) for name in ("ada", "ben", "eve")}
    score = f" / {ex.FULL + ex.WRITTEN:g}"
    for name, points in (("ada", ex.FULL), ("ben", ex.FULL - 3), ("eve", 0)):
        expect(learner[name].locator("td.score")).to_have_text(f"{points:g}{score}")
        expect(learner[name]).not_to_contain_text("None, None")
    page.screenshot(path=SHOTS / "formgrader-submissions.png")

    learner["ben"].locator("td.student-name a").click()
    frame.get_by_role("link", name=ex.NAME).click()
    expect(frame.locator("body")).to_contain_text(DIAGNOSIS)
    expect(frame.locator("body")).not_to_contain_text(ex.HIDDEN_CASE)
    frame.get_by_text(DIAGNOSIS).first.scroll_into_view_if_needed()
    page.screenshot(path=SHOTS / "formgrader-ben.png")

    page.goto(f"{graded.url}/formgrader/manage_submissions/{ex.CHAPTER}")
    ben = page.get_by_role("row").filter(has_text="ben")
    ben.locator("td.autograde a").click()
    dialog = page.locator(".modal-dialog:visible")
    expect(dialog).to_contain_text("Successfully autograded", timeout=120_000)
    dialog.get_by_role("button", name="OK").click()
    expect(ben.locator("td.score")).to_have_text(f"{ex.FULL:g}{score}")
    page.screenshot(path=SHOTS / "formgrader-autograded.png")
