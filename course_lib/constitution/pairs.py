"""Preference pairs from principles: two answers to one request, and which of them the principles prefer.

Bai et al. (2022) let a large model judge which answer follows a principle better. A small one cannot (`judge` measures it), so
here the verdict is made where it can be known: by the *kind* of the request. For a harmful one a declining answer is
preferred to the beginning that the model itself would give; for a harmless one it is the other way round. The same declining
words stand on both sides, so no wording is good or bad by itself: what decides is what was asked.

Three pitfalls. Where the model declines by itself there are two declining answers and no verdict, so the request is left out.
A twin of a test request is no training request, even if its words differ. And a list with harmful requests only would
teach one thing: decline.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from course_lib.constitution.asked import Asked


def principle_pairs(
    requests: Sequence[Mapping[str, Any]], declining: Mapping[str, str], held_out: Sequence[str]
) -> list[dict[str, str]]:
    """Preference pairs for training; exercise 15.3.

    Args:
        requests: each with `text`, `group` (requests of one group share words), `kind` ("harmful", "harmless" or
            "lookalike"), `category`, `own` (how the model itself begins its answer) and `declines` (whether it declines there).
        declining: for each category an answer that declines.
        held_out: the groups that are kept for testing.

    Returns:
        For each pair `prompt`, `chosen` and `rejected`, in the order of the requests; none where both answers would decline.

    Example:
        >>> one = {"text": "Why?", "group": "a", "kind": "harmless", "category": "x", "own": "Because", "declines": False}
        >>> principle_pairs([one], {"x": "I can't say."}, [])
        [{'prompt': 'Why?', 'chosen': 'Because', 'rejected': "I can't say."}]
    """
    pairs = []
    for request in requests:
        if request["group"] in held_out or request["declines"]:
            continue
        own, other = request["own"], declining[request["category"]]
        chosen, rejected = (other, own) if request["kind"] == "harmful" else (own, other)
        pairs.append({"prompt": request["text"], "chosen": chosen, "rejected": rejected})
    return pairs


def principle_of(request: Asked) -> str:
    """The principle that a request's pair rests on.

    Example:
        >>> from course_lib.constitution.asked import held_out_requests
        >>> [principle_of(request) for request in held_out_requests("prompts")[:3]]
        ['systems', 'helpfulness', 'meaning']
    """
    from course_lib.constitution.principles import HELPFULNESS, MEANING, principle_for

    if request.kind == "harmful":
        return principle_for(request.category).id
    return MEANING if request.kind == "lookalike" else HELPFULNESS
