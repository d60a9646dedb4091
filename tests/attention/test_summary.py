"""The summary holds what its parts compute, and reads well as text and as HTML."""

from __future__ import annotations

import pytest
import torch

from course_lib.attention import (
    analyze_attention,
    attention_weights,
    mean_attention,
    sink_mass,
    strong_connections,
)
from course_lib.errors import CourseError
from course_lib.models import LocalModel

TEXT = "The cat sat on the mat and the dog sat on the cat."


def test_the_parts_agree_with_the_functions(tiny: LocalModel) -> None:
    summary = analyze_attention(tiny, TEXT, threshold=0.2)
    weights = attention_weights(tiny, tiny.encode(TEXT))
    torch.testing.assert_close(summary.mean, mean_attention(list(weights[:, None]))[0])
    assert list(summary.connections) == strong_connections(summary.mean, 0.2)
    assert summary.sink == pytest.approx(sink_mass(summary.mean).item())
    assert "".join(summary.tokens) == TEXT
    assert summary.sink_by_layer.mean().item() == pytest.approx(summary.sink, abs=1e-6)


def test_a_choice_of_layers_is_averaged_and_remembered(tiny: LocalModel) -> None:
    summary = analyze_attention(tiny, TEXT, layers=[1])
    torch.testing.assert_close(summary.mean, attention_weights(tiny, tiny.encode(TEXT))[1].mean(dim=0))
    assert summary.settings["layers"] == [1]
    assert "in layer 1:" in summary.text(), "the layer's own number, not its place in the choice"


def test_text_or_ids(tiny: LocalModel) -> None:
    torch.testing.assert_close(analyze_attention(tiny, tiny.encode(TEXT)).mean, analyze_attention(tiny, TEXT).mean)


def test_the_text_twin_has_the_numbers(tiny: LocalModel) -> None:
    summary = analyze_attention(tiny, TEXT)
    query, key, share = summary.connections[1]
    assert f"{key} {summary.tokens[key]}" in summary.text()
    assert f"{summary.sink:.2f}" in summary.text()
    assert f"{share:.3f}" in summary.text()
    assert f"{query} {summary.tokens[query]}" in summary.text()
    assert str(summary) == summary.text()


def test_a_long_list_is_cut_and_counted(tiny: LocalModel) -> None:
    summary = analyze_attention(tiny, TEXT, threshold=0.0)
    assert f"{len(summary.connections) - 12} more" in summary.text()
    assert f"{len(summary.connections) - 12} more" in summary._repr_html_()


def test_html_is_escaped(tiny: LocalModel) -> None:
    html = analyze_attention(tiny, "<b> x <i> y <script>", threshold=0.0)._repr_html_()
    assert "<script" not in html
    assert "&lt;" in html


@pytest.mark.parametrize("layers", [[2], [-1], []])
def test_layers_that_do_not_exist_are_explained(tiny: LocalModel, layers: list[int]) -> None:
    with pytest.raises(CourseError, match="Choose from 0 to 1"):
        analyze_attention(tiny, TEXT, layers=layers)


def test_a_single_token_is_explained(tiny: LocalModel) -> None:
    with pytest.raises(CourseError, match="single token"):
        analyze_attention(tiny, tiny.encode(TEXT)[:1])


@pytest.mark.model
def test_the_default_model_sinks_most_of_its_attention_on_a_short_text() -> None:
    from course_lib import load_model

    summary = analyze_attention(load_model(), "The capital of France is")
    assert summary.mean.shape == (5, 5)
    assert summary.sink > 2 * summary.even_sink
