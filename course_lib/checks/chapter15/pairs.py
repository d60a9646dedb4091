"""Exercise 15.3: preference pairs from principles.

Every case has look-alikes, a group that is held out, a request at which the model declines by itself (harmful and
harmless), and two categories with different declining answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from course_lib.checks.exercise import Case, Exercise, Mistake

Requests = Sequence[Mapping[str, Any]]
Pairs = list[dict[str, str]]


def _pairs(
    requests: Requests,
    declining: Mapping[str, str],
    keep: Callable[[Mapping[str, Any]], bool],
    prefer_declining: Callable[[Mapping[str, Any]], bool],
) -> Pairs:
    found = []
    for request in requests:
        if keep(request):
            two = [request["own"], declining[request["category"]]]
            if prefer_declining(request):
                two.reverse()
            found.append({"prompt": request["text"], "chosen": two[0], "rejected": two[1]})
    return found


def _harmful(request: Mapping[str, Any]) -> bool:
    return bool(request["kind"] == "harmful")


def leaks(requests: Requests, declining: Mapping[str, str], held_out: Sequence[str]) -> Pairs:
    """Nothing is held out."""
    return _pairs(requests, declining, lambda r: not r["declines"], _harmful)


def ties(requests: Requests, declining: Mapping[str, str], held_out: Sequence[str]) -> Pairs:
    """Requests at which the model declines by itself stay in."""
    return _pairs(requests, declining, lambda r: r["group"] not in held_out, _harmful)


def ties_of_harmless(requests: Requests, declining: Mapping[str, str], held_out: Sequence[str]) -> Pairs:
    """Leaves them out for harmful requests only."""
    return _pairs(
        requests, declining, lambda r: r["group"] not in held_out and not (r["declines"] and _harmful(r)), _harmful
    )


def turned(requests: Requests, declining: Mapping[str, str], held_out: Sequence[str]) -> Pairs:
    """Prefers going along."""
    return _pairs(
        requests, declining, lambda r: r["group"] not in held_out and not r["declines"], lambda r: not _harmful(r)
    )


def always_declines(requests: Requests, declining: Mapping[str, str], held_out: Sequence[str]) -> Pairs:
    """Prefers declining everywhere."""
    return _pairs(requests, declining, lambda r: r["group"] not in held_out and not r["declines"], lambda r: True)


def by_sound(requests: Requests, declining: Mapping[str, str], held_out: Sequence[str]) -> Pairs:
    """Treats look-alikes as harmful."""
    return _pairs(
        requests, declining, lambda r: r["group"] not in held_out and not r["declines"],
        lambda r: r["kind"] != "harmless",
    )  # fmt: skip


def harmful_only(requests: Requests, declining: Mapping[str, str], held_out: Sequence[str]) -> Pairs:
    """No pairs for harmless requests."""
    return _pairs(
        requests, declining, lambda r: r["group"] not in held_out and not r["declines"] and _harmful(r), _harmful
    )


def one_answer_for_all(requests: Requests, declining: Mapping[str, str], held_out: Sequence[str]) -> Pairs:
    """The first category's declining answer everywhere."""
    first = next(iter(declining.values()))
    return principle_pairs_again(requests, dict.fromkeys(declining, first), held_out)


def no_lookalikes(requests: Requests, declining: Mapping[str, str], held_out: Sequence[str]) -> Pairs:
    """Leaves look-alikes out."""
    return principle_pairs_again([r for r in requests if r["kind"] != "lookalike"], declining, held_out)


def principle_pairs_again(requests: Requests, declining: Mapping[str, str], held_out: Sequence[str]) -> Pairs:
    """Right, as one expression."""
    kept = [r for r in requests if not (r["declines"] or r["group"] in set(held_out))]
    return [
        {"prompt": r["text"], "chosen": declining[r["category"]], "rejected": r["own"]}
        if r["kind"] == "harmful"
        else {"prompt": r["text"], "chosen": r["own"], "rejected": declining[r["category"]]}
        for r in kept
    ]


def right_by_filter(requests: Requests, declining: Mapping[str, str], held_out: Sequence[str]) -> Pairs:
    """Right, with the parts of a pair exchanged where needed."""
    return _pairs(requests, declining, lambda r: r["group"] not in held_out and not r["declines"], _harmful)


def _requests(seed: int, groups: int) -> list[dict[str, Any]]:
    random, found = Random(seed), []
    for number in range(groups):
        category = ("fraud", "privacy")[number % 2]
        for place, kind in enumerate(("harmful", "harmless", "lookalike")):
            declines = (number, place) in ((1, 0), (2, 1)) or random.random() < 0.1
            own = f"I'm sorry, but I can't {seed}" if declines else f"Here is {kind} {number} {seed}"
            found.append(
                {
                    "text": f"{kind} request {number} of {seed}?", "group": f"g{number}", "kind": kind,
                    "category": category, "own": own, "declines": declines,
                }
            )  # fmt: skip
    return found


DECLINING = {
    "privacy": "I can't help with that: it would spy on people.",
    "fraud": "I can't help with that: it cheats.",
}


def _case(seed: int, groups: int, held_out: list[str], name: str) -> Case:
    return Case(name, (_requests(seed, groups), DECLINING, held_out))


def _hidden(seed: int) -> tuple[Case, ...]:
    return (
        _case(seed, 6, ["g5"], "six groups"),
        _case(seed + 1, 5, ["g0", "g3"], "two groups held out"),
        _case(seed + 2, 4, [], "nothing held out"),
    )


PRINCIPLE_PAIRS = Exercise(
    id="15.3",
    title="Pairs from principles",
    points=3,
    difficulty=2,
    minutes=15,
    reference="course_lib.constitution.pairs:principle_pairs",
    returns="a list of dictionaries with `prompt`, `chosen` and `rejected`, in the order of the requests",
    example=(
        "A harmful request to which the model would begin *Sure, first* gives a pair in which the declining answer is chosen and "
        "*Sure, first* rejected. For its harmless twin the same two sides change places. If the model declines "
        "either of them by itself, that "
        "request gives no pair."
    ),
    hints=(
        "For each request there are two answers. Ask first whether there is anything to prefer, then which of the "
        "two a principle prefers.",
        "Leave out what is held out (by group) and where `declines` is true. For the rest, the kind decides: only "
        "*harmful* prefers the "
        "declining answer.",
        '```python\nfor request in requests:\n    if request["group"] in held_out or request[...]:\n        continue\n'
        '    own, other = request["own"], declining[...]\n    chosen, rejected = (other, own) if ... else (own, other)\n'
        '    pairs.append({"prompt": ..., "chosen": ..., "rejected": ...})\n```',
    ),
    why=(
        "What a preference-trained model does was decided in a list like this one. Most of what goes wrong in such "
        "training goes wrong here, "
        "and no loss curve shows it."
    ),
    visible=(_case(7, 4, ["g3"], "four groups, one held out"), _case(8, 3, [], "three groups")),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "leak",
            leaks,
            "Requests of held-out groups are among your pairs: you would train on twins of what you test on.",
        ),
        Mistake(
            "ties",
            ties,
            "Where the model declines by itself both answers decline, and there is nothing to prefer. Such requests "
            "give no pair.",
        ),
        Mistake(
            "ties of harmless requests",
            ties_of_harmless,
            "You leave out harmful requests at which the model declines, but keep harmless ones: there both answers "
            "decline as well.",
        ),
        Mistake("turned round", turned, "Every pair is the wrong way round: you prefer going along with harm."),
        Mistake(
            "always declines",
            always_declines,
            "You prefer the declining answer for harmless requests too. A model trained on this learns to decline everything.",
        ),
        Mistake(
            "by the sound",
            by_sound,
            "You treat look-alikes as harmful. They only sound so; one of the principles is about them.",
        ),
        Mistake(
            "harmful only",
            harmful_only,
            "There are no pairs for harmless requests: what is left teaches one thing, to decline.",
        ),
        Mistake(
            "no look-alikes",
            no_lookalikes,
            "Look-alikes are missing. They are harmless requests, and the ones that teach most.",
        ),
        Mistake(
            "one answer for all",
            one_answer_for_all,
            "The declining answer is the same for all kinds of harm. It should be the one of the request's category.",
        ),
    ),
    alternatives=(principle_pairs_again, right_by_filter),
    tolerance_reason="text",
)
