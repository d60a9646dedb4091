"""The share of the first position, against closed forms."""

from __future__ import annotations

import pytest
import torch

from course_lib.attention import sink_mass, strong_connections, uniform_sink_mass, without_sink
from course_lib.errors import CourseError


def even_causal_attention(n: int) -> torch.Tensor:
    return torch.tril(torch.ones(n, n)) / torch.arange(1, n + 1)[:, None]


@pytest.mark.parametrize("n", [2, 5, 38])
def test_even_attention_has_the_even_share(n: int) -> None:
    assert sink_mass(even_causal_attention(n)).item() == pytest.approx(uniform_sink_mass(n), abs=1e-6)


def test_the_even_share_of_four_positions_by_hand() -> None:
    assert uniform_sink_mass(4) == pytest.approx((1 / 2 + 1 / 3 + 1 / 4) / 3)


def test_the_first_query_does_not_count() -> None:
    """It can see nothing but itself; counted, it would lift this share from 0.3 to 0.53."""
    attention = torch.tensor([[1.0, 0.0, 0.0], [0.4, 0.6, 0.0], [0.2, 0.3, 0.5]])
    assert sink_mass(attention).item() == pytest.approx(0.3)


def test_a_stack_of_maps_gives_one_number_per_map() -> None:
    weights = torch.zeros(2, 3, 4, 4)
    weights[1, 2, :, 0] = 1
    shares = sink_mass(weights)
    assert shares.shape == (2, 3)
    assert shares[1, 2] == 1
    assert shares.sum() == 1


def test_a_single_token_is_explained() -> None:
    with pytest.raises(CourseError, match="single token"):
        sink_mass(torch.ones(1, 1))
    with pytest.raises(CourseError, match="single token"):
        uniform_sink_mass(1)


def test_without_sink_shares_out_the_first_column_and_leaves_the_input_alone() -> None:
    attention = torch.tensor([[1.0, 0.0, 0.0], [0.9, 0.1, 0.0], [0.5, 0.4, 0.1]])
    before = attention.clone()

    rest = without_sink(attention)

    torch.testing.assert_close(rest.sum(-1), torch.tensor([0.0, 1.0, 1.0]))  # the first query has nothing else to read
    torch.testing.assert_close(rest[2], torch.tensor([0.0, 0.8, 0.2]))
    assert torch.equal(attention, before)


def test_strong_connections_list_the_same_shares() -> None:
    """Exercise 8.3 spells the step out; the two may not drift apart."""
    attention = torch.rand(7, 7, generator=torch.Generator().manual_seed(0)).tril()
    attention[3, 1:] = 0  # a row that gives everything to the sink
    attention /= attention.sum(-1, keepdim=True)
    rest = without_sink(attention)
    listed = torch.zeros(7, 7)
    for query, key, share in strong_connections(attention, threshold=0.0):
        listed[query, key] = share
    torch.testing.assert_close(listed, rest)
