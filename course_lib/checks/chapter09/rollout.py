"""Exercise 9.3: attention rollout.

Matrix products do not commute, so the order of layers shows in the numbers. Some rows sum to less than 1 (a query that looks
nowhere once the sink is removed), so that the renormalisation shows too; and the residual share is not one half in most cases, so
that exchanging the two shares shows.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from course_lib.attention.sink import without_sink
from course_lib.checks.chapter09.maps import causal_maps
from course_lib.checks.exercise import Case, Exercise, Mistake

Maps = Iterable[Tensor]


def _layers(maps: Maps, residual: float, renormalise: bool = True) -> list[Tensor]:
    """Each layer's map with the residual connection."""
    mixed = [residual * torch.eye(len(m), dtype=m.dtype) + (1 - residual) * m for m in maps]
    return [m / m.sum(dim=-1, keepdim=True) for m in mixed] if renormalise else mixed


def _product(layers: list[Tensor]) -> Tensor:
    """Later layers to the left."""
    rollout = layers[0]
    for layer in layers[1:]:
        rollout = layer @ rollout
    return rollout


def reversed_order(maps: Maps, residual: float = 0.5) -> Tensor:
    """Later layers to the right."""
    return _product(_layers(maps, residual)[::-1])


def no_residual(maps: Maps, residual: float = 0.5) -> Tensor:
    """Only the maps."""
    return _product(_layers(maps, 0.0, renormalise=False))


def not_renormalised(maps: Maps, residual: float = 0.5) -> Tensor:
    """Rows that sum to less than 1 stay so."""
    return _product(_layers(maps, residual, renormalise=False))


def renormalised_at_the_end(maps: Maps, residual: float = 0.5) -> Tensor:
    """Rows are made to sum to 1 once, at the end."""
    rollout = _product(_layers(maps, residual, renormalise=False))
    return rollout / rollout.sum(dim=-1, keepdim=True)


def shares_exchanged(maps: Maps, residual: float = 0.5) -> Tensor:
    """The residual's share goes to the map."""
    return _product(_layers(maps, 1 - residual))


def identity_added(maps: Maps, residual: float = 0.5) -> Tensor:
    """Adds the whole identity to the whole map."""
    return _product(_layers(maps, 0.5))


def added_up(maps: Maps, residual: float = 0.5) -> Tensor:
    """The mean of the layers."""
    return torch.stack(_layers(maps, residual)).mean(dim=0)


def elementwise(maps: Maps, residual: float = 0.5) -> Tensor:
    """Multiplies entry by entry."""
    return torch.stack(_layers(maps, residual)).prod(dim=0)


def last_layer(maps: Maps, residual: float = 0.5) -> Tensor:
    """Keeps only the last layer."""
    return _layers(maps, residual)[-1]


def residual_once(maps: Maps, residual: float = 0.5) -> Tensor:
    """Adds the residual connection after the product, once."""
    rollout = _product(list(maps))
    mixed = residual * torch.eye(len(rollout), dtype=rollout.dtype) + (1 - residual) * rollout
    return mixed / mixed.sum(dim=-1, keepdim=True)


def column_sums(maps: Maps, residual: float = 0.5) -> Tensor:
    """Makes columns sum to 1."""
    mixed = _layers(maps, residual, renormalise=False)
    return _product([m / m.sum(dim=-2, keepdim=True) for m in mixed])


def from_identity(maps: Maps, residual: float = 0.5) -> Tensor:
    """Begins with the identity, in double precision."""
    rollout = None
    for layer in maps:
        weights = (1 - residual) * layer.double()
        weights += residual * torch.eye(len(layer), dtype=torch.float64)
        weights /= weights.sum(dim=-1, keepdim=True)
        rollout = weights @ (torch.eye(len(layer), dtype=torch.float64) if rollout is None else rollout)
    assert rollout is not None
    return rollout


def by_chain(maps: Maps, residual: float = 0.5) -> list[list[float]]:
    """One chained product, last layer first; nested lists."""
    layers = _layers(maps, residual)
    result: list[list[float]] = (torch.linalg.multi_dot(layers[::-1]) if len(layers) > 1 else layers[0]).tolist()
    return result


def row_by_row(maps: Maps, residual: float = 0.5) -> Tensor:
    """Follows each query down from the last layer, as a vector."""
    layers = _layers(maps, residual)
    rows = []
    for query in range(len(layers[0])):
        share = torch.eye(len(layers[0]))[query].to(layers[0])
        for layer in reversed(layers):
            share = share @ layer
        rows.append(share)
    return torch.stack(rows)


def _case(seed: int, layers: int, length: int, residual: float, sink: bool = True) -> Case:
    maps = causal_maps(seed, layers, length, length)
    if not sink:
        maps = without_sink(maps)
        maps[:, 2] = 0.0  # this query gave everything to the sink
    name = f"{layers} layers, {length} tokens, residual {residual:g}" + ("" if sink else ", rows with nothing left")
    return Case(name, (tuple(maps), residual))


def _hidden(seed: int) -> tuple[Case, ...]:
    generator = torch.Generator().manual_seed(seed)
    sizes = torch.randint(0, 4, (4, 2), generator=generator).tolist()
    residuals = (0.2 + 0.2 * torch.rand(4, generator=generator)).tolist()
    return tuple(
        _case(seed + k, 3 + layers, 4 + length, round(residuals[k], 2), sink=k % 2 == 0)
        for k, (layers, length) in enumerate(sizes)
    )


ROLLED_OUT = Exercise(
    id="9.3",
    title="Attention rollout",
    points=2,
    difficulty=3,
    minutes=15,
    reference="course_lib.attention:rolled_out",
    also_withheld=("course_lib.attention:attention_rollout",),
    returns="a tensor `[query, key]`: row `query` says how much of each *input* position is mixed into that position, if layers "
    "only mixed; rows sum to 1",
    example=(
        "Two layers with the map `[[1, 0], [1, 0]]` and `residual=0.5`. One layer leaves half of token 1 in its "
        "place: row 1 is "
        "`[0.5, 0.5]`. The second halves it again: `[0.75, 0.25]`."
    ),
    hints=(
        "Position 7 after layer 2 is a mixture of positions after layer 1, and those are mixtures of the input. "
        "What is a mixture of "
        "mixtures, as an operation on matrices?",
        "For each layer: `residual` times the identity plus the rest times the map, rows made to sum to 1. Then "
        "multiply. The later "
        "layer reads what the earlier one made: which one stands on the left?",
        "```python\nrollout = None\nfor weights in maps:\n    mixed = residual * torch.eye(len(weights)) + ... * "
        "weights\n"
        "    mixed = mixed / mixed.sum(dim=..., keepdim=True)\n    rollout = mixed if rollout is None else ...\n"
        "return rollout\n```",
    ),
    why=(
        "Rollout is what many tools draw as “which input the answer comes from”. After you have written it you "
        "know how many "
        "assumptions are in the picture, and that the sink is multiplied, layer by layer, with the rest."
    ),
    visible=(_case(51, 3, 4, 0.5), _case(52, 4, 5, 0.3), _case(53, 3, 6, 0.4, sink=False)),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "order of layers",
            reversed_order,
            "The layers are multiplied in the wrong order: a later layer mixes what the earlier ones have made, "
            "and matrix "
            "products do not commute.",
        ),
        Mistake(
            "no residual",
            no_residual,
            "The residual connection is missing: each position also carries a share of itself along.",
        ),
        Mistake(
            "identity added",
            identity_added,
            "Map and identity have equal shares in your version, whatever `residual` says. Use its value.",
        ),
        Mistake(
            "shares exchanged",
            shares_exchanged,
            "The two shares are exchanged: `residual` is what a position keeps of itself, the rest goes to the map.",
        ),
        Mistake(
            "not renormalised",
            not_renormalised,
            "Some of your rows sum to less than 1: a query that looks nowhere has only its residual share. Make "
            "the rows of each "
            "layer sum to 1.",
        ),
        Mistake(
            "renormalised at the end",
            renormalised_at_the_end,
            "Rows are made to sum to 1 once, at the end. Every layer's rows have to, before it is multiplied.",
        ),
        Mistake(
            "residual once",
            residual_once,
            "The residual connection is added once, after the product. Every layer has one.",
        ),
        Mistake(
            "mean of layers",
            added_up,
            "That is a mean over layers. A mixture of mixtures is a product.",
        ),
        Mistake(
            "entry by entry",
            elementwise,
            "You multiply entry by entry. Following a mixture through a layer is a matrix product.",
        ),
        Mistake("last layer", last_layer, "Only the last layer is left: keep what the earlier ones have mixed."),
        Mistake("columns", column_sums, "You make columns sum to 1. Each *row* is what one position is mixed from."),
    ),
    alternatives=(from_identity, by_chain, row_by_row),
    rtol=1e-4,
    atol=1e-6,
    tolerance_reason="products of float32 matrices with entries between 0 and 1",
)
