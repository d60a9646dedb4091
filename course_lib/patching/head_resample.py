"""The effect of one head by resampling, written out: each head in turn says what it says about another text.

    effect[h] = (logit(right) − logit(wrong)) as it is − the same with head h's output taken from the other text

Zeroing a head (`head_ablation_effect`) asks what happens when it says nothing, which the rest of the model has never
seen. Here every value that is written is one that the head really produced, at the same position of a text of the same
form. So only what differs between the two texts is tested: a head that says the same about both is left out of the
result, however much the answer needs it.

The pitfall is the direction. The *text under study* runs, and the other text's heads go into it. The other way round the
number says what a head is enough for, not what it is needed for.

Source: Wang et al. (2022), *Interpretability in the Wild*; Zhang and Nanda (2023), section 2, who call the two directions
denoising and noising.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.models import LocalModel


def head_resample_effect(
    model: LocalModel,
    input_ids: Int[Tensor, " position"],
    other_ids: Int[Tensor, " position"],
    layer: int,
    right: int,
    wrong: int,
) -> Float[Tensor, " head"]:
    """By how much the logit difference falls when each head of a layer speaks about another text, at all positions.

    This is the definition, for models of the Llama form; `ablation_effects(mode="resample")` does the same for every layer
    and family.

    Args:
        model: a loaded model of the Llama, Qwen or Gemma family.
        input_ids: the text under study.
        other_ids: the text that the heads' outputs are taken from; as many tokens.
        layer: the block whose heads are exchanged, one at a time.
        right: the token that answers the text under study.
        wrong: the token that it competes with.

    Returns:
        Effects in logits, float32; positive where the head speaks for `right`.

    Example:
        >>> from course_lib import load_model
        >>> model = load_model("tiny:0")
        >>> cat, dog = model.encode("the cat sat on the"), model.encode("the dog sat on the")
        >>> head_resample_effect(model, cat, dog, layer=1, right=7, wrong=9).shape
        torch.Size([3])
    """
    projection: Any = model.model.model.layers[layer].self_attn.o_proj
    width = projection.in_features // model.n_heads
    theirs = []

    def read(_: Any, inputs: tuple[Any, ...]) -> None:
        theirs.append(inputs[0].clone())  # [batch, position, head * width]: all heads side by side

    def difference_with(hook: Any, ids: Any) -> Any:
        handle = projection.register_forward_pre_hook(hook)
        try:
            logits = model.logits(ids)[-1].float()
        finally:
            handle.remove()
        return logits[right] - logits[wrong]

    difference_with(read, other_ids)
    before = difference_with(lambda _, inputs: None, input_ids)
    effects = torch.zeros(model.n_heads)
    for head in range(model.n_heads):

        def exchange(_: Any, inputs: tuple[Any, ...], first: int = head * width) -> tuple[Any, ...]:
            heads = inputs[0].clone()
            heads[..., first : first + width] = theirs[0][..., first : first + width]
            return (heads,)

        effects[head] = before - difference_with(exchange, input_ids)
    return effects
