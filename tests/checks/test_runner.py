"""The runner: what a learner's function can do wrong besides being wrong, and which message that gives."""

import sys
import warnings

import pytest
import torch

from course_lib import load_model
from course_lib.checks import CheckFailed, check, hint, reveal
from course_lib.checks.questions import grade
from course_lib.checks.registry import exercise, questions
from course_lib.checks.runner import run
from course_lib.errors import CourseError

MEAN = exercise("8.2")
HEADS = exercise("8.5")


def right(attentions):
    return torch.stack(list(attentions)).mean(dim=(0, 2))


def test_right_answer_passes():
    assert run(MEAN, right).passed


def test_known_mistake_is_recognised_when_written_another_way():
    def wrong(attentions):
        return sum(layer.mean(dim=0) for layer in attentions) / len(attentions)

    verdict = run(MEAN, wrong)
    assert verdict.mistake.name == "layers and batch"
    assert verdict.message == verdict.mistake.message


def test_unknown_mistake_gets_the_property_and_no_guess():
    verdict = run(MEAN, lambda attentions: right(attentions) + 0.25)
    assert verdict.mistake is None
    assert "expected" in verdict.message
    assert "yours" in verdict.message


def test_exception_is_reported_with_the_learners_own_line():
    def broken(attentions):
        return torch.zeros(2, 3) @ torch.zeros(2, 3)

    verdict = run(MEAN, broken)
    assert verdict.rows[0].verdict == "error"
    assert "torch.zeros(2, 3) @ torch.zeros(2, 3)" in verdict.message


def test_warning_and_stderr_do_not_reach_stderr(capfd):
    def noisy(attentions):
        warnings.warn("careful", stacklevel=1)
        print("to stderr", file=sys.stderr)
        return right(attentions)

    check("8.2", noisy)
    out, err = capfd.readouterr()
    assert err == ""
    assert "to stderr" in out


def test_changed_argument_is_noticed():
    def greedy(attentions):
        result = right(attentions)
        attentions[0].zero_()
        return result

    verdict = run(MEAN, greedy)
    assert not verdict.passed
    assert "in place" in verdict.message


def test_hook_left_on_is_noticed_and_taken_off():
    def leaves_a_hook(model, input_ids, target_id, layer):
        result = HEADS.reference_function(model, input_ids, target_id, layer)
        model.model.lm_head.register_forward_hook(lambda *_: None)
        return result

    verdict = run(HEADS, leaves_a_hook, HEADS.visible[:1])
    assert "hook" in verdict.message
    model = load_model(HEADS.visible[0].arguments[0].name)
    assert not model.model.lm_head._forward_hooks


def test_weights_that_were_changed_are_noticed_and_put_back():
    def damages(model, input_ids, target_id, layer):
        projection = model.model.model.layers[layer].self_attn.o_proj
        effects = HEADS.reference_function(model, input_ids, target_id, layer)
        projection.weight.data[:, :8] = 0
        return effects

    verdict = run(HEADS, damages, HEADS.visible[:1])
    assert "weights" in verdict.message
    assert run(HEADS, HEADS.reference_function, HEADS.visible[:1]).passed


def test_a_hook_of_an_earlier_cell_is_taken_off_before_the_reference_runs():
    case = HEADS.visible[0]
    model = load_model(case.arguments[0].name)
    handle = model.model.model.layers[1].register_forward_hook(lambda module, args, output: output * 0)
    verdict = run(HEADS, HEADS.reference_function, [case])
    assert verdict.passed
    assert "hook was left" in verdict.note
    assert handle.id not in model.model.model.layers[1]._forward_hooks  # transformers may keep hooks of its own there
    assert run(HEADS, HEADS.reference_function, [case]).note == ""


def test_hooks_of_the_libraries_stay():
    model = load_model("tiny:3")
    with model.eager_attention() as network:
        network(torch.tensor([[5, 6]]), output_attentions=True, output_hidden_states=True)  # installs recording hooks
        run(HEADS, HEADS.reference_function, HEADS.visible[:1])
        assert network(torch.tensor([[5, 6]]), output_attentions=True).attentions


def test_an_interrupted_answer_leaves_nothing_behind():
    def interrupted(model, input_ids, target_id, layer):
        model.model.lm_head.register_forward_hook(lambda *_: None)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(HEADS, interrupted, HEADS.visible[:1])
    assert not load_model(HEADS.visible[0].arguments[0].name).model.lm_head._forward_hooks


def test_exit_in_an_answer_does_not_end_the_kernel():
    verdict = run(MEAN, lambda attentions: sys.exit(0))
    assert verdict.rows[0].verdict == "error"
    assert "SystemExit" in verdict.message


def test_an_exception_of_torch_is_no_stub():
    verdict = run(MEAN, lambda attentions: torch.tensor([1, 2]).log_softmax(-1))
    assert "not written yet" not in verdict.message


@pytest.mark.filterwarnings("error")
def test_a_list_of_arrays_passes_without_a_warning(capfd):
    check("8.2", lambda attentions: [list(rows) for rows in right(attentions).numpy()])
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("answer", [None, 7, "text", [1, 2]])
def test_something_that_is_no_function_gets_a_sentence(answer):
    with pytest.raises(CheckFailed, match="function is expected"):
        check("8.2", answer)


def test_stub_gets_its_own_sentence():
    def stub(attentions):
        raise NotImplementedError

    with pytest.raises(CheckFailed, match="not written yet"):
        check("8.2", stub)


def test_failed_check_shows_no_traceback():
    with pytest.raises(CheckFailed) as caught:
        check("8.2", lambda attentions: None)
    assert all("Traceback" not in line for line in caught.value._render_traceback_())


@pytest.mark.parametrize("wrong_id", ["8.99", "99.1", "eight", ""])
def test_unknown_exercise_is_one_sentence(wrong_id):
    with pytest.raises(CourseError):
        check(wrong_id, right)


def test_hints_come_in_three_stages_and_the_reference_is_one_step_away():
    assert len({hint("8.1", stage) for stage in (1, 2, 3)}) == 3
    assert "def token_attribution" in reveal("8.1")
    with pytest.raises(CourseError, match="stage"):
        hint("8.1", 4)


QUESTIONS = questions(8)


@pytest.mark.parametrize("item", QUESTIONS, ids=lambda item: item.id)
def test_right_choice_passes_and_every_other_fails_with_its_own_feedback(item):
    for choice in item.choices:
        if choice.right:
            check(item.id, choice.letter.upper() + " ")
        else:
            with pytest.raises(CheckFailed) as caught:
                check(item.id, choice.letter)
            assert choice.feedback in str(caught.value)


@pytest.mark.parametrize("answer", ["?", "", None, 3, "z", ["b"]])
def test_no_choice_fails_with_a_sentence(answer):
    with pytest.raises(CheckFailed, match=r"not answered|none of the choices"):
        check("8.Q1", answer)


def test_right_letters_are_spread():
    letters = [choice.letter for item in QUESTIONS for choice in item.choices if choice.right]
    assert max(letters.count(letter) for letter in set(letters)) < len(letters) - 1


def test_every_choice_has_feedback_of_its_own():
    for item in QUESTIONS:
        feedback = [choice.feedback for choice in item.choices]
        assert len(set(feedback)) == len(feedback) >= 3


def test_question_in_the_notebook_carries_no_key():
    for item in QUESTIONS:
        assert all(choice.feedback not in item.markdown() for choice in item.choices)


def test_feedback_is_escaped():
    assert "<script>" not in grade(QUESTIONS[0], "<script>")._repr_html_()
