"""What does a head do? Four known jobs, each with a score that says how much of its attention a head spends on it.

Random tokens are the laboratory: draw n different ones and write them twice, r1 … rn r1 … rn. No grammar, no meaning, no
frequent words; whatever pattern is left is the head's own. With positions counted from 0, the scores are mean weights:

* **previous**: query q to key q - 1, over all q from 2 on;
* **duplicate**: query q of the second copy to key q - n, the same token's first place, over q from n + 1 on;
* **induction**: query q of the second copy to key q - n + 1, the token that *followed* then, over q from n on. A head that
  does this can copy what came next (Elhage et al. 2021, *A Mathematical Framework for Transformer Circuits*; Olsson et
  al. 2022, arXiv:2209.11895, who score "prefix matching" on repeated random tokens in this way);
* **sink**: queries 1, 2, … to key 0 (`sink_mass`), whatever stands there.

All four lie between 0 and 1. Position 0 never counts for the first three: a head that rests on the sink would otherwise
score as "previous" at query 1 and as "duplicate" at query n.

Three pitfalls. One draw is an anecdote: the scores come from several, with the smallest and the largest. A score is
attention, not effect: whether the model uses what the head found takes an ablation (`course_lib.patching`). And heads
have more than one job; a head with a low score on random tokens may do something there is no list for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

import torch

from course_lib.attention.layers import attention_layers
from course_lib.attention.sink import sink_mass
from course_lib.errors import CourseError
from course_lib.render import heat_table, text_table

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.models import LocalModel

ROLES = ("previous", "duplicate", "induction", "sink")
SHOWN = 5


def role_scores(attention: Float[Tensor, "*map query key"], n: int) -> dict[str, Float[Tensor, "*map"]]:
    """The four scores of maps over a sequence of `n` tokens written twice; see the module's text.

    Args:
        attention: one map over 2 n positions, or any stack of maps.
        n: how many tokens are repeated; at least 3 (for 2, induction and previous are the same place).

    Raises:
        CourseError: when the maps do not have 2 n positions.

    Example:
        >>> role_scores(torch.eye(6), n=3)
        {'previous': tensor(0.), 'duplicate': tensor(0.), 'induction': tensor(0.), 'sink': tensor(0.)}
    """
    if n < 3 or attention.shape[-1] != 2 * n or attention.shape[-2] != 2 * n:
        raise CourseError(
            f"Maps of shape {list(attention.shape)} are not of {n} tokens written twice.",
            "Give [..., 2 n, 2 n], n > 2.",
        )
    diagonal = lambda distance: attention.diagonal(-distance, dim1=-2, dim2=-1)  # noqa: E731  entry i is query distance + i
    return {
        "previous": diagonal(1)[..., 1:].mean(dim=-1),
        "duplicate": diagonal(n)[..., 1:].mean(dim=-1),
        "induction": diagonal(n - 1)[..., 1:].mean(dim=-1),
        "sink": sink_mass(attention),
    }


def repeated_tokens(model: LocalModel, n: int, seed: int) -> Int[Tensor, " position"]:
    """`n` different random tokens of the vocabulary, special ones left out, written twice; the same for the same seed.

    Raises:
        CourseError: when `n` is below 3 or the vocabulary has fewer tokens.

    Example:
        >>> from course_lib import load_model
        >>> ids = repeated_tokens(load_model("tiny:0"), 4, seed=0)
        >>> bool((ids[:4] == ids[4:]).all()), len(set(ids.tolist()))
        (True, 4)
    """
    special = set(model.tokenizer.all_special_ids)
    ordinary = [
        token for token in range(min(len(model.tokenizer), int(model.text_config.vocab_size))) if token not in special
    ]
    if not 3 <= n <= len(ordinary):
        raise CourseError(f"{n} different tokens cannot be repeated.", f"Choose from 3 to {len(ordinary)} tokens.")
    order = torch.randperm(len(ordinary), generator=torch.Generator().manual_seed(seed))
    once = torch.tensor(ordinary)[order[:n]]
    return torch.cat([once, once]).to(model.device)


@dataclass(repr=False, frozen=True, eq=False)
class HeadRoles:
    """How much of its attention each head spends on each of four jobs, on repeated random tokens.

    Attributes:
        draws: for each role the score of every draw, float32, on the CPU.
        even: for each role the score of a head that looks evenly at all it can see.
        settings: tokens in a copy, seeds, model.
    """

    draws: dict[str, Float[Tensor, "draw layer head"]]
    even: dict[str, float]
    settings: dict[str, Any] = field(default_factory=dict)

    def score(self, role: str) -> Float[Tensor, "layer head"]:
        """The mean score over the draws, between 0 and 1.

        Raises:
            CourseError: when there is no such role.
        """
        if role not in self.draws:
            raise CourseError(f"There is no role {role!r}.", f"Choose one of {', '.join(self.draws)}.")
        return self.draws[role].mean(dim=0)

    def top(self, role: str, k: int = SHOWN) -> list[tuple[int, int, float, float, float]]:
        """The `k` heads with the highest scores: (layer, head, mean, smallest, largest draw)."""
        mean = self.score(role)
        low, high = self.draws[role].amin(dim=0), self.draws[role].amax(dim=0)
        spots = [
            divmod(spot, mean.shape[1]) for spot in mean.flatten().argsort(descending=True, stable=True).tolist()[:k]
        ]
        return [(i, j, float(mean[i, j]), float(low[i, j]), float(high[i, j])) for i, j in spots]

    @property
    def title(self) -> str:
        """How the scores were made."""
        return (
            f"Mean attention weight on {self.settings['n']} random tokens written twice, {self.settings['draws']} draws"
        )

    def text(self) -> str:
        """The five best heads of each role, with the range over draws."""
        rows = [
            {
                "role": role,
                "head": f"L{i}H{j}",
                "score": mean,
                "smallest": low,
                "largest": high,
                "even": self.even[role],
            }
            for role in self.draws
            for i, j, mean, low, high in self.top(role)
        ]
        return text_table(rows, title=self.title)

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        tables = []
        for role in self.draws:
            scores = self.score(role)
            rows = [f"layer {layer}" for layer in range(len(scores))]
            columns = [str(head) for head in range(scores.shape[1])]
            label = f"{role}, by head; looking evenly gives {self.even[role]:.3f}"
            tables.append(heat_table(scores.tolist(), row_names=rows, column_names=columns, label=label))
        return f"<p>{escape(self.title)}</p>{''.join(tables)}"


def head_roles(model: LocalModel, *, n: int = 24, draws: int = 4, seed: int = 0) -> HeadRoles:
    """Previous-token, duplicate-token, induction and sink scores of every head.

    Args:
        model: a loaded model.
        n: tokens in a copy; the model reads 2 n.
        draws: how many sets of tokens; draw i has the seed `seed + i`.
        seed: the first seed.

    Raises:
        CourseError: as `repeated_tokens` and `attention_layers`, or when there is no draw.

    Example:
        >>> from course_lib import load_model
        >>> head_roles(load_model("tiny:0"), n=8).score("induction").shape
        torch.Size([2, 3])
    """
    if draws < 1:
        raise CourseError(f"{draws} draws give no score.", "Choose at least one draw, better four.")
    seeds = list(range(seed, seed + draws))
    by_draw = []
    for each in seeds:
        ids = repeated_tokens(model, n, each)
        by_draw.append([role_scores(maps, n) for maps in attention_layers(model, ids)])
    scores = {role: torch.stack([torch.stack([maps[role] for maps in layers]) for layers in by_draw]) for role in ROLES}
    evenly = torch.ones(2 * n, 2 * n).tril() / torch.arange(1, 2 * n + 1)[:, None]
    even = {role: float(score) for role, score in role_scores(evenly, n).items()}
    return HeadRoles(scores, even, {"n": n, "draws": draws, "seeds": seeds, "model": model.name})
