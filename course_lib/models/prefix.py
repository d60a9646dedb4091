"""Keys and values of a shared beginning, computed once and lent to many texts.

In a causal model a token sees only what stands before it. Texts that differ from position p on therefore agree, in
every layer, on everything before p: their keys and values for those positions can be computed once and reused. For
"remove each token in turn" that is half the work, since the text is, on average, changed in its middle.

The pitfall: not every model works like that. Some keep only a window of the past, or a running state in place of keys
and values, or stretch their position encoding when a text becomes long. `shared_prefix` looks before it leaps: it
returns None where the cache does not hold one key per token and layer, and the caller computes whole texts instead.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.models import LocalModel

STRETCHING_ROPE = {"dynamic", "longrope"}  # position encodings that depend on the length of the whole text

ATTENTION_LAYERS = {"full_attention", "sliding_attention", "chunked_attention"}
"""Layers that keep keys and values; in hybrid models others keep a running state, which cannot be cut to a length."""


@dataclass(frozen=True, eq=False)
class SharedPrefix:
    """Keys and values of one text, layer by layer.

    Attributes:
        layers: for each layer the keys and the values, `[1, head, position, width]` both.
    """

    layers: list[tuple[Tensor, Tensor]]

    def lend(self, length: int, rows: int | Sequence[int], *, grows: bool = False) -> DynamicCache:
        """A cache for texts that all begin with the first `length` tokens; this one stays as it is.

        Args:
            length: how many tokens.
            rows: how many texts; one number for each layer where texts join on the way up.
            grows: keep what the texts add, for a second pass. If not, each layer's keys and values go when the layer is
                done, and the beginning is copied once, not twice.
        """
        counts = [rows] * len(self.layers) if isinstance(rows, int) else rows

        def lent(states: Tensor, count: int) -> Tensor:
            return states[:, :, :length].expand(count, -1, -1, -1)

        pairs = zip(self.layers, counts, strict=True)
        states = [(lent(keys, count), lent(values, count)) for (keys, values), count in pairs]
        if grows:
            return DynamicCache(states)
        cache = DynamicCache()
        cache.layers = [_Lent(keys, values) for keys, values in states]
        return cache


class _Lent(DynamicLayer):
    """Keys and values of a beginning, for one pass that nothing follows."""

    def __init__(self, keys: Tensor, values: Tensor) -> None:
        super().__init__()
        self.keys, self.values = self.lent = keys, values
        self.dtype, self.device = keys.dtype, keys.device
        self.is_initialized = True

    def update(self, key_states: Tensor, value_states: Tensor, *_: Any, **__: Any) -> tuple[Tensor, Tensor]:
        """The beginning and what a text adds to it, which is not kept."""
        keys, values = self.lent
        return torch.cat([keys, key_states], dim=-2), torch.cat([values, value_states], dim=-2)


def last_logits(
    model: LocalModel, rows: Int[Tensor, "batch position"], count: int, cache: DynamicCache | None = None
) -> Float[Tensor, "batch target vocab"]:
    """Logits at the last `count` positions of each row, without computing the others where the model allows it.

    Args:
        model: a loaded model.
        rows: token ids, all rows of the same length.
        count: how many positions, counted from the end.
        cache: keys and values of what stands before the rows; a `DynamicCache` grows by them, a lent one does not.
    """
    options: dict[str, Any] = {"use_cache": cache is not None}
    if cache is not None:
        options["past_key_values"] = cache
    if "logits_to_keep" in inspect.signature(model.model.forward).parameters:
        options["logits_to_keep"] = count
    with torch.no_grad(), head_in_one_piece(model):
        return model.model(input_ids=rows, **options).logits[:, -count:]


@contextmanager
def head_reads(model: LocalModel, choose: Callable[[Tensor], Tensor]) -> Iterator[bool]:
    """The matrix of the vocabulary multiplied with `choose(states)` in place of the last states.

    Yields:
        Whether the model has such a matrix of which it tells; somebody's own network may have none.
    """
    find_head = getattr(model.model, "get_output_embeddings", None)
    head = find_head() if find_head is not None else None
    if head is None:
        yield False
        return
    handle = head.register_forward_pre_hook(lambda _, inputs: (choose(inputs[0]), *inputs[1:]))
    try:
        yield True
    finally:
        handle.remove()


def head_in_one_piece(model: LocalModel) -> AbstractContextManager[bool]:
    """The matrix of the vocabulary read once for all rows.

    The last positions of several rows lie apart in memory, and PyTorch then multiplies row by row; a copy of these few
    numbers costs nothing beside reading the largest matrix of a small model again and again.
    """
    return head_reads(model, torch.Tensor.contiguous)


def chat_start(model: LocalModel) -> str:
    """What stands before the user's words in every chat: the system prompt and the marks of the template.

    Example:
        >>> from course_lib import load_model
        >>> model = load_model("tiny:0")
        >>> model.chat("Why?").startswith(chat_start(model) + "Why?")
        True
    """
    return model.chat("\0").split("\0")[0]


def shared_prefix(
    model: LocalModel, text: Int[Tensor, " position"], count: int, wanted: bool = True
) -> tuple[Float[Tensor, "target vocab"], SharedPrefix | None]:
    """Logits at the last `count` positions of `text`; its keys and values if `wanted` and if the model has them."""
    if not (wanted and may_share(model)):
        return last_logits(model, text[None], count)[0], None
    cache = DynamicCache()
    logits = last_logits(model, text[None], count, cache)[0]
    return logits, kept(model, cache, len(text))


def kept(model: LocalModel, cache: DynamicCache, length: int) -> SharedPrefix | None:
    """What a cache has kept of a text, if that is every key and value of all `length` tokens in all layers."""
    layers = [pair for layer in cache.layers if (pair := _states_of_all(layer, length)) is not None]
    complete = len(layers) == len(cache.layers) == model.n_layers
    return SharedPrefix(layers) if complete else None


def _states_of_all(layer: Any, length: int) -> tuple[Tensor, Tensor] | None:
    """Keys and values of a cache layer, `[1, head, position, width]` both, if it has them for all `length` tokens."""
    keys, values = getattr(layer, "keys", None), getattr(layer, "values", None)
    if keys is None or values is None or keys.ndim != 4 or keys.shape[-2] != length:
        return None
    return keys, values


def may_share(model: LocalModel) -> bool:
    """Whether the model takes a cache at all, and encodes a position the same way in short and in long texts."""
    config = model.text_config
    rope = getattr(config, "rope_parameters", None) or {}
    stretching = {part.get("rope_type") for part in [rope, *rope.values()] if isinstance(part, dict)} & STRETCHING_ROPE
    only_attention = set(getattr(config, "layer_types", None) or []) <= ATTENTION_LAYERS
    running_state = getattr(model.model, "_is_stateful", False) or config.model_type == "jamba"
    takes_cache = "past_key_values" in inspect.signature(model.model.forward).parameters
    return takes_cache and only_attention and not running_state and not stretching
