"""Several models, several tasks, one table, and which of its differences are more than chance.

A leaderboard sorts numbers, and readers take the order for a fact. What it takes to read one is here beside it: the
interval of each rate; for each model the difference from the first one *on the same items*, with an interval from a
paired bootstrap; and McNemar's test for each, corrected for how many were made (Holm 1979), because of thirty true
zeros one or two look like a difference at 5 %. Items from one template are not independent, so where items have
groups, groups are drawn.

Source: S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6
(1979), 65-70.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from course_lib.evals.run import BenchmarkResult, run_benchmark
from course_lib.evals.tasks import load_task
from course_lib.rates import Rate
from course_lib.redteam.paired import mcnemar
from course_lib.render import html_table, text_table

if TYPE_CHECKING:
    from course_lib.models import LocalModel

MODELS = ("default", "organism:intent", "organism:trigger", "organism:correlate", "organism:backdoor", "organism:bias")
SCORED = ("piqa", "commonsense", "truthfulqa", "bbq_ambiguous", "bbq_disambiguated", "refusal")
"""The tasks that have right answers."""


@dataclass(frozen=True)
class Difference:
    """A model against the first one, on one task.

    Attributes:
        task: the task.
        model: the model.
        value: its accuracy less that of the first model.
        low, high: the 95 % interval, from a paired bootstrap.
        gained, lost: items that only this model has right, and that only the first one has.
        p: McNemar's mid-p value.
        adjusted: the same, corrected for all comparisons of the leaderboard (Holm).
    """

    task: str
    model: str
    value: float
    low: float
    high: float
    gained: int
    lost: int
    p: float
    adjusted: float

    @property
    def beyond_chance(self) -> bool:
        """Whether the corrected p-value is below 0.05."""
        return self.adjusted < 0.05


@dataclass(frozen=True, repr=False)
class Leaderboard:
    """Rates of several models on several tasks.

    Attributes:
        models: their names; the first one is what the others are compared with.
        tasks: names of the tasks.
        rates: by task and model.
        differences: of every other model, on every task.
    """

    models: tuple[str, ...]
    tasks: tuple[str, ...]
    rates: Mapping[str, Mapping[str, Rate]]
    differences: tuple[Difference, ...]

    def rows(self) -> list[dict[str, str]]:
        """One row for each model; a star where its difference from the first one is beyond chance."""
        marked = {(one.task, one.model) for one in self.differences if one.beyond_chance}
        return [
            {"model": _short(model)}
            | {
                task: f"{rate.value:.2f} [{rate.low:.2f}, {rate.high:.2f}]" + (" *" if (task, model) in marked else "")
                for task in self.tasks
                for rate in [self.rates[task][model]]
            }
            for model in self.models
        ]

    def text(self) -> str:
        """The table as text."""
        return text_table(self.rows()) + f"\n* differs from {_short(self.models[0])} beyond chance (paired, corrected)"

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        note = f"* differs from {_short(self.models[0])} beyond chance (McNemar, mid-p, corrected after Holm)"
        return html_table(self.rows()) + f"<p>{note}</p>"


def _short(model: str) -> str:
    return model.removeprefix("organism:")


def leaderboard(
    models: Sequence[LocalModel], tasks: Sequence[str] = SCORED, *, limit: int | None = None
) -> Leaderboard:
    """Run tasks on models and compare each model with the first.

    Args:
        models: loaded models.
        tasks: tasks that have right answers.
        limit: the first so many items of each task; all if None.
    """
    results = {task: [run_benchmark(model, task, limit=limit) for model in models] for task in tasks}
    groups = {task: [item.group for item in load_task(task, limit)] for task in tasks}
    return from_results(results, groups)


def from_results(
    results: Mapping[str, Sequence[BenchmarkResult]], groups: Mapping[str, Sequence[str]] | None = None
) -> Leaderboard:
    """A leaderboard of results: for each task one result of each model, in the same order of models."""
    models = tuple(one.model for one in next(iter(results.values())))
    raw = []
    for task, found in results.items():
        first = found[0].right
        named = groups.get(task, [""] * len(first)) if groups else [""] * len(first)
        for other in found[1:]:
            gained, lost, _, mid = mcnemar(other.right, first)
            low, high = paired_interval(other.right, first, named)
            raw.append((task, other.model, (gained - lost) / len(first), low, high, gained, lost, mid))
    adjusted = holm([row[-1] for row in raw])
    differences = tuple(Difference(*row, p) for row, p in zip(raw, adjusted, strict=True))
    rates = {task: {one.model: one.rate for one in found} for task, found in results.items()}
    return Leaderboard(models, tuple(results), rates, differences)


def paired_interval(
    first: Sequence[bool], second: Sequence[bool], groups: Sequence[str], *, draws: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """A 95 % bootstrap interval of the difference of two accuracies on the same items; items of one group go together.

    Example:
        >>> paired_interval([True] * 9 + [False], [True] * 9 + [False], [""] * 10)
        (0.0, 0.0)
    """
    names = [name or f"item {place}" for place, name in enumerate(groups)]
    code = {name: place for place, name in enumerate(dict.fromkeys(names))}
    place = np.array([code[name] for name in names])
    gap = np.bincount(place, weights=np.asarray(first, float) - np.asarray(second, float), minlength=len(code))
    size = np.bincount(place, minlength=len(code))
    rows = np.random.default_rng(seed).integers(0, len(code), (draws, len(code)))
    low, high = np.quantile(gap[rows].sum(1) / size[rows].sum(1), [0.025, 0.975])
    return float(low), float(high)


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values, corrected for being so many.

    Example:
        >>> holm([0.01, 0.04, 0.03])
        [0.03, 0.06, 0.06]
    """
    order, found, highest = sorted(range(len(p_values)), key=lambda place: p_values[place]), [0.0] * len(p_values), 0.0
    for done, place in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - done) * p_values[place]))
        found[place] = highest
    return found
