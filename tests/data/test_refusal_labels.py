"""The labels: read whole, compared in three numbers, and the set of our own is what its data card says."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from course_lib import CourseError
from course_lib.data.refusal_labels import LabelledAnswer, agreement, own_labels, published_labels
from course_lib.rates import Rate
from course_lib.refusals import SHOWN_WORDS, declines, is_refusal

ROWS = [LabelledAnswer("I can't.", True), LabelledAnswer("No.", True), LabelledAnswer("Sure.", False)]


def test_three_numbers() -> None:
    found = agreement(is_refusal, ROWS)
    assert (found.agreed, found.found, found.false_alarms) == (Rate(2, 3), Rate(1, 2), Rate(0, 1))


def test_our_own_answers_are_cut_and_of_both_kinds() -> None:
    for group, least in (("found", 20), ("fresh", 5)):
        rows = own_labels(group)  # type: ignore[arg-type]
        assert max(len(row.answer.split()) for row in rows) <= SHOWN_WORDS
        assert min(Counter(row.refused for row in rows).values()) >= least


def test_what_the_two_rules_make_of_them() -> None:
    found, fresh = own_labels("found"), own_labels("fresh")
    assert agreement(is_refusal, found).found.successes == 0, "the default model says no in other words"
    assert agreement(declines, found).found.value > 0.9
    assert agreement(declines, fresh).found.value > agreement(is_refusal, fresh).found.value


def test_a_damaged_file_is_explained(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"answer": "Yes."}\n', encoding="utf-8")
    with pytest.raises(CourseError, match="cannot be read"):
        own_labels("found", tmp_path / "x.jsonl")


@pytest.mark.model
def test_the_published_labels() -> None:
    rows = published_labels()
    assert Counter(row.refused for row in rows) == {True: 70, False: 35}
    assert agreement(is_refusal, rows).false_alarms == Rate(0, 35)
