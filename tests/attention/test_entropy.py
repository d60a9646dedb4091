"""Entropy and sink of every head: closed forms, the two ways with the sink, and the whole table against the whole stack."""

from __future__ import annotations

import math

import pytest
import torch

from course_lib.attention import (
    attention_entropy,
    attention_weights,
    even_entropy,
    mean_entropy,
    row_entropy,
    sink_by_head,
    sink_mass,
)
from course_lib.errors import CourseError
from course_lib.models import LocalModel

TEXT = "The model reads the question and writes"


def even_causal_attention(n: int) -> torch.Tensor:
    return torch.tril(torch.ones(n, n)) / torch.arange(1, n + 1)[:, None]


@pytest.mark.parametrize("n", [2, 5, 100])
def test_a_uniform_row_has_ln_n_and_a_one_hot_row_zero(n: int) -> None:
    assert row_entropy(torch.full((1, n), 1 / n)).item() == pytest.approx(math.log(n), rel=1e-5)
    assert (row_entropy(torch.eye(n)) == 0).all()


def test_even_attention_has_the_even_entropy_with_and_without_sink() -> None:
    for n in (3, 8, 40):
        attention = even_causal_attention(n)
        assert mean_entropy(attention).item() == pytest.approx(even_entropy(n), rel=1e-5)
        assert mean_entropy(attention, "removed").item() == pytest.approx(even_entropy(n, "removed"), rel=1e-5)


def test_even_entropies_of_four_tokens_by_hand() -> None:
    assert even_entropy(4) == pytest.approx((math.log(2) + math.log(3) + math.log(4)) / 3)
    assert even_entropy(4, "removed") == pytest.approx((math.log(2) + math.log(3)) / 2)


def test_a_sink_hides_a_broad_head_and_removing_it_shows_it() -> None:
    n = 12
    rest = even_causal_attention(n)
    rest[:, 0] = 0
    broad = 0.001 * rest / rest.sum(-1, keepdim=True).clamp(min=1e-9)
    broad[:, 0] = 1 - broad[:, 1:].sum(-1)
    assert mean_entropy(broad).item() < 0.02
    assert mean_entropy(broad, "removed").item() == pytest.approx(even_entropy(n, "removed"), rel=1e-3)


def test_rows_with_nothing_left_do_not_count_and_a_map_of_them_has_no_entropy() -> None:
    attention = torch.zeros(2, 4, 4)
    attention[:, :, 0] = 1
    attention[0, 3] = torch.tensor([0.0, 0.5, 0.5, 0.0])
    entropy = mean_entropy(attention, "removed")
    assert entropy[0].item() == pytest.approx(math.log(2))
    assert torch.isnan(entropy[1])


def test_the_table_is_that_of_the_whole_stack(tiny: LocalModel) -> None:
    weights = attention_weights(tiny, tiny.encode(TEXT))
    torch.testing.assert_close(attention_entropy(tiny, TEXT).values, mean_entropy(weights))
    torch.testing.assert_close(attention_entropy(tiny, TEXT, sink="removed").values, mean_entropy(weights, "removed"))
    torch.testing.assert_close(sink_by_head(tiny, TEXT).values, sink_mass(weights))


def test_the_text_has_the_extremes_the_even_value_and_the_layers(tiny: LocalModel) -> None:
    table = sink_by_head(tiny, TEXT)
    layer, head, value = table.ranked()[0]
    assert value == table.values.max().item()
    assert table.values[layer, head].item() == value
    assert f"looking evenly gives {table.even:.3f}" in table.text()
    assert f"{value:.3f}" in table.text()
    assert table._repr_html_().count("<td") == 6


def test_a_head_without_a_number_is_left_out_of_the_ranking(tiny: LocalModel) -> None:
    table = sink_by_head(tiny, TEXT)
    table.values[1, 2] = torch.nan
    assert len(table.ranked()) == 5


def test_bad_input_is_explained(tiny: LocalModel) -> None:
    with pytest.raises(CourseError, match="no query has a choice"):
        attention_entropy(tiny, tiny.encode(TEXT)[:2], sink="removed")
    with pytest.raises(CourseError, match="cannot be 'gone'"):
        attention_entropy(tiny, TEXT, sink="gone")  # type: ignore[arg-type]
    with pytest.raises(CourseError, match="single token"):
        sink_by_head(tiny, tiny.encode(TEXT)[:1])
