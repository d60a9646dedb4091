"""The build: the same bytes every time, stale files named, no answer given away."""

import json
import re
import shutil
import subprocess

import nbformat
import pytest

from course_lib.authoring.build import build
from course_lib.authoring.chapters import find_chapters
from course_lib.authoring.learner_work import builds_remembered
from course_lib.errors import CourseError

RELEASE = "chapters/01_example/example.ipynb"


def states(course, registry, **options):
    return {state.file: state.state for state in build(root=course, registry=registry, **options)}


def test_builds_both_notebooks_and_copies_pictures(course, registry):
    written = states(course, registry)
    assert written == dict.fromkeys(
        ["solutions/01_example/example.ipynb", "chapters/01_example/bars.svg", RELEASE], "written"
    )
    assert not (course / "chapters/01_example/example.py").exists()


def test_second_build_changes_no_byte(course, registry):
    build(root=course, registry=registry)
    before = (course / RELEASE).read_bytes()
    assert set(states(course, registry).values()) == {"same"}
    shutil.rmtree(course / "chapters")
    build(root=course, registry=registry)
    assert (course / RELEASE).read_bytes() == before


def test_notebook_holds_nothing_that_changes_by_itself(course, registry):
    build(root=course, registry=registry)
    content = (course / RELEASE).read_bytes()
    notebook = json.loads(content)
    assert content.endswith(b"}\n")
    assert set(notebook["metadata"]) == {"kernelspec", "language_info"}
    assert notebook["metadata"]["language_info"] == {"name": "python"}
    assert all(
        not cell["outputs"] and cell["execution_count"] is None for cell in notebook["cells"] if "outputs" in cell
    )


def test_check_writes_nothing_and_names_what_is_missing(course, registry):
    assert states(course, registry, check=True) == dict.fromkeys([RELEASE, "chapters/01_example/bars.svg"], "missing")
    assert not (course / "chapters").exists()


def test_check_notices_a_changed_source(course, registry, source):
    build(root=course, registry=registry)
    source.write_text(source.read_text().replace("A list of scores", "Some scores"))
    assert states(course, registry, check=True)[RELEASE] == "stale"


def test_check_notices_one_changed_byte_in_the_release(course, registry):
    build(root=course, registry=registry)
    path = course / RELEASE
    path.write_bytes(path.read_bytes().replace(b"A list of scores", b"A list of Scores"))
    assert states(course, registry, check=True)[RELEASE] == "stale"


def test_check_forgives_outputs_in_the_solution_notebook_but_not_edits(course, registry):
    build(root=course, registry=registry)
    path = course / "solutions/01_example/example.ipynb"
    notebook = nbformat.read(path, 4)
    notebook.cells[3].outputs = [nbformat.v4.new_output("stream", text="9")]
    nbformat.write(notebook, path)
    assert states(course, registry, check=True)["solutions/01_example/example.ipynb"] == "same"
    notebook.cells[3].source = "sum(scores) + 1"
    nbformat.write(notebook, path)
    assert states(course, registry, check=True)["solutions/01_example/example.ipynb"] == "edited"


def test_check_notices_committed_files_without_a_source(course, registry):
    build(root=course, registry=registry)
    (course / "chapters/01_example/old.ipynb").write_text("{}")
    (course / "chapters/01_example/my notes.txt").write_text("a learner's own file, not committed")
    subprocess.run(["git", "init", "-q"], cwd=course, check=True)
    subprocess.run(["git", "add", "chapters/01_example/old.ipynb"], cwd=course, check=True)
    found = states(course, registry, check=True)
    assert found["chapters/01_example/old.ipynb"] == "left over"
    assert "chapters/01_example/my notes.txt" not in found


PLANTED = {
    "the same line in a helper cell": (
        "sum(scores)\n",
        "above = [score for score in scores if score > 2]\ntotal = 0\n",
    ),
    "in another layout": ("sum(scores)\n", "total = (total\n         + float( score ))\n"),
    "in the prose": (
        "# A list of scores is",
        "# Write `steps = [abs(scores[i + 1] - scores[i]) for i in range(len(scores)-1)]`.",
    ),
    "a comment of the answer": ("sum(scores)\n", "sum(scores)  # every score counts once, also a zero\n"),
    "an answer cell that nobody marked": (
        '{"role": "answer"}\n# expand: example_course:largest_gap',
        "{}\ndef largest_gap(scores):\n    steps = [abs(scores[i + 1] - scores[i]) for i in range(len(scores) - 1)]",
    ),
    "marks in a cell that is no answer": (
        '{"role": "answer"}\n# expand: example_course:largest_gap',
        "{}\n# expand: example_course:largest_gap",
    ),
}


@pytest.mark.parametrize(("old", "new"), PLANTED.values(), ids=PLANTED)
def test_planted_leak_stops_the_build(course, registry, source, old, new):
    text = source.read_text()
    assert old in text
    source.write_text(text.replace(old, new.replace("score > 2", "score > threshold"), 1))
    with pytest.raises(CourseError, match=r"give an answer away|cannot convert"):
        build(root=course, registry=registry)
    assert not (course / "chapters").exists()


def test_leak_names_cell_and_line(course, registry, source):
    source.write_text(source.read_text().replace("sum(scores)\n", "total = total + float(score)\n"))
    with pytest.raises(CourseError, match=r"cell three-numbers-1 shows “total = total \+ float\(score\)”"):
        build(root=course, registry=registry)


def test_leak_in_a_copied_file_stops_the_build(course, registry, source):
    (source.parent / "notes.txt").write_text("above = [score for score in scores if score > threshold]")
    with pytest.raises(CourseError, match=r"notes\.txt"):
        build(root=course, registry=registry)


def test_declared_sharing_is_allowed_for_that_exercise_only(course, registry, source):
    leaking = "sum(scores)\ntotal = total + float(score)\n"
    text = source.read_text().replace("sum(scores)\n", leaking)
    allowed = text.replace("# %%\nscores =", '# %% course={"shares": ["1.1"]}\nscores =')
    source.write_text(allowed)
    build(root=course, registry=registry)
    source.write_text(allowed.replace('"shares": ["1.1"]', '"shares": ["1.2"]'))
    with pytest.raises(CourseError, match="give an answer away"):
        build(root=course, registry=registry)


def test_nbgrader_refusal_is_a_sentence(course, registry, source):
    source.write_text(
        source.read_text().replace(
            '{"role": "answer"}\n# expand: example_course:largest_gap',
            '{"role": "answer", "id": "1.1"}\n# expand: example_course:largest_gap',
        )
    )
    with pytest.raises(CourseError, match="nbgrader cannot convert 01_example"):
        build(root=course, registry=registry)


def test_chapters_by_number_and_name(course):
    assert [c.folder for word in ("1", "01", "example", "01_example") for c in find_chapters(course, [word])] == [
        "01_example"
    ] * 4
    with pytest.raises(CourseError, match="There is no chapter '7'"):
        find_chapters(course, ["7"])
    (course / "solutions" / "02_empty").mkdir()
    with pytest.raises(CourseError, match=r"no source file solutions/02_empty/empty\.py"):
        find_chapters(course)


def test_a_build_does_not_overwrite_answers(course, registry, source):
    build(root=course, registry=registry)
    release = course / RELEASE
    notebook = nbformat.read(release, as_version=4)
    answer = next(cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == "answer-1-1")
    answer.source = answer.source.replace("raise NotImplementedError", "return 0  #")
    nbformat.write(notebook, release)
    before = release.read_bytes()
    with pytest.raises(CourseError, match=r"answer-1-1.*--overwrite"):
        build(root=course, registry=registry)
    assert release.read_bytes() == before
    build(root=course, registry=registry, overwrite=True)
    assert states(course, registry, check=True)[RELEASE] == "same"


def change_note(path):
    notebook = nbformat.read(path, as_version=4)
    next(cell for cell in notebook.cells if "A list of scores" in cell.source).source += "\n\nMy note."
    nbformat.write(notebook, path)


def add_cell(path):
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell("1 + 1"))
    nbformat.write(notebook, path)


def commit(course):
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "--no-verify", "-m", "a release"]):
        subprocess.run(["git", *words], cwd=course, check=True)


@pytest.mark.parametrize("work", [change_note, add_cell])
def test_a_build_does_not_overwrite_work_outside_of_answers(course, registry, source, work):
    build(root=course, registry=registry)
    commit(course)
    work(course / RELEASE)
    before = (course / RELEASE).read_bytes()
    with pytest.raises(CourseError, match=r"changed or added.*--overwrite"):
        build(root=course, registry=registry)
    assert (course / RELEASE).read_bytes() == before
    build(root=course, registry=registry, overwrite=True)
    assert states(course, registry, check=True)[RELEASE] == "same"


def test_builds_between_two_commits_are_no_work_of_a_learner(course, registry, source):
    build(root=course, registry=registry)
    commit(course)
    for new in ("Some scores", "Many scores", "All scores"):
        old = source.read_text()
        source.write_text(re.sub(r"(A list of|Some|Many) scores", new, old, count=1))
        assert source.read_text() != old
        with builds_remembered(course / "chapters"):
            assert states(course, registry)[RELEASE] == "written"
    assert not subprocess.run(
        ["git", "ls-files", "--others", "--exclude-standard"], cwd=course, capture_output=True, check=True
    ).stdout
    add_cell(course / RELEASE)
    with pytest.raises(CourseError, match="changed or added"), builds_remembered(course / "chapters"):
        build(root=course, registry=registry)
    with pytest.raises(CourseError, match="changed or added"):  # the refused build took no note of the learner's cell
        build(root=course, registry=registry)


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b"[]", b"\xff\xfe"])
def test_a_notebook_that_cannot_be_read_is_not_overwritten(course, registry, content):
    build(root=course, registry=registry)
    (course / RELEASE).write_bytes(content)
    with pytest.raises(CourseError, match="cannot be read as a notebook"):
        build(root=course, registry=registry)
    assert (course / RELEASE).read_bytes() == content


def test_outputs_and_a_changed_source_are_no_answers(course, registry, source):
    build(root=course, registry=registry)
    release = course / RELEASE
    notebook = nbformat.read(release, as_version=4)
    next(cell for cell in notebook.cells if cell.cell_type == "code").execution_count = 3
    nbformat.write(notebook, release)
    source.write_text(source.read_text().replace("A list of scores", "Some scores"))
    assert states(course, registry)[RELEASE] == "written"
