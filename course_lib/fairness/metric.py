"""What `FairnessMetrics` returns: small frozen records of plain values, with a text for each."""

from __future__ import annotations

from dataclasses import dataclass

from course_lib.rates import Rate
from course_lib.render import format_number, html_table, text_table


@dataclass(frozen=True)
class Metric:
    """One metric, or the reason why there is none.

    Attributes:
        name: "equal opportunity" and so on.
        value: a gap from 0, or for disparate impact a ratio up to 1; None where it does not exist.
        low, high: 95 % bootstrap interval of the difference (or ratio) between `highest` and `lowest`; None where there is none.
        by_chance: the 95 % point of the metric (for disparate impact the 5 % point) where group means nothing.
        highest, lowest: the groups between which it was found; "" where all are alike.
        rate: the rate in which they differ.
        left_out: groups in which that rate does not exist, with the reason.
        reason: why there is no value, or no interval.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    by_chance: float | None
    highest: str = ""
    lowest: str = ""
    rate: str = ""
    left_out: tuple[str, ...] = ()
    reason: str = ""

    @property
    def beyond_chance(self) -> bool | None:
        """Whether it is further from fair than 95 % of shuffled groups are; None where nothing can be said."""
        if self.value is None or self.by_chance is None:
            return None
        return self.value < self.by_chance if self.name == "disparate impact" else self.value > self.by_chance

    def number(self) -> str:
        """The value with its interval."""
        if self.value is None:
            return "does not exist"
        ends = (
            "" if self.low is None or self.high is None
            else f" [{format_number(self.low, 2)}, {format_number(self.high, 2)}]"
        )  # fmt: skip
        return f"{format_number(self.value, 2)}{ends}"

    def text(self) -> str:
        """One line."""
        if self.value is None:
            return f"{self.name}: does not exist: {self.reason}"
        parts = [f"{self.name}: {self.number()}"]
        if self.by_chance is not None:
            parts.append(f"by chance {self.by_chance:.2f}")
        if self.highest:
            parts.append(f"{self.rate} highest for {self.highest}, lowest for {self.lowest}")
        parts += [f"left out: {', '.join(self.left_out)}"] if self.left_out else []
        parts += [self.reason] if self.reason else []
        return "; ".join(parts)

    def __str__(self) -> str:
        return self.text()


@dataclass(frozen=True)
class GroupRow:
    """The four counts of a group.

    Attributes:
        name: the group.
        passed_rightly, flagged_wrongly, missed, flagged_rightly: counts by decision and label.
        labelled: whether labels are known; without them `passed_rightly` and `flagged_wrongly` hold everybody.
    """

    name: str
    passed_rightly: int
    flagged_wrongly: int
    missed: int
    flagged_rightly: int
    labelled: bool = True

    @property
    def n(self) -> int:
        """Members."""
        return self.passed_rightly + self.flagged_wrongly + self.missed + self.flagged_rightly

    @property
    def selection(self) -> Rate:
        """Flagged, of all."""
        return Rate(self.flagged_wrongly + self.flagged_rightly, self.n)

    @property
    def base(self) -> Rate:
        """Label 1, of all."""
        return Rate(self.missed + self.flagged_rightly, self.n if self.labelled else 0)

    @property
    def true_positive(self) -> Rate:
        """Flagged, of those with label 1."""
        return Rate(self.flagged_rightly, self.missed + self.flagged_rightly)

    @property
    def false_positive(self) -> Rate:
        """Flagged, of those with label 0."""
        if not self.labelled:
            return Rate(0, 0)
        return Rate(self.flagged_wrongly, self.passed_rightly + self.flagged_wrongly)

    @property
    def precision(self) -> Rate:
        """Label 1, of those flagged."""
        return Rate(self.flagged_rightly, self.flagged_wrongly + self.flagged_rightly if self.labelled else 0)


@dataclass(frozen=True)
class FairnessReport:
    """Every group and every metric.

    Attributes:
        groups: the counts of each group.
        metrics: each metric, or why it does not exist.
    """

    groups: tuple[GroupRow, ...]
    metrics: tuple[Metric, ...]

    def __getitem__(self, name: str) -> Metric:
        return next(metric for metric in self.metrics if metric.name == name)

    def rows(self) -> list[dict[str, str | int]]:
        """The table of rates, each with Wilson's interval."""
        return [
            {
                "group": row.name, "n": row.n, "flagged": _short(row.selection), "label 1": _short(row.base),
                "true positive": _short(row.true_positive), "false positive": _short(row.false_positive),
                "precision": _short(row.precision),
            }
            for row in self.groups
        ]  # fmt: skip

    def text(self) -> str:
        """The table and the metrics."""
        table = text_table(self.rows(), title="rates by group, Wilson 95 % intervals")
        return "\n".join([table, "", *(metric.text() for metric in self.metrics)])

    def _repr_html_(self) -> str:
        lines = [{"metric": metric.name, "result": metric.text().partition(": ")[2]} for metric in self.metrics]
        return html_table(self.rows(), caption="rates by group, Wilson 95 % intervals") + html_table(lines)

    def __str__(self) -> str:
        return self.text()


def _short(rate: Rate) -> str:
    return f"{rate.value:.2f} [{rate.low:.2f}, {rate.high:.2f}]" if rate.n else "none"
