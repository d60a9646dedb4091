"""Marks out of the gradebook, as the files that learning platforms take in: marks by hand and penalties included.

    nbgrader   the columns of `nbgrader export`
    moodle     Username, ID number, First name, Surname, Email address, and one column with the chapter's points; at the
               import map one of the first to the user, and the last to a grade item
    canvas     Student, ID, SIS User ID, SIS Login ID, Section, and one column with the chapter's points, below it a row
               with the points possible; `ID` is nbgrader's `lms_user_id`

A cell that begins with `=`, `+`, `-` or `@` is a formula for a spreadsheet, and learners choose their names. Such a cell
gets an apostrophe in front (OWASP, *CSV injection*). Numbers are numbers and stay.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from course_lib.errors import CourseError
from course_lib.grading.rows import Row
from course_lib.grading.writing import write_file

FORMULA = ("=", "+", "-", "@", "\t", "\r")
Table = list[list[Any]]


def harmless(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula.

    Example:
        >>> harmless('=HYPERLINK("x")'), harmless(-1.5), harmless("ada")
        ('\\'=HYPERLINK("x")', -1.5, 'ada')
    """
    if not isinstance(cell, str):
        return "" if cell is None else cell
    text = cell.replace("\x00", "")
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text


def nbgrader_table(rows: Sequence[Row], assignment: str) -> Table:
    """The columns of nbgrader's own export."""
    head = "assignment duedate timestamp student_id last_name first_name email raw_score late_submission_penalty score max_score"
    found: Table = [head.split()]
    for row in rows:
        first, last, email, _ = row.names
        when, due = (str(one) if one else "" for one in (row.timestamp, row.due))
        found.append(
            [assignment, due, when, row.learner, last, first, email, row.score, row.penalty, row.final, row.possible]
        )
    return found


def moodle_table(rows: Sequence[Row], assignment: str) -> Table:
    """What Moodle's grade import takes."""
    head = ["Username", "ID number", "First name", "Surname", "Email address", assignment]
    return [head, *([row.learner, row.names[3], *row.names[:3], row.final] for row in rows)]


def canvas_table(rows: Sequence[Row], assignment: str) -> Table:
    """What Canvas takes."""
    head = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", assignment]
    possible = ["    Points Possible", "", "", "", "", rows[0].possible if rows else 0]
    return [head, possible, *([_student(row), row.names[3], "", row.learner, "", row.final] for row in rows)]


def _student(row: Row) -> str:
    first, last, *_ = row.names
    return ", ".join(name for name in (last, first) if name) or row.learner


FORMATS = {"nbgrader": nbgrader_table, "moodle": moodle_table, "canvas": canvas_table}


def parse_export(text: str) -> tuple[str, Path]:
    """`moodle:marks.csv` as format and file.

    Raises:
        CourseError: it has another form.

    Example:
        >>> parse_export("moodle:marks.csv")[0]
        'moodle'
    """
    name, colon, file = text.partition(":")
    if name not in FORMATS or not colon or not file:
        raise CourseError(
            f"--export does not understand {text!r}.", f"Write one of {', '.join(FORMATS)}, a colon, and a file."
        )
    return name, Path(file)


def export(form: str, rows: Sequence[Row], assignment: str) -> str:
    """The marks as CSV.

    Args:
        form: "nbgrader", "moodle" or "canvas".
        rows: of the gradebook.
        assignment: the name of the column, or of the assignment.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    for line in FORMATS[form](sorted(rows, key=lambda row: row.learner), assignment):
        writer.writerow([harmless(cell) for cell in line])
    return stream.getvalue()


def write_export(text: str, rows: Sequence[Row], assignment: str) -> Path:
    """Write the file that `moodle:FILE` asks for; returns its path."""
    form, file = parse_export(text)
    write_file(file, export(form, rows, assignment).encode())
    return file
