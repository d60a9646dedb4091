"""What a learner sees after a check: a table of the cases, and one message.

The same report exists as HTML for the notebook and as text for everything that reads text (a terminal, a screen reader,
a diff of two runs). A failed check raises `CheckFailed`, because that is what marks a test cell as failed in Jupyter and
in nbgrader; in a notebook it shows its message and no traceback, since the fault is in the answer and not in the check.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from course_lib.checks.result_picture import picture_of
from course_lib.checks.runner import CaseResult, Verdict
from course_lib.errors import CourseError

_SIGN = {True: "✔", False: "✘"}


class CheckFailed(CourseError):
    """An answer is not right yet; the message says in what way."""


@dataclass(frozen=True)
class Report:
    """A verdict that draws itself."""

    verdict: Verdict

    @property
    def headline(self) -> str:
        """One line: the exercise and how it went."""
        exercise, rows = self.verdict.exercise, self.verdict.rows
        if self.verdict.passed:
            return f"{exercise.id} {exercise.title}: all {len(rows)} cases pass. {exercise.points} points."
        passed = sum(row.passed for row in rows)
        return f"{exercise.id} {exercise.title}: {passed} of {len(rows)} cases pass."

    def text(self) -> str:
        """The report as text."""
        lines = [self.headline]
        for row in self.verdict.rows:
            lines.append(f"  {_SIGN[row.passed]} {row.case.name}: {row.verdict}")
            if not row.passed:
                lines += [f"      expected {row.expected}", f"      yours    {row.actual}"]
        lines += [f"  Your code wrote to stderr (no mistake by itself): {row.stderr[:200]}" for row in self._noisy()]
        if self.verdict.note:
            lines.append(f"  {self.verdict.note}")
        if self.verdict.message:
            lines.append(f"→ {self.verdict.message}")
        return "\n".join(lines)

    __str__ = text
    __repr__ = text

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col" style="text-align:left">{h}</th>' for h in _COLUMNS)
        body = "".join(_html_row(row) for row in self.verdict.rows)
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>" if body else ""
        notes = "".join(
            f"<p>Your code wrote to stderr: <code>{escape(r.stderr[:200])}</code></p>" for r in self._noisy()
        )
        notes += f"<p>{escape(self.verdict.note)}</p>" if self.verdict.note else ""
        message = f'<p role="alert"><b>→ {escape(self.verdict.message)}</b></p>' if self.verdict.message else ""
        return f"<div><p><b>{escape(self.headline)}</b></p>{table}{notes}{message}{self._picture()}</div>"

    def _picture(self) -> str:
        """Expected and given numbers of the first wrong case, where a picture shows them."""
        row = next((row for row in self.verdict.rows if not row.passed), None)
        drawn = picture_of(*row.values) if row is not None and row.values is not None else ""
        return f"<p>{escape(f'Case “{row.case.name}”:')}</p>{drawn}" if row is not None and drawn else ""

    def _noisy(self) -> list[CaseResult]:
        return [row for row in self.verdict.rows if row.stderr][:1]


_COLUMNS = ("", "case", "expected", "yours", "verdict")


def _html_row(row: CaseResult) -> str:
    cells = (_SIGN[row.passed], row.case.name, row.expected, row.actual, row.verdict)
    return "<tr>" + "".join(f'<td style="text-align:left">{escape(cell)}</td>' for cell in cells) + "</tr>"
