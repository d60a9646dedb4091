"""The attribution result: sorted, printed, drawn and stored without losing a token."""

from __future__ import annotations

import json

import pytest
import torch

from course_lib.attribution import TokenAttribution


@pytest.fixture
def result() -> TokenAttribution:
    scores = torch.tensor([[0.5, -3.0, 2.0], [1.0, 0.0, -1.0]])
    settings = {"score": "log_prob", "input_ids": [4, 5, 6]}
    return TokenAttribution(("A", " <b>", "\n"), (" x", " y"), scores, "each token deleted", settings)


def test_top_sorts_by_magnitude_and_keeps_the_sign(result: TokenAttribution) -> None:
    assert result.top(2) == [(1, " <b>", -3.0), (2, "\n", 2.0)]


def test_top_breaks_ties_by_position_and_stops_at_the_end(result: TokenAttribution) -> None:
    assert [position for position, _, _ in result.top(9, target=-1)] == [0, 2, 1]


def test_the_text_twin_has_a_line_for_every_token_and_a_column_for_every_target(result: TokenAttribution) -> None:
    title, header, *lines = str(result).splitlines()
    assert title == "each token deleted, in nats"
    assert header.split() == ["position", "token", "0", "'", "x'", "1", "'", "y'"]
    assert [line.split()[-2:] for line in lines] == [["0.500", "1.000"], ["-3.000", "0.000"], ["2.000", "-1.000"]]


def test_html_is_escaped_and_has_one_strip_for_every_target(result: TokenAttribution) -> None:
    html = result._repr_html_()
    assert html.count("aria-label=") == 2
    assert "<b>" not in html
    assert "<script" not in html


def test_all_strips_share_one_scale(result: TokenAttribution) -> None:
    assert result._repr_html_().count("+3.000") == 2


def test_the_dictionary_survives_json(result: TokenAttribution) -> None:
    again = json.loads(json.dumps(result.to_dict()))
    assert again["scores"] == [[0.5, -3.0, 2.0], [1.0, 0.0, -1.0]]
    assert again["settings"]["input_ids"] == [4, 5, 6]


def test_a_part_keeps_its_tokens_with_their_scores(result: TokenAttribution) -> None:
    part = result.part(1, 3)
    assert part.tokens == (" <b>", "\n")
    assert part.scores.tolist() == [[-3.0, 2.0], [0.0, -1.0]]
    assert result.tokens == ("A", " <b>", "\n")


def test_the_whole_target_is_one_phrase_with_the_scores_added_up(result: TokenAttribution) -> None:
    whole = result.whole_target()
    assert whole.target_tokens == (" x y",)
    assert whole.scores.tolist() == [[1.5, -3.0, 1.0]]
