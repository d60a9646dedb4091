"""Queries and keys of an attention layer, whatever its family calls the parts that make them.

Llama, Qwen and Gemma have one projection for queries and one for keys (`q_proj`, `k_proj`), some with a normalisation
behind them (`q_norm`, `k_norm`). GPT-2's `c_attn` makes queries, keys and values side by side, all heads of each together;
GPT-NeoX's `query_key_value` writes the three side by side *within each head*. Read one as the other and the numbers look
fine and are wrong.

With grouped key/value heads several query heads share one key: head h reads key head h // (heads / key heads).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from course_lib.errors import CourseError

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor, nn

    States = Float[Tensor, "position head width"]

SEPARATE = (("q_norm", "k_norm"), ("q_proj", "k_proj"))  # the later in the computation first
TOGETHER = "c_attn"  # [queries | keys | values]
BY_HEAD = "query_key_value"  # for each head [query | key | value]


def query_key_modules(attention: nn.Module) -> dict[str, nn.Module]:
    """The modules whose outputs hold the queries and keys of a layer, by name.

    Raises:
        CourseError: when the layer has none of the names that this module knows.
    """
    parts = dict(attention.named_children())
    for names in (*SEPARATE, (TOGETHER,), (BY_HEAD,)):
        if all(name in parts for name in names):
            return {name: parts[name] for name in names}
    raise CourseError(
        f"Queries and keys of a {type(attention).__name__} are not where this course looks for them.",
        "Use a model of the Llama, Qwen, Gemma, GPT-2 or GPT-NeoX family.",
    )


def queries_and_keys(outputs: dict[str, Tensor], n_heads: int, width: int) -> tuple[States, States]:
    """Queries and keys of every query head from what the modules returned, in float32; keys repeated for their group.

    Args:
        outputs: what each module of `query_key_modules` returned for one text, a batch of one.
        n_heads: query heads.
        width: entries of a head.
    """
    if BY_HEAD in outputs:
        both = outputs[BY_HEAD][0].unflatten(-1, (n_heads, 3 * width)).float()
        return both[..., :width], both[..., width : 2 * width]
    if TOGETHER in outputs:
        query, key, _ = outputs[TOGETHER][0].chunk(3, dim=-1)
    else:
        query, key = (output[0] for output in outputs.values())
    queries, keys = by_head(query.float(), width), by_head(key.float(), width)
    if queries.shape[1] != n_heads:  # the norms of some families are applied with the heads in front
        queries, keys = queries.transpose(0, 1), keys.transpose(0, 1)
    return queries, keys.repeat_interleave(n_heads // keys.shape[1], dim=1)


def by_head(states: Tensor, width: int) -> Tensor:
    """Flat states cut into heads; states that have an axis for the heads stay as they are."""
    return states.unflatten(-1, (-1, width)) if states.ndim == 2 else states


def turned(
    states: States, angles: tuple[Float[Tensor, "position turned"], Float[Tensor, "position turned"]] | None
) -> States:
    """Rotary positions applied; None for families that have none.

    The first entries of each head, as many as there are angles, are turned; entry i with entry i + half of them.

    Args:
        states: queries or keys.
        angles: cosine and sine for each position and entry, as the layer was given them.

    Example:
        >>> quarter = (torch.zeros(1, 2), torch.ones(1, 2))  # cosine 0, sine 1
        >>> turned(torch.tensor([[[1.0, 2.0, 9.0]]]), quarter)
        tensor([[[-2.,  1.,  9.]]])
    """
    if angles is None:
        return states
    cosine, sine = (part.float()[:, None] for part in angles)  # [position, 1, turned]
    count = cosine.shape[-1]
    moving, still = states[..., :count], states[..., count:]
    first, second = moving.chunk(2, dim=-1)
    return torch.cat([moving * cosine + torch.cat([-second, first], dim=-1) * sine, still], dim=-1)
