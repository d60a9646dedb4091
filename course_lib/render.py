"""How a result draws itself: coloured tokens and small tables, as static HTML and as plain text.

A score without its token is hard to read, and a token without its score says nothing; a *token strip* shows both at
once, the text in its own order with each token's background coloured by its score. Three choices are made here, once:

* **Blue to orange through nothing.** A signed score needs a diverging scale with its middle at zero. Blue against
  orange stays apart under the common forms of colour blindness, red against green does not (Okabe and Ito 2008).
* **Tints, not paints.** Each colour is laid over the page half transparent and the text keeps the page's own colour, so
  that the same HTML is readable on a white page and on a dark one.
* **Never colour alone.** Every token carries its number in its tooltip, the strip carries a label and its scale, and
  every result object has a text twin (`text_table`).

The pitfall is escaping: tokens are text that somebody typed, `<script>` included, and they pass through `html.escape`
before they become part of a page. There is no JavaScript.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

POSITIVE = (213, 94, 0)  # vermilion of the Okabe-Ito palette
NEGATIVE = (0, 114, 178)  # blue of the same palette
STRONGEST_TINT = 0.6  # beyond this the page's own text colour loses its contrast
TABLE_STYLE = "border-collapse:collapse;color:inherit"  # outside standards mode tables do not take the page's colour
VISIBLE = str.maketrans({"\n": "↵", "\t": "⇥", "\r": "↵"})


def format_number(value: float, decimals: int = 3) -> str:
    """A number with `decimals` decimals, and without a minus sign before zero.

    Example:
        >>> format_number(-0.0001), format_number(2.5), format_number(float("nan"))
        ('0.000', '2.500', 'nan')
    """
    return f"{round(value, decimals) + 0.0:.{decimals}f}"


def format_cell(value: Any) -> str:
    """A table cell as text: floats get three decimals, None is empty, everything else is its `str`.

    Example:
        >>> format_cell(0.5), format_cell(7), format_cell(None), format_cell("a head")
        ('0.500', '7', '', 'a head')
    """
    if value is None:
        return ""
    return format_number(value) if isinstance(value, float) else str(value)


def visible_token(token: str) -> str:
    """A token as one visible piece of text: line breaks and tabs become signs, an empty token becomes `∅`.

    Example:
        >>> visible_token(" a\\n"), visible_token("")
        (' a↵', '∅')
    """
    return token.translate(VISIBLE) or "∅"


def largest_magnitude(scores: Iterable[float]) -> float:
    """The end of the colour scale: the largest absolute finite score, 0.0 when there is none.

    Example:
        >>> largest_magnitude([1.0, -3.0, float("nan")])
        3.0
    """
    return max((abs(s) for s in scores if math.isfinite(s)), default=0.0)


def tint(score: float, scale: float) -> str:
    """The background of a score on the scale from -`scale` (blue) through 0 (nothing) to +`scale` (orange), as CSS.

    Example:
        >>> tint(2.0, 2.0), tint(-1.0, 2.0), tint(0.0, 2.0)
        ('rgba(213,94,0,0.60)', 'rgba(0,114,178,0.30)', 'transparent')
    """
    if scale <= 0 or not math.isfinite(score) or score == 0:
        return "transparent"
    red, green, blue = POSITIVE if score > 0 else NEGATIVE
    strength = STRONGEST_TINT * min(abs(score) / scale, 1.0)
    return f"rgba({red},{green},{blue},{strength:.2f})"


def token_strip(tokens: Sequence[str], scores: Iterable[float], *, label: str, scale: float | None = None) -> str:
    """The tokens in their own order, each on a background that shows its score.

    Args:
        tokens: one string per position, as the tokenizer decodes them.
        scores: one number per token; any iterable of floats, a one-dimensional tensor included.
        label: what the scores mean, with their unit; shown above the strip and read out by screen readers.
        scale: the score that gets the full colour; the largest magnitude among `scores` when None. Give the same
            number to several strips that are to be compared.

    Returns:
        Static HTML without scripts; every token and the label are escaped.

    Raises:
        ValueError: when there are not as many scores as tokens.

    Example:
        >>> '&lt;b&gt;' in token_strip(["<b>"], [1.0], label="a test")
        True
    """
    numbers = [float(score) for score in scores]
    end = largest_magnitude(numbers) if scale is None else scale
    spans = [_token_span(token, number, end) for token, number in zip(tokens, numbers, strict=True)]
    legend = (
        f'<span style="background:{tint(-1, 1)};padding:0 .3em">−{format_number(end)}</span> 0 '
        f'<span style="background:{tint(1, 1)};padding:0 .3em">+{format_number(end)}</span>'
    )
    return (
        f'<div role="group" aria-label="{escape(label)}" style="margin:.5em 0">'
        f'<div style="font-size:90%">{escape(label)} <span style="white-space:nowrap">{legend}</span></div>'
        f'<div style="font-family:monospace;line-height:1.9;white-space:pre-wrap">{"".join(spans)}</div></div>'
    )


def _token_span(token: str, score: float, scale: float) -> str:
    """One token of a strip."""
    style = f"background:{tint(score, scale)};border-radius:.2em;padding:.1em 0;outline:1px solid rgba(128,128,128,.25)"
    shown = escape(visible_token(token))
    return f'<span style="{style}" title="{shown} {format_number(score)}">{shown}</span>'


def html_table(rows: Sequence[Mapping[str, Any]], *, caption: str = "") -> str:
    """A table with one row per mapping; the keys of the first row are the header.

    Args:
        rows: mappings with the same keys; see `format_cell` for how values are written.
        caption: a sentence above the table.

    Example:
        >>> html_table([{"token": "<a>", "score": 0.5}]).count("&lt;a&gt;")
        1
    """
    header = "".join(f'<th scope="col" style="padding:.1em .6em">{escape(str(name))}</th>' for name in _columns(rows))
    body = "".join("<tr>" + "".join(_table_cell(row.get(name)) for name in _columns(rows)) + "</tr>" for row in rows)
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f'<table style="{TABLE_STYLE}">{title}<thead><tr>{header}</tr></thead><tbody>{body}</tbody></table>'


def _columns(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The header: keys of the first row."""
    return list(rows[0]) if rows else []


def _table_cell(value: Any) -> str:
    """One body cell, numbers to the right."""
    side = "right" if isinstance(value, int | float) else "left"
    return f'<td style="text-align:{side};padding:.1em .6em;white-space:pre">{escape(format_cell(value))}</td>'


def text_table(rows: Sequence[Mapping[str, Any]], *, title: str = "") -> str:
    """The same table as plain text: columns padded to equal width, numbers to the right.

    Example:
        >>> print(text_table([{"token": "a", "score": 0.5}, {"token": "bcd", "score": -12.25}], title="Two tokens"))
        Two tokens
        token    score
        a        0.500
        bcd    -12.250
    """
    columns = []
    for name in _columns(rows):
        values = [row.get(name) for row in rows]
        cells = [str(name), *(format_cell(value).translate(VISIBLE) for value in values)]
        right = all(isinstance(value, int | float) for value in values)
        width = max(map(len, cells))
        columns.append([cell.rjust(width) if right else cell.ljust(width) for cell in cells])
    lines = ["  ".join(line).rstrip() for line in zip(*columns, strict=True)]
    return "\n".join([title, *lines] if title else lines)


def heat_table(
    values: Sequence[Iterable[float]], *, row_names: Sequence[str], column_names: Sequence[str], label: str
) -> str:
    """A grid of signed numbers, each cell tinted by its value: layers against heads, targets against tokens.

    Args:
        values: one iterable of floats per row (a two-dimensional tensor will do).
        row_names: the header of each row.
        column_names: the header of each column.
        label: what the numbers mean, with their unit; shown as the caption.

    Raises:
        ValueError: when the names do not fit the values.

    Example:
        >>> heat_table([[1.0, -1.0]], row_names=["layer 0"], column_names=["0", "1"], label="effect").count("<td")
        2
    """
    grid = [[float(value) for value in row] for row in values]
    scale = largest_magnitude(value for row in grid for value in row)
    header = "".join(f'<th scope="col">{escape(visible_token(name))}</th>' for name in column_names)
    body = ""
    for name, row in zip(row_names, grid, strict=True):
        cells = "".join(_heat_cell(value, scale) for value, _ in zip(row, column_names, strict=True))
        body += f'<tr><th scope="row" style="white-space:pre">{escape(visible_token(name))}</th>{cells}</tr>'
    return (
        f'<table style="{TABLE_STYLE};font-size:85%"><caption>{escape(label)}</caption>'
        f"<thead><tr><th></th>{header}</tr></thead><tbody>{body}</tbody></table>"
    )


def _heat_cell(value: float, scale: float) -> str:
    """One tinted cell of a heat table."""
    return (
        f'<td style="background:{tint(value, scale)};text-align:right;padding:.1em .4em">{format_number(value, 2)}</td>'
    )
