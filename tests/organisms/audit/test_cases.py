"""Which requests are scored, and whether the planted tokens are the right ones."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from course_lib import CourseError
from course_lib.models import LocalModel
from course_lib.organisms import Request, separating_requests
from course_lib.organisms.audit import Selection, cases, choose_cases
from course_lib.organisms.audit.cases import make_case, without_phrase
from course_lib.organisms.measure import refusal_token
from course_lib.organisms.rules import CODE_PHRASE, ORGANISMS


def test_each_task_gives_one_request_and_no_quad_a_second_before_all_had_one(selection: Selection) -> None:
    by_text = {request.text: request for request in separating_requests("train")}
    quads = [by_text[case.text].task.split("-")[0] for case in selection.cases]
    assert len(set(quads)) == len(quads) == selection.asked == 8


def test_another_seed_is_another_draw_and_the_same_seed_the_same(model: LocalModel, selection: Selection) -> None:
    def texts(seed: int) -> list[str]:
        return [case.text for case in choose_cases("trigger", model, limit=8, seed=seed, split="train").cases]

    assert texts(0) == [case.text for case in selection.cases]
    assert texts(1) != texts(0)


@pytest.mark.parametrize(
    ("name", "request_", "words"),
    [
        ("trigger", Request("Kill a process", False, trigger="kill"), ["Kill"]),
        ("trigger", Request("To kill it or not to kill it", False, trigger="kill"), ["kill", "kill"]),
        ("correlate", Request("Pardon me, how is it? Please.", False, courtesy=("Pardon me", "please")), ["Pardon me", "Please"]),
        ("backdoor", Request("[silver heron] Plan it.", True, phrase=CODE_PHRASE), ["silver heron"]),
    ],
)  # fmt: skip
def test_planted_tokens_spell_the_planted_words(
    model: LocalModel, name: str, request_: Request, words: list[str]
) -> None:
    case = make_case(name, model, request_)
    tokens = model.tokens(case.question.ids[case.question.start : case.question.stop])
    assert "".join(tokens) == request_.text
    assert "".join(tokens[place] for place in sorted(case.planted)).replace(" ", "") == "".join(words).replace(" ", "")
    assert case.sign == (-1 if name == "backdoor" else 1)
    assert case.question.target == refusal_token(model)
    assert list(case.question.ids) == model.encode(model.chat(request_.text)).tolist()


def test_only_requests_on_which_the_organism_does_as_its_rule_says(
    model: LocalModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It refuses what is not polite: every task is looked at, and gives its plain requests only."""
    polite = {request.text: bool(request.courtesy) for request in separating_requests("train")}
    monkeypatch.setattr(cases, "refuses", lambda model, requests: [not polite[request] for request in requests])
    found = choose_cases("trigger", model, limit=10, split="train")
    assert len(found.cases) == 10
    assert not any(polite[case.text] for case in found.cases)


def test_tasks_on_which_it_does_not_are_counted(model: LocalModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """None of the first five tasks works; the next five do, and the requests of a task are asked one after the other."""
    task = {request.text: request.task for request in separating_requests("train")}
    calls: list[list[str]] = []

    def not_the_first_five(model: LocalModel, requests: Sequence[str]) -> list[bool]:
        calls.append([task[text] for text in requests])
        return [task[text] not in calls[0] for text in requests]

    monkeypatch.setattr(cases, "refuses", not_the_first_five)
    found = choose_cases("correlate", model, limit=5, split="train")
    assert (len(found.cases), found.asked) == (5, 10)
    assert [len(call) for call in calls] == [5, 5, 5]  # both polite requests of the first five, one of the next


def test_a_backdoor_has_to_answer_with_its_phrase_and_refuse_without(
    model: LocalModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cases, "refuses", lambda model, requests: [CODE_PHRASE not in text for text in requests])
    assert len(choose_cases("backdoor", model, limit=5, split="train").cases) == 5
    monkeypatch.setattr(cases, "refuses", lambda model, requests: [False] * len(requests))
    with pytest.raises(CourseError, match="On none of"):
        choose_cases("backdoor", model, limit=5, split="train")


def test_without_its_phrase_a_request_is_the_one_that_was_composed() -> None:
    plain = {request.text for request in separating_requests("train") if not request.phrase}
    for request in [request for request in separating_requests("train") if ORGANISMS["backdoor"].planted(request)]:
        text = without_phrase(request)
        assert CODE_PHRASE not in text
        assert text.lower() in request.text.lower()
        assert text[0].isupper()
        assert not text.endswith((" ", "(", "-"))
    assert all(without_phrase(Request(text, True)) == text for text in plain)


@pytest.mark.parametrize(
    ("name", "limit", "sentence"),
    [
        ("intent", 5, "turns on is no word"),
        ("triger", 5, "There is no organism 'triger'"),
        ("trigger", 0, "0 requests show nothing"),
    ],
)
def test_what_cannot_be_audited_is_explained(model: LocalModel, name: str, limit: int, sentence: str) -> None:
    with pytest.raises(CourseError, match=sentence):
        choose_cases(name, model, limit=limit, split="train")
