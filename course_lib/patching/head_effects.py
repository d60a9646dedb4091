"""The effects of many heads on one answer: a grid of layers against heads, with the question that was asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from course_lib.render import heat_table, text_table

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor


@dataclass(repr=False, frozen=True, eq=False)
class HeadEffects:
    """What the answer loses when each head is ablated.

    Attributes:
        effects: in nats, positive where the head speaks for the target; float32, on the CPU.
        layers: the layer of each row.
        tokens: the text of each token that was read.
        measure: what was measured: log p of the target, minus log p of the contrast where there is one.
        clean: its value without ablation, in nats.
        settings: every choice that changes the numbers, and the token ids.
    """

    effects: Float[Tensor, "layer head"]
    layers: tuple[int, ...]
    tokens: tuple[str, ...]
    measure: str
    clean: float
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What the numbers are, in one line."""
        return f"{self.settings.get('mode')} ablation: fall of {self.measure} from {self.clean:.3f}, in nats"

    def top(self, k: int = 10) -> list[tuple[int, int, float]]:
        """The `k` heads with the largest effects by magnitude: (layer, head, effect), strongest first."""
        cells = [
            (layer, head, effect)
            for layer, row in zip(self.layers, self.effects.tolist(), strict=True)
            for head, effect in enumerate(row)
        ]
        return sorted(cells, key=lambda cell: (-abs(cell[2]), cell[0], cell[1]))[:k]

    def text(self) -> str:
        """The ten strongest heads as plain text; `to_dict` has them all."""
        rows = [{"layer": layer, "head": head, "effect": effect} for layer, head, effect in self.top()]
        return text_table(rows, title=f"{self.title}; strongest {len(rows)} of {self.effects.numel()} heads")

    def to_dict(self) -> dict[str, Any]:
        """The whole result as numbers, strings and lists, ready for JSON."""
        return {
            "effects": self.effects.tolist(),
            "layers": list(self.layers),
            "tokens": list(self.tokens),
            "measure": self.measure,
            "clean": self.clean,
            "settings": dict(self.settings),
        }

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """A tinted grid, a row for each layer."""
        columns = [str(head) for head in range(self.effects.shape[1])]
        rows = [f"layer {layer}" for layer in self.layers]
        return heat_table(self.effects.tolist(), row_names=rows, column_names=columns, label=f"{self.title}, by head")
