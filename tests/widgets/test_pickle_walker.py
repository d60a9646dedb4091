"""A walk through pickles: stack and memo beside each instruction."""

import pickle

import pytest

from course_lib import CourseError
from course_lib.artefacts import planted_pickles
from course_lib.widgets import walk_pickle
from course_lib.widgets.pickle_walker import walk

PICKLES = {"planted": planted_pickles()["names from the memo"], "ordinary": pickle.dumps([1, (2, 3)], 4)}


def test_what_is_fetched_and_called_is_said():
    said = [step.says for step in walk(PICKLES["planted"])]
    assert "FETCHES os.system" in said
    assert any(line.startswith("CALLS ⟨os.system⟩ with") for line in said)
    assert not any("CALLS" in step.says or "FETCHES" in step.says for step in walk(PICKLES["ordinary"]))


def test_the_stack_is_empty_at_the_end():
    for data in PICKLES.values():
        assert walk(data)[-1].opcode == "STOP"
        assert walk(data)[-1].stack == ()


def test_a_pickle_that_breaks_off_says_so():
    last = walk(planted_pickles()["breaks off after the call"])[-1]
    assert last.opcode == "(breaks off)"
    assert "has run by then" in last.says


def test_controls_move_the_picture():
    walker = walk_pickle(PICKLES)
    walker.show("planted", 9)
    assert "FETCHES os.system" in walker.text()
    assert "FETCHES os.system" in walker.picture.value
    walker.show("ordinary", 99)
    assert "instruction" in str(walker)
    assert walker.controls["instruction"].max == len(walker.steps) - 1
    assert walker._repr_mimebundle_()["text/plain"] == walker.text()


def test_text_of_a_file_is_escaped():
    walker = walk_pickle({"x": pickle.dumps("<script>", 4)}, place=2)
    assert "<script>" not in walker.frame()


def test_no_pickle_is_said():
    with pytest.raises(CourseError, match="no pickle"):
        walk_pickle({})
