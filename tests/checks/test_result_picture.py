"""Expected beside yours: what is drawn, what is not, and that nothing of a learner's gets into the page unescaped."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from course_lib.checks.registry import exercise
from course_lib.checks.report import Report
from course_lib.checks.result_picture import picture_of
from course_lib.checks.runner import run


def test_bars_and_maps_say_where_the_difference_is() -> None:
    bars = picture_of(torch.tensor([0.0, 1.0, 0.0]), [0.0, 0.0, 1.0])
    assert bars.count("<svg") == 2
    assert "at index [1]: expected 1, yours 0." in bars
    cells = picture_of([[1.0, -2.0], [0.0, 0.0]], torch.tensor([[1.0, 0.0], [-2.0, 0.0]]))
    assert cells.count("<rect") == 8
    assert "at index [0, 1]: expected -2, yours 0." in cells


def test_of_more_dimensions_the_slice_with_the_largest_difference_is_shown() -> None:
    expected, actual = torch.zeros(3, 2, 2), torch.zeros(3, 2, 2)
    actual[1, 0, 1] = 5.0
    drawn = picture_of(expected, actual)
    assert "at index [1, 0, 1]" in drawn
    assert "the slice [1]" in drawn
    assert drawn.count("<rect") == 8


def test_pairs_of_token_and_score_are_drawn_by_their_scores() -> None:
    drawn = picture_of([("<b>", 1.0), (" is", 2.0)], [("<b>", 2.0), (" is", 1.0)])
    assert drawn.count("<rect") == 4
    assert "<b>" not in drawn


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("text", "other"),
        ([1.0, 2.0], [1.0, 2.0, 3.0]),
        ([1.0], [2.0]),
        (torch.zeros(2, 60, 60), torch.ones(2, 60, 60)),
        ([float("nan"), 1.0], [0.0, 1.0]),
        (list(range(100)), list(range(1, 101))),
        ({"a": 1}, {"a": 2}),
        ([[1.0], [2.0, 3.0]], [[1.0], [2.0, 4.0]]),
    ],
)
def test_where_a_picture_would_show_nothing_there_is_none(expected: Any, actual: Any) -> None:
    assert picture_of(expected, actual) == ""


def test_the_report_of_a_wrong_answer_shows_it() -> None:
    wanted = exercise("8.2")
    report = Report(run(wanted, lambda attentions: wanted.reference_function(attentions).flip(-1)))
    assert "largest difference" in report._repr_html_()
    assert "<svg" not in Report(run(wanted, wanted.reference_function))._repr_html_()
