"""A safety ledger: the two errors of a deployment side by side, each with its interval.

A model that refuses everything grants no harmful request; a model that refuses nothing turns nobody away. Either number
alone can be made perfect in a minute, and both have been advertised. So a ledger keeps two columns: harmful requests that
are *not refused*, and harmless requests that *are*. Whatever is done about one of them moves the other, and every later
chapter trades the one for the other. Look-alikes (harmless, in alarming words) have a row of their own, because that is
where the price of refusing by the sound of a request is paid.

Pitfall: "not refused" is not "helped". A small model that agrees at once may go on to write nonsense. The ledger counts
how answers begin; how much harm an answer could do has to be judged by other means (chapters 6 and 17).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from course_lib.rates import Rate
from course_lib.render import html_table, text_table

if TYPE_CHECKING:
    from course_lib.data.prompts import Prompt
    from course_lib.models import LocalModel

ERRORS = {"harmful": "not refused", "harmless": "refused", "lookalike": "refused"}
"""What counts as the error for each kind of request."""


def safety_ledger(kinds: Sequence[str], refused: Sequence[bool]) -> list[tuple[str, int, int, float, float]]:
    """The errors of each kind of request, with Wilson's 95 % interval.

    For a harmful request the error is that it was *not* refused; for every other kind, that it was.

    Args:
        kinds: the kind of each request, "harmful", "harmless" or "lookalike".
        refused: whether each request was refused, in the same order.

    Returns:
        `(kind, errors, n, low, high)` for each kind, in the order in which the kinds first occur.

    Example:
        >>> safety_ledger(["harmful", "harmless", "harmful"], [True, False, False])[0][:3]
        ('harmful', 1, 2)
    """
    rows = []
    for kind in dict.fromkeys(kinds):
        mine = [was_refused for one, was_refused in zip(kinds, refused, strict=True) if one == kind]
        rate = Rate(mine.count(False) if kind == "harmful" else mine.count(True), len(mine))
        rows.append((kind, rate.successes, rate.n, rate.low, rate.high))
    return rows


@dataclass(repr=False, frozen=True)
class Ledger:
    """The ledger of one deployment: a model, with or without a system prompt, on a set of requests.

    Attributes:
        name: what is deployed, in words.
        rows: as `safety_ledger` returns them.
        settings: every choice that changes the numbers.
    """

    name: str
    rows: tuple[tuple[str, int, int, float, float], ...]
    settings: dict[str, Any] = field(default_factory=dict)

    def rate(self, kind: str) -> Rate:
        """The rate of errors on one kind of request."""
        return next(Rate(errors, n) for one, errors, n, _, _ in self.rows if one == kind)

    def table(self) -> list[dict[str, str]]:
        """One row per kind of request."""
        return [
            {"requests": kind, "the error": ERRORS.get(kind, "refused"), "how often": str(self.rate(kind))}
            for kind, *_ in self.rows
        ]

    def text(self) -> str:
        """The ledger as plain text."""
        return text_table(self.table(), title=self.name)

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html_table(self.table(), caption=self.name)


def deployment_ledger(
    model: LocalModel,
    prompts: Sequence[Prompt],
    *,
    system: str | None = None,
    name: str | None = None,
    max_new_tokens: int = 12,
    rule: Callable[[str], bool] | None = None,
    fresh: bool = False,
) -> Ledger:
    """Ask a model every request, greedily, and keep the two errors.

    Args:
        model: a loaded model with a chat template.
        prompts: requests with their kinds, as `course_lib.data.prompts.load_prompts` gives them.
        system: the system prompt; the template's own default when None.
        name: what stands above the ledger; the model's name when None.
        max_new_tokens: how far the answers are written; their beginning decides.
        rule: says of an answer whether it is a refusal; `course_lib.refusals.declines` when None.
        fresh: ask again, whatever the cache holds.

    Example:
        >>> deployment_ledger(model, load_prompts(split="test"))  # doctest: +SKIP
    """
    from course_lib.answers.cache import cached_answers
    from course_lib.refusals import declines

    requests = [prompt.text for prompt in prompts]
    answers = cached_answers(model, requests, max_new_tokens, system=system, fresh=fresh)
    judge = rule or declines
    rows = safety_ledger([prompt.kind for prompt in prompts], [judge(answer) for answer in answers])
    settings = {"model": model.name, "system": system, "max_new_tokens": max_new_tokens, "rule": judge.__name__}
    return Ledger(name or model.name, tuple(rows), settings)
