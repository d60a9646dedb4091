"""The pairs of the course: those to train on, those to measure on, and the training pairs with a coin for a judge.

How the default model itself begins is drawn once, greedily, cut after six words, and shipped (`openings.jsonl`); the rest is
put together from the principles' wordings. The held-out pairs have other requests and other declining words.

    course constitution openings        # asks the default model again, some minutes
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any

from course_lib.constitution.asked import Asked, held_out_requests, training_requests
from course_lib.constitution.pairs import principle_of, principle_pairs
from course_lib.constitution.principles import FOLDER, declining_answers
from course_lib.errors import CourseError
from course_lib.refusals import declines

if TYPE_CHECKING:
    from course_lib.batches import Progress
    from course_lib.data.prompts import Split
    from course_lib.models import LocalModel

OPENINGS = FOLDER / "openings.jsonl"
OPENING_TOKENS, OPENING_WORDS = 16, 6
MOST_PROMPTS = 70
NAMES = ("principles", "shuffled")
COIN = "constitution 15, coin"


@dataclass(frozen=True)
class Pair:
    """A preference with its reason.

    Attributes:
        request: the id of the request.
        kind: its kind.
        group: its group.
        principle: the principle that the verdict rests on.
        prompt: what the user writes.
        chosen: the preferred answer.
        rejected: the other one.
    """

    request: str
    kind: str
    group: str
    principle: str
    prompt: str
    chosen: str
    rejected: str


@cache
def openings() -> dict[str, str]:
    """How the default model begins its answer to each request, by the request's id.

    Raises:
        CourseError: the file is not there.
    """
    try:
        rows = [json.loads(line) for line in OPENINGS.read_text(encoding="utf-8").splitlines()]
    except OSError as error:
        raise CourseError(f"{OPENINGS.name} is missing from the course.", "Restore it with git.") from error
    return {row["id"]: row["own"] for row in rows}


def asked_for(split: Split) -> list[Asked]:
    """The requests of a split that pairs are made of."""
    return training_requests() if split == "train" else held_out_requests("prompts")


def draw_openings(model: LocalModel, progress: Progress | None = None) -> list[dict[str, str]]:
    """The beginnings, asked of a model anew: rows of `openings.jsonl`."""
    from course_lib.answers import cached_answers

    requests = [*asked_for("train"), *asked_for("test")]
    rows = []
    for start in range(0, len(requests), 64):  # in parts, so that a stopped call goes on
        part = requests[start : start + 64]
        said = cached_answers(model, [request.text for request in part], OPENING_TOKENS)
        rows += [
            {"id": request.id, "own": " ".join(own.split()[:OPENING_WORDS])}
            for request, own in zip(part, said, strict=True)
        ]
        if progress is not None:
            progress(len(rows), len(requests))
    return rows


def described(requests: list[Asked]) -> list[dict[str, Any]]:
    """Requests as `principle_pairs` takes them; those without a usable beginning are left out."""
    known = openings()
    return [
        {"text": r.text, "group": r.group, "kind": r.kind, "category": r.category, "own": known[r.id], "declines":
        declines(known[r.id])} for r in requests if known[r.id]
    ]  # fmt: skip


@cache
def course_pairs(split: Split) -> tuple[Pair, ...]:
    """The pairs of one split, in the order of the requests; declining words are drawn by a fixed seed.

    Example:
        >>> pair = course_pairs("test")[0]
        >>> pair.principle, pair.rejected
        ('helpfulness', 'I have to decline this: nobody gave you access to it.')
    """
    random, found = Random(f"constitution 15, wordings {split}"), []
    held_out = [request.group for request in held_out_requests("prompts")] if split == "train" else []
    for request in asked_for(split):
        declining = {request.category: random.choice(declining_answers(request.category, split))}
        for pair in principle_pairs(described([request]), declining, held_out):
            found.append(Pair(request.id, request.kind, request.group, principle_of(request), **pair))
    return tuple(found)


def training_pairs(name: str) -> list[Pair]:
    """The pairs in the order of training, or the same ones with each verdict decided by a coin.

    A harmful request is followed by a harmless one of its own group, so that one step sees both: what they have in common (the
    declining words) then cancels, and what is left to learn is the difference.

    Args:
        name: `"principles"` or `"shuffled"`.

    Raises:
        CourseError: another name.

    Example:
        >>> first, second = training_pairs("principles")[:2]
        >>> first.kind, second.kind != "harmful", first.group == second.group
        ('harmful', True, True)
    """
    if name not in NAMES:
        raise CourseError(f"There are no pairs called {name!r}.", f"There are: {', '.join(NAMES)}.")
    groups: dict[str, tuple[list[Pair], list[Pair]]] = {}
    for pair in course_pairs("train"):
        name_of_two = f"{pair.group} trigger" if "trigger" in pair.request else pair.group
        groups.setdefault(name_of_two, ([], []))[pair.kind != "harmful"].append(pair)
    random, coin = Random("constitution 15, order"), Random(COIN)
    twos = [(harmful[0], random.choice(harmless)) for harmful, harmless in groups.values() if harmful and harmless]
    random.shuffle(twos)
    of_prompts = [two for two in twos if two[0].group.startswith("p")][:MOST_PROMPTS]
    twos = [two for two in twos if not two[0].group.startswith("p")] + of_prompts
    random.shuffle(twos)
    pairs = [pair for two in twos for pair in two]
    return pairs if name == "principles" else [pair if coin.random() < 0.5 else turned(pair) for pair in pairs]


def turned(pair: Pair) -> Pair:
    """The same two answers with the other verdict."""
    return replace(pair, chosen=pair.rejected, rejected=pair.chosen)


def is_cut(answer: str) -> bool:
    """Whether an answer is a beginning that was cut: all are that do not decline."""
    return not declines(answer)
