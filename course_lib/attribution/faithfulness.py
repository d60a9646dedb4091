"""Is an attribution right? Do what it says, and look.

An attribution claims that some tokens carry the answer. If so, taking the top ones away should hurt early, and keeping
them alone should nearly suffice. That can be measured:

* `deletion_curve`: the score as units are taken away, the most important first. *Low* is faithful.
* `insertion_curve`: the score as units are put back into an empty prompt, the most important first. *High* is faithful.
* `comprehensiveness` and `sufficiency` (`course_lib.attribution.rationales`): the same idea at a few fixed shares.

In a short prompt any order hurts, so every curve is drawn with those of random orders, and says how many it beats.

Pitfalls. Removal scores are made by removing, so this test favours them. Half-empty texts are unlike any in training, and
the model's confusion looks like importance (Hooker et al. 2019, arXiv:1806.10758).

The first token, and what is not the request of a chat, always stays. Scores are log probabilities (contrasts: logits).

Sources: Samek et al. (2017), arXiv:1509.06321; Petsiuk, Das and Saenko (2018), *RISE*, arXiv:1806.07421, section 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import torch

from course_lib.attribution.coalitions import Game
from course_lib.attribution.orders import mean_interval, random_orders, ranked_game
from course_lib.attribution.result import TokenAttribution
from course_lib.rates import Rate
from course_lib.render import html_table, text_table

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.models import LocalModel

Kind = Literal["deletion", "insertion"]
POINTS = 10  # steps of a curve at most, besides its beginning


@dataclass(frozen=True, eq=False, repr=False)
class FaithfulnessCurve:
    """The score as units go, or come back, in the order of an attribution; and in random orders.

    Attributes:
        kind: "deletion" or "insertion".
        method: the attribution's.
        shares: of units taken away (put back), from 0 to 1.
        values: the score at each share.
        random_values: the same for random orders.
        unit: of the scores.
        settings: everything that changes the numbers.
    """

    kind: Kind
    method: str
    shares: Float[Tensor, " point"]
    values: Float[Tensor, " point"]
    random_values: Float[Tensor, "draw point"]
    unit: str
    settings: dict[str, Any]

    @property
    def area(self) -> float:
        """The mean height of the curve, by the trapezoid rule."""
        return float(torch.trapezoid(self.values, self.shares))

    @property
    def random_areas(self) -> list[float]:
        """The mean height of each random order's curve."""
        return [float(area) for area in torch.trapezoid(self.random_values, self.shares, dim=1)]

    @property
    def advantage(self) -> tuple[float, float, float]:
        """How much better than random orders on average, and the ends of its 95 % interval; positive is faithful."""
        mean, low, high = mean_interval(self.random_areas)
        if self.kind == "deletion":
            return mean - self.area, low - self.area, high - self.area
        return self.area - mean, self.area - high, self.area - low

    @property
    def beaten(self) -> Rate:
        """The share of random orders that are less faithful."""
        worse = [area > self.area if self.kind == "deletion" else area < self.area for area in self.random_areas]
        return Rate(sum(worse), len(worse))

    def rows(self) -> list[dict[str, Any]]:
        """One mapping per point: the share, the score, and the mean over random orders with its interval."""
        rows: list[dict[str, Any]] = []
        for index, share in enumerate(self.shares.tolist()):
            mean, low, high = mean_interval(self.random_values[:, index].tolist())
            chance = {"random": mean, "random low": low, "random high": high}
            rows.append({"share": share, "score": float(self.values[index]), **chance})
        return rows

    def finding(self) -> str:
        """The result in a sentence."""
        gain, low, high = self.advantage
        return (
            f"{self.kind} by {self.method}: {gain:+.2f} {self.unit} better than random orders "
            f"[{low:+.2f}, {high:+.2f}], beats {self.beaten}"
        )

    def text(self) -> str:
        """The curve as a table, and the finding above it."""
        return text_table(self.rows(), title=self.finding())

    __str__ = __repr__ = text

    def _repr_html_(self) -> str:
        return html_table(self.rows(), caption=self.finding())


def deletion_curve(
    model: LocalModel,
    attribution: TokenAttribution,
    *,
    target: int | None = None,
    replacement_id: int | None = None,
    hold: Sequence[int] | None = None,
    draws: int = 20,
    seed: int = 0,
    batch_tokens: int | None = None,
) -> FaithfulnessCurve:
    """The score of the target as units are taken away, the one with the highest attribution first.

    Args:
        model: the model that the attribution explains.
        attribution: a result of this room, or `given_scores`.
        target: which target token; all of them together, as one phrase, when None.
        replacement_id: the token that stands in for each that is gone; None deletes.
        hold: positions that always stay. If None the first, and all that the attribution left alone.
        draws: random orders to compare with.
        seed: of the random orders.
        batch_tokens: most tokens in one pass.

    Raises:
        CourseError: an attribution without its token ids, another model, no such target, or fewer than 2 draws.

    Example:
        >>> from course_lib import load_model
        >>> from course_lib.attribution import removal_attribution
        >>> model = load_model("tiny:0")
        >>> curve = deletion_curve(model, removal_attribution(model, "the cat sat on the", " mat"))
        >>> curve.shares.tolist()
        [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    game, order, row = ranked_game(model, attribution, target, replacement_id, hold, batch_tokens)
    return _curve("deletion", attribution, game, order, row, draws, seed)


def insertion_curve(
    model: LocalModel,
    attribution: TokenAttribution,
    *,
    target: int | None = None,
    replacement_id: int | None = None,
    hold: Sequence[int] | None = None,
    draws: int = 20,
    seed: int = 0,
    batch_tokens: int | None = None,
) -> FaithfulnessCurve:
    """The score of the target as units are put into an empty prompt, the one with the highest attribution first.

    Arguments and errors are those of `deletion_curve`.

    Example:
        >>> from course_lib import load_model
        >>> from course_lib.attribution import saliency
        >>> model = load_model("tiny:0")
        >>> insertion_curve(model, saliency(model, "the cat sat on the", " mat")).beaten.n
        20
    """
    game, order, row = ranked_game(model, attribution, target, replacement_id, hold, batch_tokens)
    return _curve("insertion", attribution, game, order, row, draws, seed)


def _curve(
    kind: Kind,
    attribution: TokenAttribution,
    game: Game,
    order: Int[Tensor, " player"],
    row: int | None,
    draws: int,
    seed: int,
) -> FaithfulnessCurve:
    """The curve of one order and those of random ones, all coalitions in one go."""
    n = len(order)
    counts = torch.linspace(0, n, min(n, POINTS) + 1).round().long()
    orders = torch.cat([order[None], random_orders(n, draws, seed)])
    moved = orders.argsort(dim=1)[:, None, :] < counts[None, :, None]  # [order, point, player]
    present = ~moved if kind == "deletion" else moved
    values = game.values(present.flatten(0, 1))
    values = (values.sum(dim=1) if row is None else values[:, row]).reshape(draws + 1, -1)
    settings = game.settings() | {"draws": draws, "seed": seed, "target": row}
    unit = "nats" if game.question.score == "log_prob" else "logits"
    return FaithfulnessCurve(kind, attribution.method, (counts / n).double(), values[0], values[1:], unit, settings)
