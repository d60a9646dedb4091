"""The maps of a long text, one layer at a time.

All maps of a text together have layers x heads x positions² entries: at 2,000 tokens the default model's 270 maps take
4.3 GB, and nearly every question about them (how much does each head sink? how spread out is it?) is answered from one
layer and a handful of numbers. So the maps are handed over layer by layer, and each can be thrown away before the
next is made.

The idea: the input of an attention layer is small, positions x d_model, and all a layer needs. One forward pass records
those inputs and nothing else; each layer's attention is then computed once more from its own input, when it is asked
for. That is the attention of a pass twice and everything else once. The maps are the same numbers as
`attention_weights` gives.

The pitfall is to keep what was meant to pass by: `list(attention_layers(...))` holds every map again. Reduce each one
(`sink_mass(maps)`) inside the loop.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import torch

from course_lib.attribution.inputs import as_ids, check_length
from course_lib.attribution.memory import check_memory
from course_lib.errors import CourseError
from course_lib.patching.structure import find_structure

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor, nn

    from course_lib.models import LocalModel

Call = tuple[tuple[Any, ...], dict[str, Any]]
"""What a layer was called with: positional and named arguments."""


def attention_layers(
    model: LocalModel, text: str | Sequence[int] | Int[Tensor, " position"]
) -> Iterator[Float[Tensor, "head query key"]]:
    """The attention weights of one text, one layer after the other; memory for one layer at a time.

    The forward pass runs when this is called; each layer's maps are computed when they are asked for. The attention
    kernel is switched only while a layer is computed, so a loop that is left early leaves nothing behind.

    Args:
        model: a loaded model.
        text: the text, or its token ids.

    Returns:
        An iterator over the layers, first to last: weights between 0 and 1, float32, on the CPU. Each row sums to 1.

    Raises:
        CourseError: at the call: no tokens, several texts, too long for the model or for the memory, or a model whose
            layers are not found or keep no weights.

    Example:
        >>> from course_lib import load_model
        >>> model = load_model("tiny:0")
        >>> [tuple(maps.shape) for maps in attention_layers(model, "The model reads")]
        [(3, 3, 3), (3, 3, 3)]
    """
    ids = as_ids(model, text, "text")
    check_length(model, len(ids))
    check_memory(model.device, layer_bytes(model, len(ids)), "Give a shorter text.")
    layers = [block.attention for block in find_structure(model).blocks]
    return computed_again(model, layers, recorded_calls(model, layers, ids))


def layer_bytes(model: LocalModel, length: int) -> int:
    """Bytes that one layer's maps and the recorded inputs take: scores, weights and mask, and a copy in float32."""
    number = torch.empty(0, dtype=model.dtype).element_size()
    maps = length**2 * (model.n_heads * (2 * number + 8) + number)
    return maps + model.n_layers * length * model.d_model * number


@torch.no_grad()
def recorded_calls(model: LocalModel, layers: Sequence[nn.Module], ids: Int[Tensor, " position"]) -> list[Call]:
    """What each of `layers` is called with in a forward pass over `ids`, in explicit attention."""
    calls: dict[nn.Module, Call] = {}

    def note(layer: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        calls[layer] = (args, kwargs)

    with ExitStack() as stack:
        network: Any = stack.enter_context(model.eager_attention())
        for layer in layers:
            stack.callback(layer.register_forward_pre_hook(note, with_kwargs=True).remove)
        network.base_model(input_ids=ids[None], use_cache=False)
    return [calls[layer] for layer in layers]


def computed_again(
    model: LocalModel, layers: Sequence[nn.Module], calls: list[Call]
) -> Iterator[Float[Tensor, "head query key"]]:
    """Each layer's weights from its recorded call; a call is forgotten once it was used."""
    calls.reverse()
    for layer in layers:
        args, kwargs = calls.pop()
        with torch.no_grad(), model.eager_attention():
            weights = layer(*args, **kwargs)[1]
        if weights is None:
            raise CourseError(
                f"{model.name} returned no attention weights.",
                "Choose a model with softmax attention, such as the default.",
            )
        maps = weights[0].float().cpu()
        del weights, args, kwargs
        yield maps
        del maps
