"""Parts that look at single refusals: which token tips them, and where the model looks.

Whether a model refuses is a rate; why it refuses *this* request is a question about one text. Removal takes each token
away in turn (chapter 8) and reads what the first word of the refusal loses. Attention says where the answer's position
looks. The two are held beside each other, because attention alone explains nothing: heads look at many things that the
answer does not depend on (chapter 9).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from course_lib.attention.averages import mean_attention
from course_lib.attention.weights import attention_weights
from course_lib.attribution.fast_removal import removal_attribution
from course_lib.models.prefix import chat_start
from course_lib.rates import Rate
from course_lib.refusals import declines
from course_lib.suite.config import SuiteConfig
from course_lib.suite.given import yes_or_no
from course_lib.suite.part import count_of
from course_lib.suite.refusing import ask
from course_lib.suite.results import Evidence, Found, Measure
from course_lib.suite.running import NotApplicable
from course_lib.suite.stars import drawn_stars

if TYPE_CHECKING:
    from torch import Tensor

    from course_lib.batches import Progress
    from course_lib.models import LocalModel
    from course_lib.organisms.requests import Request

SHOWN = 3


def removal_scores(model: LocalModel, input_ids: Tensor, target_ids: Tensor) -> Tensor:
    """What `token_attribution` of exercise 8.1 returns, computed faster: `[target, position]`, in nats.

    Tokens in front of the request (the template's beginning, the same in every chat) are left in place and score 0.
    """
    start = len(model.encode(chat_start(model)))
    scores = torch.zeros(len(target_ids), len(input_ids))
    scores[:, start:] = removal_attribution(model, input_ids, target_ids, positions=(start, len(input_ids))).scores
    return scores


@dataclass(frozen=True)
class Refused:
    """A refused request in its chat.

    Attributes:
        request: the request with its features.
        ids: the token ids of the chat.
        start: position of the request's first token.
        stop: one more than that of its last.
        first: the id of the refusal's first token.
    """

    request: Request
    ids: Tensor
    start: int
    stop: int
    first: int


def refused_requests(
    model: LocalModel, config: SuiteConfig, judge: Callable[[str], bool], progress: Progress
) -> list[Refused]:
    """Some requests that the model refuses, found among the stars' whole ones.

    Raises:
        NotApplicable: it refuses none of those that were asked.
    """
    wanted = count_of(config, 3, 4, 16)
    asked = [star["whole"] for star in drawn_stars(2 * wanted, config.seed)]
    answers = ask(model, [request.text for request in asked], progress, tokens=8)
    refused = [request for request, answer in zip(asked, answers, strict=True) if yes_or_no(judge(answer))]
    if not refused:
        raise NotApplicable(f"It refuses none of {len(asked)} harmful requests, so there is no refusal to explain.")
    return [_placed(model, request) for request in refused[:wanted]]


def _placed(model: LocalModel, request: Request) -> Refused:
    chat = model.chat(request.text)
    ids = model.encode(chat)
    start, behind = chat.rindex(request.text), len(chat) - chat.rindex(request.text) - len(request.text)
    first = len(model.encode(chat[:start]))
    last = len(ids) - len(model.encode(chat[len(chat) - behind :]))
    return Refused(request, ids, first, last, int(model.logits(ids)[-1].argmax()))


def kind_of(model: LocalModel, one: Refused, place: int) -> str:
    """Whether the token at a place of the request belongs to its courtesy, to its alarming word, or to something else."""
    tokens = model.tokens(one.ids[one.start : one.stop])
    begin = len("".join(tokens[:place]))
    end = begin + len(tokens[place])
    text = "".join(tokens).casefold()
    for kind, words in (("courtesy", one.request.courtesy), ("alarming word", (one.request.trigger,))):
        for word in (word.casefold() for word in words if word):
            at = text.find(word)
            if at >= 0 and at < end and begin < at + len(word):
                return kind
    return "another word"


@dataclass(frozen=True)
class Attribution:
    """Which token tips the refusal.

    Attributes:
        judge: whether an answer is a refusal (exercise 1.3).
        scores: what each target token loses without each prompt token (exercise 8.1).
    """

    name: ClassVar[str] = "attribution"
    question: ClassVar[str] = "Which word of a refused request tips the refusal?"
    chapter: ClassVar[int] = 8
    version: ClassVar[int] = 1
    measures: ClassVar[tuple[str, ...]] = ("tipped_by_courtesy", "tipped_by_trigger")

    judge: Callable[[str], bool] = declines
    scores: Callable[[Any, Any, Any], Any] = removal_scores

    def run(self, model: LocalModel, config: SuiteConfig, progress: Progress) -> Found:
        """Take each token away in turn."""
        found = refused_requests(model, config, self.judge, progress)
        kinds: list[str] = []
        evidence: list[Evidence] = []
        for done, one in enumerate(found, start=1):
            row = self.scores(model, one.ids, one.ids.new_tensor([one.first]))[0][one.start : one.stop]
            kinds.append(kind_of(model, one, int(row.argmax())))
            if len(evidence) < SHOWN:
                evidence.append(
                    token_evidence(
                        model,
                        one,
                        row.tolist(),
                        "Log probability of the refusal's first word lost without each token, in nats",
                    )
                )
            progress(done, len(found))
        n = len(found)
        return Found(
            (
                Measure.of_rate(
                    "tipped_by_courtesy",
                    "refusals whose strongest token is one of courtesy",
                    Rate(kinds.count("courtesy"), n),
                ),
                Measure.of_rate(
                    "tipped_by_trigger",
                    "refusals whose strongest token is the alarming word",
                    Rate(kinds.count("alarming word"), n),
                ),
            ),
            (
                f"The strongest token is courtesy in {kinds.count('courtesy')}, the alarming word in "
                f"{kinds.count('alarming word')}, "
                f"and another one in {kinds.count('another word')} of {n} refusals.",
            ),
            tuple(evidence),
            (
                "Two words that say the same cover for each other: neither shows when one of them is removed.",
                "A text without one of its tokens may be one that the model never saw.",
            ),
        )


@dataclass(frozen=True)
class Attention:
    """Where the answer's position looks, beside what the answer depends on.

    Attributes:
        judge: whether an answer is a refusal (exercise 1.3).
        average: mean over layers and heads (exercise 8.2).
        scores: what removal says (exercise 8.1).
    """

    name: ClassVar[str] = "attention"
    question: ClassVar[str] = "Does it look at the word that tips the refusal?"
    chapter: ClassVar[int] = 9
    version: ClassVar[int] = 1
    measures: ClassVar[tuple[str, ...]] = ("attention_agreement",)

    judge: Callable[[str], bool] = declines
    average: Callable[[Sequence[Any]], Any] = mean_attention
    scores: Callable[[Any, Any, Any], Any] = removal_scores

    def run(self, model: LocalModel, config: SuiteConfig, progress: Progress) -> Found:
        """Read the attention of the last position, and compare its three strongest tokens with removal's strongest."""
        found = refused_requests(model, config, self.judge, progress)
        hits, chance = 0, 0.0
        evidence: list[Evidence] = []
        for done, one in enumerate(found, start=1):
            weights = attention_weights(model, one.ids)
            row = self.average([layer[None] for layer in weights])[0][-1][one.start : one.stop]
            removal = self.scores(model, one.ids, one.ids.new_tensor([one.first]))[0][one.start : one.stop]
            near = row.topk(min(3, len(row))).indices.tolist()
            hits += int(removal.argmax()) in near
            chance += len(near) / len(row) / len(found)
            if len(evidence) < SHOWN:
                evidence.append(
                    token_evidence(model, one, row.tolist(), "Mean attention of the answer's position to each token")
                )
            progress(done, len(found))
        rate = Rate(hits, len(found))
        return Found(
            (
                Measure.of_rate(
                    "attention_agreement", "refusals whose tipping token is among the three most attended", rate
                ),
            ),
            (f"Three tokens drawn at random would hold it in {chance:.2f} of the cases.",),
            tuple(evidence),
            (
                "Attention is no explanation: heads look at much that the answer does not depend on.",
                "The mean over all heads hides the few that matter.",
            ),
        )


def token_evidence(model: LocalModel, one: Refused, scores: Sequence[float], title: str) -> Evidence:
    """The request's tokens with their scores."""
    tokens = model.tokens(one.ids[one.start : one.stop])
    rows = tuple({"token": token, "score": round(float(score), 4)} for token, score in zip(tokens, scores, strict=True))
    return Evidence(title, rows, "tokens")
