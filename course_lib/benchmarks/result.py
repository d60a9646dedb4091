"""The outcome of a benchmark: a table of ways, the goals, and what has to be known to read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from course_lib.benchmarks.completeness import Completeness
from course_lib.benchmarks.goals import goals
from course_lib.benchmarks.timing import Timing, agreement, find, pairs, ratio
from course_lib.benchmarks.ways import OURS
from course_lib.render import html_table, text_table

MET = {True: "met", False: "MISSED", None: ""}


@dataclass(frozen=True, repr=False)
class Benchmark:
    """What was measured.

    Attributes:
        timings: one for each comparison, length and way.
        speed: floating-point operations in a second, of a large matrix product on this machine.
        where: machine, model, threads and packages in words.
        session: the process that made this table.
        completeness: of integrated gradients; None where it was not asked for.
    """

    timings: tuple[Timing, ...]
    speed: float
    where: Mapping[str, Any]
    session: str
    completeness: Completeness | None = None

    def rows(self) -> list[dict[str, Any]]:
        """The table for people, every value as text."""
        return [self._row(timing) for timing in self.timings]

    def _row(self, timing: Timing) -> dict[str, Any]:
        ours = find(self.timings, timing.comparison, timing.length, OURS)
        like = agreement(ours, timing) if ours is not None and timing.way != OURS else {}
        times = ratio(self.timings, timing.comparison, timing.length, timing.way)
        share = timing.floor_share(self.speed)
        return {
            "comparison": timing.comparison,
            "tokens": str(timing.length or ""),
            "way": timing.way,
            "median s": "" if timing.median is None else f"{timing.median:.3g}",
            "fastest s": "" if timing.median is None else f"{min(timing.seconds):.3g}",
            "x ours": "" if times is None else f"{times:.2f}",
            "peak MB": "" if timing.bytes is None else f"{timing.bytes / 1e6:.0f}",
            "of the floor": "" if share is None else f"{share:.0%}",
            "against ours": short(like),
            "runs": str(len(timing.seconds) or ""),
            "note": timing.note,
        }

    def goal_rows(self) -> list[dict[str, Any]]:
        """The goals for people."""
        found = goals(self.timings, self.completeness)
        return [{"goal": goal.what, "reached": goal.reached, "verdict": MET[goal.met]} for goal in found]

    def numbers(self) -> dict[str, Any]:
        """Everything for programs."""
        return {
            "where": dict(self.where),
            "matrix_flops_per_second": self.speed,
            "timings": [self._fields(timing) for timing in self.timings],
            "agreement": [
                {"comparison": one.comparison, "tokens": one.length, "ways": [one.way, other.way], **like}
                for one, other, like in pairs(self.timings)
            ],
            "completeness": None if self.completeness is None else self.completeness.numbers(),
            "goals": [vars(goal) for goal in goals(self.timings, self.completeness)],
        }

    def _fields(self, timing: Timing) -> dict[str, Any]:
        return {
            "comparison": timing.comparison, "tokens": timing.length, "way": timing.way, "seconds": timing.seconds,
            "median_seconds": timing.median, "times_ours": ratio(
                self.timings, timing.comparison, timing.length, timing.way
            ),
            "peak_bytes": timing.bytes, "memory_measured": timing.memory.get("how", timing.memory.get("problem")),
            "floor_flops": timing.floor, "share_of_floor": timing.floor_share(self.speed), "note": timing.note,
        }  # fmt: skip

    def sentences(self) -> list[str]:
        """What has to be known to read the table."""
        found = [
            "; ".join(f"{name}: {value}" for name, value in self.where.items()) + ".",
            f"A large matrix product runs at {self.speed / 1e9:,.0f} GFLOP/s here. Of the floor: the time of the method's "
            "minimal arithmetic at that speed, as a share of the time that was measured.",
            "x ours: median time of the way divided by that of ours. Against ours: the largest difference, as a share of "
            "the largest number; for an approximation Pearson's and Spearman's correlation.",
            *self._agreement(),
            *self._memory(),
            *self._interleaving(),
        ]
        return [*found, *([] if self.completeness is None else [self.completeness.sentence()])]

    def _agreement(self) -> list[str]:
        """The worst agreement between any two ways to the same numbers."""
        gaps = [(like["difference"], one, other) for one, other, like in pairs(self.timings) if "difference" in like]
        if not gaps:
            return []
        gap, one, other = max(gaps, key=lambda found: found[0])
        words = f"Largest difference between any two of {len(gaps)} pairs of ways to the same numbers"
        return [f"{words}: {gap:.1e} ({one.way} and {other.way}, {one.question})."]

    def _memory(self) -> list[str]:
        """How memory was measured, and where it could not be."""
        hows = sorted({timing.memory["how"] for timing in self.timings if "how" in timing.memory})
        problems = [f"{t.question}, {t.way}: {t.memory['problem']}" for t in self.timings if "problem" in t.memory]
        return [f"Peak MB: {how}." for how in hows] + [f"No memory for {problem}" for problem in problems]

    def _interleaving(self) -> list[str]:
        """Whether all times of a question come from one process."""
        questions: dict[str, set[str]] = {}
        for timing in self.timings:
            questions.setdefault(timing.question, set()).update(timing.sessions)
        several = [question for question, sessions in questions.items() if len(sessions) > 1]
        if not several:
            return ["The ways of each comparison took turns in one process."]
        return [f"The ways took turns; resumed, and so timed in more than one process: {'; '.join(several)}."]

    def text(self) -> str:
        """Tables and sentences as plain text."""
        goal_rows = self.goal_rows()
        parts = [text_table(self.rows()) if self.timings else "", text_table(goal_rows) if goal_rows else ""]
        return "\n\n".join([*filter(None, parts), "\n".join(self.sentences())])

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        words = "".join(f"<p>{escape(sentence)}</p>" for sentence in self.sentences())
        tables: Sequence[list[dict[str, Any]]] = [rows for rows in (self.rows(), self.goal_rows()) if rows]
        return f"<div>{''.join(html_table(rows) for rows in tables)}{words}</div>"


def short(like: Mapping[str, float]) -> str:
    """Agreement in a cell.

    Example:
        >>> short({"difference": 2e-6}), short({"pearson": 0.917, "spearman": 0.94}), short({})
        ('2.0e-06', 'r 0.92, rank 0.94', '')
    """
    if "difference" in like:
        return f"{like['difference']:.1e}"
    return f"r {like['pearson']:.2f}, rank {like['spearman']:.2f}" if like else ""
