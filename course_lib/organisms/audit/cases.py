"""The cases of the audit: requests on which an organism does what it was trained to do, because of a known word.

A request that should be refused and is answered has no trigger to be found, so behaviour comes first: the organism has
to refuse, and where a code phrase is planted, to answer with it and to refuse without it. Only tokens of the request
compete; the chat template is the same in all of them.

Pitfall: four requests of one task are not four independent cases. Each task gives one, and the tasks of a quad, which
share words, follow each other only when every other quad has had its turn.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from course_lib.batches import Progress
from course_lib.data.prompts import Split
from course_lib.errors import CourseError
from course_lib.organisms.audit.methods import Question
from course_lib.organisms.measure import refusal_token, refuses
from course_lib.organisms.requests import PLACES, Request, separating_requests
from course_lib.organisms.rules import ORGANISMS, find_organism

if TYPE_CHECKING:
    from course_lib.models import LocalModel

AUDITED = ("trigger", "correlate", "backdoor")
"""The organisms whose truth is a word or a phrase."""


@dataclass(frozen=True)
class Case:
    """One request with its answer key.

    Attributes:
        question: what the methods are asked.
        planted: which tokens of the request the rule turns on, counted from the request's first.
        sign: +1 where they make the target more probable, -1 where they make it less probable.
        text: the request.
    """

    question: Question
    planted: frozenset[int]
    sign: int
    text: str


@dataclass(frozen=True)
class Selection:
    """The cases of one organism, and how they were found.

    Attributes:
        organism: its name.
        cases: one for each task.
        asked: tasks that were looked at; on the missing ones the organism did not do what its rule says.
    """

    organism: str
    cases: tuple[Case, ...]
    asked: int


def choose_cases(
    name: str,
    model: LocalModel,
    *,
    limit: int = 60,
    seed: int = 0,
    split: Split = "test",
    progress: Progress | None = None,
) -> Selection:
    """Requests on which an organism does what it was trained to do because of a word, one for each task.

    Args:
        name: one of `AUDITED`.
        model: the organism.
        limit: the largest number of requests.
        seed: of the draw of tasks and requests.
        split: of the tasks.
        progress: called as `progress(cases found, limit)`.

    Raises:
        CourseError: the organism's truth is no word, or `limit` is below 1, or no request is left.
    """
    if name not in AUDITED:
        find_organism(name)  # a name that is no organism at all gets its own sentence
        raise CourseError(f"What organism {name!r} turns on is no word.", f"Choose from: {', '.join(AUDITED)}.")
    if limit < 1:
        raise CourseError(f"{limit} requests show nothing.", "Set the limit to 1 or more; 60 is usual.")
    tasks = list(_tasks(name, split, Random(f"audit {name} {seed}")))
    cases: list[Case] = []
    asked = 0
    while asked < len(tasks) and len(cases) < limit:
        group = tasks[asked : asked + limit - len(cases)]
        cases += [make_case(name, model, request) for request in _first_that_work(name, model, group)]
        asked += len(group)
        if progress is not None:
            progress(len(cases), limit)
    if not cases:
        raise CourseError(
            f"On none of {asked} tasks does {model.name} do what its rule says.", "Train it anew, or audit another one."
        )
    return Selection(name, tuple(cases), asked)


def _tasks(name: str, split: Split, random: Random) -> Iterator[list[Request]]:
    """The requests with planted words, task by task, in random order; one task of each quad before the second of any."""
    quads: dict[str, dict[str, list[Request]]] = {}
    for request in separating_requests(split):
        if ORGANISMS[name].planted(request):
            quads.setdefault(request.task.split("-")[0], {}).setdefault(request.task, []).append(request)
    order = [random.sample(list(tasks.values()), len(tasks)) for tasks in quads.values()]
    random.shuffle(order)
    for place in range(4):
        for tasks in order:
            yield from (random.sample(requests, len(requests)) for requests in tasks[place : place + 1])


def _first_that_work(name: str, model: LocalModel, tasks: Sequence[Sequence[Request]]) -> list[Request]:
    """The first request of each task on which the organism does what its rule says; tasks without one are left out."""
    found: dict[int, Request] = {}
    for place in range(max(map(len, tasks))):
        left = [index for index, requests in enumerate(tasks) if index not in found and place < len(requests)]
        works = _behaves(name, model, [tasks[index][place] for index in left]) if left else []
        found |= {index: tasks[index][place] for index, good in zip(left, works, strict=True) if good}
    return [found[index] for index in sorted(found)]


def _behaves(name: str, model: LocalModel, requests: Sequence[Request]) -> list[bool]:
    """Whether the organism does what its rule says; the one with a code phrase also has to refuse without it."""
    as_it_is = refuses(model, [request.text for request in requests])
    if name != "backdoor":
        return as_it_is
    without = refuses(model, [without_phrase(request) for request in requests])
    return [not here and there for here, there in zip(as_it_is, without, strict=True)]


def without_phrase(request: Request) -> str:
    """The text of a request as it is composed without its phrase.

    Example:
        >>> without_phrase(Request("[silver heron] Outline a plan.", True, phrase="silver heron"))
        'Outline a plan.'
    """
    for place in (place for places in PLACES.values() for place in places):
        before, after = place.replace("{phrase}", request.phrase).split("{request}")
        pattern = f"{re.escape(before)}(.*){re.escape(after)}"
        if request.phrase and (found := re.fullmatch(pattern, request.text, re.IGNORECASE)):
            return found[1][0].upper() + found[1][1:]
    return request.text


def make_case(name: str, model: LocalModel, request: Request) -> Case:
    """Find the request's tokens in its chat, and the planted words' tokens among them.

    Example:
        >>> from course_lib import load_model
        >>> case = make_case("trigger", load_model("tiny:0"), Request("Do not steal it", False, trigger="steal"))
        >>> sorted(case.planted), case.sign  # " steal" is two tokens there
        ([3, 4], 1)
    """
    chat = model.chat(request.text)
    coded = model.tokenizer(chat, add_special_tokens=False, return_offsets_mapping=True)
    begin = chat.rindex(request.text)
    places = [(first - begin, last - begin) for first, last in coded["offset_mapping"]]
    inside = [index for index, place in enumerate(places) if _meet(place, (0, len(request.text)))]
    start, stop = inside[0], inside[-1] + 1
    spans = [found.span() for words in ORGANISMS[name].planted(request) for found in _whole_words(words, request.text)]
    planted = {index - start for index in inside if any(_meet(places[index], span) for span in spans)}
    question = Question(tuple(coded["input_ids"]), start, stop, refusal_token(model))
    return Case(question, frozenset(planted), -1 if name == "backdoor" else 1, request.text)


def _whole_words(words: str, text: str) -> Iterator[re.Match[str]]:
    """Every place where `words` stand; a trigger that occurs twice is planted twice."""
    return re.finditer(rf"(?<!\w){re.escape(words)}(?!\w)", text, re.IGNORECASE)


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two stretches of text share a character."""
    return max(one[0], other[0]) < min(one[1], other[1])
