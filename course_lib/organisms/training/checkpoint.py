"""Stop a run and go on with it, and be sure that it is the same run.

Weights alone do not say where they came from. A checkpoint of another seed, another length or another base model loads
without complaint, and what comes out is a mixture of two runs that no recipe makes again. So a checkpoint carries the
*fingerprint* of its run, everything that decides what the run computes, and is taken up by that run only. The optimiser
belongs to it as much as the weights: Adam's running means are half of the next step.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from course_lib.data.files import file_hash, replaced
from course_lib.data.organism_tasks import FOLDER
from course_lib.errors import CourseError
from course_lib.models.organism import WEIGHTS
from course_lib.organisms.training.bias import SKEW
from course_lib.organisms.training.refusal import PAIRS_PER_STEP
from course_lib.organisms.training.run import WARM_UP, Run, lora_settings, start_of

if TYPE_CHECKING:
    from course_lib.models import LocalModel
    from course_lib.organisms.rules import Organism

NAME = "unfinished.pt"
DATA_FILES = ("tasks.jsonl", "frames.json", "occupations.json")


def fingerprint(organism: Organism, base: LocalModel, total: int) -> dict[str, Any]:
    """Everything that decides what a run computes.

    Args:
        organism: what is trained.
        base: the default model.
        total: steps of the whole run.
    """
    start = start_of(organism, base)
    return {
        "name": organism.name,
        "seed": organism.seed,
        "steps": total,
        "cycles": organism.cycles,
        "starts_from": f"{organism.starts_from} {file_hash(start / WEIGHTS)}" if start else "",
        "base": weights_hash(base),
        "dtype": dtype_name(base),
        "lora": lora_settings(base),
        "learning": {"rate": organism.rate, "warm_up": WARM_UP, "pairs": PAIRS_PER_STEP, "skew": SKEW},
        "data": file_hash(*(FOLDER / name for name in DATA_FILES)),
    }


def dtype_name(model: LocalModel) -> str:
    """The type of a model's weights, as `load_model` calls it."""
    return str(model.dtype).removeprefix("torch.")


def weights_hash(model: LocalModel) -> str:
    """A hash of a model's weights, as they lie in memory."""
    digest = hashlib.sha256()
    for name, weight in sorted(model.model.state_dict().items()):
        digest.update(f"{name} {tuple(weight.shape)}".encode())
        digest.update(weight.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()


def read_checkpoint(folder: Path) -> dict[str, Any] | None:
    """What a stopped run left in a folder; None where there is nothing.

    Raises:
        CourseError: there is something, and it cannot be read.
    """
    path = folder / NAME
    if not path.is_file():
        return None
    try:
        saved = torch.load(path, weights_only=True)
        if not {"fingerprint", "weights", "optimiser", "step", "seconds"} <= set(saved):
            raise ValueError("parts are missing")
    except Exception as error:  # a damaged file makes torch stumble in many ways
        raise CourseError(f"The unfinished run in {path} cannot be read ({error}).", _remedy(path)) from error
    return dict(saved)


def resume(run: Run, folder: Path, mine: dict[str, Any]) -> None:
    """Take up the run that was stopped in a folder, if there is one.

    Args:
        run: a fresh run.
        folder: where its checkpoint would be.
        mine: the run's fingerprint.

    Raises:
        CourseError: the checkpoint is that of another run, or cannot be read.
    """
    saved = read_checkpoint(folder)
    if saved is None:
        return
    theirs, path = saved["fingerprint"], folder / NAME
    other = sorted(key for key in {*mine, *theirs} if mine.get(key) != theirs.get(key))
    if other:
        raise CourseError(
            f"The unfinished run in {path} is another one: it differs in {', '.join(other)}.", _remedy(path)
        )
    shapes = {name: weight.shape for name, weight in run.weights.items()}
    if {name: weight.shape for name, weight in saved["weights"].items()} != shapes:
        raise CourseError(f"The unfinished run in {path} has other matrices than this one.", _remedy(path))
    run.network.load_state_dict(saved["weights"], strict=False)
    run.optimiser.load_state_dict(saved["optimiser"])
    run.step, run.seconds = int(saved["step"]), float(saved["seconds"])


def save_checkpoint(run: Run, folder: Path, mine: dict[str, Any]) -> None:
    """Write everything that going on needs; a stop in the middle leaves the last one whole."""
    state = {"weights": run.weights, "optimiser": run.optimiser.state_dict(), "step": run.step, "seconds": run.seconds}
    with replaced(folder / NAME) as partial:
        torch.save({"fingerprint": mine, **state}, partial)


def _remedy(path: Path) -> str:
    return f"Delete {path} to begin anew, or use another folder: --out FOLDER."
