"""One patch, written out: the residual stream at one position, in front of one block.

Two hooks and two runs. The first hook reads while the clean text runs; the second writes while the corrupted text runs.
The block itself and everything behind it are computed as always, so whatever changes in the answer passed through the one
vector that was exchanged.

Pitfalls. At *all* positions the whole run is exchanged, and the answer follows from every layer: no evidence. The stream
in front of a block and the stream behind it are one block apart, and it has to be said which one a layer's number means.
And a hook that is not removed patches every later run.

`patching_map` makes the same patch for every layer and position at a fraction of the cost; the tests hold the two together.

Source: Meng et al. (2022), *Locating and Editing Factual Associations in GPT*, section 2, who restore single states of a
clean run in a corrupted one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.models import LocalModel


def patch_one_position(
    model: LocalModel,
    clean_ids: Int[Tensor, " position"],
    corrupted_ids: Int[Tensor, " position"],
    layer: int,
    position: int,
) -> Float[Tensor, " vocab"]:
    """The corrupted text's logits when one position has its clean state in front of one block.

    This is the definition, for models of the Llama form; `patching_map` is faster and knows the other families.

    Args:
        model: a loaded model of the Llama, Qwen or Gemma family.
        clean_ids: the text that the state is taken from.
        corrupted_ids: the text that runs with it; as many tokens.
        layer: the block in front of which the state is exchanged.
        position: where.

    Returns:
        Logits at the last position.

    Example:
        >>> from course_lib import load_model
        >>> model = load_model("tiny:0")
        >>> cat, dog = model.encode("the cat sat on the"), model.encode("the dog sat on the")
        >>> patch_one_position(model, cat, dog, layer=1, position=-1).shape
        torch.Size([420])
    """
    block: Any = model.model.model.layers[layer]
    clean_states = []

    def read(_: Any, inputs: tuple[Any, ...]) -> None:
        clean_states.append(inputs[0][:, position].clone())  # inputs[0] is [batch, position, d_model]

    def write(_: Any, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        states = inputs[0].clone()
        states[:, position] = clean_states[0]
        return (states, *inputs[1:])

    def run(ids: Int[Tensor, " position"], hook: Any) -> Float[Tensor, " vocab"]:
        handle = block.register_forward_pre_hook(hook)
        try:
            return model.logits(ids)[-1]
        finally:
            handle.remove()

    run(clean_ids, read)
    return run(corrupted_ids, write)
