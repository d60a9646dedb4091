"""The audit's table, and the sentences that may be said of it.

The table has a row for each organism and method: hit@1 and hit@3 with Wilson's intervals, beside each what random
scores reach, and, where it was asked for, the same method's hit@1 on the default model. The sentences follow from the
table by a rule: a method is *better than random* where its whole interval lies above chance.

Pitfall: with a dozen methods, three organisms and 95 % intervals, one or two comparisons in forty come out "better" or
"worse" by luck. A method that is better by a hair on one organism is no finding; one that is better on all of them is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from course_lib.organisms.audit.scoring import TOPS, MethodScore
from course_lib.rates import Rate
from course_lib.render import html_table, text_table


@dataclass(frozen=True, repr=False)
class Audit:
    """What an audit found.

    Attributes:
        scores: one for each organism and method.
        asked: from an organism to the number of tasks that were looked at for its cases.
        control: the same methods, asked about the same requests on the default model; none where that was not done.
    """

    scores: tuple[MethodScore, ...]
    asked: dict[str, int]
    control: tuple[MethodScore, ...] = ()

    def control_of(self, score: MethodScore) -> Rate | None:
        """hit@1 of the same method on the same requests without the mechanism."""
        same = [c for c in self.control if (c.organism, c.method) == (score.organism, score.method)]
        return same[0].hits[1] if same else None

    def rows(self) -> list[dict[str, Any]]:
        """The table for people: rates with their intervals, as text."""
        return [row for name in self.asked for row in self._rows_of(name)]

    def _rows_of(self, organism: str) -> list[dict[str, Any]]:
        mine = [score for score in self.scores if score.organism == organism]
        rows: list[dict[str, Any]] = []
        for score in mine:
            row: dict[str, Any] = {"organism": organism, "method": score.method}
            for k in TOPS:
                row |= {f"hit@{k}": short(score.hits[k]), f"random@{k}": f"{score.chance[k]:.2f}"}
            if self.control:
                without = self.control_of(score)
                row["hit@1, default model"] = "" if without is None else short(without)
            rows.append(row | {"n": score.hits[1].n, "ms": round(1000 * score.seconds)})
        return rows

    def numbers(self) -> list[dict[str, Any]]:
        """The table for programs: every number in a field of its own."""
        rows = []
        for score in self.scores:
            row: dict[str, Any] = {"organism": score.organism, "method": score.method, "n": score.hits[1].n}
            for k in TOPS:
                row |= rate_fields(f"hit_{k}", score.hits[k])
                row |= {f"random_{k}": score.chance[k], f"verdict_{k}": score.verdict(k)}
            without = self.control_of(score)
            row |= rate_fields("default_model_hit_1", without) if without is not None else {}
            rows.append(row | {"seconds": score.seconds, "tasks_asked": self.asked[score.organism]})
        return rows

    def methods(self) -> list[str]:
        """The methods, the one with the highest mean gain over random at the first place first."""
        names = dict.fromkeys(score.method for score in self.scores)
        return sorted(names, key=lambda name: -self.gain(name))

    def gain(self, method: str) -> float:
        """hit@1 minus chance, mean over the organisms."""
        gains = [score.hits[1].value - score.chance[1] for score in self.scores if score.method == method]
        return sum(gains) / len(gains)

    def sentences(self) -> list[str]:
        """What the numbers say, in words."""
        n = {score.organism: score.hits[1].n for score in self.scores}
        cases = "; ".join(f"{name}: {n[name]} of {asked} tasks" for name, asked in self.asked.items())
        wins: dict[str, list[str]] = {method: [] for method in self.methods()}
        for score in self.scores:
            wins[score.method] += [score.organism] if score.verdict() == "better" else []
        gains = {method: f"{method} ({self.gain(method):+.2f})" for method in wins}
        everywhere = [gains[method] for method in wins if len(wins[method]) == len(self.asked)]
        partly = [
            f"{gains[m]} on {' and '.join(where)}" for m, where in wins.items() if 0 < len(where) < len(self.asked)
        ]
        found = [
            f"Requests on which the organism does what its rule says ({cases}); only these are scored.",
            _listed("Better than random at the first place on every organism", everywhere),
            _listed("Better on some", partly),
            _listed("Better on none", [gains[method] for method in wins if not wins[method]]),
            "In brackets: hit@1 minus random's, mean over the organisms.",
        ]
        return [sentence for sentence in [*found, self._control_sentence()] if sentence]

    def _control_sentence(self) -> str:
        """Which methods find the planted words clearly more often with the mechanism than without it."""
        clear: dict[str, list[str]] = {method: [] for method in self.methods()}
        for score in self.scores:
            without = self.control_of(score)
            if without is not None and score.hits[1].low > without.high:
                clear[score.method].append(score.organism)
        named = [f"{m} ({', '.join(where)})" for m, where in clear.items() if where]
        words = "Interval wholly above the one on the default model, which has no mechanism"
        return _listed(words, named or ["no method"]) if self.control else ""

    def text(self) -> str:
        """The table and the sentences as plain text."""
        return "\n".join([text_table(self.rows()), "", *self.sentences()])

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        words = "".join(f"<p>{escape(sentence)}</p>" for sentence in self.sentences())
        return f"<div>{html_table(self.rows())}{words}</div>"


def short(rate: Rate) -> str:
    """A rate and its interval, without the counts, which the table has in a column of their own.

    Example:
        >>> short(Rate(12, 30))
        '0.40 [0.25, 0.58]'
    """
    return f"{rate.value:.2f} [{rate.low:.2f}, {rate.high:.2f}]"


def rate_fields(name: str, rate: Rate) -> dict[str, Any]:
    """A rate as fields for programs."""
    return {name: rate.value, f"{name}_count": rate.successes, f"{name}_low": rate.low, f"{name}_high": rate.high}


def _listed(words: str, names: Sequence[str]) -> str:
    return f"{words}: {'; '.join(names)}." if names else ""
