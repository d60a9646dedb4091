"""A report as one HTML file: no scripts, nothing fetched, readable on a phone, printed, and in the dark.

What a model wrote passes through `html.escape` like every other text: an answer may hold `<script>`, and a report is opened
in the browser of somebody with rights. A policy in the page's head forbids scripts and fetching as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from course_lib.render import format_cell, token_strip
from course_lib.suite.drawing import shares_svg
from course_lib.suite.gate import EXCEEDED, KEPT
from course_lib.suite.results import Evidence, PartResult

if TYPE_CHECKING:
    from course_lib.suite.report import Report

STYLE = """
:root { color-scheme: light dark; --ink: #1c1e21; --paper: #ffffff; --soft: #f2f4f7; --line: #c4cad3; --mark: #0072b2;
  --bad: #b34700; --good: #00684c; --open: #6b5200 }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --paper: #15181c; --soft: #20252b; --line: #4a525c;
  --mark: #6cb8ee; --bad: #ff9d5c; --good: #5fd3ac; --open: #e6c860 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem 4rem }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .3rem; overflow-wrap: anywhere }
h2 { font-size: 1.25rem; margin: 2.4rem 0 .4rem; border-top: 1px solid var(--line); padding-top: 1.2rem }
h3 { font-size: 1rem; margin: 1.2rem 0 .3rem }
.verdict { border-left: .4rem solid var(--open); background: var(--soft); padding: .7rem 1rem; margin: 1rem 0 }
.verdict p { margin: .2rem 0 } .verdict .said { font-size: 1.15rem; font-weight: 600 }
.verdict.kept { border-color: var(--good) } .verdict.exceeded { border-color: var(--bad) }
.wide { overflow-x: auto } .wide:focus-visible { outline: 2px solid var(--mark) }
table { border-collapse: collapse; font-size: .92rem; margin: .3rem 0 .8rem }
caption { text-align: left; color: inherit; padding: .2rem 0; font-weight: 600 }
th, td { text-align: left; vertical-align: top; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid var(--line) }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
td.result { white-space: nowrap; font-variant-numeric: tabular-nums }
td.words { min-width: 13rem }
th { white-space: nowrap }
.shares { width: 100%; min-width: 44rem; height: auto; font: 13px system-ui, sans-serif }
.shares text { fill: var(--ink) } .shares .grid { stroke: var(--line); stroke-width: 1 }
.shares .interval { stroke: var(--mark); stroke-width: 3 } .shares .dot { fill: var(--mark) }
.shares .bad { fill: var(--bad) } .shares .limit { stroke: var(--bad); stroke-width: 2; stroke-dasharray: 4 2 }
.status { display: inline-block; border: 1px solid var(--line); border-radius: .3rem; padding: 0 .5rem; font-size: .85rem }
.status.failed { border-color: var(--bad); color: var(--bad) }
.small { font-size: .88rem } ul { padding-left: 1.2rem } li { margin: .15rem 0 }
nav ul { columns: 14rem; list-style: none; padding: 0 }
a { color: var(--mark) }
@media print { details > * { display: block } h2 { break-after: avoid } }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def page(report: Report) -> str:
    """The whole file."""
    name = report.model["name"]
    body = [
        f"<h1>Safety report of {_text(name)}</h1>",
        f'<p class="small">{_text(_about(report))}</p>',
        _banner(report),
        _contents(report),
        _gate(report),
        _overview(report),
        *(_part(report, result) for result in report.results),
        _costs(report),
        _limits(report),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f"<title>Safety report of {_text(name)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(part for part in body if part)
        + "\n</main>\n</body>\n</html>\n"
    )


def _text(words: Any) -> str:
    return escape(str(words))


def _about(report: Report) -> str:
    model = report.model
    return (
        f"{model['parameters'] / 1e6:.1f} M parameters, {model['dtype']}, fingerprint {model['fingerprint']}. {model['source']} "
        f"Made {report.made['at']}, size “{report.config.size}”, seed {report.config.seed}."
    )


def _banner(report: Report) -> str:
    from course_lib.suite.report import RULES, SKEWS

    kind = {KEPT: "kept", EXCEEDED: "exceeded"}.get(report.exit_code, "unknown") if report.limits else "unknown"
    lost = [result.part for result in report.results if result.status in ("failed", "not run")]
    more = f"<p>Not measured, because they failed or were stopped: {_text(', '.join(lost))}.</p>" if lost else ""
    return (
        f'<section class="verdict {kind}" aria-label="Verdict"><p class="said">{_text(report.headline())}</p>'
        f"<p>{_text(RULES[report.rule])} {_text(SKEWS[report.skew])}</p>{more}</section>"
    )


def _contents(report: Report) -> str:
    items = "".join(f'<li><a href="#{_text(r.part)}">{_text(r.part)}</a> {_status(r)}</li>' for r in report.results)
    return f'<nav aria-label="Parts"><ul>{items}</ul></nav>'


def _status(result: PartResult) -> str:
    return "" if result.status == "ok" else f'<span class="status {_text(result.status)}">{_text(result.status)}</span>'


def _gate(report: Report) -> str:
    if not report.limits:
        return ""
    strict = (
        "only where the whole interval lies within it"
        if report.config.strict
        else "unless the whole interval lies beyond it"
    )
    return f"<h2>Limits</h2><p>A limit is kept {strict}. Exit code {report.exit_code}.</p>" + table(
        report.gate_rows(), "Each limit, what was measured, and the end of the interval that was compared"
    )


def _overview(report: Report) -> str:
    drawing = shares_svg(
        report.measures, report.config.limits, report.limits, "Every measured share with its 95 % interval"
    )
    key = "A point is the measured share, the line its 95 % interval, a dashed tick a limit; a square is a limit exceeded."
    figure = f'<div class="wide" tabindex="0">{drawing}</div><p class="small">{key}</p>' if drawing else ""
    rows = [
        {"part": r.part, "measured": m.title, "result": m.numbers(), "n": m.n, "interval": m.interval}
        for r in report.results
        for m in r.found.measures
    ]
    return f"<h2>All numbers</h2>{figure}{table(rows, 'The same numbers as a table')}"


def _part(report: Report, result: PartResult) -> str:
    """One part: question, findings, evidence, limits."""
    own = {k: v for k, v in report.functions[result.part].items() if not v.startswith("course_lib.")}
    parts = [
        f'<section id="{_text(result.part)}"><h2>{_text(result.part.capitalize())} {_status(result)}</h2>',
        f"<p><em>{_text(report.questions[result.part])}</em></p>",
        f"<p>{_text(result.sentence)}</p>" if result.sentence else "",
        f"<p>With functions that are not the course's: {_text(', '.join(f'{k} = {v}' for k, v in own.items()))}.</p>"
        if own
        else "",
        "".join(f"<p>{_text(finding)}</p>" for finding in result.found.findings),
        table([{"measured": m.title, "result": m.numbers(), "n": m.n} for m in result.found.measures], ""),
        *(_evidence(one) for one in result.found.evidence),
    ]
    if result.found.limits:
        items = "".join(f"<li>{_text(limit)}</li>" for limit in result.found.limits)
        parts.append(f'<h3>What this does not show</h3><ul class="small">{items}</ul>')
    return "".join([*parts, "</section>"])


def _evidence(evidence: Evidence) -> str:
    """A table, or a strip of tokens with its numbers to fold out."""
    if evidence.kind == "table":
        return table(evidence.rows, evidence.title)
    strip = token_strip(
        [row["token"] for row in evidence.rows], [row["score"] for row in evidence.rows], label=evidence.title
    )
    return f"{strip}<details><summary>As a table</summary>{table(evidence.rows, '')}</details>"


def _costs(report: Report) -> str:
    rows = [
        {
            "part": r.part,
            "seconds": r.cost.seconds,
            "CPU seconds": r.cost.cpu_seconds,
            "forward passes": r.cost.passes,
            "token positions": r.cost.tokens,
            "memory so far, MB": r.cost.megabytes,
            "from": "an earlier run" if r.stored else "this run",
        }
        for r in report.results
    ]
    versions = ", ".join(f"{name} {version}" for name, version in report.made["versions"].items())
    about = f"{report.made['machine']}; {versions}."
    return f'<h2>Cost</h2>{table(rows, "What each part took")}<p class="small">{_text(about)}</p>'


def _limits(report: Report) -> str:
    from course_lib.suite.report import GENERAL

    return "<h2>What a report is not</h2><ul>" + "".join(f"<li>{_text(limit)}</li>" for limit in GENERAL) + "</ul>"


def table(rows: Sequence[Mapping[str, Any]], caption: str) -> str:
    """A table that scrolls inside itself where the page is narrow; numbers to the right.

    Example:
        >>> "&lt;script&gt;" in table([{"answer": "<script>"}], "What it said")
        True
    """
    if not rows:
        return ""
    names = list(dict.fromkeys(name for row in rows for name in row))
    head = "".join(f'<th scope="col">{_text(name)}</th>' for name in names)
    body = "".join("<tr>" + "".join(_cell(name, row.get(name)) for name in names) + "</tr>" for row in rows)
    title = f"<caption>{_text(caption)}</caption>" if caption else ""
    label = _text(caption or "Table")
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{label}"><table>{title}'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(name: str, value: Any) -> str:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    shown = f"{value:,}" if isinstance(value, int) and number else format_cell(value)
    kind = ' class="number"' if number else ' class="result"' if "[" in shown and name in ("result", "measured") else ""
    kind = kind or (' class="words"' if len(shown) > 24 else "")
    return f"<td{kind}>{_text(shown)}</td>"
