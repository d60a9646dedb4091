"""Every table that a command prints comes from here, so that each can also be read by a program.

A table is a list of rows, a row is a dictionary from column name to value. For people: aligned columns, numbers to the
right. For programs (`--json`): the same rows as a JSON list and nothing else on standard output.
"""

from __future__ import annotations

import json
from typing import Any

Row = dict[str, Any]


def print_table(rows: list[Row], *, as_json: bool, title: str = "") -> None:
    """Print `rows` for people, or as JSON.

    Args:
        rows: one dictionary per row; a column that a row lacks stays empty.
        as_json: print a JSON list in place of the table. Values JSON has no word for are printed as text.
        title: a line above the table; it has no place in JSON.

    Example:
        >>> print_table([{"exercise": "8.1", "cases": 12}, {"exercise": "8.2", "cases": 9}], as_json=False)
        exercise  cases
        8.1          12
        8.2           9
        >>> print_table([{"exercise": "8.1"}], as_json=True)
        [
          {
            "exercise": "8.1"
          }
        ]
    """
    if as_json:
        print(json.dumps(rows, indent=2, ensure_ascii=False, default=str))
        return
    if title:
        print(title)
    print(as_text(rows))


def as_text(rows: list[Row]) -> str:
    """The table as lines; columns in the order in which the rows bring them up."""
    if not rows:
        return "(nothing to show)"
    columns = list(dict.fromkeys(column for row in rows for column in row))
    cells = [columns] + [[shown(row.get(column)) for column in columns] for row in rows]
    widths = [max(len(line[place]) for line in cells) for place in range(len(columns))]
    numeric = [all(is_number(row.get(column)) for row in rows) for column in columns]
    return "\n".join(align(line, widths, numeric) for line in cells)


def as_markdown(rows: list[Row]) -> str:
    """The table in Markdown, numbers to the right, for a README or a chapter.

    Example:
        >>> print(as_markdown([{"method": "a|b", "hits": 12}]))
        | method | hits |
        |---|---:|
        | a\\|b | 12 |
    """
    columns = list(dict.fromkeys(column for row in rows for column in row))
    rules = ["---:" if all(is_number(row.get(column)) for row in rows) else "---" for column in columns]
    lines = [columns, *([shown(row.get(column)).replace("|", "\\|") for column in columns] for row in rows)]
    head, *body = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([head, "|" + "|".join(rules) + "|", *body])


def align(line: list[str], widths: list[int], numeric: list[bool]) -> str:
    """One line of the table: two spaces between columns, none at the end."""
    padded = [
        cell.rjust(width) if right else cell.ljust(width)
        for cell, width, right in zip(line, widths, numeric, strict=True)
    ]
    return "  ".join(padded).rstrip()


def is_number(value: Any) -> bool:
    """Whether `value` is a number to align, which True and False are not; an absent value does not decide."""
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def shown(value: Any) -> str:
    """A value as a person reads it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
