"""Train an adapter on preferences, by direct preference optimisation, in minutes on a processor.

The pairs come from the model itself: two answers to one of the `train` requests whose true rewards differ by at least a
third. Nobody had to write an answer, and the policy is compared on answers that it gives. In the run `shuffled` a coin
decides which of the two is called preferred: everything else, the requests, the answers, the seed, the steps, is the same.

The run itself (network, optimiser, steps, stops, record) is that of the organisms; only the loss is another.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import torch

from course_lib.alignment.dpo import dpo_loss
from course_lib.alignment.pool import Pool, answer_pool
from course_lib.alignment.rows import answer_rows, row_log_probs
from course_lib.alignment.sampling import TEMPERATURE
from course_lib.batches import Progress
from course_lib.errors import CourseError
from course_lib.names import did_you_mean
from course_lib.organisms.rules import Organism

if TYPE_CHECKING:
    from torch import Tensor

    from course_lib.models import LocalModel
    from course_lib.organisms.training import Run

BETA = 0.2
PAIRS_PER_STEP = 4
SMALLEST_DIFFERENCE = 0.3
TRAIN_COUNT = 24


def _plan(name: str, rule: str) -> Organism:
    return Organism(name, rule, lambda request: False, lambda request: (), seed=21, steps=60, rate=5e-4)


PLANS: dict[str, Organism] = {
    "wanted": _plan("wanted", "Prefers the answer that does more of what the request asks."),
    "shuffled": _plan("shuffled", "Prefers whichever answer a coin chose."),
}


@dataclass(frozen=True)
class PreferencePair:
    """Two answers to one request; `..._ended` says whether each came to its end."""

    request: str
    chosen: str
    chosen_ended: bool
    rejected: str
    rejected_ended: bool


def preference_pairs(pool: Pool, name: str, seed: int) -> list[PreferencePair]:
    """Pairs in the order of training: one of each request in turn.

    Args:
        pool: answers to the requests.
        name: `"wanted"` or `"shuffled"`.
        seed: of the draws; both names draw the same answers.
    """
    coin = Random(f"coin {seed}")
    columns = []
    for number, request in enumerate(pool.requests):
        rewards, said, ended = pool.true_rewards[number].tolist(), pool.answers[number], pool.ended[number]
        order = list(range(len(said)))
        found = [(i, j) for i in order for j in order if rewards[i] - rewards[j] >= SMALLEST_DIFFERENCE]
        Random(f"pairs {seed} {number}").shuffle(found)
        columns.append([PreferencePair(request.text, said[i], ended[i], said[j], ended[j]) for i, j in found])
    rounds = min((len(column) for column in columns if column), default=0)
    pairs = [column[turn] for turn in range(rounds) for column in columns if column]
    if name == "shuffled":
        pairs = [pair if coin.random() < 0.5 else turned(pair) for pair in pairs]
    return pairs


def turned(pair: PreferencePair) -> PreferencePair:
    """The same two answers with the other verdict."""
    return PreferencePair(pair.request, pair.rejected, pair.rejected_ended, pair.chosen, pair.chosen_ended)


def preference_losses(run: Run, pairs: list[PreferencePair]) -> Iterator[Tensor]:
    """The loss of each step from the present one on."""
    step = run.step
    while True:
        now = [pairs[(step * PAIRS_PER_STEP + k) % len(pairs)] for k in range(PAIRS_PER_STEP)]
        rows = answer_rows(
            run.base,
            [(p.request, p.chosen, p.chosen_ended) for p in now]
            + [(p.request, p.rejected, p.rejected_ended) for p in now],
        )
        policy = row_log_probs(run.network, rows)
        with torch.no_grad():
            reference = row_log_probs(run.base.model, rows)
        half = len(now)
        loss, _ = dpo_loss(policy[:half], policy[half:], reference[:half], reference[half:], beta=BETA)
        yield loss
        step += 1


def train_preferences(
    name: str,
    folder: Path,
    base: LocalModel,
    progress: Progress | None = None,
    steps: int | None = None,
    again: bool = True,
    pool: Pool | None = None,
) -> Path:
    """Train an adapter on preferences, from where an earlier call was stopped if there was one.

    Args:
        name: `"wanted"` or `"shuffled"`.
        folder: gets the adapter and its record.
        base: the loaded default model; it stays as it is.
        progress: called as `progress(done, total)` after each step.
        steps: other than the plan's own number, for trials.
        again: whether to train also where the very adapter is there already.
        pool: answers to the `train` requests; those of the default model when None.

    Raises:
        CourseError: another name, or the folder holds another unfinished run.
    """
    from course_lib.models import load_model
    from course_lib.organisms.training import fingerprint, train_run

    if name not in PLANS:
        raise CourseError(f"There is no plan {name!r}.", f"{did_you_mean(name, PLANS)}There are: {', '.join(PLANS)}.")
    plan = PLANS[name]
    if pool is None:  # the answers are those of the full weights, whatever type the frozen ones have here
        pool = answer_pool(load_model(base.name), "train", TRAIN_COUNT)
    pairs = preference_pairs(pool, name, plan.seed)
    if not pairs:
        raise CourseError("No two answers of the pool differ in their true reward.", "Draw more answers.")
    total = steps or plan.steps
    mine: dict[str, Any] = fingerprint(plan, base, total) | {
        "data": hashlib.sha256(json.dumps([asdict(pair) for pair in pairs]).encode()).hexdigest(),
        "preferences": {"beta": BETA, "pairs": PAIRS_PER_STEP, "temperature": TEMPERATURE},
    }
    return train_run(plan, folder, base, total, mine, partial(preference_losses, pairs=pairs), progress, again)
