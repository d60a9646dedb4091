"""What learners of chapter 3 write that nobody planned: right in another form, or wrong with a sentence that helps."""

import pickletools

import pytest

from course_lib.artefacts import unexpected_imports
from course_lib.checks.chapter03 import EXERCISES
from course_lib.checks.runner import run
from course_lib.threats import cheapest_attack

IMPORTS, HEADER, TEMPLATE, TREE, RISKS = EXERCISES


def test_a_pickle_that_is_loaded_is_no_answer(monkeypatch):
    """Nobody's check may load a case: an answer that tries is stopped here before it does."""
    import pickle

    def loaded(data):
        raise AssertionError("a case was loaded")

    monkeypatch.setattr(pickle, "loads", loaded)
    verdict = run(IMPORTS, lambda data, allowed: pickle.loads(data))
    assert not verdict.passed
    assert "a case was loaded" in verdict.message


def test_reading_words_in_the_bytes_is_not_enough():
    def words(data, allowed):
        return ["os.system"] if b"system" in data else []

    assert not run(IMPORTS, words).passed


def test_names_with_a_space_are_told():
    def spaced(data, allowed):
        return [name.replace(".", " ") for name in unexpected_imports(data, allowed)]

    assert "os.system" in run(IMPORTS, spaced).message


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_a_forgotten_return_is_named(exercise):
    assert "return" in run(exercise, lambda *arguments: None).message


def test_a_tree_that_is_changed_on_the_way_is_noticed():
    def greedy(tree, costs, goal):
        answer = cheapest_attack(tree, costs, goal)
        costs.clear()
        return answer

    assert "every" in run(TREE, greedy).message


def test_cases_are_instructions_and_never_loaded():
    for case in IMPORTS.visible:
        data = case.arguments[0]
        assert isinstance(data, bytes)
        assert next(pickletools.genops(data))[0].name == "PROTO"
