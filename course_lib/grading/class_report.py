"""What a class got right, and which mistakes it made, by name.

A list of marks says who needs help. The report says with what: for each exercise the share that has it right with its
interval, the named mistakes by how many made them, and apart from them those whose code ran out of time or memory, those
who left the stub, and those whose file could not be read, with the reason. It is made from stored results alone; nothing
runs again. Marks by hand and penalties are in the gradebook and not here.

Nothing that a learner's code said is in the report. Names of learners are, so it is for the instructor.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

from course_lib.figures.marks import mark_bars, median
from course_lib.figures.picture import Picture
from course_lib.grading.results import SubmissionResult
from course_lib.grading.writing import write_file
from course_lib.rates import Rate
from course_lib.render import html_table, text_table

MOST_MISTAKES = 15
WHAT = "what it is"
STATUSES = ("right", "wrong", "error", "timeout", "memory", "killed", "unwritten", "missing")


@dataclass(frozen=True)
class ClassReport:
    """The report on one chapter.

    Attributes:
        title: of what.
        results: one per learner.
    """

    title: str
    results: tuple[SubmissionResult, ...]

    @property
    def read(self) -> list[SubmissionResult]:
        """Those that could be read."""
        return [result for result in self.results if result.readable]

    @property
    def unreadable(self) -> list[SubmissionResult]:
        """Those that could not."""
        return [result for result in self.results if not result.readable]

    @property
    def possible(self) -> float:
        """The points that could be had."""
        return max((result.possible for result in self.results), default=0.0)

    @cached_property
    def picture(self) -> Picture | None:
        """The distribution of the marks; None when nobody could be graded."""
        if not self.possible:
            return None
        return mark_bars([result.points for result in self.read], self.possible, len(self.unreadable))

    def exercises(self) -> list[dict[str, Any]]:
        """One row for each exercise and question: share right with its interval, and how many of each status."""
        rows: dict[str, dict[str, Any]] = {}
        for result in self.read:
            for item in result.items:
                row = rows.setdefault(item.id, {"exercise": f"{item.id} {item.title}", **dict.fromkeys(STATUSES, 0)})
                row[item.status] += 1
        found = []
        for row in rows.values():
            rate = Rate(row["right"], sum(row[status] for status in STATUSES))
            found.append({"exercise": row["exercise"], "share right": str(rate), **{s: row[s] for s in STATUSES[1:]}})
        seen = [status for status in STATUSES[1:] if any(row[status] for row in found)]
        return [{key: row[key] for key in ("exercise", "share right", *seen)} for row in found]

    def mistakes(self) -> list[dict[str, Any]]:
        """The named mistakes, the most frequent first, each with who made it."""
        made: dict[tuple[str, str, str], list[str]] = {}
        for result in self.read:
            for item in result.items:
                if item.mistake:
                    key = (f"{item.id} {item.title}", item.mistake, first_sentence(item.message))
                    made.setdefault(key, []).append(result.learner)
        ordered = sorted(made.items(), key=lambda entry: (-len(entry[1]), entry[0]))
        return [
            {"exercise": exercise, "mistake": name, "learners": len(who), "who": ", ".join(sorted(who)), WHAT: what}
            for (exercise, name, what), who in ordered
        ]

    def unnamed(self) -> list[dict[str, Any]]:
        """Wrong answers that no mistake explains: where the check could learn something."""
        count = Counter(
            f"{item.id} {item.title}"
            for result in self.read for item in result.items if item.status == "wrong" and not item.mistake
        )  # fmt: skip
        return [{"exercise": exercise, "learners": learners} for exercise, learners in count.most_common()]

    def hidden(self) -> list[dict[str, Any]]:
        """Hidden cases that failed first, for the instructor."""
        count = Counter(
            (item.id, item.hidden_case) for result in self.read for item in result.items if item.hidden_case
        )
        return [{"exercise": id, "hidden case": case, "learners": n} for (id, case), n in count.most_common()]

    def stopped(self) -> list[dict[str, Any]]:
        """Who ran into a limit, or ended the process."""
        return [
            {"learner": result.learner, "exercise": item.id, "what": item.status}
            for result in self.read for item in result.items if item.status in ("timeout", "memory", "killed")
        ]  # fmt: skip

    def could_not_be_read(self) -> list[dict[str, Any]]:
        """Unreadable submissions with the reason."""
        return [{"learner": result.learner, "reason": result.reason} for result in self.unreadable]

    def warnings(self) -> list[dict[str, Any]]:
        """What was noticed and mended."""
        return [{"learner": result.learner, "noticed": text} for result in self.results for text in result.warnings]

    def headline(self) -> str:
        """The class in one line."""
        points = [result.points for result in self.read]
        mean = sum(points) / len(points) if points else 0.0
        seconds = sum(result.seconds for result in self.results)
        return (
            f"{len(self.results)} submissions, {len(self.unreadable)} unreadable. Of the others: mean {mean:.1f}, "
            f"median {median(points):g} of {self.possible:g} points. Time in the sandbox: {seconds:.1f} s."
        )

    def parts(self) -> list[tuple[str, list[dict[str, Any]]]]:
        """The tables with their headings; empty ones left out."""
        found = [
            ("Exercises", self.exercises()),
            ("Mistakes, the most frequent first", self.mistakes()[:MOST_MISTAKES]),
            ("Wrong answers that no named mistake explains", self.unnamed()),
            ("Hidden cases that failed first (not shown to learners)", self.hidden()),
            ("Stopped", self.stopped()),
            ("Submissions that could not be read: 0 points", self.could_not_be_read()),
            ("Noticed and mended", self.warnings()),
            (
                "Marks",
                [
                    {"learner": r.learner, "points": f"{r.points:g}", "of": f"{r.possible or self.possible:g}"}
                    for r in self.results
                ],
            ),
        ]
        return [(heading, rows) for heading, rows in found if rows]

    def text(self) -> str:
        """The report as text."""
        picture = [str(self.picture)] if self.picture else []
        tables = [text_table(narrow(rows), title=heading) for heading, rows in self.parts()]
        what = [f"{row['exercise']}, {row['mistake']}: {row[WHAT]}" for row in self.mistakes()[:MOST_MISTAKES]]
        meant = ["\n".join(["What the mistakes are", *what])] if what else []
        return "\n\n".join([self.title, self.headline(), *picture, *tables, *meant])

    __str__ = text

    def html(self) -> str:
        """The report as a page: no script, everything escaped."""
        picture = self.picture.html() if self.picture else ""
        tables = "".join(f"<h2>{escape(heading)}</h2>{html_table(rows)}" for heading, rows in self.parts())
        return (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(self.title)}</title>'
            '<meta name="viewport" content="width=device-width"></head>'
            '<body style="font-family:sans-serif;max-width:60em;margin:2em auto;padding:0 1em">'
            f"<h1>{escape(self.title)}</h1><p>{escape(self.headline())}</p>{picture}{tables}</body></html>\n"
        )

    def _repr_html_(self) -> str:
        return self.html()

    def json(self) -> str:
        """The report as JSON: the tables, and every result whole."""
        tables = {
            "exercises": self.exercises(), "mistakes": self.mistakes(), "unnamed": self.unnamed(), "hidden": self.hidden(),
            "stopped": self.stopped(), "unreadable": self.could_not_be_read(), "warnings": self.warnings(),
        }  # fmt: skip
        results = [json.loads(result.to_json()) for result in self.results]
        found = {"title": self.title, "headline": self.headline(), **tables, "results": results}
        return json.dumps(found, ensure_ascii=False, indent=1)

    def write(self, folder: Path) -> list[Path]:
        """Write `class.html`, `class.txt` and `class.json` into a folder; returns their paths."""
        contents = {"class.html": self.html(), "class.txt": f"{self.text()}\n", "class.json": f"{self.json()}\n"}
        for name, content in contents.items():
            write_file(folder / name, content.encode())
        return [folder / name for name in contents]


def narrow(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows without the column of sentences, which a table of text has no room for."""
    return [{key: value for key, value in row.items() if key != WHAT} for row in rows]


def first_sentence(text: str) -> str:
    """The first sentence of a message, which says what the mistake is; the others say what to do.

    Example:
        >>> first_sentence("The sign is lost, e.g. of words that speak against it. Leave out `abs`.")
        'The sign is lost, e.g. of words that speak against it.'
    """
    return re.split(r"(?<!e\.g\.)(?<!i\.e\.)(?<=[.!?])\s", text, maxsplit=1)[0]


def class_report(title: str, results: Sequence[SubmissionResult]) -> ClassReport:
    """The report on the results of a class.

    Args:
        title: of what.
        results: one per learner; they are put in order of name.

    Example:
        >>> class_report("Chapter 8", [SubmissionResult("ada", 8, "", False, "It is empty.")]).headline()
        '1 submissions, 1 unreadable. Of the others: mean 0.0, median 0 of 0 points. Time in the sandbox: 0.0 s.'
    """
    return ClassReport(title, tuple(sorted(results, key=lambda result: result.learner)))
