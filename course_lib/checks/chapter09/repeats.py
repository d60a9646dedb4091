"""Exercise 9.2: the jobs of heads, read from maps of a text that is written twice.

Everything here is one index away from something else: duplicate token, the previous token, the sink. The cases are random
maps, so that every diagonal has another mean, and the sink is strong, so that one query too many shows.
"""

from __future__ import annotations

import torch
from torch import Tensor

from course_lib.checks.chapter09.maps import causal_maps
from course_lib.checks.exercise import Case, Exercise, Mistake

Scores = tuple[Tensor, Tensor]


def _at(attention: Tensor, first: int, distance: int, end: int | None = None) -> Tensor:
    """The weights from queries `first`, `first + 1`, … to the key `distance` places before each."""
    queries = torch.arange(first, attention.shape[-1] if end is None else end)
    return attention[..., queries, queries - distance]


def _previous(attention: Tensor) -> Tensor:
    return _at(attention, 2, 1).mean(dim=-1)


def _induction(attention: Tensor, n: int) -> Tensor:
    return _at(attention, n, n - 1).mean(dim=-1)


def duplicate(attention: Tensor, n: int) -> Scores:
    """Looks at the token's own first place."""
    return _previous(attention), _at(attention, n, n).mean(dim=-1)


def two_places_on(attention: Tensor, n: int) -> Scores:
    """Looks one place too far to the right."""
    return _previous(attention), _at(attention, n, n - 2).mean(dim=-1)


def whole_diagonal(attention: Tensor, n: int) -> Scores:
    """The whole diagonal: query n - 1, whose key is the sink, counts too."""
    return _previous(attention), _at(attention, n - 1, n - 1).mean(dim=-1)


def sink_in_previous(attention: Tensor, n: int) -> Scores:
    """Query 1, whose previous token is the sink, counts too."""
    return _at(attention, 1, 1).mean(dim=-1), _induction(attention, n)


def without_first_repeat(attention: Tensor, n: int) -> Scores:
    """Leaves the first query of the second copy out."""
    return _previous(attention), _at(attention, n + 1, n - 1).mean(dim=-1)


def exchanged_axes(attention: Tensor, n: int) -> Scores:
    """Reads key, query."""
    return _previous(attention.transpose(-2, -1)), _induction(attention.transpose(-2, -1), n)


def exchanged_scores(attention: Tensor, n: int) -> Scores:
    """The two in the wrong order."""
    return _induction(attention, n), _previous(attention)


def over_all_positions(attention: Tensor, n: int) -> Scores:
    """Sums divided by the number of positions."""
    length = attention.shape[-1]
    return _at(attention, 2, 1).sum(dim=-1) / length, _at(attention, n, n - 1).sum(dim=-1) / length


def largest(attention: Tensor, n: int) -> Scores:
    """The largest weight in place of the mean."""
    return _at(attention, 2, 1).amax(dim=-1), _at(attention, n, n - 1).amax(dim=-1)


def whole_block(attention: Tensor, n: int) -> Scores:
    """All queries of the second copy against all keys of the first."""
    return _previous(attention), attention[..., n:, 1:n].mean(dim=(-2, -1))


def second_copy_only(attention: Tensor, n: int) -> Scores:
    """Previous token in the second copy only."""
    return _at(attention, n, 1).mean(dim=-1), _induction(attention, n)


def heads_averaged(attention: Tensor, n: int) -> Scores:
    """One number for all maps."""
    return _previous(attention).mean(), _induction(attention, n).mean()


def by_diagonal(attention: Tensor, n: int) -> Scores:
    """Slices of diagonals, in double precision."""
    weights = attention.double()
    previous = weights.diagonal(-1, dim1=-2, dim2=-1)[..., 1:].mean(dim=-1)
    return previous, weights.diagonal(-(n - 1), dim1=-2, dim2=-1)[..., 1:].mean(dim=-1)


def by_loop(attention: Tensor, n: int) -> list[Tensor]:
    """A loop over queries; a list in place of a tuple."""
    previous = sum(attention[..., q, q - 1] for q in range(2, 2 * n)) / (2 * n - 2)
    induction = sum(attention[..., q, q - n + 1] for q in range(n, 2 * n)) / n
    return [torch.as_tensor(previous), torch.as_tensor(induction)]


def by_mask(attention: Tensor, n: int) -> Scores:
    """Masks over the whole map."""
    place = torch.arange(2 * n)
    distance = place[:, None] - place[None, :]
    before = (distance == 1) & (place[:, None] >= 2)
    followed = (distance == n - 1) & (place[:, None] >= n)
    return attention[..., before].mean(dim=-1), attention[..., followed].mean(dim=-1)


def _case(seed: int, n: int, *maps: int) -> Case:
    attention = causal_maps(seed, *maps, 2 * n, 2 * n, sharp=1.5)
    attention[..., 0] += 1  # a sink
    attention = attention / attention.sum(dim=-1, keepdim=True)
    shape = ", ".join(f"{count} {what}" for count, what in zip(maps, ("layers", "heads"), strict=False))
    return Case(f"{n} tokens written twice, {shape}", (attention, n))


def _hidden(seed: int) -> tuple[Case, ...]:
    generator = torch.Generator().manual_seed(seed)
    sizes = torch.randint(0, 4, (4, 3), generator=generator).tolist()
    return tuple(_case(seed + k, 4 + n, 2 + layers, 2 + heads) for k, (n, layers, heads) in enumerate(sizes))


REPEAT_SCORES = Exercise(
    id="9.2",
    title="Previous-token and induction heads",
    points=2,
    difficulty=3,
    minutes=15,
    reference="course_lib.attention:repeat_scores",
    also_withheld=("course_lib.attention:role_scores",),
    returns="two tensors, `(previous, induction)`, each with one mean weight per map (a tensor `[layer, head]` for "
    "`[layer, head, query, key]`)",
    example=(
        "Four tokens written twice stand at the positions 0 to 3 and 4 to 7. The token at position 5 also stands "
        "at position 1, "
        "and position 2 is what followed it there: a perfect induction head gives `attention[5, 2]` = 1."
    ),
    hints=(
        "Write the positions of `a b c d a b c d` on a line with their indices. Where does the second `b` stand, "
        "where did it stand "
        "before, and what came next?",
        "Two index tensors of equal length, one for queries and one for keys, pick one weight per query: "
        "`attention[..., queries, keys]`. Leave out the queries whose key would be 0: there the sink scores for "
        "nothing.",
        "```python\nqueries = torch.arange(2, 2 * n)\nprevious = attention[..., queries, ...].mean(dim=-1)\n"
        "second = torch.arange(..., 2 * n)   # all of the second copy\ninduction = attention[..., second, second "
        "- ...].mean(dim=-1)\n```",
    ),
    why=(
        "Random tokens have no grammar and no meaning, so what a head does on them is its own. These two jobs "
        "are how a model "
        "repeats your prompt back to you, instructions that were hidden in it included."
    ),
    visible=(_case(41, 4, 2, 3), _case(42, 6, 3, 2), _case(43, 5, 2)),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "duplicate token",
            duplicate,
            "Your second score is that of a duplicate-token head: it looks at the token's own first place. "
            "Induction looks at "
            "what followed there.",
        ),
        Mistake(
            "one too far",
            two_places_on,
            "Your induction score looks at the second token after the first place. Count again on a line of positions.",
        ),
        Mistake(
            "sink in induction",
            whole_diagonal,
            "Your induction score takes the whole diagonal: it counts a query of the first copy, whose key is "
            "the sink. Begin with the first "
            "query of the second copy.",
        ),
        Mistake(
            "sink in previous",
            sink_in_previous,
            "Your previous-token score counts query 1, whose previous token is the sink: every head that rests "
            "there scores. "
            "Leave that query out.",
        ),
        Mistake(
            "first repeat left out",
            without_first_repeat,
            "Your induction score leaves out the first query of the second copy. Its token was seen before, so "
            "it has a place to look at.",
        ),
        Mistake(
            "query and key exchanged",
            exchanged_axes,
            "Your scores are read above the diagonal, where everything is 0: the query comes first, then the key.",
        ),
        Mistake("order", exchanged_scores, "The two scores are in the wrong order: previous token first."),
        Mistake(
            "divided by the length",
            over_all_positions,
            "You divide by the number of all positions. Divide by the number of queries that you added up.",
        ),
        Mistake("largest", largest, "You took the largest weight. One lucky query is no job: take the mean."),
        Mistake(
            "whole block",
            whole_block,
            "Your induction score averages over all keys of the first copy. For each query one key counts.",
        ),
        Mistake(
            "second copy only",
            second_copy_only,
            "Your previous-token score uses the second copy only. Every query from 2 on has a previous token "
            "that is not the sink.",
        ),
        Mistake(
            "maps averaged",
            heads_averaged,
            "You give one number for all maps together. Each head has its own job: average over queries, not "
            "over maps.",
        ),
    ),
    alternatives=(by_diagonal, by_loop, by_mask),
    rtol=1e-4,
    atol=1e-6,
    tolerance_reason="means of float32 weights between 0 and 1",
)
