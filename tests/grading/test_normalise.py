"""What becomes of a submission: the honest oddities keep their answers, and nothing the file says about itself counts."""

from __future__ import annotations

import copy
import json
import re
import sys
from pathlib import Path

import nbformat
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from handed_in import add, answers, bare, cell, code, filled, place, release

from course_lib.grading.normalise import clean_notebook, normalise
from course_lib.grading.notebooks import parse_notebook
from course_lib.grading.program import Cell, Program, Take

ITEMS = ["8.1", "8.2", "8.3", "8.4", "8.5", "8.6", "8.Q1", "8.Q2", "8.Q3", "8.Q4", "8.Q5", "8.Q6"]
FIRST = "two-requests-one-answer-1"


def run(notebook) -> Program:
    """The program, with what holds for every one checked."""
    program = normalise(release(), notebook)
    for steps in (program.steps, program.complete):
        assert [step.item for step in steps if isinstance(step, Take)] == ITEMS or sorted(
            step.item for step in steps if isinstance(step, Take)
        ) == sorted(ITEMS)
        names = [step.name for step in steps if isinstance(step, Cell)]
        assert len(names) == len(set(names))
    given = {one["id"]: "".join(one["source"]) for one in release()["cells"]}
    for step in program.complete:
        if isinstance(step, Cell) and step.kind == "given":
            assert step.source == given[step.name]
    kept = [step for step in program.complete if step in program.steps]
    assert list(program.steps) == kept, "the needed steps are some of all, in the same order"
    shown = clean_notebook(release(), notebook)
    nbformat.validate(nbformat.from_dict(shown))
    graded = [c["metadata"]["nbgrader"]["grade_id"] for c in shown["cells"] if c["metadata"].get("nbgrader")]
    assert sorted(graded) == sorted(
        c["metadata"]["nbgrader"]["grade_id"] for c in release()["cells"] if c["metadata"].get("nbgrader")
    )
    return program


def answer(program: Program, item: str) -> str | None:
    """The answer's own cell, which has to stand above its take; None when there is none."""
    found = [n for n, step in enumerate(program.steps) if isinstance(step, Cell) and step.item == item]
    take = next(n for n, step in enumerate(program.steps) if isinstance(step, Take) and step.item == item)
    assert all(n < take for n in found)
    assert len(found) <= 1
    return program.steps[found[0]].source if found else None


def own(program: Program, whole: bool = False) -> list[str]:
    return [s.source for s in (program.complete if whole else program.steps) if isinstance(s, Cell) and s.kind == "own"]


def all_right(program: Program) -> bool:
    wanted = {cell(release(), id)["metadata"]["course"]["id"]: text for id, text in answers().items()}
    return all(answer(program, item) == text for item, text in wanted.items())


def test_a_filled_notebook():
    program = run(filled())
    assert all_right(program)
    assert program.warnings == ()
    assert own(program, whole=True) == []
    assert [s.name for s in program.steps if isinstance(s, Cell) and s.kind == "given"] == [FIRST]
    given = [one for one in release()["cells"] if one["cell_type"] == "code" and not one["metadata"].get("nbgrader")]
    assert sum(isinstance(s, Cell) and s.kind == "given" for s in program.complete) == len(given)


def test_the_takes_are_those_of_the_release():
    program = run(filled())
    takes = [step for step in program.steps if isinstance(step, Take)]
    assert takes[0] == Take("8.1", "token_attribution")
    assert takes[-1] == Take("8.Q6", "choice_q6")
    changed = filled()
    cell(changed, "check-8-1")["source"] = 'check("8.6", token_attribution)'
    assert [step for step in run(changed).steps if isinstance(step, Take)] == takes


def test_an_untouched_notebook_keeps_its_stubs():
    program = run(parse_notebook(json.dumps(release()).encode()))
    assert "raise NotImplementedError" in answer(program, "8.1")
    assert answer(program, "8.Q1") == 'choice_q1 = "?"'
    assert program.warnings == ()


# What programs do to a notebook when they save it


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c.pop("id", None),
        lambda c: c.update(metadata={}),
        lambda c: c.update(metadata={"vscode": {"languageId": "python"}, "tags": ["x"]}),
        lambda c: (c.pop("id", None), c.update(metadata={"id": "aBcDeF", "colab": {"base_uri": "https://x"}})),
        lambda c: (c.pop("id", None), c.update(metadata={})),
        lambda c: c.update(id="0", metadata={}),
        lambda c: c.update(source="".join(c["source"]).replace("\n", "\r\n")),
        lambda c: c.update(source="".join(c["source"]) + "\n\n"),
    ],
)
def test_dropped_ids_metadata_and_other_line_ends(change):
    notebook = filled()
    for one in notebook["cells"]:
        change(one)
    program = run(notebook)
    stripped = [answer(program, item).strip() for item in ITEMS]
    assert stripped == [text.strip() for text in answers().values()]
    assert own(program, whole=True) == []
    assert program.warnings == ()


def test_a_bare_notebook_with_untouched_stubs_and_cells_of_ones_own():
    notebook = release()
    add(notebook, "notes = 1", after=FIRST)
    cell(notebook, "answer-8-2")["source"] = answers()["answer-8-2"]
    program = run(bare(notebook))
    assert answer(program, "8.2") == answers()["answer-8-2"]
    assert "NotImplementedError" in answer(program, "8.1")
    assert own(program, whole=True) == ["notes = 1"]


def test_a_bare_answer_with_a_slip_in_its_syntax_is_still_the_answer():
    notebook = filled()
    cell(notebook, "answer-8-1")["source"] = "def token_attribution(model, input_ids, target_ids)\n    return 1"
    program = run(bare(notebook))
    assert answer(program, "8.1").startswith("def token_attribution")
    assert answer(program, "8.2") == answers()["answer-8-2"]


# Copies, moves, deletions


def copied(notebook, id: str, source: str, *, to: str = "", below: str = "", keep_metadata: bool = True) -> None:
    """A pasted cell: JupyterLab keeps the metadata and gives a new id."""
    extra = {"metadata": copy.deepcopy(cell(notebook, id)["metadata"])} if keep_metadata else {}
    add(notebook, source, before=to, after=below, **extra)


@pytest.mark.parametrize("keep_metadata", [True, False])
def test_of_two_written_answers_the_last_one_above_the_test_counts(keep_metadata):
    notebook = filled()
    copied(
        notebook,
        "answer-8-1",
        "def token_attribution(*a): return 'first'",
        to="answer-8-1",
        keep_metadata=keep_metadata,
    )
    program = run(notebook)
    assert answer(program, "8.1") == answers()["answer-8-1"]
    assert any("8.1" in w and "2 cells define" in w for w in program.warnings)
    copied(
        notebook,
        "answer-8-1",
        "def token_attribution(*a): return 'old'",
        below="check-8-1",
        keep_metadata=keep_metadata,
    )
    program = run(notebook)
    assert answer(program, "8.1") == answers()["answer-8-1"]


@pytest.mark.parametrize("keep_metadata", [True, False])
@pytest.mark.parametrize(
    "where", [{"to": "answer-8-1"}, {"below": "answer-8-1"}, {"below": "check-8-1"}, {"below": "answer-8-Q6"}]
)
def test_a_stub_that_nobody_touched_does_not_undo_an_answer(keep_metadata, where):
    """The answer in a copy of the cell, or in a cell of one's own, above or below the stub and the test."""
    notebook = filled()
    cell(notebook, "answer-8-1")["source"] = cell(release(), "answer-8-1")["source"]
    copied(notebook, "answer-8-1", answers()["answer-8-1"], keep_metadata=keep_metadata, **where)
    program = run(notebook)
    assert all_right(program)
    assert not any("NotImplementedError" in s.source for s in program.complete if isinstance(s, Cell))


def test_a_copy_that_does_not_define_the_name_does_not_win():
    """A split answer cell: both halves carry the grade id."""
    notebook = filled()
    copied(notebook, "answer-8-1", "print(token_attribution)", below="answer-8-1")
    copied(notebook, "answer-8-1", "    return half of it", below="answer-8-1")
    program = run(notebook)
    assert all_right(program)
    assert "print(token_attribution)" in own(program, whole=True)


def test_a_second_attempt_below_with_a_copied_test_counts():
    notebook = filled()
    cell(notebook, "answer-8-1")["source"] = "def token_attribution(*a): return 'first'"
    copied(notebook, "check-8-1", "".join(cell(notebook, "check-8-1")["source"]), below="check-8-1")
    copied(notebook, "answer-8-1", answers()["answer-8-1"], below="check-8-1")
    assert all_right(run(notebook))


def test_two_answers_in_one_cell():
    notebook = filled()
    cell(notebook, "answer-8-2")["source"] = answers()["answer-8-2"] + "\n\n\n" + answers()["answer-8-3"]
    notebook["cells"].pop(place(notebook, "answer-8-3"))
    program = run(notebook)
    assert answer(program, "8.2") == cell(notebook, "answer-8-2")["source"]
    assert answer(program, "8.3") is None
    order = [getattr(step, "name", getattr(step, "variable", "")) for step in program.steps]
    assert order.index("answer-8-2") < order.index("strong_connections")
    shown = clean_notebook(release(), notebook)
    assert "another cell" in cell(shown, "answer-8-3")["source"]


def test_a_deleted_answer_leaves_a_take_that_finds_nothing():
    notebook = filled()
    notebook["cells"].pop(place(notebook, "answer-8-3"))
    program = run(notebook)
    assert answer(program, "8.3") is None
    assert Take("8.3", "strong_connections") in program.steps
    assert not any(
        "strong_connections(" in s.source and s.kind != "given" for s in program.complete if isinstance(s, Cell)
    )
    assert any("8.3" in warning for warning in program.warnings)


def test_deleted_given_cells_and_tests_come_back():
    notebook = filled()
    notebook["cells"] = [one for one in notebook["cells"] if one["id"] in answers()]
    program = run(notebook)
    assert all_right(program)
    assert program.complete == run(filled()).complete
    assert any("missing" in warning for warning in program.warnings)


def test_moved_cells():
    """An answer dragged below its test, the first cell dragged to the end, answers at the top."""
    whole = filled()
    for id, to in (("answer-8-1", 40), (FIRST, 130), ("answer-8-5", 0), ("check-8-2", 5)):
        notebook = copy.deepcopy(whole)
        notebook["cells"].insert(to, notebook["cells"].pop(place(notebook, id)))
        program = run(notebook)
        assert all_right(program), id
        assert any("moved" in warning for warning in program.warnings), id
        names = [s.name for s in program.steps if isinstance(s, Cell)]
        if id != "answer-8-5":
            assert names[0] == FIRST


def test_reversed_order_still_has_every_answer_above_its_take():
    notebook = filled()
    notebook["cells"].reverse()
    assert all_right(run(notebook))


def test_helpers_of_ones_own_keep_their_order():
    notebook = filled()
    cell(notebook, "answer-8-2")["source"] = "def mean_attention(attentions):\n    return helper(attentions) * K"
    add(notebook, "K = helper(1)", before="answer-8-2")
    add(notebook, "def helper(x):\n    return x", after="fault-2")
    add(notebook, "unused = 1", before="answer-8-3")
    program = run(notebook)
    assert own(program) == ["def helper(x):\n    return x", "K = helper(1)"]
    assert own(program, whole=True) == ["def helper(x):\n    return x", "K = helper(1)", "unused = 1"]


# What was given


def test_a_changed_given_cell_runs_as_released_and_then_as_changed():
    notebook = filled()
    first = "".join(cell(notebook, FIRST)["source"])
    cell(notebook, FIRST)["source"] = "import einops\n" + first
    cell(notebook, "answer-8-2")["source"] = "def mean_attention(a):\n    return einops.reduce(a)"
    for version in (notebook, bare(notebook)):
        program = run(version)
        assert program.steps[0] == Cell(FIRST, first, "given")
        assert program.steps[1].source == "import einops\n" + first
        assert program.warnings


def test_comments_and_white_space_are_no_change():
    notebook = filled()
    cell(notebook, FIRST)["source"] = "# my notes\n\n" + "".join(cell(notebook, FIRST)["source"]).replace(
        "\nMODEL", "\n\n\nMODEL"
    )
    program = run(notebook)
    assert (own(program, whole=True), program.warnings) == ([], ())


@pytest.mark.parametrize("kind", ["raw", "markdown", "heading", None, 5, ["code"]])
def test_the_type_of_a_cell_decides_nothing_about_the_courses_cells(kind):
    notebook = filled()
    for one in notebook["cells"]:
        if one["cell_type"] == "code":
            one["cell_type"] = kind
    program = run(notebook)
    assert all_right(program)
    assert program.complete == run(filled()).complete


def test_markdown_and_raw_cells_of_ones_own_never_run():
    notebook = filled()
    notebook["cells"][3:3] = [
        {"cell_type": "markdown", "metadata": {}, "source": "import os\nos.remove('x')"},
        {"cell_type": "raw", "metadata": {}, "source": "<script>1</script>"},
        {"cell_type": "invented", "metadata": {}, "source": "x = 1"},
    ]
    program = run(notebook)
    assert own(program, whole=True) == []
    shown = [one for one in clean_notebook(release(), notebook)["cells"] if re.fullmatch(r"own-\d+", one["id"])]
    assert [one["cell_type"] for one in shown] == ["markdown"] * 3
    assert shown[1]["source"] == "    <script>1</script>"


def test_a_changed_test_is_not_run_but_what_it_defines_is():
    notebook = filled()
    cell(notebook, "check-8-1")["source"] = "def check(*a): return 'all right'"
    cell(notebook, "check-8-2")["source"] = "print('nothing')"
    program = run(notebook)
    assert own(program, whole=True) == ["def check(*a): return 'all right'"]
    assert any("8.1: the test was changed" in warning for warning in program.warnings)


@pytest.mark.parametrize(
    "metadata",
    [
        {"tags": ["skip-execution", "remove-cell"]},
        {"nbgrader": {"points": 100, "grade": True, "solution": True, "schema_version": 99, "locked": False}},
        {"nbgrader": {"grade_id": "answer-8-1", "points": 100}},
        {"nbgrader": {"grade_id": ["x"]}},
        {"nbgrader": None},
        {"nbgrader": {"grade_id": "check-8-1"}, "course": {"id": "8.6", "role": "answer"}},
        {"deletable": True, "editable": True, "trusted": True},
        None,
        [],
        "text",
    ],
)
def test_metadata_of_own_cells_decide_nothing(metadata):
    notebook = filled()
    add(notebook, "mine = 1", after=FIRST, **{"metadata": metadata})
    program = run(notebook)
    assert all_right(program)
    shown = clean_notebook(release(), notebook)
    assert all("points" not in str(one["metadata"]) for one in shown["cells"] if re.fullmatch(r"own-\d+", one["id"]))
    points = sum(one["metadata"].get("nbgrader", {}).get("points", 0) for one in shown["cells"])
    assert points == sum(one["metadata"].get("nbgrader", {}).get("points", 0) for one in release()["cells"])


def test_metadata_of_the_courses_cells_are_the_releases():
    notebook = filled()
    for one in notebook["cells"]:
        if "nbgrader" in one["metadata"]:
            one["metadata"]["nbgrader"] |= {"points": 100, "schema_version": 99, "grade": True, "checksum": "0"}
        one["metadata"]["tags"] = ["skip-execution"]
        one["attachments"] = {"x.png": {"image/png": "AAAA"}}
    shown = clean_notebook(release(), notebook)
    assert [one["metadata"] for one in shown["cells"]] == [one["metadata"] for one in release()["cells"]]
    assert not any("attachments" in one for one in shown["cells"])


def test_swapped_grade_ids_do_not_swap_the_answers():
    notebook = filled()
    one, other = cell(notebook, "answer-8-2"), cell(notebook, "answer-8-3")
    one["source"], other["source"] = other["source"], one["source"]
    program = run(notebook)
    assert answer(program, "8.2") == answers()["answer-8-2"]
    assert answer(program, "8.3") == answers()["answer-8-3"]


# What nbgrader gets to see


def test_the_clean_notebook_of_a_filled_one_is_the_release_with_answers():
    shown = clean_notebook(release(), filled())
    assert [one["id"] for one in shown["cells"]] == [one["id"] for one in release()["cells"]]
    for one, released in zip(shown["cells"], release()["cells"], strict=True):
        assert one["source"] == answers().get(one["id"], "".join(released["source"]))
    assert shown["metadata"] == release()["metadata"]


def test_outputs_of_answers_are_shown_and_those_of_tests_are_not():
    notebook = filled()
    for id in ("answer-8-1", "check-8-1"):
        cell(notebook, id)["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "100 of 100"}]
    shown = clean_notebook(release(), notebook)
    assert cell(shown, "answer-8-1")["outputs"][0]["text"] == "100 of 100"
    assert cell(shown, "check-8-1")["outputs"] == []


def test_names_of_own_cells_are_the_same_in_the_program_and_in_the_clean_notebook():
    notebook = filled()
    add(notebook, "a = 1", after=FIRST)
    notebook["cells"].insert(9, {"cell_type": "markdown", "metadata": {}, "source": "note"})
    add(notebook, "b = 2", after="check-8-6")
    shown = {one["id"]: one["source"] for one in clean_notebook(release(), notebook)["cells"]}
    named = {s.name: s.source for s in run(notebook).complete if isinstance(s, Cell)}
    assert {name: shown[name] for name in named} == named
    assert set(named.values()) >= {"a = 1", "b = 2"}


@pytest.mark.parametrize(
    "odd", [None, 5, [], {}, {"cells": None}, {"cells": 5}, {"cells": [None, 5, {}, {"source": 5}, []]}]
)
def test_whatever_is_handed_in_there_is_a_program(odd):
    program = run(odd)
    assert all(answer(program, item) is None for item in ITEMS)
    assert len(program.warnings) >= 12


def test_warnings_do_not_grow_with_the_notebook():
    notebook = filled()
    for n in range(300):
        notebook["cells"].append(
            code(f"def token_attribution(): return {n}", metadata={"nbgrader": {"grade_id": "answer-8-1"}})
        )
    assert len(run(notebook).warnings) < 10
