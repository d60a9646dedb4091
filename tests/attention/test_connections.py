"""Strong connections: the sink dropped, rows renormalised, the threshold strict, the order fixed."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from course_lib.attention import strong_connections

# Powers of two, so that shares and thresholds are exact and > can be told from >=.
ATTENTION = torch.tensor(
    [
        [1.0, 0.0, 0.0, 0.0],
        [0.75, 0.25, 0.0, 0.0],
        [0.5, 0.125, 0.375, 0.0],
        [0.0, 0.5, 0.25, 0.25],
    ]
)


def test_by_hand() -> None:
    assert strong_connections(ATTENTION, threshold=0.0) == [
        (1, 1, 1.0),
        (2, 2, 0.75),
        (3, 1, 0.5),
        (2, 1, 0.25),
        (3, 2, 0.25),
        (3, 3, 0.25),
    ]


def test_the_threshold_is_strict() -> None:
    assert [c[:2] for c in strong_connections(ATTENTION, threshold=0.25)] == [(1, 1), (2, 2), (3, 1)]
    assert strong_connections(ATTENTION, threshold=1.0) == []


def test_a_row_that_gives_everything_to_the_sink_has_no_connections() -> None:
    attention = torch.tensor([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.5, 0.25, 0.25]])
    assert strong_connections(attention) == [(2, 1, 0.5), (2, 2, 0.5)]


def test_plain_numbers_come_back() -> None:
    query, key, share = strong_connections(ATTENTION)[0]
    assert (type(query), type(key), type(share)) == (int, int, float)


def test_the_map_itself_is_not_changed() -> None:
    before = ATTENTION.clone()
    strong_connections(ATTENTION)
    torch.testing.assert_close(ATTENTION, before, rtol=0, atol=0)


@given(seed=st.integers(0, 10**6), n=st.integers(2, 9), sink=st.floats(0.0, 0.95))
def test_the_size_of_the_sink_does_not_matter(seed: int, n: int, sink: float) -> None:
    """Whatever a row sinks, the shares of the rest stay: that is what the renormalising is for."""
    torch.manual_seed(seed)
    rest = torch.rand(n, n).double().tril()
    rest[:, 0] = 0
    attention = rest / rest.sum(-1, keepdim=True).clamp(min=1e-9) * (1 - sink)
    attention[:, 0] = sink
    plain = attention.clone()
    plain[:, 1:] /= 1 - sink
    found, expected = strong_connections(attention, 0.0), strong_connections(plain, 0.0)
    assert {c[:2] for c in found} == {c[:2] for c in expected}
    shares = {(q, k): w for q, k, w in expected}
    assert all(abs(shares[q, k] - w) < 1e-9 for q, k, w in found)
    assert [c[2] for c in found] == sorted((c[2] for c in found), reverse=True)
