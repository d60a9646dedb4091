"""A map of the network: how much of the answer comes back when one place is patched.

Recovery is a ratio, `(patched − corrupted) / (clean − corrupted)`: 0 where patching changes nothing, 1 where it brings
back the whole clean answer. It is not a share: recoveries of several places do not add up to 1, they can lie below 0
(the place works against the answer) and above 1. A ratio to a small number is large and noisy; the two ends are
therefore part of the result.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch

from course_lib.errors import CourseError
from course_lib.render import format_number, heat_table, text_table, visible_token

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor


@dataclass(repr=False, frozen=True, eq=False)
class PatchingMap:
    """The recovery at each place.

    Attributes:
        recovery: 0 as in the corrupted run, 1 as in the clean one; float32, on the CPU.
        layers: the layer of each row.
        columns: the position or the head of each column.
        sites: "residual" (before the block), "heads", "attention" or "mlp".
        tokens: the text of each token of the corrupted run, into which the clean values were put.
        clean_tokens: the same for the clean run.
        metric: what was measured.
        clean: its value in the clean run, in `settings["unit"]`.
        corrupted: its value in the corrupted run.
        method: "patching" or "attribution patching".
        settings: every choice that changes the numbers, and the token ids.
    """

    recovery: Float[Tensor, "layer column"]
    layers: tuple[int, ...]
    columns: tuple[int, ...]
    sites: str
    tokens: tuple[str, ...]
    clean_tokens: tuple[str, ...]
    metric: str
    clean: float
    corrupted: float
    method: str
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What the numbers are, in one line."""
        ends = f"from {format_number(self.corrupted)} (corrupted) to {format_number(self.clean)} (clean)"
        return (
            f"{self.method} of {self.sites}: recovery of {self.metric} {ends} {self.settings.get('unit', '')}".strip()
        )

    def change(self) -> Float[Tensor, "layer column"]:
        """How far patching moves the metric, in its own unit."""
        return self.recovery * (self.clean - self.corrupted)

    def top(self, k: int = 10) -> list[tuple[int, int, float]]:
        """The `k` largest recoveries by magnitude: (layer, position or head, recovery), strongest first."""
        cells = [
            (layer, column, value)
            for layer, row in zip(self.layers, self.recovery.tolist(), strict=True)
            for column, value in zip(self.columns, row, strict=True)
        ]
        return sorted(cells, key=lambda cell: (-abs(cell[2]), cell[0], cell[1]))[:k]

    def column_names(self) -> list[str]:
        """Heads by number, positions by number and token; both tokens where the two runs differ."""
        if self.sites == "heads":
            return [str(head) for head in self.columns]
        pairs = {position: (self.clean_tokens[position], self.tokens[position]) for position in self.columns}
        return [f"{p} {visible_token(a)}" + ("" if a == b else f"|{visible_token(b)}") for p, (a, b) in pairs.items()]

    def text(self) -> str:
        """The ten strongest places as plain text; `to_dict` has them all."""
        names = dict(zip(self.columns, self.column_names(), strict=True))
        unit = "head" if self.sites == "heads" else "position"
        rows = [{"layer": layer, unit: names[column], "recovery": value} for layer, column, value in self.top()]
        return text_table(rows, title=f"{self.title}; strongest {len(rows)} of {self.recovery.numel()}")

    def to_dict(self) -> dict[str, Any]:
        """The whole result as numbers, strings and lists, ready for JSON."""
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        lists = {"recovery": self.recovery.tolist(), "settings": dict(self.settings)}
        return {k: list(v) if isinstance(v, tuple) else v for k, v in (fields | lists).items()}

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """A tinted grid, a row for each layer."""
        rows = [f"layer {layer}" for layer in self.layers]
        return heat_table(self.recovery.tolist(), row_names=rows, column_names=self.column_names(), label=self.title)


@dataclass(repr=False, frozen=True)
class MapAgreement:
    """How alike two maps of the same places are.

    The cells are all the places there are and no sample of more, so the numbers carry no interval; a second pair of
    texts gives a second number, and that is where they vary.

    Attributes:
        pearson: correlation of the cells; 1 when one map is the other times a positive number, plus a constant.
        spearman: correlation of their ranks.
        largest_difference: the largest absolute difference of two cells.
        n: how many cells.
        methods: the two maps' methods.
    """

    pearson: float
    spearman: float
    largest_difference: float
    n: int
    methods: tuple[str, str]

    def text(self) -> str:
        """One line."""
        return (
            f"{self.methods[0]} and {self.methods[1]} over {self.n} places: Pearson {self.pearson:.3f}, "
            f"Spearman {self.spearman:.3f}, largest difference {self.largest_difference:.3f}"
        )

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<p>{self.text()}</p>"


def map_agreement(one: PatchingMap, other: PatchingMap) -> MapAgreement:
    """Pearson and Spearman correlation of two maps, for example of attribution patching and patching.

    Raises:
        CourseError: the maps are of different places, or one of them is the same number everywhere.
    """
    if (one.sites, one.layers, one.columns) != (other.sites, other.layers, other.columns):
        raise CourseError("The two maps are not of the same places.", "Make both with the same texts and sites.")
    a, b = one.recovery.double().flatten(), other.recovery.double().flatten()
    if len(a) < 3 or min(float(a.std()), float(b.std())) == 0:
        raise CourseError(
            "A map of one number correlates with nothing.", "Choose texts or sites that make a difference."
        )
    return MapAgreement(
        pearson=_pearson(a, b),
        spearman=_pearson(_ranks(a), _ranks(b)),
        largest_difference=float((a - b).abs().max()),
        n=len(a),
        methods=(one.method, other.method),
    )


def _pearson(a: Float[Tensor, " cell"], b: Float[Tensor, " cell"]) -> float:
    """The correlation of two rows of numbers."""
    return float(torch.corrcoef(torch.stack([a, b]))[0, 1])


def _ranks(values: Float[Tensor, " cell"]) -> Float[Tensor, " cell"]:
    """The rank of each value; equal values share the mean of their ranks."""
    below, upto = (values[:, None] > values).sum(1), (values[:, None] >= values).sum(1)
    return (below + upto + 1).double() / 2
