"""Direct logit attribution: the logit as a sum over everything that was ever written into the residual stream.

The last state is the embedding plus what every head and every MLP has added. With the final norm frozen at the scale of
this run, the way from there to a logit is linear, so the logit is exactly a sum of one number for each part:

    logit(t) = Σ_part  u_t · norm_frozen(part)  +  constant,     u_t the token's row of the output matrix

What it sees is the *direct* path only. A head whose work is read by a later head gets nothing for it; that later head
gets the credit. The other pitfall is the single token: a part that raises all logits alike changes no prediction, so look
at the difference to a `contrast` token.

Source: Elhage et al. (2021), *A Mathematical Framework for Transformer Circuits*; Wang et al. (2022), section 3.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from transformers.pytorch_utils import Conv1D

from course_lib.attribution.inputs import as_ids, check_length
from course_lib.models.prefix import last_logits
from course_lib.patching.frozen_norm import freeze
from course_lib.patching.hooks import recorded
from course_lib.patching.logit_parts import LogitParts
from course_lib.patching.metrics import as_token
from course_lib.patching.points import Point, points_noted
from course_lib.patching.readings import Text
from course_lib.patching.structure import Structure, find_structure
from course_lib.patching.vocabulary import capped, check_same, output_matrix
from course_lib.patching.writing import check_positions

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.models import LocalModel


@torch.no_grad()
def direct_logit_attribution(
    model: LocalModel, text: Text, target: str | int, contrast: str | int | None = None, *, position: int = -1
) -> LogitParts:
    """What the embedding, every head and every MLP add to a logit, or to the difference of two.

    Args:
        model: a loaded model.
        text: a text, or its token ids.
        target: a text of one token, with its leading space, or a token id.
        contrast: when given, logit(target) − logit(contrast) is divided up in place of logit(target).
        position: at which position the logit is read; negative ones count from the end.

    Returns:
        A `LogitParts`, in logits; its parts add up to the logit (in Gemma 2 to the logit before it is squeezed).

    Raises:
        CourseError: a target that is not one token, a position that does not exist, or a network whose parts do not
            add up to the logit.

    Example:
        >>> from course_lib import load_model
        >>> parts = direct_logit_attribution(load_model("tiny:0"), "Mary gave the book to", " John")
        >>> abs(parts.total - parts.logit) < 1e-4
        True
    """
    ids, structure = as_ids(model, text, "text"), find_structure(model)
    check_length(model, len(ids))
    check_positions(torch.tensor([position]), len(ids))
    answers = [as_token(model, name) for name in ([target] if contrast is None else [target, contrast])]
    at = position % len(ids)
    run = _last_position(model, structure, ids[: at + 1])  # what comes later cannot be seen from here
    norm, head = freeze(structure.final_norm, run.end), output_matrix(model)
    signs = torch.tensor([1.0, -1.0][: len(answers)], dtype=norm.factor.dtype, device=model.device)
    vocabulary = signs @ head.weight[answers].to(signs.dtype)  # to look along behind the norm
    direction = norm.pull_back(vocabulary)  # the same in front of it
    constant = vocabulary @ norm.bias
    if getattr(head, "bias", None) is not None:
        constant = constant + signs @ head.bias[answers].to(signs.dtype)
    attention = [_attention_parts(structure, run, layer, direction) for layer in range(len(structure.blocks))]
    mlps = [run.seen[Point("mlp", layer)].to(signs.dtype) @ direction for layer in range(len(structure.blocks))]
    before_cap = head(structure.final_norm(run.end))
    check_same("The logit behind the last state", capped(model, before_cap)[answers], run.logits[answers])
    parts = LogitParts(
        embedding=float(run.seen[Point("residual_before", 0)].to(signs.dtype) @ direction),
        heads=torch.stack([heads for heads, _ in attention]).float().cpu(),
        attention_biases=torch.stack([bias for _, bias in attention]).float().cpu(),
        mlps=torch.stack(mlps).float().cpu(),
        constant=float(constant),
        logit=float(signs @ before_cap[answers].to(signs.dtype)),
        tokens=tuple(model.tokens(ids)),
        measure=" − ".join(f"logit({token!r})" for token in model.tokens(answers)),
        settings={
            "position": at,
            "model": model.name,
            "dtype": str(model.dtype).removeprefix("torch."),
            "input_ids": ids.tolist(),
            "answer_ids": answers,
            "norm": "frozen",
        },
    )
    check_same("The sum of the parts", torch.tensor(parts.total), torch.tensor(parts.logit).to(model.dtype))
    return parts


@dataclass(frozen=True, eq=False)
class _Run:
    """Vectors at the last position of a run.

    Attributes:
        seen: what stands at each point.
        unnormed: for layers with a norm behind attention, what enters that norm.
        end: what enters the final norm.
        logits: what the model hands out.
    """

    seen: dict[Point, Float[Tensor, " width"]]
    unnormed: dict[int, Float[Tensor, " d_model"]]
    end: Float[Tensor, " d_model"]
    logits: Float[Tensor, " vocab"]


def _last_position(model: LocalModel, structure: Structure, ids: Int[Tensor, " position"]) -> _Run:
    """One forward pass with everything noted that is ever added to the stream."""
    layers = range(len(structure.blocks))
    points = [Point("residual_before"), *(Point(kind, layer) for layer in layers for kind in ("heads", "mlp"))]
    before = {layer: block.attention_writer for layer, block in enumerate(structure.blocks) if block.has_norms_behind}
    with (
        points_noted(model, structure, points) as seen,
        recorded({"end": structure.final_norm, **before}, lambda value, _: value) as inputs,
    ):
        logits = last_logits(model, ids[None], 1)[0, -1]
    unnormed = {layer: inputs[layer][0, -1] for layer in before}
    return _Run({point: value[0, -1] for point, value in seen.items()}, unnormed, inputs["end"][0, -1], logits)


def _attention_parts(
    structure: Structure, run: _Run, layer: int, direction: Float[Tensor, " d_model"]
) -> tuple[Float[Tensor, " head"], Float[Tensor, ""]]:
    """What each head of a layer adds along a direction, and what the layer's biases add."""
    block = structure.blocks[layer]
    along, constant = direction, direction.new_zeros(())
    if block.has_norms_behind:
        behind = freeze(block.attention_writer, run.unnormed[layer])
        along, constant = behind.pull_back(direction), direction @ behind.bias
    projection: Any = block.attention_output
    weight = projection.weight if isinstance(projection, Conv1D) else projection.weight.T  # [head * width, d_model]
    if getattr(projection, "bias", None) is not None:
        constant = constant + projection.bias.to(along.dtype) @ along
    products = run.seen[Point("heads", layer)].to(along.dtype) * (weight.to(along.dtype) @ along)
    return products.unflatten(0, (structure.n_heads, -1)).sum(dim=-1), constant
