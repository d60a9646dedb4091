"""Every part of a short prompt, asked once: the table from which many answers can be read.

Ten units that can be present or gone make 1024 texts. For a short prompt that is a few seconds, and then

* what is lost without one unit,
* the exact Shapley values,
* the deletion curve and the insertion curve of *any* order, and
* what random orders reach, without sampling a single text

are look-ups. So methods can be compared on many prompts at the price of one table for each.

The pitfall is its growth: a unit more doubles the table. `MOST` units are the limit here.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from math import factorial
from typing import TYPE_CHECKING, Any

import torch

from course_lib.attribution.coalitions import new_game
from course_lib.attribution.plain_shapley import shapley_from_table
from course_lib.attribution.targets import ChatQuestion, Contrast, ask
from course_lib.attribution.units import Span
from course_lib.errors import CourseError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.models import LocalModel

MOST = 12
ORDERS = 720  # all orders of six units; of more units as many are drawn


@dataclass(frozen=True, eq=False, repr=False)
class CoalitionTable:
    """The score of one target for every set of units that can be present.

    Attributes:
        units: the text of every unit of the prompt.
        players: which of them can go; the others always stay.
        target: what is scored.
        values: entry k is the score with the players whose bits are 1 in k, in float64.
        settings: everything that changes the numbers.
    """

    units: tuple[str, ...]
    players: tuple[int, ...]
    target: str
    values: Float[Tensor, " coalition"]
    settings: dict[str, Any]

    def removal(self) -> Float[Tensor, " unit"]:
        """What is lost when each unit alone is gone; 0 for those that always stay."""
        whole = len(self.values) - 1
        lost = [self.values[whole] - self.values[whole - 2**player] for player in range(len(self.players))]
        return self._in_place(torch.stack(lost))

    def shapley(self) -> Float[Tensor, " unit"]:
        """The exact Shapley value of each unit; 0 for those that always stay."""
        return self._in_place(shapley_from_table(self.values))

    def deletion(self, scores: Float[Tensor, " unit"]) -> Float[Tensor, " step"]:
        """The score after 0, 1, … all players are gone, the one with the highest score first."""
        return self._curves(self._order(scores)[None], deletion=True)[0]

    def insertion(self, scores: Float[Tensor, " unit"]) -> Float[Tensor, " step"]:
        """The score after 0, 1, … all players have come back, the one with the highest score first."""
        return self._curves(self._order(scores)[None], deletion=False)[0]

    def beaten(self, scores: Float[Tensor, " unit"], *, deletion: bool = True) -> float:
        """The share of random orders whose curve is less faithful; half of those with the same area count.

        All orders up to six players, else 720 drawn at random (seed 0). Half is what random scores reach on average.
        """
        mine = self._curves(self._order(scores)[None], deletion).mean()
        others = self._curves(self._random_orders(), deletion).mean(dim=1)
        gain = others - mine if deletion else mine - others
        equal = gain.abs() < 1e-9
        return float(((gain > 0) & ~equal).double().mean() + equal.double().mean() / 2)

    def gain(self, scores: Float[Tensor, " unit"], *, deletion: bool = True) -> float:
        """By how much the mean height of the curve is more faithful than that of a random order, in nats."""
        mine = self._curves(self._order(scores)[None], deletion).mean()
        chance = self.random_curve(deletion=deletion).mean()
        return float(chance - mine if deletion else mine - chance)

    def random_curve(self, *, deletion: bool = True) -> Float[Tensor, " step"]:
        """The mean curve over all orders, exactly: the mean over all coalitions of each size."""
        n = len(self.players)
        sizes = torch.tensor([number.bit_count() for number in range(2**n)])
        means = torch.stack([self.values[sizes == size].mean() for size in range(n + 1)])
        return means.flip(0) if deletion else means

    def text(self) -> str:
        """What it is a table of."""
        stay = "" if len(self.players) == len(self.units) else f"; {len(self.units) - len(self.players)} always stay"
        return f"{len(self.values)} parts of “{''.join(self.units)}”, scored for “{self.target}”{stay}"

    __str__ = __repr__ = text

    def _order(self, scores: Float[Tensor, " unit"]) -> Int[Tensor, " player"]:
        """The players by falling score."""
        if scores.shape != (len(self.units),):
            raise CourseError(f"{list(scores.shape)} scores do not fit {len(self.units)} units.", "Give one for each.")
        return scores[list(self.players)].argsort(descending=True, stable=True)

    def _random_orders(self) -> Int[Tensor, "order player"]:
        """All orders, or as many as `ORDERS` at random."""
        n = len(self.players)
        if factorial(n) <= ORDERS:
            return torch.tensor(list(permutations(range(n))))
        generator = torch.Generator().manual_seed(0)
        return torch.stack([torch.randperm(n, generator=generator) for _ in range(ORDERS)])

    def _curves(self, orders: Int[Tensor, "order player"], deletion: bool) -> Float[Tensor, "order step"]:
        """The score along each order."""
        moved = torch.cat([torch.zeros(len(orders), 1, dtype=torch.long), (2**orders).cumsum(dim=1)], dim=1)
        return self.values[len(self.values) - 1 - moved if deletion else moved]

    def _in_place(self, scores: Float[Tensor, " player"]) -> Float[Tensor, " unit"]:
        """Scores for all units."""
        out = torch.zeros(len(self.units), dtype=torch.float64)
        out[list(self.players)] = scores.double()
        return out


def coalition_table(
    model: LocalModel,
    prompt: str | ChatQuestion | Sequence[int],
    target: str | Contrast | None = None,
    *,
    units: str | Sequence[Span] = "token",
    replacement_id: int | None = None,
    hold: Sequence[int] | None = None,
) -> CoalitionTable:
    """Ask for the target with every part of the prompt.

    Args:
        model: a loaded model.
        prompt: the text as the model sees it, its token ids, or a `chat_question`.
        target: one token with its leading space, a `Contrast`, or None for the model's own next token.
        units: "token", "word", "sentence", or (start, stop) pairs of token positions.
        replacement_id: the token that stands in for each token that is gone; None deletes.
        hold: positions that are always there. If None the first; in a chat, all but the request.

    Raises:
        CourseError: a bad prompt or target, more than one target token, or more than 12 units that can go.

    Example:
        >>> from course_lib import load_model
        >>> table = coalition_table(load_model("tiny:0"), "the cat sat on the", " mat")
        >>> bool(torch.isclose(table.shapley().sum(), table.values[-1] - table.values[0]))
        True
    """
    question = ask(model, prompt, target, "log_prob", hold)
    game = new_game(model, question, units, replacement_id)
    n = len(game.players)
    if question.count != 1:
        raise CourseError(f"{question.count} target tokens need as many tables.", "Give a target of one token.")
    if n > MOST:
        raise CourseError(f"{n} units have {2**n} parts.", f"Use larger units, or a prompt of at most {MOST} units.")
    members = (torch.arange(2**n)[:, None] >> torch.arange(n) & 1).bool()
    values = game.values(members)[:, 0]
    return CoalitionTable(game.texts, game.players, question.names(model)[0], values, game.settings())
