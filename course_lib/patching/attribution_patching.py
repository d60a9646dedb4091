"""Attribution patching: the whole map from two forward passes and one backward pass, approximately.

Patching asks how the metric changes when a value `a` becomes the clean value `a*`. To first order the answer is

    (a* − a) · ∂metric/∂a,   the gradient taken in the corrupted run,

and one backward pass gives the gradients of all places at once. It is as good as the network is straight between the two
values: good for heads and for single positions late in the network, bad where much is exchanged at once (the residual
stream of early layers) and where an attention pattern or a norm saturates: a softmax at 0 or 1 has no slope, and the
head whose pattern decides everything gets no credit. So a map made this way is a list of candidates, and
`map_agreement` with the exact map of some layers says how good it is here.

Source: Nanda (2023), *Attribution Patching: Activation Patching At Industrial Scale*; Syed et al. (2023), *Attribution
Patching Outperforms Automated Circuit Discovery*; Kramár et al. (2024), *AtP\\**, on where it fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from course_lib.attribution.memory import batch_bytes, check_memory
from course_lib.patching.maps import PatchingMap
from course_lib.patching.metrics import MetricLike
from course_lib.patching.pairs import Pair, Sites, read_pair
from course_lib.patching.points import Point, point_edited, points_noted
from course_lib.patching.readings import Text

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from course_lib.models import LocalModel


def attribution_patching(
    model: LocalModel,
    clean: Text,
    corrupted: Text,
    metric: MetricLike,
    sites: Sites = "residual",
    *,
    layers: Sequence[int] | None = None,
    positions: Sequence[int] | None = None,
) -> PatchingMap:
    """The linear approximation of `patching_map`, from one backward pass.

    Args:
        model: a loaded model.
        clean: the text with the right answer, or its token ids.
        corrupted: the text that is patched; as many tokens.
        metric: as in `patching_map`; a `Metric` of your own has to be differentiable.
        sites: as in `patching_map`.
        layers: which rows; all if None.
        positions: as in `patching_map`.

    Returns:
        A `PatchingMap` in the same unit as the exact one, method "attribution patching".

    Raises:
        CourseError: as `patching_map`.

    Example:
        >>> from course_lib import load_model
        >>> texts = "Mary gave the book to", "John gave the book to"
        >>> attribution_patching(load_model("tiny:0"), *texts, " John", "heads").recovery.shape
        torch.Size([2, 3])
    """
    pair = read_pair(model, clean, corrupted, metric, sites, layers, positions)
    cost = batch_bytes(model, rows=1, length=len(pair.ids), prefix=0, targets=1)
    check_memory(model.device, (cost or 0) * model.n_layers, "Shorten the texts: a backward pass keeps every layer.")
    slopes = gradients(model, pair)
    rows = [_row(pair, layer, slopes[layer]) for layer in pair.layers]
    shared = pair.described(model, passes=3)
    recovery = torch.stack(rows).float().cpu() / pair.gap
    return PatchingMap(recovery=recovery, method="attribution patching", **shared)


def gradients(model: LocalModel, pair: Pair) -> dict[int, Float[Tensor, "position width"]]:
    """The slope of the metric in the corrupted run at each layer's site."""
    network: Any = model.model
    points = [pair.point(layer) for layer in pair.layers]
    leaf = point_edited(
        model, pair.structure, Point("residual_before"), lambda value: value.detach().requires_grad_(True)
    )
    with torch.enable_grad(), leaf, points_noted(model, pair.structure, points) as seen:
        logits = network(input_ids=pair.ids[None], use_cache=False).logits[:, -1]
        slopes = torch.autograd.grad(pair.metric.measure(logits).sum(), [seen[point] for point in points])
    return {layer: slope[0] for layer, slope in zip(pair.layers, slopes, strict=True)}


def _row(pair: Pair, layer: int, slope: Float[Tensor, "position width"]) -> Float[Tensor, " column"]:
    """Difference times slope, summed over what belongs to each column."""
    dtype = torch.promote_types(slope.dtype, torch.float32)
    products = (pair.values[layer].to(dtype) - pair.own[layer].to(dtype)) * slope.to(dtype)
    products[: pair.first] = 0
    if pair.sites != "heads":
        return products[list(pair.positions)].sum(dim=-1)
    chosen = products[sorted(set(pair.positions))].sum(dim=0)
    return chosen.unflatten(0, (pair.structure.n_heads, -1)).sum(dim=-1)
