"""Attribution patching of one layer, written out: every position of a patching map's row from one backward pass.

To first order a function changes by its slope times the step. The step at a position is the clean state minus the
corrupted one, the slope is the gradient of the logit difference in the *corrupted* run, from where the step starts:

    recovery[p] ≈ (clean state[p] − corrupted state[p]) · slope[p] / (clean difference − corrupted difference)

One gradient holds the slopes of all positions, so the row costs two forward passes and one backward pass, however long the
text is.

The pitfall is trust. The approximation is as good as the network is straight on the way, and early layers are far from
straight: compare some rows with the exact ones. `attribution_patching` does all layers and other sites at once.

Source: Nanda (2023), *Attribution Patching: Activation Patching At Industrial Scale*; Syed et al. (2023), *Attribution
Patching Outperforms Automated Circuit Discovery*.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.models import LocalModel


def attribution_patching_row(
    model: LocalModel,
    clean_ids: Int[Tensor, " position"],
    corrupted_ids: Int[Tensor, " position"],
    layer: int,
    right: int,
    wrong: int,
) -> Float[Tensor, " position"]:
    """The approximate recovery of each position in front of one block, from one backward pass.

    Args:
        model: a loaded model of the Llama, Qwen or Gemma family.
        clean_ids: the text with the right answer.
        corrupted_ids: the text that would be patched; as many tokens.
        layer: the block in front of which the states are compared.
        right: the token that answers the clean text.
        wrong: the token that answers the corrupted text.

    Returns:
        Recovery to first order, without a gradient of its own.

    Example:
        >>> from course_lib import load_model
        >>> model = load_model("tiny:0")
        >>> cat, dog = model.encode("the cat sat on the"), model.encode("the dog sat on the")
        >>> len(attribution_patching_row(model, cat, dog, layer=1, right=7, wrong=9)) == len(cat)
        True
    """
    block: Any = model.model.model.layers[layer]
    states, differences = [], []

    def keep(_: Any, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        states.append(inputs[0].detach().requires_grad_())  # [1, position, d_model], the start of a new graph
        return (states[-1], *inputs[1:])

    for ids in (clean_ids, corrupted_ids):
        handle = block.register_forward_pre_hook(keep)
        try:
            logits = model.model(input_ids=ids[None], use_cache=False).logits[0, -1]
        finally:
            handle.remove()
        differences.append(logits[right] - logits[wrong])

    slope = torch.autograd.grad(differences[1], states[1])[0]
    change = ((states[0] - states[1]).detach() * slope).sum(dim=-1)[0]
    return change / (differences[0] - differences[1]).detach()
