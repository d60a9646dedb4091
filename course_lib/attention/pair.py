"""Why does this head look there? One attention score taken apart, dimension by dimension.

Before the softmax a head scores a query against a key by a scaled product, s = (q · k) / √width: a sum with one term for
each dimension of the head. The terms say which dimensions found the match (the "neuron view" of Vig 2019,
arXiv:1906.05714, which drew them for GPT-2 and BERT).

Between then and now came rotary positions (Su et al. 2021, arXiv:2104.09864): q and k are turned by an angle that grows
with their position, dimension i together with dimension i + half, before they are multiplied. A neuron view that leaves
the turning out shows products that the model never formed. Here queries and keys are read by hooks where they are made
(behind their own normalisation, where a family has one), turned with the angles that the layer was given, multiplied and
scaled; and the result is held against the model's own weights for that row. Where the two differ the function refuses.

Two pitfalls. A single dimension of a rotated pair means little, since the turning mixes the two: read `by_frequency`. And
a score is not a weight: the softmax compares it with the scores of the other keys, and what is added to all of them
changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch

from course_lib.attention.parts import queries_and_keys, query_key_modules, turned
from course_lib.attribution.inputs import as_ids, check_length
from course_lib.errors import CourseError
from course_lib.patching.hooks import recorded
from course_lib.patching.structure import check_number, find_structure
from course_lib.render import text_table, token_strip, visible_token

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.models import LocalModel

TOLERANCE = {torch.float32: 1e-3, torch.float64: 1e-3}  # of a weight; half precision rounds the model's own scores more
COARSE = 0.05


@dataclass(repr=False, frozen=True, eq=False)
class PairScore:
    """The score of one query for one key in one head, term by term.

    Attributes:
        tokens: the text of each position.
        query, key: the two positions.
        query_vector, key_vector: behind the rotary turning, float32.
        terms: `query_vector * key_vector * scale`; their sum is the score.
        score: the score before the softmax, before any mask.
        row: the scores of the query for every key up to itself.
        weight: the attention weight that the model gives, after the softmax.
        settings: layer, head, scale, how many entries are turned, the token ids.
    """

    tokens: tuple[str, ...]
    query: int
    key: int
    query_vector: Float[Tensor, " width"]
    key_vector: Float[Tensor, " width"]
    terms: Float[Tensor, " width"]
    score: float
    row: Float[Tensor, " key"]
    weight: float
    settings: dict[str, Any] = field(default_factory=dict)

    def by_frequency(self) -> Float[Tensor, " frequency"]:
        """The terms of each rotated pair added up, fastest frequency first; entries that are not turned stay out.

        Raises:
            CourseError: when the model has no rotary positions.
        """
        turned_entries = self.settings["turned"]
        if not turned_entries:
            raise CourseError("This model has no rotary positions, so there are no pairs.", "Read `terms`.")
        return self.terms[:turned_entries].reshape(2, -1).sum(dim=0)

    def top(self, k: int = 8) -> list[tuple[int, float, float, float]]:
        """The `k` dimensions with the largest terms by magnitude: (dimension, query, key, term)."""
        order = self.terms.abs().argsort(descending=True, stable=True).tolist()[:k]
        return [(i, float(self.query_vector[i]), float(self.key_vector[i]), float(self.terms[i])) for i in order]

    @property
    def title(self) -> str:
        """The pair, its score and its weight."""
        query, key = (visible_token(self.tokens[position]) for position in (self.query, self.key))
        return (
            f"L{self.settings['layer']}H{self.settings['head']}: query {self.query} {query!r}, key {self.key} {key!r}, "
            f"score {self.score:.3f}, weight {self.weight:.3f}"
        )

    def text(self) -> str:
        """The largest terms as plain text."""
        names = ("dimension", "query", "key", "term")
        return text_table([dict(zip(names, each, strict=True)) for each in self.top()], title=self.title)

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """A strip with one field for each dimension."""
        return token_strip([f" {i}" for i in range(len(self.terms))], self.terms.tolist(), label=self.title)


@torch.no_grad()
def pair_score(
    model: LocalModel,
    text: str | Sequence[int] | Int[Tensor, " position"],
    *,
    layer: int,
    head: int,
    query: int,
    key: int,
) -> PairScore:
    """The score of one pair of positions in one head before the softmax, with a term for each dimension.

    Args:
        model: a loaded model.
        text: the text, or its token ids.
        layer: which layer.
        head: which query head.
        query: the position that looks.
        key: the position that is looked at; not after the query.

    Raises:
        CourseError: when layer, head or position do not exist, the family's queries and keys are not found, or the
            model's own weights are not those that the recomputed scores give.

    Example:
        >>> from course_lib import load_model
        >>> pair = pair_score(load_model("tiny:0"), "The model reads", layer=1, head=2, query=2, key=0)
        >>> pair.terms.shape, abs(float(pair.terms.sum()) - pair.score) < 1e-4
        (torch.Size([8]), True)
    """
    ids = as_ids(model, text, "text")
    check_length(model, len(ids))
    structure = find_structure(model)
    for what, number, count in (
        ("layer", layer, model.n_layers), ("head", head, model.n_heads), ("position", query, len(ids))
    ):  # fmt: skip
        check_number(what, number, count)
    if not 0 <= key <= query:
        raise CourseError(f"Query {query} has no key {key} to look at.", f"Choose a key from 0 to {query}.")
    attention = structure.blocks[layer].attention
    outputs, angles, weights = recorded_layer(model, ids, attention)
    queries, keys = queries_and_keys(outputs, model.n_heads, structure.head_width)
    queries, keys = turned(queries, angles), turned(keys, angles)
    scale = float(getattr(attention, "scaling", structure.head_width**-0.5))
    row = keys[: query + 1, head] @ queries[query, head] * scale
    check_row(model, row, weights[head, query, : query + 1])
    terms = queries[query, head] * keys[key, head] * scale
    settings = {
        "layer": layer, "head": head, "scale": scale, "turned": 0 if angles is None else int(angles[0].shape[-1]),
        "ids": ids.tolist(), "model": model.name,
    }  # fmt: skip
    return PairScore(
        tokens=tuple(model.tokens(ids)), query=query, key=key, query_vector=queries[query, head].cpu(),
        key_vector=keys[key, head].cpu(), terms=terms.cpu(), score=float(terms.sum()), row=row.cpu(),
        weight=float(weights[head, query, key]), settings=settings,
    )  # fmt: skip


def recorded_layer(
    model: LocalModel, ids: Int[Tensor, " position"], attention: Any
) -> tuple[dict[str, Tensor], tuple[Tensor, Tensor] | None, Float[Tensor, "head query key"]]:
    """What a forward pass computes in one attention layer: the makers' outputs, cosine and sine, and the weights."""
    seen: dict[str, Any] = {}

    def note(_: Any, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        angles = kwargs.get("position_embeddings")
        seen["angles"] = None if angles is None else (angles[0][0], angles[1][0])
        seen["weights"] = output[1]

    with ExitStack() as stack:
        network: Any = stack.enter_context(model.eager_attention())
        outputs = stack.enter_context(recorded(query_key_modules(attention), lambda _, output: output))
        stack.callback(attention.register_forward_hook(note, with_kwargs=True).remove)
        network.base_model(input_ids=ids[None], use_cache=False)
    if seen.get("weights") is None:
        raise CourseError(f"{model.name} returned no attention weights.", "Choose a model with softmax attention.")
    return outputs, seen["angles"], seen["weights"][0].float()


def check_row(model: LocalModel, row: Float[Tensor, " key"], weights: Float[Tensor, " key"]) -> None:
    """Refuse scores whose softmax is not what the model computed; keys that it masks are left out."""
    found = row.masked_fill(weights == 0, -torch.inf).softmax(dim=-1)
    deviation = float((found - weights).abs().max())
    if not deviation <= TOLERANCE.get(model.dtype, COARSE):
        raise CourseError(
            f"The scores of {model.name} cannot be recomputed: its weights differ from theirs by {deviation:.3f}.",
            "Its family changes queries, keys or scores in a way that this function does not know.",
        )
