"""How spread out is a head's attention? Its entropy, and the share that it sinks, for every head of every layer.

The entropy of a row of weights, H = -Σ w ln w, is 0 nats when everything goes to one key and ln n when n keys share
evenly; e^H reads as "as if that many keys were looked at". It is the usual first sorting of heads (Clark et al. 2019,
arXiv:1906.04341, section 3.3: some heads attend broadly, and the entropy is averaged over queries).

Two pitfalls. A head that sends 95 % to the first token has an entropy close to 0, like a head that has found the one word
that matters: low entropy is not focus until the sink is taken out (`sink="removed"`). With the sink removed, a head that
sinks nearly everything is judged by the remaining crumbs. So look at both, and at `sink_by_head` beside them. And entropy
grows with the length of a text; compare with the table's `even` value, never across lengths.

Query 0 has no choice of where to look and never counts; without the sink query 1 has none either.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import torch

from course_lib.attention.layers import attention_layers
from course_lib.attention.sink import sink_mass, uniform_sink_mass, without_sink
from course_lib.attention.table import HeadTable
from course_lib.attribution.inputs import as_ids
from course_lib.errors import CourseError

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.models import LocalModel

Sink = Literal["kept", "removed"]
FIRST_QUERY: dict[str, int] = {"kept": 1, "removed": 2}
"""The first query that can choose: it sees two keys that count."""


def row_entropy(attention: Float[Tensor, "*map query key"]) -> Float[Tensor, "*map query"]:
    """The entropy of each row, in nats.

    Example:
        >>> row_entropy(torch.tensor([[1.0, 0.0], [0.5, 0.5]]))
        tensor([0.0000, 0.6931])
    """
    return torch.special.entr(attention).sum(dim=-1)


def mean_entropy(attention: Float[Tensor, "*map query key"], sink: Sink = "kept") -> Float[Tensor, "*map"]:
    """The mean entropy, in nats, of the queries that have a choice.

    Args:
        attention: one map, or any stack of maps.
        sink: `"kept"`: rows as they are, queries 1, 2, …; `"removed"`: key 0 dropped and rows renormalised, queries 2,
            3, … that give anything to another key. A map in which no query does has no entropy: NaN.

    Raises:
        CourseError: when the text is too short for any query to have a choice, or `sink` is another word.

    Example:
        >>> mean_entropy(torch.tensor([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.0, 0.5, 0.5]]), sink="removed")
        tensor(0.6931)
    """
    first = first_query(attention.shape[-2], sink)
    if sink == "kept":
        return row_entropy(attention[..., first:, :]).mean(dim=-1)
    rest = without_sink(attention)[..., first:, :]
    return row_entropy(rest).masked_fill(rest.sum(dim=-1) == 0, torch.nan).nanmean(dim=-1)


def even_entropy(n_positions: int, sink: Sink = "kept") -> float:
    """What `mean_entropy` is for a head that looks evenly at all it can see: the mean of ln 2, ln 3, …

    Example:
        >>> round(even_entropy(3), 4), round(even_entropy(3, sink="removed"), 4)
        (0.8959, 0.6931)
    """
    queries = range(first_query(n_positions, sink), n_positions)
    seen = [query + 1 if sink == "kept" else query for query in queries]
    return sum(map(math.log, seen)) / len(seen)


def first_query(n_positions: int, sink: str) -> int:
    """The first query that counts."""
    if sink not in FIRST_QUERY:
        raise CourseError(f"The sink cannot be {sink!r}.", 'Choose sink="kept" or sink="removed".')
    if n_positions <= FIRST_QUERY[sink]:
        raise CourseError(
            f"In {n_positions} tokens no query has a choice of where to look (sink {sink}).",
            f"Give a text of at least {FIRST_QUERY[sink] + 1} tokens.",
        )
    return FIRST_QUERY[sink]


def attention_entropy(
    model: LocalModel, text: str | Sequence[int] | Int[Tensor, " position"], *, sink: Sink = "kept"
) -> HeadTable:
    """The mean entropy of each head's rows, in nats; memory for one layer at a time.

    Args:
        model: a loaded model.
        text: the text, or its token ids.
        sink: `"kept"` or `"removed"`, see `mean_entropy`.

    Raises:
        CourseError: as `attention_layers` and `mean_entropy`.

    Example:
        >>> from course_lib import load_model
        >>> attention_entropy(load_model("tiny:0"), "The model reads the question").values.shape
        torch.Size([2, 3])
    """
    ids = as_ids(model, text, "text")
    even = even_entropy(len(ids), sink)
    values = torch.stack([mean_entropy(maps, sink) for maps in attention_layers(model, ids)])
    settings = {"sink": sink, "first_query": FIRST_QUERY[sink], "ids": ids.tolist(), "model": model.name}
    return HeadTable(
        tuple(model.tokens(ids)), values, f"Mean entropy of attention in nats, sink {sink}", even, settings
    )


def sink_by_head(model: LocalModel, text: str | Sequence[int] | Int[Tensor, " position"]) -> HeadTable:
    """The share of attention that each head gives to the first position (`sink_mass`); one layer in memory at a time.

    Args:
        model: a loaded model.
        text: the text, or its token ids; at least two tokens.

    Raises:
        CourseError: as `attention_layers` and `sink_mass`.

    Example:
        >>> from course_lib import load_model
        >>> table = sink_by_head(load_model("tiny:0"), "The model reads")
        >>> tuple(table.values.shape), round(table.even, 3)
        ((2, 3), 0.417)
    """
    ids = as_ids(model, text, "text")
    even = uniform_sink_mass(len(ids))
    values = torch.stack([sink_mass(maps) for maps in attention_layers(model, ids)])
    settings = {"ids": ids.tolist(), "model": model.name}
    return HeadTable(tuple(model.tokens(ids)), values, "Share of attention that goes to position 0", even, settings)
