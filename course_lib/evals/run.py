"""One task, one model, one result: `run_benchmark(load_model("default"), "piqa")`.

Cheap by default: 60 items, some six seconds on a processor for the default model, nothing where the scores are stored.
A result says what was asked (the items' fingerprint), how choices were compared, and what was chosen for each item, so
that two results can be compared item by item. The rate comes with its interval; the intervals of two models on the
same items overlap easily although a paired comparison tells them apart (`course_lib.evals.leaderboard`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from course_lib.errors import CourseError
from course_lib.evals.choosing import Way, choice_scores
from course_lib.evals.items import Item, fingerprint
from course_lib.evals.stored import stored_scores
from course_lib.evals.tasks import load_task
from course_lib.rates import Rate
from course_lib.render import html_table

if TYPE_CHECKING:
    from course_lib.batches import Progress
    from course_lib.models import LocalModel

FEW: int = 60


@dataclass(frozen=True, repr=False)
class BenchmarkResult:
    """What a model chose, item by item.

    Attributes:
        task: the task's name.
        model: the model's name.
        way: how choices were compared.
        items: the fingerprint of the items.
        chosen: the place of the choice with the highest score, for each item.
        gold: the place of the right one; None where there is none.
        scores: the score of each choice of each item.
    """

    task: str
    model: str
    way: str
    items: str
    chosen: tuple[int, ...]
    gold: tuple[int | None, ...]
    scores: tuple[tuple[float, ...], ...]

    @property
    def right(self) -> tuple[bool, ...]:
        """Whether the choice was the right one, for each item that has one."""
        return tuple(a == b for a, b in zip(self.chosen, self.gold, strict=True) if b is not None)

    @property
    def rate(self) -> Rate:
        """The accuracy, with Wilson's 95 % interval."""
        return Rate(sum(self.right), len(self.right))

    def text(self) -> str:
        """The result in one line."""
        return f"{self.task}, {self.model}, by {self.way}: {self.rate}"

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        row = {"task": self.task, "model": self.model, "choices by": self.way, "accuracy": str(self.rate)}
        return html_table([row])


def run_benchmark(
    model: LocalModel,
    task: str | Sequence[Item],
    *,
    limit: int | None = FEW,
    way: Way = "character",
    again: bool = False,
    progress: Progress | None = None,
) -> BenchmarkResult:
    """Score a task on a model.

    Args:
        model: a loaded model.
        task: the name of a task (`course_lib.evals.TASKS`), or items of your own.
        limit: the first so many items; all of them if None.
        way: how the scores of choices of unequal length are compared; decide before you look.
        again: score anew, whatever is stored.
        progress: called as `progress(done, total)`, in items that have to be scored.

    Raises:
        CourseError: no such task, no items, or "pmi" for items without a question that could be left out.

    Example:
        >>> from course_lib import load_model
        >>> mine = [Item("The capital of France is", ("Paris", "Rome"), 0)]
        >>> run_benchmark(load_model("tiny:0"), mine, again=True).rate.n
        1
    """
    whole = list(load_task(task)) if isinstance(task, str) else list(task)
    items = whole if limit is None else whole[:limit]
    if not items:
        raise CourseError("There are no items to score.", "Give a list with at least one, and a limit above 0.")
    kept: dict[str, Any] = {"again": again, "progress": progress}
    given = stored_scores(model, items, of=whole, **kept)
    bare = _bare(model, items, whole, kept) if way == "pmi" else [()] * len(items)
    scores = [
        choice_scores(way, one.log_probs, one.tokens, item.choices, alone)
        for one, item, alone in zip(given, items, bare, strict=True)
    ]
    return BenchmarkResult(
        task if isinstance(task, str) else "own items",
        model.name,
        way,
        fingerprint(items),
        tuple(values.index(max(values)) for values in scores),
        tuple(item.gold for item in items),
        tuple(tuple(values) for values in scores),
    )


def _bare(model: LocalModel, items: list[Item], whole: list[Item], kept: dict[str, Any]) -> list[tuple[float, ...]]:
    alone = without_question(items)
    if not alone:
        raise CourseError("These items have no question that could be left out.", "Choose another way than pmi.")
    return [one.log_probs for one in stored_scores(model, alone, of=without_question(whole), **kept)]


def without_question(items: Sequence[Item]) -> list[Item]:
    """The same choices behind the last line alone ("Answer:"); empty where the context has only one, or is a chat.

    Example:
        >>> without_question([Item("Question: Why?\\nAnswer:", ("a", "b"), 0)])[0].context
        'Answer:'
    """
    if any(item.chat or "\n" not in item.context for item in items):
        return []
    return [replace(item, context=item.context.splitlines()[-1]) for item in items]
