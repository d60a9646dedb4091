"""One number for every head: a grid of layers against heads, with the number that means nothing happened.

"Head 3 of layer 7 has an entropy of 1.9 nats" cannot be read. Is that much? It depends on how many keys a query could
see, and that depends on the length of the text. So a table of heads travels with its *even* value, what a head would
get that spreads every query's attention evenly over all it can see, and with the tokens and settings behind it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from course_lib.render import heat_table, text_table

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

SHOWN = 5  # heads at either end of the text


@dataclass(repr=False, frozen=True, eq=False)
class HeadTable:
    """A number for each head of each layer.

    Attributes:
        tokens: the text of each position.
        values: one number per head, float32, on the CPU.
        quantity: what was measured, with its unit, in a few words.
        even: the same number for a head that looks evenly at all it can see.
        settings: every choice that changes the numbers, and the token ids.
    """

    tokens: tuple[str, ...]
    values: Float[Tensor, "layer head"]
    quantity: str
    even: float
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What the numbers are, and what they are to be compared with."""
        return f"{self.quantity}; {len(self.tokens)} tokens; looking evenly gives {self.even:.3f}"

    def ranked(self) -> list[tuple[int, int, float]]:
        """Every head that has a number, as (layer, head, value): the largest first, equal ones in their order."""
        cells = [
            (layer, head, value) for layer, row in enumerate(self.values.tolist()) for head, value in enumerate(row)
        ]
        return sorted((cell for cell in cells if not math.isnan(cell[2])), key=lambda cell: (-cell[2], cell[:2]))

    def text(self) -> str:
        """The five largest and the five smallest numbers, and the mean of each layer."""
        ranked = self.ranked()
        shown = ranked if len(ranked) <= 2 * SHOWN else [*ranked[:SHOWN], *ranked[-SHOWN:]]
        rows = [{"layer": layer, "head": head, "value": value} for layer, head, value in shown]
        means = " ".join(f"{mean:.2f}" for mean in self.values.nanmean(dim=1).tolist())
        note = f"largest and smallest {len(rows)} of {self.values.numel()} heads"
        return f"{text_table(rows, title=self.title)}\n({note})\nmean of each layer: {means}"

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """A tinted grid, a row for each layer."""
        columns = [str(head) for head in range(self.values.shape[1])]
        rows = [f"layer {layer}" for layer in range(len(self.values))]
        return heat_table(self.values.tolist(), row_names=rows, column_names=columns, label=f"{self.title}; by head")
