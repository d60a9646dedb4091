"""A class on a JupyterHub: release, fetch, answer, validate, submit, collect, grade, feedback and back to the learners.

Two learners and the instructor sit at three browsers. The hub runs the configuration that the course ships; the class
comes from `course release` and is graded by `course grade`, in its sandbox. The chapter is the small example, since what
is tested is the way of a hand-in and not what is in it.
"""

from __future__ import annotations

import json
import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
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
from tests.browser.hub import INSTRUCTOR, Hub, skip_without_hub, start_hub, stop_hub
from tests.browser.lab import offline_page, press_validate, save_notebook, wait_for_kernel, write_in_cell

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="JupyterHub and nbgrader's exchange do not run on Windows"),
]

SHOTS = Path("test-artifacts")
CLASS = "autumn"
RIGHT = "def mean_score(scores):\n    return sum(scores) / len(scores)"
WRONG = "def mean_score(scores):\n    return float(sum(scores))"


@dataclass(frozen=True)
class OnHub:
    """A class with its hub, and a page for each of the three."""

    hub: Hub
    folder: Path
    pages: dict[str, Any]


@pytest.fixture(scope="module")
def on_hub(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnHub]:
    """A class of the example chapter and its hub, with everybody signed in."""
    skip_without_hub()
    SHOTS.mkdir(exist_ok=True)
    root = tmp_path_factory.mktemp("hub") / "course"
    root.mkdir()
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setenv("PYTHONPATH", ex.python_path())
        patch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        example_course.make_course(root)
        ex.configure(root)
        build(root=root, registry=example_course.REGISTRY)
        sandboxed = ex.desk(root).sandboxed
        released = release_to_class("1", CLASS, root=root, registry=example_course.REGISTRY, sandboxed=sandboxed)
        hub = start_hub(root, CLASS)
        stack.callback(stop_hub, hub)
        pages = {name: stack.enter_context(offline_page(browser)) for name in (INSTRUCTOR, "ada", "ben")}
        for name, page in pages.items():
            hub.knock(page, name)
        for name, page in pages.items():
            hub.enter(page, name)
        yield OnHub(hub, released.folder, pages)


def formgrader(on_hub: OnHub) -> Any:
    """The instructor's list of assignments, and its row of the chapter."""
    page = on_hub.pages[INSTRUCTOR]
    page.goto(f"{on_hub.hub.url}/user/{INSTRUCTOR}/formgrader")
    return page.get_by_role("row").filter(has_text=ex.CHAPTER)


def press(on_hub: OnHub, row: Any, cell: str) -> str:
    """Press a button of formgrader in a row, and return what its dialog says."""
    row.locator(f"td.{cell} a").click()
    dialog = on_hub.pages[INSTRUCTOR].locator(".modal-dialog:visible")
    text = str(dialog.inner_text(timeout=120_000))
    dialog.get_by_role("button", name="OK").click()
    dialog.wait_for(state="detached")
    return text


def assignment_list(page: Any) -> Any:
    """Open nbgrader's list from the menu, read anew."""
    page.get_by_role("menuitem", name="Nbgrader", exact=True).click()
    page.get_by_role("menuitem", name="Assignment List", exact=True).click()
    found = page.locator("#assignments")
    expect(found.locator("#course_list_default")).to_have_text(CLASS)
    return found


def fetch_and_answer(on_hub: OnHub, name: str, answer: str) -> str:
    """A learner fetches the chapter, answers the first exercise, validates and submits; what Validate said."""
    page = on_hub.pages[name]
    found = assignment_list(page)
    found.locator("#released_assignments_list").get_by_role("button", name="Fetch", exact=True).click()
    expect(found.locator("#fetched_assignments_list")).to_contain_text(ex.CHAPTER)

    page.goto(f"{on_hub.hub.url}/user/{name}/lab/tree/{ex.CHAPTER}/{ex.NAME}.ipynb?reset")
    wait_for_kernel(page)
    cells = json.loads((on_hub.hub.home(name) / ex.CHAPTER / f"{ex.NAME}.ipynb").read_bytes())["cells"]
    write_in_cell(page, [cell["id"] for cell in cells].index("answer-1-1"), answer)
    save_notebook(page)
    said = press_validate(page)
    page.screenshot(path=SHOTS / f"hub-{name}-answered.png")

    page.goto(f"{on_hub.hub.url}/user/{name}/lab?reset")
    found = assignment_list(page)
    found.locator("#fetched_assignments_list").get_by_role("button", name="Submit", exact=True).click()
    expect(found.locator("#submitted_assignments_list")).to_contain_text(ex.CHAPTER)
    page.screenshot(path=SHOTS / f"hub-{name}-submitted.png")
    return said


def test_two_learners_and_an_instructor(on_hub: OnHub) -> None:
    row = formgrader(on_hub)
    assert "Successfully released" in press(on_hub, row, "release")

    said = fetch_and_answer(on_hub, "ada", RIGHT)
    assert "Exercise 1.1: wrong" not in said
    assert "1.2" in said
    assert "Exercise 1.1: wrong" in fetch_and_answer(on_hub, "ben", WRONG)

    assert "Successfully collected" in press(on_hub, row, "collect")
    row = formgrader(on_hub)
    expect(row.locator("td.num-submissions")).to_have_text("2")
    row.locator("td.num-submissions a").click()
    learners = on_hub.pages[INSTRUCTOR].get_by_role("row").filter(has_text=re.compile("ada|ben"))
    expect(learners).to_have_count(2)
    expect(learners.first).to_contain_text("needs autograding")
    expect(learners.first).not_to_contain_text("None, None")

    desk, settings = open_desk("01", root=on_hub.folder, sandboxed=ex.desk(on_hub.folder.parents[1]).sandboxed)
    graded = grade_class(desk, settings, Wishes(workers=1), lambda *state: None)
    assert graded.problems == ()
    assert {name: one.score for name, one in graded.rows.items()} == {"ada": 3.0, "ben": 0.0}

    row = formgrader(on_hub)
    expect(row.locator("td.num-submissions")).to_have_text("2")
    on_hub.pages[INSTRUCTOR].screenshot(path=SHOTS / "hub-formgrader.png")
    assert "Successfully released feedback" in press(on_hub, row, "release-feedback")
    assert "That is the sum; how many scores are there?" in feedback_of(on_hub, "ben")
    mine = feedback_of(on_hub, "ada")
    assert "That is the sum" not in mine
    assert ex.HIDDEN_CASE not in mine


def feedback_of(on_hub: OnHub, name: str) -> str:
    """A learner fetches the feedback and looks at it; its text."""
    page = on_hub.pages[name]
    page.goto(f"{on_hub.hub.url}/user/{name}/lab?reset")
    found = assignment_list(page)
    found.locator("#submitted_assignments_list").get_by_role("button", name="Fetch Feedback").click()
    expect(found.locator("#submitted_assignments_list")).to_contain_text("view feedback")
    page.screenshot(path=SHOTS / f"hub-{name}-feedback-there.png")
    (fetched,) = (on_hub.hub.home(name) / ex.CHAPTER / "feedback").glob("*/*.html")
    page.goto(f"{on_hub.hub.url}/user/{name}/files/{fetched.relative_to(on_hub.hub.home(name)).as_posix()}")
    page.screenshot(path=SHOTS / f"hub-{name}-feedback.png")
    return str(page.locator("body").inner_text())


def test_nobody_but_the_instructor_gets_at_another_ones_work(on_hub: OnHub) -> None:
    """What the hub and the folders' modes keep apart; one account for everybody is for trying, as the configuration says."""
    page = on_hub.pages["ada"]
    for address in (
        f"user/{INSTRUCTOR}/formgrader",
        f"user/{INSTRUCTOR}/lab",
        f"user/ben/files/{ex.CHAPTER}/{ex.NAME}.ipynb",
    ):
        assert page.goto(f"{on_hub.hub.url}/{address}").status == 403
    assert page.goto(f"{on_hub.hub.url}/user/ada/formgrader").status == 404

    def others(path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode) & 0o077

    exchange = on_hub.hub.state / "exchange" / CLASS
    assert others(on_hub.folder) == 0
    assert others(on_hub.hub.state) == 0
    assert others(exchange / "inbound") == 0o033, "others may lay something in, and not list what is there"
    assert others(exchange / "feedback") == 0o011
    assert all(len(path.name.rsplit("+", 1)[1]) >= 12 for path in (exchange / "inbound").iterdir())
