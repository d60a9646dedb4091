"""A pool of answers: drawn once from a real model, used for every curve after that.

Drawing is the slow part, and best of n for every n, proxy and interval needs nothing but the same draws again. So the
answers are kept, each request's under a key made of everything that decides them: the model's weights, the request, the
temperature, the count, the seed. Those of the default model are shipped (`data/alignment/answers.jsonl`), those of any
other model are drawn when they are first asked for and stay in the user's cache, request by request, so that a stopped
run goes on.

`python -m course_lib alignment answers --again` draws the shipped ones anew. Another machine adds numbers in another order, so
now and then a draw falls on another token there and the rest of that answer differs; shares and curves do not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from course_lib.alignment.requests import Request, Split, count_words, load_requests
from course_lib.alignment.sampling import MOST_TOKENS, TEMPERATURE, sample_answers, text_of
from course_lib.batches import Progress
from course_lib.data.cache import cache_dir
from course_lib.data.files import write_whole
from course_lib.errors import CourseError
from course_lib.render import html_table, text_table

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from course_lib.models import LocalModel

SHIPPED = Path(__file__).parents[1] / "data" / "alignment" / "answers.jsonl"
COUNT = 64
FORMAT = 1  # raise when the meaning of a stored answer changes


@dataclass(frozen=True, repr=False)
class Pool:
    """Answers to several requests, equally many to each.

    Attributes:
        requests: what was asked.
        answers: for each request its answers, as text.
        ended: for each answer whether it came to its end before it was cut.
    """

    requests: tuple[Request, ...]
    answers: tuple[tuple[str, ...], ...]
    ended: tuple[tuple[bool, ...], ...]

    def score(self, rule: Callable[[Request, str], float]) -> Float[Tensor, "request sample"]:
        """A number for each answer."""
        rows = zip(self.requests, self.answers, strict=True)
        return torch.tensor([[float(rule(request, answer)) for answer in answers] for request, answers in rows])

    @cached_property
    def true_rewards(self) -> Float[Tensor, "request sample"]:
        """What each answer is worth by the request's own words."""
        return self.score(Request.true_reward)

    @cached_property
    def right_things(self) -> Float[Tensor, "request sample"]:
        """How many different right things each answer names."""
        return self.score(lambda request, answer: len(request.right_things(answer)))

    @cached_property
    def words(self) -> Float[Tensor, "request sample"]:
        """How many words each answer has."""
        return self.score(lambda _, answer: count_words(answer))

    def rows(self) -> list[dict[str, Any]]:
        """One row per request."""
        table = zip(self.requests, self.true_rewards, self.right_things, self.words, strict=True)
        return [
            {"request": request.things, "true reward": float(t.mean()), "right things": float(r.mean()), "words": float(w.mean())}
            for request, t, r, w in table
        ]  # fmt: skip

    def text(self) -> str:
        """Means by request, as plain text."""
        return text_table(self.rows(), title=self._title())

    def _title(self) -> str:
        return f"{len(self.requests)} requests, {len(self.answers[0])} answers to each; means"

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html_table(self.rows(), caption=self._title())


def answer_pool(
    model: LocalModel,
    split: Split = "test",
    count: int = COUNT,
    *,
    requests: tuple[Request, ...] | None = None,
    progress: Progress | None = None,
    again: bool = False,
) -> Pool:
    """Answers of a model to the requests of one half; drawn where they are neither shipped nor in the cache.

    Args:
        model: any loaded model with a chat template.
        split: `"train"` or `"test"`.
        count: answers to each request.
        requests: in place of those of the half.
        progress: called as `progress(done, total)`, in requests.
        again: draw them anew, whatever is kept.

    Raises:
        CourseError: `count` is below 1, or there are no requests.

    Example:
        >>> answer_pool(load_model("default")).true_rewards.shape  # doctest: +SKIP
        torch.Size([20, 64])
    """
    asked = load_requests(split) if requests is None else requests
    if count < 1 or not asked:
        raise CourseError("A pool needs requests and at least one answer to each.", "Give count=64, for example.")
    name = identity(model)
    kept = []
    for number, request in enumerate(asked):
        kept.append(_answers(model, name, request, count, again))
        if progress is not None:
            progress(number + 1, len(asked))
    texts, ended = (tuple(tuple(row[part]) for row in kept) for part in ("answers", "ended"))
    return Pool(tuple(asked), texts, ended)


def _answers(model: LocalModel, name: str, request: Request, count: int, again: bool) -> dict[str, Any]:
    key = key_of(name, request, count)
    file = cache_dir() / "answers" / f"{key}.json"
    if not again:
        if key in shipped():
            return shipped()[key]
        try:
            return dict(json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            pass
    drawn = sample_answers(model, request.text, count, seed=seed_of(request))
    end = model.tokenizer.eos_token_id
    row = {
        "key": key,
        "things": request.things,
        "answers": [text_of(model, answer) for answer in drawn],
        "ended": [answer[-1] == end for answer in drawn],
    }
    write_whole(file, json.dumps(row))
    return row


def key_of(name: str, request: Request, count: int) -> str:
    """A name for the answers: the same for the same question, another one for any other."""
    question = [FORMAT, name, request.text, count, TEMPERATURE, MOST_TOKENS, seed_of(request)]
    return hashlib.sha256(json.dumps(question).encode()).hexdigest()[:32]


def seed_of(request: Request) -> int:
    """The seed of a request's draws: the same for every model, so that two models are given the same luck."""
    return int.from_bytes(hashlib.sha256(request.text.encode()).digest()[:4], "big")


def identity(model: LocalModel) -> str:
    """What decides a model's answers: its weights, by a hash."""
    from course_lib.data.assets import find_asset
    from course_lib.data.files import file_hash
    from course_lib.models.load import DEFAULT_ASSET
    from course_lib.models.organism import WEIGHTS

    dtype = str(model.dtype)
    default = find_asset(DEFAULT_ASSET).files[0].sha256
    if model.name == "default":
        return f"{default} {dtype}"
    if model.name.startswith("tuned:"):
        from course_lib.alignment.tuned import folder_of

        return f"{default} {dtype} {file_hash(folder_of(model.name) / WEIGHTS)}"
    from course_lib.organisms.training.checkpoint import weights_hash

    return f"{weights_hash(model)} {dtype}"


@cache
def shipped() -> dict[str, dict[str, Any]]:
    """The answers that come with the course, by key."""
    if not SHIPPED.is_file():
        return {}
    rows = (json.loads(line) for line in SHIPPED.read_text(encoding="utf-8").splitlines())
    return {row["key"]: row for row in rows}
