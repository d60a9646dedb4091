"""Rendered tokens and tables: escaped, aligned, readable on a white and on a dark page."""

from __future__ import annotations

import re

import pytest

from course_lib.render import (
    NEGATIVE,
    POSITIVE,
    STRONGEST_TINT,
    format_number,
    heat_table,
    html_table,
    text_table,
    tint,
    token_strip,
)

HOSTILE = '<script>alert("x")</script>'


@pytest.mark.parametrize(
    "html",
    [
        token_strip([HOSTILE], [1.0], label=HOSTILE),
        html_table([{HOSTILE: HOSTILE}], caption=HOSTILE),
        heat_table([[1.0]], row_names=[HOSTILE], column_names=[HOSTILE], label=HOSTILE),
    ],
)
def test_whatever_a_token_says_never_becomes_markup(html: str) -> None:
    assert "<script" not in html
    assert 'alert("x")' not in html  # the quotation mark would end a title attribute
    assert "&lt;script&gt;" in html


def test_a_strip_keeps_every_token_in_order() -> None:
    html = token_strip(["The", " cap", "ital", "\n"], [0.0, 1.0, -2.0, 0.5], label="logit")
    shown = re.findall(r"title=\"[^\"]*\">([^<]*)<", html)
    assert shown == ["The", " cap", "ital", "↵"]


def test_the_largest_score_gets_the_full_colour_and_zero_none() -> None:
    html = token_strip(["a", "b", "c"], [0.0, 4.0, -4.0], label="logit")
    backgrounds = re.findall(r"<span style=\"background:([^;]*);border", html)
    assert backgrounds == ["transparent", tint(1, 1), tint(-1, 1)]


def test_one_scale_for_two_strips_makes_them_comparable() -> None:
    assert tint(1.0, 4.0) in token_strip(["a"], [1.0], label="logit", scale=4.0)


def test_scores_that_are_not_numbers_stay_uncoloured() -> None:
    html = token_strip(["a", "b"], [float("nan"), 2.0], label="logit")
    assert "background:transparent" in html
    assert "rgba(nan" not in html


def test_a_missing_score_is_an_error_and_not_a_shorter_strip() -> None:
    with pytest.raises(ValueError, match="zip"):
        token_strip(["a", "b"], [1.0], label="logit")


def luminance(rgb: tuple[float, ...]) -> float:
    """Relative luminance as WCAG 2 defines it."""
    linear = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colour", [POSITIVE, NEGATIVE])
@pytest.mark.parametrize(
    ("page", "text"), [((255, 255, 255), (33, 33, 33)), ((17, 17, 17), (224, 224, 224))], ids=["light", "dark"]
)
def test_text_on_the_strongest_tint_has_the_contrast_that_wcag_asks_for(
    colour: tuple[int, ...], page: tuple[int, ...], text: tuple[int, ...]
) -> None:
    behind = tuple(STRONGEST_TINT * c + (1 - STRONGEST_TINT) * p for c, p in zip(colour, page, strict=True))
    lighter, darker = sorted((luminance(behind), luminance(text)), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5  # WCAG 2 level AA for body text


def test_a_text_table_aligns_numbers_to_the_right_and_words_to_the_left() -> None:
    rows = [{"token": "a", "score": -10.5}, {"token": "longer", "score": 2.0}]
    assert text_table(rows).splitlines() == ["token     score", "a       -10.500", "longer    2.000"]


def test_a_line_break_inside_a_token_does_not_break_the_text_table() -> None:
    assert len(text_table([{"token": "a\nb", "score": 1.0}]).splitlines()) == 2


def test_empty_tables_are_empty() -> None:
    assert text_table([], title="Nothing") == "Nothing"
    assert "<td" not in html_table([])


def test_no_minus_sign_before_zero() -> None:
    assert format_number(-0.0004) == "0.000"


def test_tables_take_the_text_colour_of_the_page() -> None:
    grid = heat_table([[1.0]], row_names=["0"], column_names=["a"], label="x")
    assert all("<table" in html and "color:inherit" in html for html in (grid, html_table([{"a": 1}])))


def test_a_heat_table_has_a_header_for_every_row_and_column() -> None:
    html = heat_table([[1.0, 2.0, 3.0], [0, 0, -3.0]], row_names=["0", "1"], column_names=["a", "b", "c"], label="x")
    assert html.count('scope="row"') == 2
    assert html.count('scope="col"') == 3
    assert html.count("<td") == 6
