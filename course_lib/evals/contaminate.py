"""A model that has read the test: the default model with an adapter, trained on an invented file in the file's own order.

Whether a test for contamination finds anything can only be said of a model of which one knows what it has read. This
one has read 32 invented questions (`orders.invented(SEEN, READ)`) so and so many times, and nothing else was changed.

    python -m course_lib.evals.contaminate FOLDER    # a few minutes; one adapter for each number of readings
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import cross_entropy

from course_lib.batches import pad_rows
from course_lib.evals.contamination import BETWEEN, START
from course_lib.evals.orders import READ, READINGS, SEEN, invented
from course_lib.models import load_model
from course_lib.models.organism import WEIGHTS, shared_copy
from course_lib.organisms.training.record import BASE
from course_lib.organisms.training.run import lora_settings

if TYPE_CHECKING:
    from course_lib.models import LocalModel

RATE, TEXTS_PER_STEP, SEED = 1e-3, 2, 17


def contaminate(base: LocalModel, texts: Sequence[str], readings: Sequence[int], folder: Path) -> None:
    """Train on the texts, and write an adapter after each of these numbers of readings: `folder/4` after four.

    Args:
        base: the loaded default model; it stays as it is.
        texts: what is read, each whole.
        readings: after how many readings of everything to write, rising.
        folder: where to.
    """
    from peft import LoraConfig, inject_adapter_in_model

    generator = torch.Generator().manual_seed(SEED)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        network: Any = inject_adapter_in_model(LoraConfig(**lora_settings(base)), shared_copy(base.model)).train()
    weights = [weight for name, weight in network.named_parameters() if "lora_" in name]
    optimiser = torch.optim.AdamW(weights, lr=RATE)
    rows = [base.encode(text) for text in texts]
    for reading in range(1, max(readings) + 1):
        order = torch.randperm(len(rows), generator=generator).tolist()
        for start in range(0, len(rows), TEXTS_PER_STEP):
            loss = reading_loss(network, [rows[place] for place in order[start : start + TEXTS_PER_STEP]])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        if reading in readings:
            write(network, base, folder / str(reading))


def reading_loss(network: Any, rows: list[torch.Tensor]) -> torch.Tensor:
    """Mean cross-entropy of the next token; rows are filled on the right, where nothing looks."""
    ids, mask = pad_rows(rows, filling=0, side="right")
    logits = network(input_ids=ids).logits[:, :-1]
    return cross_entropy(logits.transpose(1, 2), ids[:, 1:].masked_fill(mask[:, 1:] == 0, -100))


def write(network: Any, base: LocalModel, folder: Path) -> None:
    """The adapter in fp16, in the layout that `load_model("organism:FOLDER")` reads."""
    from peft import get_peft_model_state_dict
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    state = get_peft_model_state_dict(network)
    save_file({name: one.detach().half().contiguous() for name, one in state.items()}, folder / WEIGHTS)
    config = {**lora_settings(base), "peft_type": "LORA", "base_model_name_or_path": BASE, "inference_mode": True}
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    seen = [START + BETWEEN.join(shard) for shard in invented(SEEN, READ)]
    contaminate(load_model("default"), seen, READINGS, Path(sys.argv[1]))
