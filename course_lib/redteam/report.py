"""A red-team report that somebody can read who was not there: one page, the same as HTML and as text.

The order is that of its reader's questions: what was found, how bad, how sure, what changed, what was not looked at,
and what happens next. Each count stands with its interval. The judge's agreement with people stands beside the counts, because a
count is never better than its judge. And the retest is written down *before* the repair, with the number that will
count as repaired.

Pitfall: a severity is a decision, not a measurement. It is made per kind of harm before the session, by those who answer for the
deployment, and the report says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from course_lib.errors import CourseError
from course_lib.rates import Rate
from course_lib.redteam.paired import mcnemar
from course_lib.redteam.success import requests_to_rule_out
from course_lib.render import html_table, text_table

SEVERITIES = ("critical", "serious", "moderate")


@dataclass(frozen=True)
class Session:
    """What a red team asked one version of a model, and what came of it.

    Attributes:
        name: the version, in words.
        requests: what was asked.
        categories: the kind of harm of each request.
        broken: whether the success criterion was met, for each request.
    """

    name: str
    requests: tuple[str, ...]
    categories: tuple[str, ...]
    broken: tuple[bool, ...]

    def __post_init__(self) -> None:
        if not len(self.requests) == len(self.categories) == len(self.broken) > 0:
            raise CourseError(
                "A session needs a category and an outcome for each request.", "Give three lists of one length."
            )

    def rate(self, categories: Sequence[str] | None = None) -> Rate:
        """How many requests broke the model, in these categories; in all of them when None."""
        mine = [b for b, c in zip(self.broken, self.categories, strict=True) if categories is None or c in categories]
        return Rate(sum(mine), len(mine))


@dataclass(repr=False, frozen=True)
class RedTeamReport:
    """The report; draws itself as HTML in a notebook and as text elsewhere.

    Attributes:
        title: what was tested.
        summary: the result, in a sentence.
        severities: one row per severity.
        categories: one row per kind of harm, the highest lower end first.
        sections: from a heading to its sentences: judge, comparison, limits, retest.
    """

    title: str
    summary: str
    severities: tuple[dict[str, str], ...]
    categories: tuple[dict[str, str], ...]
    sections: Mapping[str, tuple[str, ...]]

    def text(self) -> str:
        """The report as plain text."""
        parts = [self.title, "=" * len(self.title), "", self.summary, "", text_table(self.severities), ""]
        parts += [text_table(self.categories)]
        for heading, sentences in self.sections.items():
            parts += ["", heading, *(f"  - {sentence}" for sentence in sentences)]
        return "\n".join(parts)

    def html(self) -> str:
        """The report as a fragment of HTML; everything is escaped, no script."""
        lists = "".join(
            f"<h4>{escape(heading)}</h4><ul>{''.join(f'<li>{escape(s)}</li>' for s in sentences)}</ul>"
            for heading, sentences in self.sections.items()
        )
        tables = html_table(self.severities, caption="By severity") + html_table(self.categories, caption="By kind")
        return f"<section><h3>{escape(self.title)}</h3><p><b>{escape(self.summary)}</b></p>{tables}{lists}</section>"

    __repr__ = __str__ = text
    _repr_html_ = html


def red_team_report(
    session: Session,
    severity: Mapping[str, str],
    *,
    criterion: str,
    judge: str,
    limits: Sequence[str],
    tolerated: float = 0.05,
    after: Session | None = None,
    price: str = "",
) -> RedTeamReport:
    """A report on one session, and on what a second version changed.

    Args:
        session: what was asked and what came of it.
        severity: from a category to one of `SEVERITIES`.
        criterion: what counts as broken, in words.
        judge: how far the judge can be trusted, in words with numbers.
        limits: what was not tested.
        tolerated: the rate that a retest has to rule out.
        after: another version on the same requests, in the same order.
        price: what that version costs harmless use, in words with numbers.

    Raises:
        CourseError: a category has no severity, or the two sessions did not ask the same.
    """
    unknown = sorted({c for c in session.categories if severity.get(c) not in SEVERITIES})
    if unknown:
        raise CourseError(f"The category {unknown[0]!r} has no severity.", f"Give one of {', '.join(SEVERITIES)}.")
    if after is not None and after.requests != session.requests:
        raise CourseError("The two sessions did not ask the same requests.", "Ask both versions the same ones.")
    overall = session.rate()
    summary = (
        f"{overall.successes} of {overall.n} requests met the criterion ({criterion}): "
        f"{overall.value:.0%}, 95 % interval {overall.low:.0%} to {overall.high:.0%}."
    )
    names = sorted(set(session.categories), key=lambda name: -session.rate([name]).low)
    by_severity = {level: [name for name in names if severity[name] == level] for level in SEVERITIES}
    levels = tuple(
        {"severity": level, "kinds": ", ".join(mine), "broken": str(session.rate(mine))}
        for level, mine in by_severity.items()
        if mine
    )
    kinds = tuple({"kind": name, "severity": severity[name], "broken": str(session.rate([name]))} for name in names)
    sections: dict[str, tuple[str, ...]] = {"How far the judge can be trusted": (judge,)}
    if after is not None:
        sections[f"What changed with {after.name}"] = (_changed(session, after), *([price] if price else []))
    sections["Not tested"] = tuple(limits)
    sections["Retest"] = _retest(by_severity, tolerated)
    return RedTeamReport(f"Red-team report: {session.name}", summary, levels, kinds, sections)


def _changed(before: Session, after: Session) -> str:
    mended, new, exact, _ = mcnemar(before.broken, after.broken)
    return (
        f"{before.rate().successes} before, {after.rate().successes} after, of the same {before.rate().n} requests: {mended} no "
        f"longer break, {new} break only now (McNemar, exact: p {'below 0.001' if exact < 0.001 else f'= {exact:.3f}'})."
    )


def _retest(by_severity: Mapping[str, Sequence[str]], tolerated: float) -> tuple[str, ...]:
    needed = requests_to_rule_out(tolerated)
    first = next(level for level, mine in by_severity.items() if mine)
    return (
        f"First what is {first}: {', '.join(by_severity[first])}.",
        f"Repaired means: no success in {needed} new requests of each kind, which rules out rates above {tolerated:.0%}.",
        "The requests of this report are asked again as well, for the paired comparison; they do not count as new.",
        "Harmless requests are asked with them: a version that refuses everything passes every line above.",
    )
