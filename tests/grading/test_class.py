"""A class of the example chapter, from what was handed in to marks, feedback, reports and exports."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import sqlite3
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import example_class as ex
from nbgrader_commands import nbgrader

from course_lib.errors import CourseError
from course_lib.grading.export import export, harmless, parse_export
from course_lib.grading.rows import opened, rows
from course_lib.grading.whole_class import Graded, Wishes, grade_class
from course_lib.grading.writing import one_writer, sentence

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nbgrader's exchange does not run on Windows")

SECRET = "what the instructor keeps to herself"
MARKS = {
    "broken": 0.0,
    "copied": ex.FULL,
    "full": ex.FULL,
    "linker": ex.FULL,
    "renamed": ex.FULL,
    "scripts": ex.FULL - 3,
    "strange": ex.FULL,
    "sums": ex.FULL - 3,
    "thief": 0.0,
    "untouched": 0.0,
    "whole": 0.0,
}


def silent(what: str, done: int, total: int, left: float | None) -> None:
    pass


def hand_in_all(root: Path) -> None:
    """Everybody hands in: rightly, wrongly, strangely, and as links to what is not theirs."""
    makers = {
        "copied": ex.copied, "full": ex.filled, "linker": ex.filled, "scripts": ex.scripts,
        "strange": ex.strange_schema, "sums": ex.sums, "untouched": ex.released,
    }  # fmt: skip
    for learner, make in makers.items():
        ex.hand_in(root, learner, make(root))
    ex.hand_in(root, "broken", b"{ not json")
    ex.hand_in(root, "renamed", ex.filled(root), "My copy.ipynb")
    (root / "secret.txt").write_text(SECRET)
    mine = root / "submitted" / "linker" / ex.CHAPTER
    (mine / "notes.txt").symlink_to(root / "secret.txt")
    (mine / "page.html").write_text(ex.SCRIPT)
    (mine / "timestamp.txt").write_text("no time at all")
    (root / "submitted" / "thief" / ex.CHAPTER).mkdir(parents=True)
    (root / "submitted" / "thief" / ex.CHAPTER / "example.ipynb").symlink_to(
        root / "submitted" / "full" / ex.CHAPTER / "example.ipynb"
    )
    (root / "submitted" / "whole").mkdir()
    (root / "submitted" / "whole" / ex.CHAPTER).symlink_to(root / "submitted" / "full" / ex.CHAPTER)


def grade(root: Path, **wishes: Any) -> Graded:
    return grade_class(ex.desk(root), ex.settings(root), Wishes(**wishes), silent)


def marks(root: Path) -> dict[str, float]:
    return {row.learner: row.score for row in rows(ex.desk(root), ex.settings(root)).values()}


@dataclass(frozen=True)
class Class:
    root: Path
    graded: Graded


@pytest.fixture(scope="module")
def group(built, tmp_path_factory) -> Class:
    """A graded class; tests that change something work on a copy."""
    root = ex.copy_of(built, tmp_path_factory.mktemp("class") / "course")
    hand_in_all(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        return Class(root, grade(root))


@pytest.fixture
def copied(group, tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("PYTHONPATH", ex.python_path())
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    return ex.copy_of(group.root, tmp_path / "course")


def page(root: Path, learner: str, ending: str = "example.html") -> str:
    return (root / "feedback" / learner / ex.CHAPTER / ending).read_text()


# --- marks -----------------------------------------------------------------------------------------------------------


def test_everybody_gets_a_mark_whatever_was_handed_in(group):
    assert marks(group.root) == MARKS
    assert group.graded.problems == ()


def test_written_answers_wait_for_a_person_and_untouched_ones_do_not(group):
    waiting = {row.learner for row in group.graded.rows.values() if row.manual}
    assert waiting == {"copied", "full", "linker", "renamed", "scripts", "strange", "sums"}


def test_a_second_run_writes_nothing(copied):
    pages = {path: path.stat().st_mtime_ns for path in (copied / "feedback").rglob("*.html")}
    again = grade(copied)
    assert again.written == ()
    assert set(again.kept) == set(MARKS)
    assert {path: path.stat().st_mtime_ns for path in (copied / "feedback").rglob("*.html")} == pages


def test_nbgrader_and_formgraders_button_give_the_same_marks(copied, monkeypatch):
    """With nothing of ours but the store of results; then for one learner without that too."""
    for name in ("autograded", "feedback", "grading/01_example"):
        shutil.rmtree(copied / name)
    (copied / "gradebook.db").unlink()
    log = copied / "log.txt"
    assert nbgrader("generate_assignment", ex.CHAPTER, "--force", cwd=copied, log=log) == 0, log.read_text()[-2000:]
    assert nbgrader("autograde", ex.CHAPTER, cwd=copied, log=log) == 0, log.read_text()[-2000:]
    assert marks(copied) == MARKS

    shutil.rmtree(copied / "grading" / "results")
    ex.hand_in(copied, "sums", ex.filled(copied))
    monkeypatch.chdir(copied)
    answer = formgrader(copied).autograde(ex.CHAPTER, "sums")  # what the button calls
    assert answer["success"], answer
    assert marks(copied) == {**MARKS, "sums": ex.FULL}


def formgrader(root: Path) -> Any:
    """What formgrader's pages ask."""
    from nbgrader.apps.api import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory

    settings = ex.settings(root)
    settings.Exchange.root = str(root / "exchange")
    return NbGraderAPI(coursedir=CourseDirectory(config=settings), config=settings)


def test_the_reason_stands_beside_an_unreadable_answer(group):
    with opened(ex.settings(group.root)) as book:
        for learner, words in (("broken", "not valid JSON"), ("thief", "link"), ("whole", "link")):
            comments = [note.comment for note in book.find_submission(ex.CHAPTER, learner).notebooks[0].comments]
            assert comments
            assert all("could not be read" in text and words in text for text in comments)


def test_only_pictures_of_the_release_lie_beside_a_graded_notebook(group):
    for kind, allowed in (("autograded", {".ipynb", ".svg"}), ("feedback", {".html", ".svg", ".txt"})):
        files = [path for path in (group.root / kind).rglob("*") if not path.is_dir()]
        assert {path.suffix for path in files} == allowed
        assert not [path for path in files if path.is_symlink() or SECRET in path.read_text()]
        assert not [path for path in files if path.name in ("notes.txt", "page.html")]


def test_a_time_that_is_none_does_not_keep_formgrader_from_listing_the_class(group, monkeypatch):
    monkeypatch.chdir(group.root)
    listed = formgrader(group.root).get_submissions(ex.CHAPTER)
    assert {one["student"]: one["score"] for one in listed} == MARKS
    assert {one["student"] for one in listed if one["needs_manual_grade"]} == {
        row.learner for row in group.graded.rows.values() if row.manual
    }


def test_formgraders_page_waits_for_no_formulas(group):
    """Its script waits for MathJax before it selects the first field; feedback has no script of that kind."""
    from nbconvert.exporters import HTMLExporter
    from nbformat.v4 import new_notebook
    from nbgrader.server_extensions.formgrader.handlers import template_path

    from course_lib.grading.pages import CarefulPage

    assert "MathJax" not in page(group.root, "full").split("<body")[1]
    for name, waits in (("formgrade", True), ("feedback", False)):
        exporter = HTMLExporter(template_name=name, extra_template_basedirs=[template_path])
        CarefulPage(parent=exporter).preprocess(new_notebook(), {})
        written = exporter.environment.get_template("mathjax.html.j2").module.mathjax()
        assert ("tell('End')" in written) == waits


# --- one learner, time, marks by hand --------------------------------------------------------------------------------


def test_one_learner_again(copied):
    ex.hand_in(copied, "sums", ex.filled(copied))
    found = grade(copied, learners=("sums",), again=True)
    assert found.written == ("sums",)
    assert marks(copied) == {**MARKS, "sums": ex.FULL}
    assert {result.learner for result in found.report.results} == set(MARKS)
    with pytest.raises(CourseError, match=r"no submission of 'sum'.*Did you mean 'sums'.*11: broken, copied, full"):
        grade(copied, learners=("sum",))


def test_a_second_batch_is_one_of_the_class(copied, tmp_path):
    """The report is on everybody, and what was noticed about a file stays when its copy is graded again."""
    late = tmp_path / "late"
    late.mkdir()
    (late / "zoe_My work.ipynb").write_text(json.dumps(ex.filled(copied)))
    found = grade(copied, submitted=late, pattern="{learner}_*.ipynb")
    assert found.written == ("zoe",)
    assert {result.learner for result in found.report.results} == {*MARKS, "zoe"}
    seen = [row for row in found.report.warnings() if row["learner"] == "zoe"]
    assert ["My work.ipynb" in row["noticed"] for row in seen] == [True]

    again = grade(copied)
    assert again.written == ()
    assert [row for row in again.report.warnings() if row["learner"] == "zoe"] == seen
    assert "Noticed: " in page(copied, "zoe", "feedback.txt")
    assert ex.desk(copied).handed_in("zoe").warnings == (seen[0]["noticed"],)

    ex.hand_in(copied, "zoe", ex.sums(copied))  # another file, of which nothing was noticed
    assert not [row for row in grade(copied).report.warnings() if row["learner"] == "zoe"]


def mark_by_hand(root: Path, learner: str, points: float) -> None:
    """As formgrader's page does."""
    with opened(ex.settings(root)) as book:
        grade = book.find_grade("written-1-W1", ex.NAME, ex.CHAPTER, learner)
        grade.manual_score, grade.needs_manual_grade = points, False
        book.db.commit()


def test_marks_by_hand_stay_and_are_exported(copied):
    mark_by_hand(copied, "full", 3.5)
    found = grade(copied)
    assert found.written == ()
    assert found.rows["full"].final == ex.FULL + 3.5
    assert not found.rows["full"].manual
    assert "In all: 17.5 of 18 points" in page(copied, "full", "feedback.txt")
    table = list(csv.DictReader(io.StringIO(export("moodle", list(found.rows.values()), ex.CHAPTER))))
    assert {row["Username"]: float(row[ex.CHAPTER]) for row in table} == {**MARKS, "full": 17.5}


def test_late_penalties_are_nbgraders_and_follow_the_due_date(copied):
    ex.configure(copied, 'c.LateSubmissionPlugin.penalty_method = "zero"')
    (copied / "submitted" / "full" / ex.CHAPTER / "timestamp.txt").write_text("2026-01-02 12:00:00 UTC")
    settings = ex.settings(copied)
    with opened(settings) as book:
        book.update_or_create_assignment(ex.CHAPTER, duedate="2026-01-02 00:00:00 UTC")
    late = grade(copied)
    assert late.written == ("full",)
    assert (late.rows["full"].penalty, late.rows["full"].final) == (ex.FULL, 0.0)
    mark_by_hand(copied, "full", 4)
    assert grade(copied).rows["full"].final == 0.0
    with opened(settings) as book:
        book.update_or_create_assignment(ex.CHAPTER, duedate="2026-01-03 00:00:00 UTC")
    assert grade(copied).rows["full"].final == ex.FULL + 4
    assert grade(copied).written == ()


# --- faults ----------------------------------------------------------------------------------------------------------


def forget_marks(root: Path) -> None:
    """As before the first mark was written; results are in the store."""
    for name in ("autograded", "feedback"):
        shutil.rmtree(root / name)


def test_a_locked_gradebook_is_one_sentence_and_the_next_run_goes_on(copied):
    forget_marks(copied)
    other = sqlite3.connect(copied / "gradebook.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(CourseError, match=r"gradebook\.db is locked by another program.*run the same command again"):
        grade(copied)
    other.execute("ROLLBACK")
    other.close()
    assert set(grade(copied).written) == set(MARKS)
    assert marks(copied) == MARKS


@pytest.mark.parametrize("stop", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_full_disk_or_a_kill_leaves_whole_marks_and_the_next_run_goes_on(copied, monkeypatch, stop):
    from nbconvert.writers import FilesWriter

    forget_marks(copied)
    write, calls = FilesWriter.write, []

    def fails_later(self, *args, **kwargs):
        calls.append(1)
        if len(calls) == 6:
            raise stop
        return write(self, *args, **kwargs)

    monkeypatch.setattr(FilesWriter, "write", fails_later)
    with pytest.raises((CourseError, KeyboardInterrupt)) as caught:
        grade(copied)
    if isinstance(stop, OSError):
        assert "The disk is full" in str(caught.value)
    monkeypatch.undo()
    after = grade(copied)
    assert len(after.kept) == 2  # two files a learner, the sixth failed
    assert len(after.written) == len(MARKS) - 2
    assert marks(copied) == MARKS


def test_two_runs_at_a_time_do_not_write(copied):
    with one_writer(ex.desk(copied).folder), pytest.raises(CourseError, match="Another `course grade` is writing"):
        grade(copied)


def test_errors_of_the_gradebook_are_sentences(tmp_path):
    for error, words in (
        (sqlite3.OperationalError("database or disk is full"), "disk is full"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "cannot be written"),
        (sqlite3.DatabaseError("file is not a database"), "cannot be used"),
    ):
        assert words in sentence(error, tmp_path).problem


# --- feedback and reports --------------------------------------------------------------------------------------------


def test_no_script_and_no_hidden_case_comes_back(group):
    for learner in MARKS:
        for ending in ("example.html", "feedback.txt"):
            text = page(group.root, learner, ending)
            assert ex.HIDDEN_CASE not in text
            if ending == "example.html":
                assert "alert('here')</script>" not in text.replace("&#39;", "'")
                assert 'href="javascript:' not in text
    assert ex.HIDDEN_CASE not in (group.root / "autograded" / "sums" / ex.CHAPTER / "example.ipynb").read_text()


def test_feedback_says_which_mistake_it_is(group):
    assert "That is the sum; how many scores are there?" in page(group.root, "sums")
    text = page(group.root, "sums", "feedback.txt")
    assert "✘ 1.1 The mean: 0 of 3 points, not right (sum)" in text
    assert "Next: " in text
    assert "<td>case 1" in page(group.root, "sums")
    assert "<th>case</th>" in page(group.root, "sums")
    assert "could not be read" in page(group.root, "broken")


def test_the_report_of_the_class(group):
    report = group.graded.report
    sentence = "That is the sum; how many scores are there?"
    sums = {"exercise": "1.1 The mean", "mistake": "sum", "learners": 1, "who": "sums", "what it is": sentence}
    assert report.mistakes() == [sums]
    assert [row["learner"] for row in report.could_not_be_read()] == ["broken", "thief", "whole"]
    assert [row for row in report.warnings() if row["learner"] == "renamed"]
    assert report.exercises()[0]["share right"].startswith("5 of 8 = ")
    assert report.picture.text.splitlines()[-1] == "unreadable: 3"
    found = json.loads((group.root / "grading" / ex.CHAPTER / "class.json").read_text())
    assert len(found["results"]) == len(MARKS)
    for name in ("class.html", "class.txt"):
        text = (group.root / "grading" / ex.CHAPTER / name).read_text()
        assert "1.1 The mean" in text
        assert sentence in text
        assert ex.SCRIPT not in text


# --- exports ---------------------------------------------------------------------------------------------------------


def test_our_export_with_nbgraders_columns_is_nbgraders(copied):
    mark_by_hand(copied, "sums", 2)
    log = copied / "log.txt"
    assert nbgrader("export", "--to=theirs.csv", cwd=copied, log=log) == 0, log.read_text()[-2000:]
    theirs = list(csv.DictReader(io.StringIO((copied / "theirs.csv").read_text())))
    found = list(rows(ex.desk(copied), ex.settings(copied)).values())
    ours = list(csv.DictReader(io.StringIO(export("nbgrader", found, ex.CHAPTER))))
    assert {row["student_id"]: row for row in ours} == {row["student_id"]: row for row in theirs}


def test_canvas_has_its_row_of_points(group):
    lines = export("canvas", list(group.graded.rows.values()), ex.CHAPTER).splitlines()
    assert lines[0] == f"Student,ID,SIS User ID,SIS Login ID,Section,{ex.CHAPTER}"
    assert lines[1] == f"    Points Possible,,,,,{ex.FULL + ex.WRITTEN}"


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1"])
def test_no_cell_is_a_formula(name):
    assert str(harmless(name)).startswith("'")


def test_the_command_says_what_an_instructor_needs(copied, tmp_path, monkeypatch, capsys):
    from course_lib import cli

    command = cli.load_command("grade")
    monkeypatch.setattr(command, "class_root", lambda name: copied)
    parser = cli.parser_for("grade", command)
    flags = [] if ex.desk(copied).sandboxed else ["--no-sandbox"]
    assert command.run(parser.parse_args(["01", "--export", f"moodle:{tmp_path / 'm.csv'}", *flags])) == 0
    told = capsys.readouterr()
    assert "11 submissions, 3 unreadable" in told.out
    assert "1.1 The mean  sum" in told.out
    assert "7 submissions wait for marks by hand" in told.out
    assert "graded: 11 of 11" in told.err
    assert (tmp_path / "m.csv").read_text().startswith("Username,ID number,")
    assert command.run(parser.parse_args(["01", "--json", *flags])) == 0
    assert json.loads(capsys.readouterr().out)["mistakes"][0]["mistake"] == "sum"


def test_an_export_that_nobody_knows_is_a_sentence():
    with pytest.raises(CourseError, match="nbgrader, moodle, canvas"):
        parse_export("excel:x.xls")


def test_pages_are_made_side_by_side_and_not_again(copied, monkeypatch):
    """Two processes make the pages that one makes; where nothing that a page shows has changed, none is made."""
    from course_lib.grading import feedback

    desk, settings = ex.desk(copied), ex.settings(copied)
    known, results = rows(desk, settings), desk.noted()
    alone = {path: path.read_bytes() for path in (copied / "feedback").rglob("*.html")}
    for path in alone:
        path.unlink()
    monkeypatch.setattr(feedback, "WORTH_A_PROCESS", 2)
    monkeypatch.setattr(feedback, "_cores", lambda: 2)
    monkeypatch.setattr(feedback, "pages_here", lambda *_: pytest.fail("a page was left to this process"))
    done: list[int] = []
    assert feedback.write_feedback(desk, settings, results, known, progress=lambda now, _: done.append(now)) == {}
    assert {path: path.read_bytes() for path in (copied / "feedback").rglob("*.html")} == alone
    assert sorted(done) == [*range(1, len(results) + 1), len(results)]
    done.clear()
    again = [replace(result, seconds=99.0, inside=98.0, cpu=9.0, graded_at="later") for result in results]
    assert feedback.write_feedback(desk, settings, again, known, progress=lambda now, _: done.append(now)) == {}
    assert done == []


def test_what_a_process_does_not_make_is_made_here(copied, monkeypatch):
    from course_lib.grading import feedback

    desk, settings = ex.desk(copied), ex.settings(copied)
    for path in (copied / "feedback").rglob("*.html"):
        path.unlink()
    monkeypatch.setattr(feedback, "WORTH_A_PROCESS", 2)
    monkeypatch.setattr(feedback, "_cores", lambda: 2)
    monkeypatch.setattr(feedback.sys, "executable", shutil.which("false"))
    assert feedback.write_feedback(desk, settings, desk.noted(), rows(desk, settings)) == {}
    assert len(list((copied / "feedback").rglob("*.html"))) == len(MARKS)
