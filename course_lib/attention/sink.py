"""The attention sink: how much of all attention goes to the first position, whatever stands there.

A softmax cannot look nowhere: its weights sum to 1 even when nothing in the text is of use to the head. Trained models
settle that by sending the surplus to the first position, which every later position can see. Xiao et al. (2023,
arXiv:2309.17453) called it the attention *sink*: the weight is large and means little.

The pitfall is to read it as interest in the first word. Put another token in front and the weight moves there. So a map
is judged against two numbers: the sink's share, and the share that the first position would get if every query spread
its attention evenly over all it can see. The very first query is left out of both: it can see nothing but itself.

To see the rest of a map, take the sink out (`without_sink`): set key 0 to zero and let each row sum to 1 again. That is
a change of the question, from "where does the attention go?" to "where does the attention go that was not sunk?", and
a row that sinks 99 % answers it with the last hundredth of its weight: say so beside the picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from course_lib.errors import CourseError

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor


def sink_mass(attention: Float[Tensor, "*map query key"]) -> Float[Tensor, "*map"]:
    """The mean weight that queries 1, 2, … give to key 0.

    Args:
        attention: one map, or any stack of maps: give `[layer, head, query, key]` and get `[layer, head]`.

    Returns:
        One number between 0 and 1 for each map.

    Raises:
        CourseError: when the text has a single token, so that no query is left.

    Example:
        >>> sink_mass(torch.tensor([[1.0, 0.0, 0.0], [0.8, 0.2, 0.0], [0.6, 0.2, 0.2]]))
        tensor(0.7000)
    """
    if attention.shape[-2] < 2:
        raise CourseError("A single token leaves no query that could choose where to look.", "Give a longer text.")
    return attention[..., 1:, 0].mean(dim=-1)


def uniform_sink_mass(n_positions: int) -> float:
    """What `sink_mass` is when every query looks evenly at all it can see: the mean of 1/2, 1/3, … 1/n.

    Example:
        >>> round(uniform_sink_mass(3), 4)
        0.4167
    """
    if n_positions < 2:
        raise CourseError("A single token leaves no query that could choose where to look.", "Give a longer text.")
    return sum(1 / seen for seen in range(2, n_positions + 1)) / (n_positions - 1)


def without_sink(attention: Float[Tensor, "*map query key"]) -> Float[Tensor, "*map query key"]:
    """The first key's share set to zero and each row scaled to sum to 1 again; a row with nothing else stays zero.

    `strong_connections` spells the same step out, since it is what exercise 8.3 asks for.

    Args:
        attention: one map, or any stack of maps; it is not changed.

    Example:
        >>> without_sink(torch.tensor([[1.0, 0.0, 0.0], [0.8, 0.2, 0.0], [0.5, 0.4, 0.1]]))
        tensor([[0.0000, 0.0000, 0.0000],
                [0.0000, 1.0000, 0.0000],
                [0.0000, 0.8000, 0.2000]])
    """
    rest = attention.clone()
    rest[..., 0] = 0.0
    total = rest.sum(-1, keepdim=True)
    return torch.where(total > 0, rest / total.clamp_min(torch.finfo(rest.dtype).tiny), torch.zeros_like(rest))
