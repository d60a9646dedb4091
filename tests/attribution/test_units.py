"""Words and sentences begin where a reader would say they do."""

from __future__ import annotations

import pytest

from course_lib import load_model
from course_lib.attribution import by_units, gradient_x_input, shapley_values
from course_lib.attribution.units import unit_spans, unit_texts
from course_lib.errors import CourseError


@pytest.mark.parametrize(
    ("tokens", "units", "expected"),
    [
        (["un", "help", "ful", " cat", "."], "word", ["unhelpful", " cat."]),
        (["Pi", " is", " 3", ".", "14", ".", " Yes", "!"], "sentence", ["Pi is 3.14.", " Yes!"]),
        (["He", " said", " “", "no", ".", "”", " She", " left"], "sentence", ["He said “no.”", " She left"]),
        (["One", "\n", "two", " three"], "sentence", ["One\n", "two three"]),
        (["Why", "?", " ", "W", "ho", "?"], "sentence", ["Why? ", "Who?"]),
        (["user", "\n", "P", "lease", " do"], "word", ["user\n", "Please", " do"]),
        (["a", " b"], "token", ["a", " b"]),
    ],
)
def test_units_of_a_text(tokens: list[str], units: str, expected: list[str]) -> None:
    assert list(unit_texts(tokens, unit_spans(tokens, units))) == expected


@pytest.mark.parametrize("units", ["token", "word", "sentence"])
def test_units_cover_every_text_without_overlap(units: str) -> None:
    model = load_model("tiny:0")
    for text in ("The cat sat.  On the mat\n\nwhy? ", " ", "…", "a.b.c 3.14", "\n\nthe"):
        tokens = model.tokens(model.encode(text))
        assert "".join(unit_texts(tokens, unit_spans(tokens, units))) == "".join(tokens)


def test_marks_of_a_chat_stand_alone() -> None:
    spans = unit_spans(["<s>", "user", "Why", "</s>", "So"], "sentence", [True, False, False, True, False])
    assert spans == [(0, 1), (1, 3), (3, 4), (4, 5)]


def test_scores_of_tokens_add_up_to_those_of_words() -> None:
    model = load_model("tiny:0")
    tokens = gradient_x_input(model, "the zebra sat on the", " mat")
    words = by_units(tokens, "word")
    assert len(words.tokens) == 5
    assert float(words.scores.sum()) == pytest.approx(float(tokens.scores.sum()), abs=1e-5)


@pytest.mark.parametrize("spans", [[], [(1, 1)], [(0, 3), (2, 4)], [(2, 3), (0, 1)], [(0, 9)], [(-1, 2)]])
def test_improper_spans_are_refused(spans: list[tuple[int, int]]) -> None:
    with pytest.raises(CourseError, match="no units of"):
        unit_spans(["a", "b", "c", "d"], spans)


def test_units_of_units_are_refused() -> None:
    words = shapley_values(load_model("tiny:0"), "the cat sat", " mat")
    with pytest.raises(CourseError, match="single tokens"):
        by_units(words, "sentence")
