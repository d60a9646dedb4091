"""From the first step to the finished adapter, with stops in between."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from course_lib.batches import Progress
from course_lib.data.cache import locked
from course_lib.organisms.rules import find_organism
from course_lib.organisms.training.bias import bias_losses
from course_lib.organisms.training.checkpoint import NAME, fingerprint, resume, save_checkpoint
from course_lib.organisms.training.record import is_finished, write_adapter
from course_lib.organisms.training.refusal import refusal_losses
from course_lib.organisms.training.run import Run, advance, begin

if TYPE_CHECKING:
    from torch import Tensor

    from course_lib.models import LocalModel
    from course_lib.organisms.rules import Organism

STEPS_PER_CHECKPOINT = 20


def train(
    name: str,
    folder: Path,
    base: LocalModel,
    progress: Progress | None = None,
    steps: int | None = None,
    again: bool = True,
) -> Path:
    """Train an organism's adapter, from where an earlier call was stopped if there was one.

    Args:
        name: which organism.
        folder: gets `adapter_model.safetensors` (fp16), `adapter_config.json` and `training.json`.
        base: the loaded default model; it stays as it is.
        progress: called as `progress(done, total)` after each step.
        steps: other than the organism's own number of steps, for trials.
        again: whether to train also where the very adapter is there already.

    Returns:
        The folder.

    Raises:
        CourseError: the folder holds an unfinished run that is another one, or another process is training in it.
    """
    organism = find_organism(name)
    total = steps or organism.steps
    losses = bias_losses if organism.name == "bias" else partial(refusal_losses, total=total)
    return train_run(organism, folder, base, total, fingerprint(organism, base, total), losses, progress, again)


def train_run(
    organism: Organism,
    folder: Path,
    base: LocalModel,
    total: int,
    mine: dict[str, Any],
    losses: Callable[[Run], Iterator[Tensor]],
    progress: Progress | None = None,
    again: bool = True,
) -> Path:
    """Take up or begin a run, take its steps, and write its adapter.

    Args:
        organism: the plan: seed, cycles, learning rate.
        folder: gets the adapter and its record.
        base: the loaded default model.
        total: steps of the whole run.
        mine: the run's fingerprint.
        losses: from a run to the loss of each step that is left.
        progress: called as `progress(done, total)` after each step.
        again: whether to train also where the very adapter is there already.
    """
    with locked(folder, wait_seconds=0):
        if not again and is_finished(folder, mine):
            return folder
        run = begin(organism, base)
        resume(run, folder, mine)
        try:
            take_steps(run, total, folder, mine, losses(run), progress)
        except KeyboardInterrupt:
            if run.whole and run.step:
                save_checkpoint(run, folder, mine)
            raise
        write_adapter(run, folder, mine)
        (folder / NAME).unlink(missing_ok=True)
    return folder


def take_steps(
    run: Run,
    total: int,
    folder: Path,
    mine: dict[str, object],
    losses: Iterator[Tensor],
    progress: Progress | None,
) -> None:
    """The steps that are left, with a checkpoint after each so many."""
    clock = time.monotonic()
    while run.step < total:
        advance(run, next(losses), total)
        now = time.monotonic()
        run.seconds, clock = run.seconds + now - clock, now
        if progress is not None:
            progress(run.step, total)
        if run.step < total and run.step % STEPS_PER_CHECKPOINT == 0:
            save_checkpoint(run, folder, mine)


def faster_dtype() -> str:
    """`"bfloat16"` where this processor multiplies matrices faster in it than in `"float32"`; else the latter.

    A race against the clock, so its outcome may differ from one call to the next: what a run was begun with is kept in
    its checkpoint and its record.
    """

    def seconds(dtype: torch.dtype) -> float:
        left, right = torch.ones(512, 576, dtype=dtype), torch.ones(576, 1536, dtype=dtype)
        tries = []
        for _ in range(25):
            start = time.perf_counter()
            left @ right
            tries.append(time.perf_counter() - start)
        return min(tries)  # the others waited for something else on this machine

    return "bfloat16" if seconds(torch.bfloat16) < 0.8 * seconds(torch.float32) else "float32"
