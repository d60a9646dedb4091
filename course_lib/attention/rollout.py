"""Attention rollout: how much of each input position is mixed into each position, if layers only mixed.

One layer's map says which *positions* a head reads, and in layer 20 position 7 is no longer word 7: nineteen layers have
stirred it. Abnar and Zuidema (2020, arXiv:2005.00928, section 3) follow the mixing through: take the mean of a layer's
heads, W, give half of each position to the residual connection that carries it along, A = 0.5 W + 0.5 I, make the rows
sum to 1, and multiply the layers up: rollout(l) = A(l) rollout(l - 1). Each row of the result is a distribution over
*input* positions.

What it leaves out is a good deal: that heads write values of different size and direction, that the MLP works, that the
residual stream is far larger than one head's contribution. Half and half is an assumption, not a measurement.

The pitfall is the sink, and multiplication makes it worse. A row that sends the share s of its attention to position 0
keeps 1 - s/2 of what it does not; after L such layers position 0 holds about 1 - (1 - s/2)^L of every row. With the
default model's mean sink of one half and its 30 layers that is 0.9998: the rollout points at the first token whatever the
text says. `sink="removed"` takes key 0 out of every layer's map first
(`course_lib.attention.without_sink`); then the first position speaks for itself only. `sink_share` says what is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

import torch

from course_lib.attention.entropy import Sink, first_query
from course_lib.attention.layers import attention_layers
from course_lib.attention.sink import sink_mass, without_sink
from course_lib.attribution.inputs import as_ids
from course_lib.errors import CourseError
from course_lib.render import text_table, token_strip, visible_token

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.models import LocalModel


def rolled_out(maps: Iterable[Float[Tensor, "query key"]], residual: float = 0.5) -> Float[Tensor, "query key"]:
    """The product of the layers' maps, the residual connection added to each and its rows renormalised.

    Args:
        maps: one map per layer, first to last; rows sum to 1, or to less where a query looks nowhere.
        residual: the share that a position keeps of itself in each layer; from 0 up to, but not including, 1.

    Returns:
        Row `query` is a distribution over the positions of the input.

    Raises:
        CourseError: when there is no map or the residual is no such share.

    Example:
        >>> rolled_out([torch.tensor([[1.0, 0.0], [1.0, 0.0]])] * 2)
        tensor([[1.0000, 0.0000],
                [0.7500, 0.2500]])
    """
    if not 0 <= residual < 1:
        raise CourseError(f"{residual} is no share that a position can keep of itself.", "Choose 0 <= residual < 1.")
    rollout = None
    for weights in maps:
        itself = torch.eye(len(weights), dtype=weights.dtype)
        mixed = residual * itself + (1 - residual) * weights
        mixed = mixed / mixed.sum(dim=-1, keepdim=True)
        rollout = mixed if rollout is None else mixed @ rollout
    if rollout is None:
        raise CourseError("There is no layer to roll out.", "Give at least one map.")
    return rollout


@dataclass(repr=False, frozen=True, eq=False)
class AttentionRollout:
    """Where the content of each position comes from, if layers only mixed.

    Attributes:
        tokens: the text of each position.
        rollout: rows sum to 1; row `query` is spread over the positions of the input.
        sink_share: the mean share of position 0 in the rows after the first.
        settings: every choice that changes the numbers, and the token ids.
    """

    tokens: tuple[str, ...]
    rollout: Float[Tensor, "query key"]
    sink_share: float
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What was computed, and how much of it is the sink."""
        kept, removed = self.settings.get("residual"), self.settings.get("sink")
        return f"Attention rollout, residual {kept}, sink {removed}; position 0 holds {self.sink_share:.3f} of the rows after it"

    def text(self) -> str:
        """The last position's row as plain text."""
        rows = [
            {"position": position, "token": visible_token(token), "share": share}
            for position, (token, share) in enumerate(zip(self.tokens, self.rollout[-1].tolist(), strict=True))
        ]
        return text_table(rows, title=f"{self.title}. The last position:")

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        strip = token_strip(self.tokens, self.rollout[-1].tolist(), label="shares in the last position")
        return f"<p>{escape(self.title)}</p>{strip}"


def attention_rollout(
    model: LocalModel,
    text: str | Sequence[int] | Int[Tensor, " position"],
    *,
    residual: float = 0.5,
    sink: Sink = "kept",
) -> AttentionRollout:
    """Attention rollout over all layers, heads averaged; one layer's maps in memory at a time.

    Args:
        model: a loaded model.
        text: the text, or its token ids; at least two tokens.
        residual: see `rolled_out`; the paper's choice is 0.5. With the sink removed it must be above 0, since a query
            that looks nowhere else then keeps only itself.
        sink: `"kept"` as in the paper, or `"removed"`: key 0 out of each head's map before the heads are averaged.

    Raises:
        CourseError: as `attention_layers` and `rolled_out`.

    Example:
        >>> from course_lib import load_model
        >>> result = attention_rollout(load_model("tiny:0"), "The model reads")
        >>> result.rollout.sum(dim=-1)
        tensor([1., 1., 1.])
    """
    ids = as_ids(model, text, "text")
    first_query(len(ids), sink)
    if sink == "removed" and residual == 0:
        raise CourseError("Without sink and residual the first position has nothing left.", "Choose residual above 0.")
    layers = attention_layers(model, ids)
    means = ((without_sink(maps) if sink == "removed" else maps).mean(dim=0) for maps in layers)
    rollout = rolled_out(means, residual)
    settings = {"residual": residual, "sink": sink, "heads": "mean", "ids": ids.tolist(), "model": model.name}
    return AttentionRollout(tuple(model.tokens(ids)), rollout, float(sink_mass(rollout)), settings)
