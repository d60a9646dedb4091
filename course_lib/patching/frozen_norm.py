"""A normalisation layer as the linear map that it is once its scale is held fixed.

A norm divides a vector by its own size, so what one part of the vector becomes depends on all the others. Holding the
division at the value that it had in this run (*freezing* the norm) makes it linear, and the logit a sum of parts:

    norm(x) = s · g ⊙ (x − mean x) + b      (layer norm; for RMS norm without the mean, and without b)

What freezing hides: a part that makes the whole vector longer lowers everybody's share, and gets no blame.

The gains are read off by trying the norm out, because families write them differently (Gemma stores `g − 1`), and the
result is compared with the norm itself: a norm of another kind is refused and not misread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn

from course_lib.errors import CourseError

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor


@dataclass(frozen=True, eq=False)
class FrozenNorm:
    """The linear map at one vector.

    Attributes:
        factor: scale times gain, `s · g`.
        bias: what is added whatever comes in.
        centred: whether the mean is taken away first.
    """

    factor: Float[Tensor, " d_model"]
    bias: Float[Tensor, " d_model"]
    centred: bool

    def apply(self, x: Float[Tensor, "*rows d_model"]) -> Float[Tensor, "*rows d_model"]:
        """The map without its bias."""
        return (x - x.mean(dim=-1, keepdim=True) if self.centred else x) * self.factor

    def pull_back(self, direction: Float[Tensor, " d_model"]) -> Float[Tensor, " d_model"]:
        """The direction to look along in front of the norm in order to see `direction` behind it."""
        pulled = direction * self.factor
        return pulled - pulled.mean() if self.centred else pulled


@torch.no_grad()
def freeze(norm: nn.Module, x: Float[Tensor, " d_model"]) -> FrozenNorm:
    """`norm` as the linear map that it is at `x`, in float64 (float32 where the device has no more).

    Args:
        norm: a layer norm or an RMS norm, of whatever class.
        x: the vector that came in.

    Raises:
        CourseError: the norm is of another kind.

    Example:
        >>> x = torch.tensor([1.0, 2.0, 6.0])
        >>> frozen = freeze(nn.LayerNorm(3), x)
        >>> torch.allclose(frozen.apply(x).float(), nn.LayerNorm(3)(x), atol=1e-5)
        True
    """
    wide = torch.float32 if x.device.type == "mps" else torch.float64
    out = norm(x).to(wide)
    bias = norm(torch.zeros_like(x)).to(wide)
    centred = isinstance(norm, nn.LayerNorm)
    if isinstance(norm, nn.LayerNorm):
        gain = torch.ones_like(out) if norm.weight is None else norm.weight.to(wide)
    else:  # a vector of equal large numbers: its RMS norm is the gain, and the small number under the root is nothing
        gain = norm(torch.full_like(x, 1e3)).to(wide) - bias
    unscaled = gain * (x.to(wide) - x.to(wide).mean() if centred else x.to(wide))
    scale = ((out - bias) @ unscaled) / (unscaled @ unscaled).clamp_min(1e-30)
    frozen = FrozenNorm(scale * gain, bias, centred)
    tolerance = 1e-4 if x.dtype in (torch.float32, torch.float64) else 3e-2
    if float((frozen.apply(x.to(wide)) + bias - out).norm()) > tolerance * float(out.norm()):
        raise CourseError(
            f"A norm of the type {type(norm).__name__} is neither a layer norm nor an RMS norm.",
            "Use a dense decoder of the Llama, Qwen, Gemma, GPT-2 or GPT-NeoX family.",
        )
    return frozen
