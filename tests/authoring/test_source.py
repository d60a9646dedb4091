"""From the percent file to the solution notebook: directives, metadata, ids."""

import nbformat
import pytest

from course_lib.authoring.answers import answer_functions
from course_lib.authoring.build import build
from course_lib.authoring.cards import expand_cards, folded_hints
from course_lib.authoring.chapters import find_chapters
from course_lib.authoring.expand import exercise_cell, expansion_of, function_text
from course_lib.authoring.source import solution_notebook
from course_lib.errors import CourseError


def notebook_of(course, registry):
    (chapter,) = find_chapters(course)
    return solution_notebook(chapter, registry)


def cell_of(notebook, id):
    return next(cell for cell in notebook.cells if cell.id == id)


# --- expand: the library's function becomes the answer cell


def test_expansion_keeps_signature_docstring_comments_and_marks_the_body():
    assert exercise_cell("example_course:mean_score") == (
        "def mean_score(scores: Sequence[float]) -> float:\n"
        '    """The mean of some scores.\n\n    Args:\n        scores: at least one number.\n    """\n'
        "    ### BEGIN SOLUTION\n"
        "    total = 0.0\n"
        "    # every score counts once, also a zero\n"
        "    for score in scores:\n"
        "        total = total + float(score)\n"
        "    return total / len(scores)\n"
        "    ### END SOLUTION"
    )


def test_expansion_drops_decorators_and_keeps_long_signatures():
    text = function_text("course_lib.checks.compare:compare")
    assert text.signature.startswith("def compare(")
    namespace = {}
    decorated = function_text("functools:singledispatch")
    assert "def singledispatch(func):" in decorated.signature
    exec(f"{decorated.signature}\n    pass", namespace)


@pytest.mark.parametrize(
    "reference", ["example_course:missing", "no_such_module:f", "example_course:REGISTRY", "example_course:Model"]
)
def test_what_cannot_become_an_exercise_says_so(reference):
    with pytest.raises(CourseError, match=r"cannot become an exercise|There is no function|cannot be imported"):
        function_text(reference)


def test_only_a_cell_of_one_directive_is_expanded():
    assert expansion_of("# expand: a.b:c\n") == "a.b:c"
    assert expansion_of("# expand: a.b:c\nx = 1") is None


def test_stub_of_the_release_names_its_exercise_and_the_solution_runs(course, registry):
    build(root=course, registry=registry)
    stubs = answer_functions(1, "chapters", root=course, registry=registry)
    answers = answer_functions(1, "solutions", root=course, registry=registry)
    assert list(stubs) == list(answers) == ["1.1", "1.2", "1.3"]
    with pytest.raises(NotImplementedError, match=r"Exercise 1\.3: write your answer here, then run the check below\."):
        stubs["1.3"]([1], 0)
    assert answers["1.3"]([1, 2, 3, 3], 2) == 0.5


def test_question_keeps_its_line_and_gets_no_stub(course, registry):
    build(root=course, registry=registry)
    released = nbformat.read(course / "chapters/01_example/example.ipynb", 4)
    assert cell_of(released, "answer-1-Q2").source == 'choice_2 = "?"'


# --- cards: texts of the registry


def test_card_hints_and_why_come_from_the_registry(registry):
    text, parts = expand_cards("{{exercise 1.2}}\n\nIn between.\n\n{{hints 1.2}}\n\n{{why 1.2}}", registry)
    assert parts == ["exercise 1.2", "hints 1.2", "why 1.2"]
    for piece in (
        "### Exercise 1.2: The largest gap",
        "2 points",
        "difficulty 2 of 5",
        "about 10 minutes",
        "In between.",
    ):
        assert piece in text
    assert "def largest_gap(scores: Sequence[float]) -> float\n" in text
    assert "three hints" in text
    assert "<details>" not in text
    assert 'reveal("1.2")' in text
    folded = folded_hints(registry.exercise("1.2"))
    assert folded.count("<details>") == folded.count("</details>") == 3
    assert "{{" not in text


def test_unknown_directive_is_an_error_and_other_braces_are_text(registry):
    with pytest.raises(CourseError, match=r"no directive \{\{hint 1.1\}\}"):
        expand_cards("{{hint 1.1}}", registry)
    chat = "A template says `{{ messages[0] }}` and\n{{ content }}"
    assert expand_cards(chat, registry) == (chat, [])


# --- metadata


def test_roles_give_nbgrader_its_record(course, registry):
    notebook = notebook_of(course, registry)
    test, answer = cell_of(notebook, "check-1-3"), cell_of(notebook, "answer-1-3")
    fields = {"schema_version": 3, "grade": True, "solution": False, "locked": True, "task": False}
    assert test.metadata.nbgrader == {**fields, "grade_id": "check-1-3", "points": 5}
    assert answer.metadata.nbgrader == {
        **fields,
        "grade": False,
        "solution": True,
        "locked": False,
        "grade_id": "answer-1-3",
    }
    assert answer.metadata.course["id"] == "1.3"
    assert cell_of(notebook, "check-1-Q1").metadata.nbgrader["points"] == 1


def test_what_an_author_writes_wins_and_a_second_test_gets_its_own_id(course, registry, source):
    twice = 'check("1.1", mean_score)\n\n# %% nbgrader={"grade": true, "points": 1}\nassert mean_score([1]) == 1\n'
    first = source.read_text().replace(
        '{"role": "test"}\ncheck("1.1"', '{"role": "test"} nbgrader={"points": 2}\ncheck("1.1"'
    )
    source.write_text(first.replace('check("1.1", mean_score)\n', twice))
    notebook = notebook_of(course, registry)
    assert cell_of(notebook, "check-1-1").metadata.nbgrader["points"] == 2
    assert cell_of(notebook, "check-1-1-2").metadata.nbgrader["points"] == 1
    assert cell_of(notebook, "check-1-1-2").metadata.course == {"role": "test", "id": "1.1"}


# --- ids


def test_ids_are_valid_and_say_what_the_cell_is(course, registry):
    notebook = notebook_of(course, registry)
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert ids[:6] == ["card", "cold-open", "three-numbers", "three-numbers-1", "exercise-1-1", "answer-1-1"]
    nbformat.validate(notebook)


def test_inserted_cell_renames_at_most_those_behind_it_in_its_section(course, registry, source):
    before = {cell.source: cell.id for cell in notebook_of(course, registry).cells}
    source.write_text(source.read_text().replace("# %%\nscores = [1.0", "# %%\nimport math\n\n# %%\nscores = [1.0"))
    after = {cell.source: cell.id for cell in notebook_of(course, registry).cells}
    changed = [text for text, id in before.items() if after[text] != id]
    assert changed == ["scores = [1.0, 2.0, 6.0]\nsum(scores)"]
    assert after["import math"] == "three-numbers-1"


def test_equal_headings_get_different_ids_and_long_ones_fit(course, registry, source):
    more = (
        "\n# %% [markdown]\n# ## Again\n\n# %% [markdown]\n# ## Again\n\n# %% [markdown]\n# ## " + "long " * 40 + "\n"
    )
    source.write_text(source.read_text() + more)
    ids = [cell.id for cell in notebook_of(course, registry).cells]
    assert ids[-3:-1] == ["again", "again-2"]
    assert len(ids[-1]) <= 64
