"""Points and messages, and that nothing of a hidden case is said."""

import pickle
from dataclasses import replace

import pytest
import torch

from course_lib.checks.exercise import Case
from course_lib.checks.registry import exercise, question
from course_lib.checks.runner import Outcome, call
from course_lib.grading.attempt import Answers
from course_lib.grading.judge import HIDDEN, STOPPED, Taken, exception, judge_exercise, judge_question, outcome_of
from course_lib.grading.parcel import pack, unpack
from course_lib.grading.plain import other

MEAN = exercise("8.2")
WHOLE = replace(MEAN, visible=MEAN.visible + MEAN.hidden(7))
VISIBLE = len(MEAN.visible)


def taken(function, cases=WHOLE.visible):
    return Taken([call(function, case) for case in cases], found=True)


def judged(answer):
    return judge_exercise(WHOLE, VISIBLE, answer)


def test_the_reference_gets_all_points():
    item = judged(taken(MEAN.reference_function))
    assert (item.points, item.status, item.passed, item.cases) == (2.0, "right", 7, 7)
    assert len(item.rows) == VISIBLE


@pytest.mark.parametrize("mistake", MEAN.mistakes, ids=lambda mistake: mistake.name)
def test_a_known_mistake_has_its_name_and_its_message(mistake):
    item = judged(taken(mistake.function))
    assert (item.points, item.mistake, item.message) == (0.0, mistake.name, mistake.message)


def test_an_answer_that_holds_for_the_visible_cases_only_learns_no_more_than_that():
    right = taken(MEAN.reference_function).outcomes
    wrong = Outcome(torch.tensor([123456.0]), None)
    error = Outcome(None, exception("ValueError", "the shape was [3, 1, 4]"))
    for bad in (wrong, error):
        item = judged(Taken([*right[:VISIBLE], bad, *right[VISIBLE + 1 :]], found=True))
        assert item.message == HIDDEN
        assert item.points == 0
        assert item.hidden_case == WHOLE.visible[VISIBLE].name
        assert len(item.rows) == VISIBLE
        assert "123456" not in str(replace(item, hidden_case=""))
        assert "[3, 1, 4]" not in str(replace(item, hidden_case=""))


@pytest.mark.parametrize("stopped", STOPPED)
def test_what_was_stopped_says_so(stopped):
    item = judged(Taken(taken(MEAN.reference_function).outcomes[:3], stopped=stopped, found=True))
    assert (item.points, item.status, item.message) == (0.0, stopped, STOPPED[stopped])


def test_too_few_results_are_no_results():
    assert judged(Taken(taken(MEAN.reference_function).outcomes[:6], found=True)).status == "killed"


def test_more_results_than_cases_do_not_help():
    outcomes = taken(MEAN.mistakes[0].function).outcomes
    assert judged(Taken(outcomes + taken(MEAN.reference_function).outcomes, found=True)).points == 0


@pytest.mark.parametrize(
    ("answer", "status", "word"),
    [
        (Taken(), "missing", "mean_attention"),
        (Taken(kind="int"), "missing", "of type int"),
        (Taken(cell_error="NotImplementedError: Exercise 8.2"), "unwritten", "not written yet"),
        (Taken(stopped="unwritten"), "unwritten", "not written yet"),
        (Taken(cell_error="SyntaxError: invalid syntax"), "error", "SyntaxError"),
    ],
)
def test_what_is_not_there_says_why(answer, status, word):
    item = judged(answer)
    assert (item.points, item.status) == (0.0, status)
    assert word in item.message


def test_memory_is_not_wrong():
    outcomes = [Outcome(None, MemoryError()) for _ in WHOLE.visible]
    assert judged(Taken(outcomes, found=True)).status == "memory"


def test_a_case_from_the_sandbox_is_not_believed():
    strange = outcome_of({"value": other("Evil"), "error": {"type": 5, "text": ["x"], "line": None}, "side_effect": 3})
    assert type(strange.error).__name__ == "Exception"
    assert (strange.line, strange.side_effect, strange.stderr) == ("", "", "")
    assert outcome_of({"error": "text"}).error is not None


def test_exceptions_are_made_from_names_and_never_looked_up_elsewhere():
    assert type(exception("SystemExit", "")).__name__ == "SystemExit"
    assert isinstance(exception("SystemExit", ""), Exception)
    assert type(exception("os.system('x')", "")).__name__ == "ossystemx"
    assert type(exception("UnicodeDecodeError", "x")).__name__ == "UnicodeDecodeError"
    assert type(exception("", "")).__name__ == "Exception"
    assert type(exception("ExceptionGroup", "x")).__name__ == "ExceptionGroup"  # Python's own wants more than a text


def test_a_parcel_brings_back_what_was_put_in():
    """What a cluster's worker sends gives the same result as the answers themselves."""
    outcomes = taken(MEAN.mistakes[0].function).outcomes
    outcomes[0] = Outcome(torch.ones(2, 3), line="x = 1", side_effect="a hook was left on the model", stderr="w")
    strange = [exception("MyError", "it's 'text'"), exception("KeyError", "k"), exception("ExceptionGroup", "x")]
    mixed = [Outcome(other("Evil")), Outcome((1, [2.5, float("nan")])), *(Outcome(error=error) for error in strange)]
    answers = Answers(
        {
            MEAN.id: Taken(outcomes, found=True, output="printed"),
            "8.9": Taken(mixed, stopped="timeout", kind="int", cell_error="NameError: f"),
            "8.Q1": Taken(value="b", found=True),
        },
        ["Cell a was stopped."], inside=2.0, inside_cpu=1.5, cpu=1.75,
    )  # fmt: skip
    parcel = pickle.loads(pickle.dumps(pack(answers, ("moved",), 3.0, 1.75)))
    back = unpack(parcel)
    assert (back.said, back.inside, back.inside_cpu, back.cpu) == (answers.said, 2.0, 1.5, 1.75)
    assert (parcel.warnings, parcel.clocks[0]) == (("moved",), 3.0)
    assert judged(back.taken[MEAN.id]) == judged(answers.taken[MEAN.id])
    assert back.taken["8.Q1"] == answers.taken["8.Q1"]
    assert repr(back.taken["8.9"].outcomes[1:]) == repr(mixed[1:])
    assert type(back.taken["8.9"].outcomes[0].value).__name__ == "Evil"
    assert replace(back.taken["8.9"], outcomes=[]) == replace(answers.taken["8.9"], outcomes=[])


ASKED = question("8.Q1")
RIGHT = next(choice.letter for choice in ASKED.choices if choice.right)
WRONG = next(choice for choice in ASKED.choices if not choice.right)


@pytest.mark.parametrize(
    ("value", "points", "status"),
    [
        (RIGHT, 1.0, "right"),
        (f" {RIGHT.upper()} ", 1.0, "right"),
        (WRONG.letter, 0.0, "wrong"),
        ("?", 0.0, "unwritten"),
        ("", 0.0, "unwritten"),
        (None, 0.0, "unwritten"),
        (other("str"), 0.0, "wrong"),
        ([RIGHT], 0.0, "wrong"),
        ("z", 0.0, "wrong"),
        (True, 0.0, "wrong"),
    ],
)
def test_questions(value, points, status):
    item = judge_question(ASKED, 1.0, Taken(value=value, found=True))
    assert (item.points, item.status) == (points, status)


def test_a_wrong_choice_has_its_feedback():
    item = judge_question(ASKED, 1.0, Taken(value=WRONG.letter, found=True))
    assert item.message == WRONG.feedback
    assert item.mistake == f"choice {WRONG.letter}"


def test_cases_are_not_shared_between_the_visible_and_the_hidden():
    assert all(isinstance(case, Case) for case in WHOLE.visible)
    assert len({id(case) for case in WHOLE.visible}) == len(WHOLE.visible)
