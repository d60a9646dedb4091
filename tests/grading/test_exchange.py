"""nbgrader's exchange, where the folder of a hand-in is its learner's and may hold anything, also while it is copied."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import example_class as ex

from course_lib.grading.rows import opened, rows
from course_lib.grading.whole_class import Wishes, grade_class

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nbgrader's exchange does not run on Windows")

COURSE, SECRET_TEXT = "ai_safety_hands_on", "a" * 128
WHEN = "2026-03-01 12:00:00.000000 UTC"


def api(root: Path, **collect: Any) -> Any:
    """What formgrader's pages ask."""
    from nbgrader.apps.api import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory

    settings = ex.settings(root)
    settings.Exchange.root = str(root / "exchange")
    settings.ExchangeCollect.check_owner = collect.get("check_owner", False)
    return NbGraderAPI(coursedir=CourseDirectory(config=settings), config=settings)


def submit(root: Path, learner: str, content: Any, when: str = WHEN, assignment: str = ex.CHAPTER) -> Path:
    """Lay a hand-in where `nbgrader submit` lays it."""
    folder = root / "exchange" / COURSE / "inbound" / f"{learner}+{assignment}+{when}+random"
    folder.mkdir(parents=True)
    (folder / f"{ex.NAME}.ipynb").write_text(json.dumps(content))
    (folder / "timestamp.txt").write_text(when)
    (folder / "submission_secret.txt").write_text(SECRET_TEXT)
    return folder


@pytest.fixture
def open_exchange(course: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The course's folder with an empty exchange, as the working folder."""
    (course / "exchange" / COURSE / "inbound").mkdir(parents=True)
    (course / "exchange").chmod(0o777)
    monkeypatch.chdir(course)
    return course


def collect(root: Path, **options: Any) -> Any:
    answer = api(root, **options).collect(ex.CHAPTER)
    assert answer["success"], answer
    return answer


def test_no_link_is_followed_and_nobody_else_is_held_up(open_exchange: Path) -> None:
    root = open_exchange
    submit(root, "ada", ex.filled(root))
    answers = root / "solutions" / ex.CHAPTER / f"{ex.NAME}.ipynb"
    thief = submit(root, "thief", {})
    (thief / f"{ex.NAME}.ipynb").unlink()
    (thief / f"{ex.NAME}.ipynb").symlink_to(answers)
    (thief / "all").symlink_to(root / "solutions")
    os.mkfifo(thief / "pipe")
    inbound = thief.parent
    (inbound / f"whole+{ex.CHAPTER}+{WHEN}+random").symlink_to(root / "solutions" / ex.CHAPTER)
    (inbound / f"odd+{ex.CHAPTER}+no time+random").mkdir()
    (inbound / f"two words+{ex.CHAPTER}+{WHEN}+random").mkdir()

    said = collect(root)["log"]
    assert {path.name for path in (root / "submitted").iterdir()} == {"ada", "thief"}
    assert {path.name for path in (root / "submitted" / "thief" / ex.CHAPTER).iterdir()} == {
        "timestamp.txt",
        "submission_secret.txt",
    }
    for words in ("is a link to another file", "it is no folder", "cannot be a learner's name"):
        assert words in said

    graded = grade_class(ex.desk(root), ex.settings(root), Wishes(workers=1), lambda *state: None)
    assert {name: row.score for name, row in graded.rows.items()} == {"ada": ex.FULL, "thief": 0.0}


def test_a_hand_in_under_another_ones_name_is_not_taken(open_exchange: Path) -> None:
    import getpass

    me = getpass.getuser()
    submit(open_exchange, me, ex.filled(open_exchange))
    submit(open_exchange, "ben", ex.released(open_exchange), when="2026-03-02 12:00:00.000000 UTC")
    said = collect(open_exchange, check_owner=True)["log"]
    assert [path.name for path in (open_exchange / "submitted").iterdir()] == [me]
    assert f"its owner is {me}" in said


def test_newer_hand_ins_replace_older_ones_whatever_the_note_of_the_time_says(open_exchange: Path) -> None:
    first = submit(open_exchange, "ada", ex.released(open_exchange))
    (first / "timestamp.txt").write_text("no time at all")
    collect(open_exchange)
    submit(open_exchange, "ada", ex.filled(open_exchange), when="2026-03-02 12:00:00.000000 UTC")
    answer = api(open_exchange)
    answer.config.ExchangeCollect.update = True
    assert answer.collect(ex.CHAPTER, update=True)["success"]
    work = open_exchange / "submitted" / "ada" / ex.CHAPTER
    assert json.loads((work / f"{ex.NAME}.ipynb").read_text()) == ex.filled(open_exchange)
    assert (work / "timestamp.txt").read_text().startswith("2026-03-02")


def test_learners_are_shown_by_id_until_their_names_are_known(open_exchange: Path) -> None:
    submit(open_exchange, "ada", ex.released(open_exchange))
    collect(open_exchange)
    with opened(ex.settings(open_exchange)) as book:
        assert (book.find_student("ada").last_name, book.find_student("ada").first_name) == ("ada", "")
        book.update_or_create_student("ada", last_name="Lovelace", first_name="Ada")
    grade_class(ex.desk(open_exchange), ex.settings(open_exchange), Wishes(workers=1), lambda *state: None)
    assert rows(ex.desk(open_exchange), ex.settings(open_exchange))["ada"].names[:2] == ("Ada", "Lovelace")


def test_feedback_goes_to_those_who_can_fetch_it(open_exchange: Path) -> None:
    """One learner brought the notebook by mail, one has thrown the secret away: the others get theirs."""
    root = open_exchange
    submit(root, "ada", ex.sums(root))
    (submit(root, "ben", ex.sums(root)) / "submission_secret.txt").unlink()
    collect(root)
    ex.hand_in(root, "cleo", ex.filled(root))
    grade_class(ex.desk(root), ex.settings(root), Wishes(workers=1), lambda *state: None)
    answer = api(root).release_feedback(ex.CHAPTER)
    assert answer["success"], answer
    assert "Not handed in through the exchange, so not released there: ben, cleo" in answer["log"]
    (page,) = (root / "exchange" / COURSE / "feedback").glob("*.html")
    text = page.read_text()
    assert "That is the sum" in text
    assert "-&amp;gt;" not in text, "an arrow in a code block was cleaned twice"
    assert "https://cdn" not in text
