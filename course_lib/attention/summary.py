"""One text, its mean attention, its sink and its strong connections, together with the tokens and the settings.

The numbers are only readable side by side. A list of connections without the share of the sink hides that it describes
the smaller half of the attention; a share of the sink without the even share of a text of that length cannot be judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from course_lib.attention.averages import mean_attention
from course_lib.attention.connections import strong_connections
from course_lib.attention.sink import sink_mass, uniform_sink_mass
from course_lib.attention.weights import attention_weights
from course_lib.errors import CourseError
from course_lib.render import html_table, text_table, visible_token

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.models import LocalModel

SHOWN = 12  # connections in the table; the rest is counted


@dataclass(repr=False, frozen=True, eq=False)
class AttentionSummary:
    """What the mean attention of one text shows.

    Attributes:
        tokens: the text of each position.
        mean: the mean over the chosen layers and all heads, `[query, key]`.
        connections: `(query, key, share)` as `strong_connections` returns them.
        sink: the mean weight that queries after the first give to key 0.
        even_sink: what `sink` would be if every query looked evenly at all it can see.
        sink_by_layer: the same share for each chosen layer, `[layer]`.
        threshold: the share above which a connection is listed.
        settings: every choice that changes the numbers, and the token ids.
    """

    tokens: tuple[str, ...]
    mean: Float[Tensor, "query key"]
    connections: tuple[tuple[int, int, float], ...]
    sink: float
    even_sink: float
    sink_by_layer: Float[Tensor, " layer"]
    threshold: float
    settings: dict[str, Any] = field(default_factory=dict)

    def rows(self) -> list[dict[str, Any]]:
        """The connections with their tokens, strongest first."""
        return [
            {"query": f"{q} {visible_token(self.tokens[q])}", "key": f"{k} {visible_token(self.tokens[k])}", "share": w}
            for q, k, w in self.connections
        ]

    def sentences(self) -> list[str]:
        """What the numbers say, in words."""
        layers, heads = len(self.settings["layers"]), self.settings["heads"]
        first = visible_token(self.tokens[0]).strip()
        strongest = self.sink_by_layer.argmax().item()
        return [
            f"Mean attention over {layers} layers x {heads} heads, {len(self.tokens)} tokens.",
            f"Sink: position 0 ({first!r}) takes {self.sink:.2f} of the attention of the later positions; "
            f"looking evenly would give it {self.even_sink:.2f}. It takes most in layer "
            f"{self.settings['layers'][strongest]}: {self.sink_by_layer.max().item():.2f}.",
            f"{len(self.connections)} connections above {self.threshold:g}, as shares of the attention outside the "
            "sink; query 1 has only itself left, so its 1.000 says nothing.",
        ]

    def text(self) -> str:
        """The summary as plain text."""
        more = len(self.connections) - SHOWN
        tail = [f"… and {more} more"] if more > 0 else []
        return "\n".join([*self.sentences(), text_table(self.rows()[:SHOWN]), *tail])

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        more = len(self.connections) - SHOWN
        tail = f"<p>… and {more} more</p>" if more > 0 else ""
        words = "".join(f"<p>{escape(sentence)}</p>" for sentence in self.sentences())
        return f"<div>{words}{html_table(self.rows()[:SHOWN])}{tail}</div>"


def analyze_attention(
    model: LocalModel,
    text: str | Sequence[int] | Int[Tensor, " position"],
    *,
    threshold: float = 0.1,
    layers: Sequence[int] | None = None,
) -> AttentionSummary:
    """Mean attention, sink and strong connections of one text.

    Args:
        model: a loaded model.
        text: the text, or its token ids; at least two tokens.
        threshold: see `strong_connections`.
        layers: which layers to average; all of them when None.

    Raises:
        CourseError: when the text has fewer than two tokens or a layer does not exist.

    Example:
        >>> print(analyze_attention(model, "The capital of France is"))  # doctest: +SKIP
    """
    ids = model.encode(text) if isinstance(text, str) else text
    chosen = list(range(model.n_layers)) if layers is None else list(layers)
    if not chosen or not all(0 <= layer < model.n_layers for layer in chosen):
        raise CourseError(f"The layers {chosen} are not all there.", f"Choose from 0 to {model.n_layers - 1}.")
    weights = attention_weights(model, ids)[chosen]
    mean = mean_attention(list(weights[:, None]))[0]  # one text: a batch of one
    return AttentionSummary(
        tokens=tuple(model.tokens(ids)),
        mean=mean,
        connections=tuple(strong_connections(mean, threshold)),
        sink=float(sink_mass(mean)),
        even_sink=uniform_sink_mass(len(mean)),
        sink_by_layer=sink_mass(weights).mean(dim=1),
        threshold=threshold,
        settings={"layers": chosen, "heads": weights.shape[1], "ids": [int(i) for i in ids], "model": model.name},
    )
