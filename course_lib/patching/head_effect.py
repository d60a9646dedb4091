"""The effect of one head, written out: zero its output, run the model again, compare.

The question: how much does each attention head of a layer matter for one answer? The heads of a layer write their
results side by side into one long vector, and the output projection mixes them into the residual stream. Setting one
head's slice of that vector to zero, before it is mixed, is what the model would compute without the head.

    effect[h] = log p(target | text) − log p(target | text, head h zeroed), both read at the last position

Log probabilities and not logits, because logits have no zero: a head that raises all of them by the same number changes
no prediction.

The pitfall is the place. Behind the projection the heads are summed: a slice of the projection's *output* belongs to no
head, and zeroing it gives a number that looks like an effect and is none. The other pitfall is the hook that stays
after an error; `finally` takes it away.

Zeroing is the simplest of three ablations, not the best: see `course_lib.patching.ablation`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.models import LocalModel


def head_ablation_effect(
    model: LocalModel, input_ids: Int[Tensor, " position"], target_id: int, layer: int
) -> Float[Tensor, " head"]:
    """How much log probability the target loses at the end when each head of a layer is zeroed, at all positions.

    This is the definition, for models of the Llama form; `ablation_effects` does the same for every layer and family.

    Args:
        model: a loaded model of the Llama, Qwen or Gemma family.
        input_ids: the text's token ids.
        target_id: the token whose probability counts.
        layer: the block whose heads are zeroed, one at a time.

    Returns:
        Effects in nats, float32; positive where the head speaks for the target.

    Example:
        >>> from course_lib import load_model
        >>> model = load_model("tiny:0")
        >>> head_ablation_effect(model, model.encode("the cat sat on the"), int(model.encode(" mat")), layer=1).shape
        torch.Size([3])
    """
    projection = model.model.model.layers[layer].self_attn.o_proj
    width = projection.in_features // model.n_heads
    clean = model.logits(input_ids)[-1].float().log_softmax(dim=-1)
    effects = torch.zeros(model.n_heads)
    for head in range(model.n_heads):

        def silence(_: torch.nn.Module, inputs: tuple[Tensor], first: int = head * width) -> tuple[Tensor]:
            heads = inputs[0].clone()  # [batch, position, head * width]: all heads side by side
            heads[..., first : first + width] = 0
            return (heads,)

        handle = projection.register_forward_pre_hook(silence)
        try:
            ablated = model.logits(input_ids)[-1].float().log_softmax(dim=-1)
        finally:
            handle.remove()
        effects[head] = clean[target_id] - ablated[target_id]
    return effects
