"""A logit, divided among the parts of the network that wrote it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch

from course_lib.render import format_number, heat_table, text_table

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor


@dataclass(repr=False, frozen=True, eq=False)
class LogitParts:
    """What each part adds to a logit, in logits; float32, on the CPU.

    Attributes:
        embedding: what enters the first block: the token, with its position in GPT-2.
        heads: each head, through the output projection.
        attention_biases: what attention adds without any head; 0 in most families.
        mlps: each MLP, its biases included.
        constant: what the biases of the final norm and of the output matrix add.
        logit: the logit itself, from the model's own run.
        tokens: the text of each token.
        measure: which logit, or which difference of two.
        settings: every choice that changes the numbers, and the token ids.
    """

    embedding: float
    heads: Float[Tensor, "layer head"]
    attention_biases: Float[Tensor, " layer"]
    mlps: Float[Tensor, " layer"]
    constant: float
    logit: float
    tokens: tuple[str, ...]
    measure: str
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """The sum of all parts; the logit, but for rounding."""
        tensors = (self.heads, self.attention_biases, self.mlps)
        return self.embedding + self.constant + sum(float(part.double().sum()) for part in tensors)

    @property
    def title(self) -> str:
        """What the numbers are, in one line."""
        where = f"behind {self.tokens[self.settings['position']]!r}" if "position" in self.settings else ""
        return (
            f"parts of {self.measure} = {format_number(self.logit)} {where}".strip() + ", in logits, final norm frozen"
        )

    def by_layer(self) -> Float[Tensor, "layer part"]:
        """Attention and MLP of each layer: `[layer, 2]`."""
        return torch.stack([self.heads.sum(dim=1) + self.attention_biases, self.mlps], dim=1)

    def parts(self) -> list[tuple[str, float]]:
        """Every part by name; their sum is `total`."""
        named = [("embedding", self.embedding), ("constant", self.constant)]
        for layer, row in enumerate(self.heads.tolist()):
            named += [(f"layer {layer} head {head}", value) for head, value in enumerate(row)]
            named.append((f"layer {layer} attention bias", float(self.attention_biases[layer])))
            named.append((f"layer {layer} mlp", float(self.mlps[layer])))
        return named

    def top(self, k: int = 10) -> list[tuple[str, float]]:
        """The `k` largest parts by magnitude, strongest first."""
        return sorted(self.parts(), key=lambda part: -abs(part[1]))[:k]

    def text(self) -> str:
        """The ten strongest parts as plain text; `to_dict` has them all."""
        rows = [{"part": name, "logits": value} for name, value in self.top()]
        return text_table(rows, title=f"{self.title}; strongest {len(rows)} of {len(self.parts())}")

    def to_dict(self) -> dict[str, Any]:
        """The whole result as numbers, strings and lists, ready for JSON."""
        return {
            "parts": dict(self.parts()),
            "logit": self.logit,
            "total": self.total,
            "tokens": list(self.tokens),
            "measure": self.measure,
            "settings": dict(self.settings),
        }

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """A tinted grid: a row for each layer, a column for each head and one for the MLP."""
        columns = [*(str(head) for head in range(self.heads.shape[1])), "mlp"]
        grid = torch.cat([self.heads, self.mlps[:, None]], dim=1).tolist()
        rest = f"embedding {format_number(self.embedding)}, constant {format_number(self.constant)}"
        rows = [f"layer {layer}" for layer in range(len(grid))]
        return heat_table(grid, row_names=rows, column_names=columns, label=f"{self.title}, by head and MLP; {rest}")
