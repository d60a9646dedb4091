"""From the residual stream to the vocabulary: the final norm, the output matrix, and what some families do behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from course_lib.errors import CourseError
from course_lib.patching.metrics import at_least_single

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from course_lib.models import LocalModel
    from course_lib.patching.structure import Structure


def output_matrix(model: LocalModel) -> Any:
    """The linear module from the normed state to the logits.

    Raises:
        CourseError: the model has none.
    """
    head = model.model.get_output_embeddings()
    if head is None:
        raise CourseError(f"{model.name} has no output matrix.", "Load a model for text generation.")
    return head


def capped(model: LocalModel, logits: Tensor) -> Tensor:
    """Logits as the model hands them out: Gemma 2 squeezes them between −30 and 30."""
    cap: Any = getattr(model.text_config, "final_logit_softcapping", None)
    return logits if not cap else cap * torch.tanh(logits / cap)


def unembed(
    model: LocalModel, structure: Structure, states: Float[Tensor, "*rows d_model"]
) -> Float[Tensor, "*rows vocab"]:
    """The logits that states from *in front of* the final norm would give.

    The last of Hugging Face's hidden states is already normed and does not belong here.
    """
    return at_least_single(capped(model, output_matrix(model)(structure.final_norm(states))))


def check_same(what: str, ours: Tensor, theirs: Tensor) -> None:
    """Refuse results that do not end where the model ends.

    Raises:
        CourseError: naming the difference.
    """
    tolerance = 1e-3 if theirs.dtype in (torch.float32, torch.float64) else 5e-2
    difference = float((ours - theirs).abs().max())
    if difference > tolerance * max(1.0, float(theirs.abs().max())):
        raise CourseError(
            f"{what} differs from the model's own by {difference:.3g} logits: something is added that this course "
            "does not look at.",
            "Use a dense decoder of the Llama, Qwen, Gemma, GPT-2 or GPT-NeoX family.",
        )
