"""Two texts that differ in what is studied and in nothing else: the clean run and the corrupted one.

Everything that a map is made from is read here once: the values at the sites in both runs, the metric at both ends, and
the first position at which the texts differ. In a causal model nothing differs before it, so nothing has to be patched
there; that is checked and not assumed.

The pitfall is the pair. Replace a name by another name of one token, not by noise or by an end-of-text token: then
positions say the same kind of thing, and the model stays on ground that it knows (Zhang and Nanda 2023).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import torch

from course_lib.attribution.inputs import as_ids, check_length
from course_lib.errors import CourseError
from course_lib.models.prefix import SharedPrefix, last_logits, shared_prefix
from course_lib.patching.metrics import Metric, MetricLike, as_metric
from course_lib.patching.points import Point, PointKind, points_noted
from course_lib.patching.readings import Text
from course_lib.patching.structure import Structure, check_number, find_structure
from course_lib.patching.writing import check_positions

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.models import LocalModel

Sites = Literal["residual", "heads", "attention", "mlp"]
KINDS: dict[str, PointKind] = {
    "residual": "residual_before",
    "heads": "heads",
    "attention": "attention",
    "mlp": "mlp",
}


@dataclass(frozen=True, eq=False)
class Pair:
    """Both runs, and the places that a map has.

    Attributes:
        structure: the model's parts.
        clean_ids, ids: the clean and the corrupted text.
        metric: what is measured.
        clean, corrupted: its value in each run.
        values: the clean values at each layer's site.
        own: the corrupted values at each layer's site.
        first: the first position at which anything differs.
        prefix: keys and values of the corrupted run, where the model has them.
        sites, layers, positions: which places; positions are counted from 0.
    """

    structure: Structure
    clean_ids: Int[Tensor, " position"]
    ids: Int[Tensor, " position"]
    metric: Metric
    clean: float
    corrupted: float
    values: dict[int, Float[Tensor, "position width"]]
    own: dict[int, Float[Tensor, "position width"]]
    first: int
    prefix: SharedPrefix | None
    sites: Sites
    layers: tuple[int, ...]
    positions: tuple[int, ...]

    @property
    def gap(self) -> float:
        """What there is to recover."""
        return self.clean - self.corrupted

    @property
    def columns(self) -> tuple[int, ...]:
        """The columns of the map: heads or positions."""
        return tuple(range(self.structure.n_heads)) if self.sites == "heads" else self.positions

    def point(self, layer: int) -> Point:
        """Where a layer is patched."""
        return Point(KINDS[self.sites], layer)

    def described(self, model: LocalModel, **settings: Any) -> dict[str, Any]:
        """The fields that every map of this pair has in common."""
        common = {
            "unit": self.metric.unit,
            "model": model.name,
            "dtype": str(model.dtype).removeprefix("torch."),
            "clean_ids": self.clean_ids.tolist(),
            "corrupted_ids": self.ids.tolist(),
            "positions": list(self.positions),
        }
        return {
            "layers": self.layers,
            "columns": self.columns,
            "sites": self.sites,
            "tokens": tuple(model.tokens(self.ids)),
            "clean_tokens": tuple(model.tokens(self.clean_ids)),
            "metric": self.metric.name,
            "clean": self.clean,
            "corrupted": self.corrupted,
            "settings": common | settings,
        }


def read_pair(
    model: LocalModel,
    clean: Text,
    corrupted: Text,
    metric: MetricLike,
    sites: Sites,
    layers: Sequence[int] | None,
    positions: Sequence[int] | None,
) -> Pair:
    """Check the question and run both texts once.

    Raises:
        CourseError: texts of unequal length or without a difference that the metric sees; places that do not exist.
    """
    if sites not in get_args(Sites):
        raise CourseError(f"There are no sites {sites!r}.", f"Choose one of {', '.join(get_args(Sites))}.")
    structure, measured = find_structure(model), as_metric(model, metric)
    clean_ids, ids = as_ids(model, clean, "clean text"), as_ids(model, corrupted, "corrupted text")
    check_length(model, max(len(clean_ids), len(ids)))
    if len(clean_ids) != len(ids):
        raise CourseError(
            f"The clean text has {len(clean_ids)} tokens, the corrupted one {len(ids)}.",
            "Exchange a word for another of as many tokens; `model.tokens` shows them.",
        )
    chosen = tuple(range(len(structure.blocks)) if layers is None else layers)
    for layer in chosen:
        check_number("layer", layer, len(structure.blocks))
    places = torch.arange(len(ids)) if positions is None else torch.as_tensor(list(positions), dtype=torch.long)
    check_positions(places, len(ids))
    points = {layer: Point(KINDS[sites], layer) for layer in chosen}
    with torch.no_grad(), points_noted(model, structure, points.values()) as theirs:
        clean_logits = last_logits(model, clean_ids[None], 1)[:, -1]
    with torch.no_grad(), points_noted(model, structure, points.values()) as own:
        logits, prefix = shared_prefix(model, ids, 1)
    ends = [float(measured.measure(row)) for row in (clean_logits, logits)]
    _check_gap(measured, *ends)
    values = {layer: theirs[point][0] for layer, point in points.items()}
    own_values = {layer: own[point][0] for layer, point in points.items()}
    first = _first_difference(clean_ids, ids)
    causal = all(_alike(values[layer][:first], own_values[layer][:first]) for layer in chosen)
    return Pair(
        structure=structure,
        clean_ids=clean_ids,
        ids=ids,
        metric=measured,
        clean=ends[0],
        corrupted=ends[1],
        values=values,
        own=own_values,
        first=first if causal else 0,
        prefix=prefix if causal else None,
        sites=sites,
        layers=chosen,
        positions=tuple((places % len(ids)).tolist()),
    )


def _first_difference(one: Int[Tensor, " position"], other: Int[Tensor, " position"]) -> int:
    """The first position at which two texts of one length differ; their length where they do not."""
    return int((one == other).long().cumprod(dim=0).sum())


def _alike(one: Tensor, other: Tensor) -> bool:
    """Whether two values are the same but for rounding."""
    return one.numel() == 0 or float((one - other).abs().max()) <= 1e-2 * float(other.abs().max())


def _check_gap(metric: Metric, clean: float, corrupted: float) -> None:
    """Refuse pairs between which there is nothing to recover."""
    if not abs(clean - corrupted) > 1e-4 * max(1.0, abs(clean)):
        raise CourseError(
            f"{metric.name} is {clean:.4f} in the clean run and {corrupted:.4f} in the corrupted one: nothing to recover.",
            "Choose two texts between which the metric differs.",
        )
