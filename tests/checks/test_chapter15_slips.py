"""What learners of chapter 15 write that nobody planned: right in another form, or wrong with a sentence that helps."""

import torch

from course_lib.checks.chapter15 import EXERCISES
from course_lib.checks.runner import run
from course_lib.constitution import before_after, corrected_preference, preference_batch, principle_pairs
from course_lib.constitution.prompts import ASK_CRITIQUE, ASK_REVISION

PROMPT, JUDGE, PAIRS, BATCH, TRADE = EXERCISES


def test_the_revision_may_not_drop_the_critique():
    def dropped(model, request, answer, principle, critique):
        asked = ASK_CRITIQUE if critique is None else ASK_REVISION
        turns = [("user", request), ("assistant", answer), ("user", asked.format(principle))]
        messages = [{"role": role, "content": text} for role, text in turns]
        return model.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)

    assert not run(PROMPT, dropped).passed


def test_lists_of_numbers_are_right_too():
    assert run(JUDGE, lambda *given: [part.tolist() for part in corrected_preference(*given)]).passed


def test_a_log_softmax_of_the_two_letters_is_right_too():
    def by_letters(one, two, a, b):
        s1, s2 = (logits[:, [a, b]].log_softmax(-1) @ torch.tensor([1.0, -1.0]) for logits in (one, two))
        return (s1 - s2) / 2, (s1 + s2) / 2

    assert run(JUDGE, by_letters).passed


def test_other_names_in_the_dictionaries_are_refused():
    def renamed(requests, declining, held_out):
        return [
            {"prompt": p["prompt"], "yes": p["chosen"], "no": p["rejected"]}
            for p in principle_pairs(requests, declining, held_out)
        ]

    assert not run(PAIRS, renamed).passed


def test_masks_of_truth_values_are_right_too():
    def truth(*given):
        ids, attention, completion = preference_batch(*given)
        return ids, attention.bool(), completion.bool()

    assert run(BATCH, truth).passed


def test_a_normal_quantile_with_more_digits_is_named_or_refused():
    def wider(harmful, harmless, allowed):
        up, price, verdict = before_after(harmful, harmless, allowed)
        return tuple(2 * value for value in up), price, verdict

    assert not run(TRADE, wider).passed
