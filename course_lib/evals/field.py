"""The field's safety benchmarks in one table: size, licence, what they measure, how they are scored, what they miss.

Sizes are those of the papers (and, where only a part is public, of that part); licences are those under which the data is
published. What a benchmark misses is our reading, and where somebody has published the objection, the table says who.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from course_lib.render import html_table, text_table

FILE = Path(__file__).parents[1] / "data" / "evals" / "benchmarks.json"


@dataclass(frozen=True)
class SafetyBenchmark:
    """One benchmark.

    Attributes:
        name: what it is called.
        year: when it was first published.
        size: how many items of what.
        licence: of the data.
        measures: what it is about.
        scored_by: how an answer becomes a number.
        misses: what a good score on it does not show.
        paper: where it is described.
    """

    name: str
    year: int
    size: str
    licence: str
    measures: str
    scored_by: str
    misses: str
    paper: str


@dataclass(frozen=True, repr=False)
class Field:
    """The table."""

    benchmarks: tuple[SafetyBenchmark, ...]

    def text(self) -> str:
        """As text, one paragraph for each."""
        return "\n\n".join(
            f"{one.name} ({one.year}; {one.size}; {one.licence}; {one.paper})\n  measures: {one.measures}\n"
            f"  scored by: {one.scored_by}\n  misses: {one.misses}"
            for one in self.benchmarks
        )

    def short(self) -> str:
        """Names, sizes and licences as a text table."""
        keys = ("name", "size", "licence", "paper")
        return text_table([{key: asdict(one)[key] for key in keys} for one in self.benchmarks])

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = [{key.replace("_", " "): str(value) for key, value in asdict(one).items()} for one in self.benchmarks]
        return html_table(rows).replace("white-space:pre", "vertical-align:top;max-width:16em")


@cache
def safety_benchmarks() -> Field:
    """The table of `data/evals/benchmarks.json`.

    Example:
        >>> len(safety_benchmarks().benchmarks) >= 10
        True
    """
    rows = json.loads(FILE.read_text(encoding="utf-8"))
    return Field(tuple(SafetyBenchmark(**row) for row in rows))
