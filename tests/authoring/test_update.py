"""An update brings the newer chapters and loses nothing that a learner wrote, also when it is cut short."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import nbformat
import pytest

from course_lib.authoring import update as updating
from course_lib.authoring.merge import merge_notebooks
from course_lib.authoring.update import update
from course_lib.errors import CourseError

NAME = "chapters/01_scores/scores.ipynb"


def markdown(id: str, text: str) -> Any:
    return nbformat.v4.new_markdown_cell(text, id=id)


def code(id: str, text: str, **facts: Any) -> Any:
    cell = nbformat.v4.new_code_cell(text, id=id)
    if facts:
        cell.metadata["nbgrader"] = {"grade": False, "solution": False, "locked": False, **facts}
    return cell


def answer(name: str, text: str, id: str = "") -> Any:
    return code(id or name, text, grade_id=f"answer-{name}", solution=True)


def check(name: str, text: str) -> Any:
    return code(f"c{name}", text, grade_id=f"check-{name}", grade=True, locked=True)


def notebook(*cells: Any) -> Any:
    return nbformat.v4.new_notebook(cells=list(cells))


def release(version: int) -> Any:
    stub = "raise NotImplementedError" if version == 1 else "raise NotImplementedError  # now in two dimensions"
    cells = [
        markdown("intro", f"# Version {version}"), code("model", 'MODEL = "default"'),
        answer("1-1", "raise NotImplementedError"), check("1-1", f"check('1.1', f, {version})"),
        answer("1-2", stub), markdown("end", "The end."),
    ]  # fmt: skip
    if version == 2:
        cells.insert(1, markdown("new", "Something new."))
        cells.append(answer("1-3", "raise NotImplementedError"))
    return notebook(*cells)


def worked() -> Any:
    """A learner's notebook: an answer, another model, a note behind it, a changed introduction, a changed test."""
    mine = release(1)
    mine.cells[0].source = "# Version 1, mine"
    mine.cells[1].source = 'MODEL = "mine"'
    mine.cells[2].source = "def f(x):\n    return x"
    mine.cells[2].outputs = [nbformat.v4.new_output("stream", text="hello")]
    mine.cells[3].source = "check('1.1', f)  # easier"
    mine.cells[4].source = "def g(x):\n    return 2 * x"
    mine.cells.insert(2, code("note", "my_note = 1"))
    mine.cells.insert(3, markdown("note2", "A second note."))
    return mine


def sources(found: Any) -> list[str]:
    return [cell.source for cell in found.cells]


class TestMerge:
    def test_each_kind_of_cell_goes_where_it_belongs(self) -> None:
        found = merge_notebooks(release(1), worked(), release(2))
        assert found.answers == ["1.1", "1.2"]
        assert found.restarted == ["1.2"]
        assert (found.both, found.own) == (1, 3)
        texts = sources(found.notebook)
        assert texts[0] == "# Version 2"
        assert "# Version 1, mine" in texts[1]
        assert texts[2:6] == ["Something new.", 'MODEL = "mine"', "my_note = 1", "A second note."]
        assert texts[6:8] == ["def f(x):\n    return x", "check('1.1', f, 2)"]
        assert texts[8] == "def g(x):\n    return 2 * x"
        assert "in two dimensions" in texts[9]
        assert texts[-1] == "raise NotImplementedError"
        assert found.notebook.cells[6].outputs[0].text == "hello"
        nbformat.validate(found.notebook)

    def test_an_untouched_notebook_becomes_the_newer_one(self) -> None:
        found = merge_notebooks(release(1), release(1), release(2))
        assert sources(found.notebook) == sources(release(2))
        assert found.text() == "no answers yet"

    def test_the_answer_to_an_exercise_that_is_gone_is_kept(self) -> None:
        newer = release(2)
        newer.cells = [cell for cell in newer.cells if cell.get("id") not in ("1-2", "model")]
        found = merge_notebooks(release(1), worked(), newer)
        assert found.gone == ["1.2"]
        text = "\n".join(sources(found.notebook))
        assert "return 2 * x" in text
        assert 'MODEL = "mine"' in text

    def test_a_second_merge_changes_nothing_more(self) -> None:
        once = merge_notebooks(release(1), worked(), release(2)).notebook
        again = merge_notebooks(release(2), once, release(2)).notebook
        assert sources(again) == sources(once)

    def test_nothing_is_lost_however_the_newer_version_looks(self) -> None:
        written = ["return x", "return 2 * x", "my_note = 1", "A second note.", '"mine"', "Version 1, mine"]
        for left_out in range(len(release(2).cells) + 1):
            newer = release(2)
            newer.cells = newer.cells[left_out:][::-1]
            text = "\n".join(sources(merge_notebooks(release(1), worked(), newer).notebook))
            assert all(piece in text for piece in written), left_out


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone of a course whose origin has a newer version."""
    origin, mine = tmp_path / "origin", tmp_path / "mine"
    origin.mkdir()
    git(origin, "init", "-q", "-b", "main")
    commit(origin, release(1), "one")
    git(tmp_path, "clone", "-q", str(origin), str(mine))
    commit(origin, release(2), "two")
    return mine


def git(folder: Path, *words: str) -> str:
    names = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", *names, *words], cwd=folder, check=True, capture_output=True, text=True).stdout


def commit(folder: Path, held: Any, library: str) -> None:
    (folder / NAME).parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(held, folder / NAME)
    (folder / "library.py").write_text(library)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", library)


def work(clone: Path) -> None:
    nbformat.write(worked(), clone / NAME)


def test_the_newer_version_comes_with_the_answers_in_it(clone: Path) -> None:
    work(clone)
    before = (clone / NAME).read_bytes()
    found = update(clone)
    assert found.commits == 1
    assert found.merged[NAME].startswith("answers kept: 1.1, 1.2")
    assert found.copies is not None
    assert (found.copies / NAME).read_bytes() == before
    assert "return 2 * x" in (clone / NAME).read_text()
    assert (clone / "library.py").read_text() == "two"
    assert update(clone).commits == 0


def test_without_work_it_is_a_plain_update(clone: Path) -> None:
    found = update(clone)
    assert (found.commits, found.merged, found.copies) == (1, {}, None)
    assert git(clone, "status", "--porcelain") == ""


def test_a_changed_library_stops_it_before_anything_is_touched(clone: Path) -> None:
    work(clone)
    (clone / "library.py").write_text("mine")
    before = (clone / NAME).read_bytes()
    with pytest.raises(CourseError, match=r"You changed library\.py"):
        update(clone)
    assert (clone / NAME).read_bytes() == before


def test_a_file_in_the_way_leaves_the_chapters_as_they_were(clone: Path, tmp_path: Path) -> None:
    (tmp_path / "origin" / "notes.txt").write_text("theirs")
    commit(tmp_path / "origin", release(2), "three")
    work(clone)
    (clone / "notes.txt").write_text("mine, not committed")
    before = (clone / NAME).read_bytes()
    with pytest.raises(CourseError, match="as they were"):
        update(clone)
    assert (clone / NAME).read_bytes() == before
    assert not list((clone / ".git").glob("course-update.json"))


def test_commits_of_ones_own_are_left_to_git(clone: Path) -> None:
    commit(clone, worked(), "mine")
    with pytest.raises(CourseError, match="commits of its own"):
        update(clone)


@pytest.mark.parametrize("cut", ["_say", "_git", "_merge_one"])
def test_an_update_that_was_cut_short_is_finished_by_the_next(
    clone: Path, monkeypatch: pytest.MonkeyPatch, cut: str
) -> None:
    work(clone)
    real = getattr(updating, cut)

    def pull_the_plug(root: Path, *words: Any, **more: Any) -> Any:
        if cut == "_merge_one" or words[0] in ("checkout", "merge"):
            raise KeyboardInterrupt
        return real(root, *words, **more)

    monkeypatch.setattr(updating, cut, pull_the_plug)
    with pytest.raises(KeyboardInterrupt):
        update(clone)
    monkeypatch.undo()
    found = update(clone)
    assert found.merged[NAME].startswith("answers kept: 1.1, 1.2")
    assert "return 2 * x" in (clone / NAME).read_text()
    assert "Version 2" in (clone / NAME).read_text()


def test_work_between_a_cut_and_the_next_update_is_kept_aside(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work(clone)

    def pull_the_plug(*_: Any) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(updating, "_merge_one", pull_the_plug)
    with pytest.raises(KeyboardInterrupt):
        update(clone)
    monkeypatch.undo()
    later = release(2)
    later.cells[3].source = "written in between"
    nbformat.write(later, clone / NAME)
    found = update(clone)
    assert found.copies is not None
    assert "written in between" in (found.copies / NAME).with_stem("scores-later").read_text()
    assert "return 2 * x" in (clone / NAME).read_text()


def test_a_file_that_is_no_notebook_any_more_is_kept_aside(clone: Path) -> None:
    (clone / NAME).write_text("{half a fi")
    found = update(clone)
    assert "could not be read" in found.merged[NAME]
    assert found.copies is not None
    assert (found.copies / NAME).read_text() == "{half a fi"
    assert len(json.loads((clone / NAME).read_text())["cells"]) == len(release(2).cells)


def test_a_folder_without_git_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CourseError):
        update(tmp_path)
