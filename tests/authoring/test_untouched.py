"""Which cells of an untouched notebook are run, and that nothing which could fail is left out."""

import nbformat
import pytest

from course_lib.authoring.build import build
from course_lib.authoring.chapters import find_chapters
from course_lib.authoring.source import solution_notebook
from course_lib.authoring.untouched import differences, without_demonstrations

SIGNATURE = "# %%\npublished_share(scores, 2.5)"


@pytest.fixture
def released(course, registry):
    """Builds the example chapter as it stands and reads the learner's notebook."""

    def read():
        build(root=course, registry=registry)
        return nbformat.read(course / "chapters/01_example/example.ipynb", 4)

    return read


def code_of(notebook):
    return [cell.id for cell in notebook.cells if cell.cell_type == "code"]


def test_demonstrations_are_left_out_and_nothing_else(released):
    notebook = released()
    short = without_demonstrations(notebook)
    left_out = [id for id in code_of(notebook) if id not in code_of(short)]
    assert left_out == ["three-numbers-1", "fault", "signature-1", "control-1", "interactive", "own-model-1"]
    assert len(notebook.cells) - len(short.cells) == len(left_out)


def test_what_a_test_needs_is_run_and_what_that_needs(released, source):
    text = source.read_text().replace('check("1.2", largest_gap)', 'check("1.2", largest_gap)\nhelp_with(scores)')
    helper = "# %%\nfactor = 2\n\n# %%\ndef help_with(x):\n    return [factor * y for y in x]\n\n"
    source.write_text(text.replace("# %%\nscores = [", helper + "# %%\nscores = [", 1))
    kept = code_of(without_demonstrations(released()))
    assert [id for id in kept if id.startswith("three-numbers")] == [
        "three-numbers-1",
        "three-numbers-2",
        "three-numbers-3",
    ]


def test_a_cell_that_defines_an_answers_name_anew_is_run(released, source):
    source.write_text(source.read_text().replace(SIGNATURE, "# %%\nchoice_1 = 'b'"))
    assert "signature-1" in code_of(without_demonstrations(released()))


def test_released_and_solution_agree_outside_the_answers(released, course, registry):
    (chapter,) = find_chapters(course)
    notebook, solution = released(), solution_notebook(chapter, registry)
    assert differences(notebook, solution) == []
    place = next(cell for cell in notebook.cells if cell.id == "signature-1")
    place.source += "  # changed"
    assert [sentence.split(":")[0] for sentence in differences(notebook, solution)] == ["signature-1"]
    notebook.cells.remove(place)
    assert "other cells" in differences(notebook, solution)[0]


def test_every_other_cell_of_a_real_notebook_is_the_same():
    for chapter in find_chapters():
        assert differences(nbformat.read(chapter.release, as_version=4), solution_notebook(chapter)) == []
