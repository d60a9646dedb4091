"""From an attribution to the order in which its units go, and random orders to compare with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from course_lib.attribution.coalitions import Game, new_game
from course_lib.attribution.inputs import as_ids
from course_lib.attribution.result import TokenAttribution
from course_lib.attribution.targets import Question
from course_lib.errors import CourseError

if TYPE_CHECKING:
    from jaxtyping import Int
    from torch import Tensor

    from course_lib.models import LocalModel


def ranked_game(
    model: LocalModel,
    attribution: TokenAttribution,
    target: int | None,
    replacement_id: int | None,
    hold: Sequence[int] | None,
    batch_tokens: int | None,
) -> tuple[Game, Int[Tensor, " player"], int | None]:
    """The game that an attribution speaks about, its players by falling score, and the target's row (None: all).

    Raises:
        CourseError: an attribution without its ids, of another model, or without such a target.
    """
    settings = attribution.settings
    if "input_ids" not in settings or "target_ids" not in settings:
        raise CourseError("This attribution does not say which tokens it scored.", "Use a result of this library.")
    if settings.get("model", model.name) != model.name:
        raise CourseError(f"This attribution explains {settings['model']}, not {model.name}.", "Give that model.")
    if target is not None and not 0 <= target < len(attribution.target_tokens):
        raise CourseError(f"There is no target {target}.", f"Choose from 0 to {len(attribution.target_tokens) - 1}.")
    ids = as_ids(model, settings["input_ids"], "prompt")
    units = [tuple(unit) for unit in settings.get("units") or [(place, place + 1) for place in range(len(ids))]]
    scored = units[slice(*settings["positions"])] if "positions" in settings else units
    everywhere = set(range(len(ids)))
    held = set(hold) if hold is not None else {0} | everywhere - set(settings.get("free") or everywhere)
    free = tuple(sorted(everywhere - held))
    foil = settings.get("foil_id")
    targets = as_ids(model, settings["target_ids"], "target")
    question = Question(ids, targets, foil, "log_prob" if foil is None else "logit_difference", free)
    game = new_game(model, question, scored, replacement_id, batch_tokens)
    one_row = len(attribution.target_tokens) == 1
    scores = attribution.scores.sum(dim=0) if target is None else attribution.scores[target]
    order = scores[list(game.players)].argsort(descending=True, stable=True)
    return game, order, None if one_row else target


def random_orders(n: int, draws: int, seed: int) -> Int[Tensor, "draw player"]:
    """Orders drawn at random.

    Raises:
        CourseError: fewer than two, which leave no interval.
    """
    if draws < 2:
        raise CourseError(f"{draws} random orders give no interval.", "Draw at least 2.")
    generator = torch.Generator().manual_seed(seed)
    return torch.stack([torch.randperm(n, generator=generator) for _ in range(draws)])


def mean_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """The mean, and the ends of Student's 95 % interval for it.

    Example:
        >>> [round(number, 2) for number in mean_interval([1.0, 2.0, 3.0])]
        [2.0, -0.48, 4.48]
    """
    from scipy.stats import t  # comes with scikit-learn

    numbers = torch.tensor(values, dtype=torch.float64)
    mean = float(numbers.mean())
    half = float(t.ppf(0.975, len(values) - 1)) * float(numbers.std()) / len(values) ** 0.5
    return mean, mean - half, mean + half
