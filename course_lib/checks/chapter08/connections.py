"""Exercise 8.3: strong connections, with the attention sink set aside.

A threshold on raw attention weights mostly finds the first token: many heads put the weight that they have no use for
there (Xiao et al. 2023 call it the attention sink). The exercise drops key 0, shares each row out anew over the keys that
are left, and applies the threshold to that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from course_lib.checks.chapter08.mean_attention import random_attention
from course_lib.checks.exercise import Case, Exercise, Mistake

if TYPE_CHECKING:
    from torch import Tensor

Connections = list[tuple[int, int, float]]


def _listed(weights: Tensor, threshold: float, *, inclusive: bool = False) -> Connections:
    """All (query, key, weight) above the threshold, strongest first."""
    found = []
    for query in range(weights.shape[0]):
        for key in range(weights.shape[1]):
            weight = float(weights[query, key])
            if weight > threshold or (inclusive and weight == threshold):
                found.append((query, key, weight))
    return sorted(found, key=lambda c: (-c[2], c[0], c[1]))


def _without_sink(attention: Tensor) -> Tensor:
    rest = attention.clone()
    rest[:, 0] = 0
    return torch.nan_to_num(rest / rest.sum(-1, keepdim=True))


def sink_kept(attention: Tensor, threshold: float = 0.1) -> Connections:
    """The published version: a threshold on the raw weights."""
    return _listed(attention, threshold)


def not_shared_out(attention: Tensor, threshold: float = 0.1) -> Connections:
    """Drops the sink and leaves the rest as it was."""
    rest = attention.clone()
    rest[:, 0] = 0
    return _listed(rest, threshold)


def dropped_afterwards(attention: Tensor, threshold: float = 0.1) -> Connections:
    """Drops the sink's entries after the threshold has been applied to the shares of the raw rows."""
    rest = _without_sink(attention)
    return [(q, k, float(rest[q, k])) for q, k, _ in not_shared_out(attention, threshold)]


def exchanged(attention: Tensor, threshold: float = 0.1) -> Connections:
    """(key, query, weight)."""
    return [(k, q, w) for q, k, w in _listed(_without_sink(attention), threshold)]


def in_reading_order(attention: Tensor, threshold: float = 0.1) -> Connections:
    """Not sorted by weight."""
    return sorted(_listed(_without_sink(attention), threshold))


def inclusive(attention: Tensor, threshold: float = 0.1) -> Connections:
    """Takes weights that equal the threshold."""
    return _listed(_without_sink(attention), threshold, inclusive=True)


def keys_renumbered(attention: Tensor, threshold: float = 0.1) -> Connections:
    """Cuts column 0 off, so every key is one too small."""
    rest = _without_sink(attention)[:, 1:]
    return _listed(rest, threshold)


def self_left_out(attention: Tensor, threshold: float = 0.1) -> Connections:
    """Leaves out what a token gives to itself."""
    return [c for c in _listed(_without_sink(attention), threshold) if c[0] != c[1]]


def raw_returned(attention: Tensor, threshold: float = 0.1) -> Connections:
    """Compares the shares and returns the raw weights."""
    return [(q, k, float(attention[q, k])) for q, k, _ in _listed(_without_sink(attention), threshold)]


def row_and_column_cut(attention: Tensor, threshold: float = 0.1) -> Connections:
    """Cuts row 0 off together with column 0."""
    rest = _without_sink(attention)[1:, 1:]
    return _listed(rest, threshold)


def sorted_by_raw_weight(attention: Tensor, threshold: float = 0.1) -> Connections:
    """Right shares, in the order of the raw weights."""
    return sorted(
        _listed(_without_sink(attention), threshold), key=lambda c: (-float(attention[c[0], c[1]]), c[0], c[1])
    )


def weakest_first(attention: Tensor, threshold: float = 0.1) -> Connections:
    """Sorted the wrong way round."""
    return _listed(_without_sink(attention), threshold)[::-1]


def by_rows(attention: Tensor, threshold: float = 0.1) -> Connections:
    """A loop over rows in plain numbers."""
    found = []
    for query, row in enumerate(attention.tolist()):
        total = sum(row[1:])
        shares = [(key, weight / total) for key, weight in enumerate(row) if key > 0 and total > 0]
        found += [(query, key, share) for key, share in shares if share > threshold]
    return sorted(found, key=lambda c: (-c[2], c[0], c[1]))


def by_mask(attention: Tensor, threshold: float = 0.1) -> list[list[float]]:
    """In double precision with a mask; lists in place of tuples."""
    rest = _without_sink(attention.double())
    found = [[int(q), int(k), float(rest[q, k])] for q, k in (rest > threshold).nonzero()]
    return sorted(found, key=lambda c: (-c[2], c[0], c[1]))


def _with_sink(seed: int, length: int, sink: float) -> Tensor:
    """Causal attention in which the rows give about `sink` of their weight to key 0, some more and some less."""
    inner = torch.zeros(length, length)
    inner[1:, 1:] = random_attention(seed, length - 1, length - 1)
    generator = torch.Generator().manual_seed(seed)
    inner *= (1 - sink) * (0.6 + 0.4 * torch.rand(length, 1, generator=generator))
    inner[:, 0] = 1 - inner.sum(-1)
    return inner


# Row 2 shares what is left over the keys 1 and 2 as exactly 1/4 and 3/4: a threshold of 1/4 tells > from >=.
_EXACT = torch.tensor([[1.0, 0, 0, 0], [0.5, 0.5, 0, 0], [0.5, 0.125, 0.375, 0], [0.25, 0.25, 0.125, 0.375]])


def _case(name: str, attention: Tensor, threshold: float) -> Case:
    return Case(name, (attention, threshold))


def _hidden(seed: int) -> tuple[Case, ...]:
    generator = torch.Generator().manual_seed(seed)
    cases = []
    for k in range(4):
        length = int(torch.randint(4, 9, (), generator=generator))
        sink, threshold = (0.3 + 0.5 * torch.rand(2, generator=generator)).tolist()
        cases.append(
            _case(f"{length} tokens, threshold {threshold / 4:.2f}", _with_sink(seed + k, length, sink), threshold / 4)
        )
    return (*cases, _case("a weight that equals the threshold", _EXACT, 0.25))


STRONG_CONNECTIONS = Exercise(
    id="8.3",
    title="Strong connections without the sink",
    points=2,
    difficulty=3,
    minutes=12,
    reference="course_lib.attention:strong_connections",
    returns="a list of `(query, key, share)`, largest share first (equal shares by query, then by key): every pair whose share "
    "of its row, key 0 left out, is greater than `threshold`; a token may read itself",
    example=(
        "Row 2, `[0.6, 0.1, 0.3]`, gives 0.6 of its attention to the sink. Without key 0 the rest, shared out anew, is "
        "0.25 and 0.75, so with a threshold of 0.3 the row contributes `(2, 2, 0.75)` and nothing else."
    ),
    hints=(
        "Before you look for large weights, ask of each row: how much of it is left once key 0 is taken away?",
        "Set column 0 to zero, divide every row by what it now sums to, and only then compare with the threshold. Row 0 "
        "has nothing left: take care that it does not become not-a-number.",
        "```python\nrest = attention.clone()\nrest[:, 0] = 0\n"
        "rest = rest / rest.sum(dim=-1, keepdim=True).clamp(min=...)\n"
        "found = [(query, key, weight) ... if weight > threshold]\n"
        "return sorted(found, key=lambda c: (-c[2], c[0], c[1]))\n```",
    ),
    why=(
        "Put a threshold on raw attention and every prompt seems to be about its first token. Anyone who does not "
        "know about the sink will explain it, and the explanation will be wrong."
    ),
    visible=(
        _case("6 tokens, a strong sink", _with_sink(21, 6, 0.7), 0.2),
        _case("5 tokens, threshold 0.1", _with_sink(22, 5, 0.4), 0.1),
        _case("a weight that equals the threshold", _EXACT, 0.25),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "sink kept",
            sink_kept,
            "The sink is still in: key 0 passes the threshold on every row. Take column 0 out before you compare.",
        ),
        Mistake(
            "not shared out",
            not_shared_out,
            "You took the sink out and left the other weights as they were. Divide each row by what remains of it, so that "
            "it sums to 1 again.",
        ),
        Mistake(
            "threshold too early",
            dropped_afterwards,
            "Your weights are shared out anew, but the threshold was applied to the raw ones. Share out first, compare "
            "afterwards.",
        ),
        Mistake(
            "exchanged",
            exchanged,
            "Query and key are exchanged: the row is the token that reads (query), the column the token that is read (key).",
        ),
        Mistake("not sorted", in_reading_order, "The connections are right, but not sorted: strongest first."),
        Mistake(
            "equal counts",
            inclusive,
            "You also take weights that are equal to the threshold; the exercise asks for greater ones only.",
        ),
        Mistake(
            "keys renumbered",
            keys_renumbered,
            "Your key numbers are one too small: after cutting column 0 off, index 0 is token 1.",
        ),
        Mistake(
            "self left out",
            self_left_out,
            "You leave out what a token gives to itself; a token may read itself, so query and key may be equal.",
        ),
        Mistake(
            "raw weights returned",
            raw_returned,
            "The right pairs, but with their raw weights: return the share that you compared with the threshold.",
        ),
        Mistake(
            "row and column cut",
            row_and_column_cut,
            "Your query and key numbers are both one too small: row 0 and column 0 were cut off, and counting began anew.",
        ),
        Mistake(
            "sorted by raw weight",
            sorted_by_raw_weight,
            "The shares are right, but sorted by the raw weights. The largest *share* comes first.",
        ),
        Mistake("weakest first", weakest_first, "The order is reversed: the strongest connection comes first."),
    ),
    alternatives=(by_rows, by_mask),
    rtol=1e-5,
    atol=1e-6,
    tolerance_reason="weights between 0 and 1; one division in float32",
)
