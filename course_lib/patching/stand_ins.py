"""The value that takes an ablated part's place: nothing, the usual, or another text's.

* **zero**: nothing is written to the residual stream. Simple, and far from anything the next layer has ever seen.
* **mean**: what the part writes on average, over all positions of all reference texts. It keeps what the part always
  says and takes away what it says about this text.
* **resample**: what the part writes at the same position of one other text. Everything stays as the model is used to
  it, only about another text: the choice of that text decides which difference is tested.

The pitfall of the mean is position 0: in many models it is an attention sink whose residual norm is larger than that
of all others by orders of magnitude, and a mean over positions contains it. Choose reference texts that are long and
like the text under study. The pitfall of resampling is alignment: position 7 of another text stands for position 7 of
this one, so both must have the same length, and should have the same form.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import torch

from course_lib.errors import CourseError
from course_lib.patching.hooks import recorded

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor, nn

    from course_lib.models import LocalModel
    from course_lib.patching.structure import Structure

Mode = Literal["zero", "mean", "resample"]
Kind = Literal["heads", "neurons", "layers"]
Site = tuple[Kind, int]  # a kind of unit, and the layer it is in
Reference = str | torch.Tensor | Sequence[str | torch.Tensor]


def stand_ins(
    model: LocalModel, structure: Structure, sites: Sequence[Site], mode: Mode, reference: Reference | None
) -> dict[Site, Tensor]:
    """What takes the place of each site's values.

    Args:
        model: a loaded model, with no hook of ours in it.
        structure: its parts.
        sites: where values are needed.
        mode: "zero", "mean" or "resample".
        reference: for "mean" one or more texts; for "resample" one text, or a batch `[batch, position]` of ids.

    Returns:
        For each site `[width]` (zero, mean) or `[batch, position, width]` (resample).

    Raises:
        CourseError: unknown mode, a missing reference, or one that is not used.
    """
    _check_mode(mode, reference)
    if mode == "zero" or not sites:
        return {site: torch.zeros(site_width(model, structure, site), device=model.device) for site in sites}
    texts = reference_ids(model, reference)
    if mode == "resample":
        if len(texts) != 1:
            raise CourseError(f"Resampling takes one reference text, not {len(texts)}.", "Give one text.")
        return written(model, structure, sites, texts[0])
    return _means(model, structure, sites, texts)


def _means(
    model: LocalModel, structure: Structure, sites: Sequence[Site], texts: list[Int[Tensor, "batch position"]]
) -> dict[Site, Float[Tensor, " width"]]:
    """The mean over all positions of all texts; a long text counts for more than a short one."""
    total: dict[Site, Tensor] = {}
    for ids in texts:
        for site, value in written(model, structure, sites, ids).items():
            total[site] = total.get(site, 0) + value.to(sum_format(value.device)).sum(dim=(0, 1))
    count = sum(ids.numel() for ids in texts)
    return {site: value / count for site, value in total.items()}


def sum_format(device: torch.device) -> torch.dtype:
    """The format that long sums are made in: float64, but Apple's chips have only float32.

    Example:
        >>> sum_format(torch.device("cpu"))
        torch.float64
    """
    return torch.float32 if device.type == "mps" else torch.float64


def written(
    model: LocalModel, structure: Structure, sites: Sequence[Site], ids: Int[Tensor, "batch position"]
) -> dict[Site, Float[Tensor, "batch position width"]]:
    """What each site writes on `ids`: heads and neurons before their projection, layers as output minus input."""
    projections = {site: site_module(structure, site) for site in sites if site[0] != "layers"}
    blocks = {site: site_module(structure, site) for site in sites if site[0] == "layers"}
    with (
        recorded(projections, lambda value, output: value) as before,
        recorded(blocks, lambda value, output: output - value) as added,
    ):
        model.logits(ids)
    return before | added


def site_module(structure: Structure, site: Site) -> nn.Module:
    """The module at which a site is read and changed."""
    kind, layer = site
    block = structure.blocks[layer]
    return {"heads": block.attention_output, "neurons": block.mlp_down, "layers": block.module}[kind]


def site_width(model: LocalModel, structure: Structure, site: Site) -> int:
    """How many numbers a site writes at each position."""
    sizes = {"heads": structure.n_heads * structure.head_width, "neurons": structure.n_neurons, "layers": model.d_model}
    return sizes[site[0]]


def fitted(
    stand_in: Float[Tensor, "*batch_and_position width"], value: Float[Tensor, "batch position width"]
) -> Tensor:
    """A stand-in in the shape and number format of the value it replaces.

    Raises:
        CourseError: when a resampled text has another length, or another batch, than the text that is running.
    """
    if stand_in.ndim == 3 and stand_in.shape[1] != value.shape[1]:
        raise CourseError(
            f"The reference has {stand_in.shape[1]} tokens, and this text has {value.shape[1]}.",
            "Resampling puts one position in place of the same position: give a reference of the same length.",
        )
    if stand_in.ndim == 3 and stand_in.shape[0] not in (1, value.shape[0]):
        raise CourseError(
            f"The reference is a batch of {stand_in.shape[0]} texts, and {value.shape[0]} are running.",
            "Give one reference text, or one for each text of the batch.",
        )
    return stand_in.to(value.dtype).expand_as(value)


def reference_ids(model: LocalModel, reference: Reference | None) -> list[Int[Tensor, "batch position"]]:
    """The reference as batches of token ids; texts of unequal length stay apart, so that nothing is padded."""
    items: list[str | Tensor] = [reference] if isinstance(reference, str | torch.Tensor) else list(reference or [])
    batches = [model.encode(item) if isinstance(item, str) else item.to(model.device) for item in items]
    batches = [ids if ids.ndim == 2 else ids[None] for ids in batches]
    if not batches or any(ids.numel() == 0 for ids in batches):
        raise CourseError("The reference has no tokens.", "Give at least one text that is not empty.")
    return batches


def _check_mode(mode: str, reference: Reference | None) -> None:
    """Refuse unknown modes, and references that are missing or would be ignored."""
    if mode not in ("zero", "mean", "resample"):
        raise CourseError(f"There is no ablation {mode!r}.", 'Choose "zero", "mean" or "resample".')
    if mode == "zero" and reference is not None:
        raise CourseError("Zero ablation does not look at a reference.", 'Leave it out, or set mode="mean".')
    if mode != "zero" and reference is None:
        raise CourseError(
            f"The ablation {mode!r} needs a reference to take its values from.", "Set reference to a text."
        )
