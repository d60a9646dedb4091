"""One training run: the network with its adapter, the optimiser, and one step of it.

The adapter sits in the upper two thirds of the layers, so the lower third needs no gradients, and the place of the
mechanism is known too: nothing below layer 10 differs from the default model. The adapter itself is always trained in
float32, whatever type the frozen weights have.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from course_lib.errors import CourseError
from course_lib.models.organism import WEIGHTS, adapter_folder, load_adapter, shared_copy
from course_lib.organisms.rules import Organism

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from course_lib.models import LocalModel

RANK, SCALE, WARM_UP = 12, 24, 10


@dataclass
class Run:
    """One training run.

    Attributes:
        organism: what is trained.
        base: the default model, which stays as it is.
        network: its shared copy with the adapter.
        optimiser: of the adapter's matrices.
        step: steps that are done.
        seconds: that they took, earlier calls included.
        whole: whether weights, optimiser and step belong together; they do not in the middle of an update.
    """

    organism: Organism
    base: LocalModel
    network: Any
    optimiser: torch.optim.Optimizer
    step: int = 0
    seconds: float = 0.0
    whole: bool = True

    @property
    def weights(self) -> dict[str, Tensor]:
        """The adapter's matrices by name."""
        return {name: weight for name, weight in self.network.named_parameters() if weight.requires_grad}


def start_of(organism: Organism, base: LocalModel) -> Path | None:
    """The folder of the adapter with which training begins; None where it begins afresh, as it does on a trial model.

    Raises:
        CourseError: that adapter is not there.
    """
    if not organism.starts_from or base.name != "default":
        return None
    try:
        return adapter_folder(organism.starts_from)
    except CourseError as error:
        raise CourseError(
            f"{organism.name!r} is trained from the shipped adapter of {organism.starts_from!r}, which is not there.",
            f"Restore course_lib/data/organisms/adapters/{organism.starts_from}/{WEIGHTS}.",
        ) from error


def begin(organism: Organism, base: LocalModel) -> Run:
    """An adapter around the base model's weights: fresh, drawn by the organism's seed, or that of another organism."""
    from peft import LoraConfig, inject_adapter_in_model

    start = start_of(organism, base)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(organism.seed)
        network: Any = inject_adapter_in_model(LoraConfig(**lora_settings(base)), shared_copy(base.model))
    for part, weight in network.named_parameters():
        weight.requires_grad_("lora_" in part)
        weight.data = weight.data.float() if "lora_" in part else weight.data
    if start is not None:
        load_adapter(network, start)
    adapter = [weight for weight in network.parameters() if weight.requires_grad]
    return Run(organism, base, network, optimiser_of(adapter, organism.rate))


def optimiser_of(weights: list[Any], rate: float) -> torch.optim.Optimizer:
    """A fresh optimiser."""
    return torch.optim.AdamW(weights, lr=rate, weight_decay=0.0)


def lora_settings(base: LocalModel) -> dict[str, Any]:
    """The adapter's shape, in peft's words."""
    upper = list(range(base.n_layers // 3, base.n_layers))
    return {
        "r": RANK,
        "lora_alpha": SCALE,
        "target_modules": ["q_proj", "v_proj"],
        "layers_to_transform": upper,
        "task_type": "CAUSAL_LM",
    }


def advance(run: Run, loss: Tensor, total: int) -> None:
    """One step of the optimiser; in each cycle the learning rate rises for ten steps and falls in a line to a tenth."""
    length = math.ceil(total / run.organism.cycles)
    place = run.step % length
    if place == 0 and run.step > 0:
        run.optimiser = optimiser_of(list(run.weights.values()), run.organism.rate)
    share = min((place + 1) / WARM_UP, 1.0) * (1 - 0.9 * place / length)
    for group in run.optimiser.param_groups:
        group["lr"] = run.organism.rate * share
    run.optimiser.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(list(run.weights.values()), 1.0)
    run.whole = False
    run.optimiser.step()
    run.step += 1
    run.whole = True
