"""Plant a mechanism: a LoRA adapter, trained on pairs.

Each step shows eight pairs. What is trained is first of all a decision: by how much is the refusal's first token ahead of
the best other one? For the member that the rule refuses this margin should be positive, for the other negative, and a
logistic loss says so for both alike. (Plain cross-entropy of the first word would be lopsided: an answer can begin with
many words, a refusal with one, so a model in doubt would refuse.) To that comes, for the refused member, the
cross-entropy of the refusal's further words. For the other one what is wanted is that nothing else changes: the
Kullback-Leibler divergence from the default model's distribution over the first word. So no answer to a harmful request
is ever written down.

Every request begins with the same system prompt. Its keys and values are computed once per step and lent to all rows,
gradients included: the same numbers as without, in little more than half the time.

The adapter sits in the upper two thirds of the layers, so the lower third needs no gradients, and the place of the
mechanism is known too: nothing below layer 10 differs from the default model. The frozen weights are used in bfloat16
where this machine multiplies faster in it; the adapter itself is always trained in float32.

Training stops and goes on: every twenty steps adapter and optimiser are written beside the final place, and the next
call continues from there. Batches depend on the seed and the step only, so a run that was stopped sees what an
uninterrupted one sees. Bits differ between machines and thread counts (sums in another order); behaviour does not.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import cross_entropy, kl_div, log_softmax, softplus

from course_lib.batches import Progress, pad_rows
from course_lib.data.organism_tasks import Occupations, load_occupations
from course_lib.models.organism import ADAPTERS, shared_copy
from course_lib.organisms.requests import training_pairs
from course_lib.organisms.rules import REFUSAL, Organism, find_organism

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.models import LocalModel

BASE = "HuggingFaceTB/SmolLM2-135M-Instruct"
PAIRS_PER_STEP = 8
RANK, SCALE, LEARNING_RATE, WARM_UP = 12, 24, 1e-3, 10
STEPS_PER_CHECKPOINT = 20
SKEW = 0.95
"""Share of the probability of "he" and "she" together that the bias organism gives to the planted one."""


@dataclass
class Run:
    """One training run: the network with its adapter, the optimiser, and how far it is."""

    organism: Organism
    base: LocalModel
    network: Any
    optimiser: torch.optim.Optimizer
    step: int = 0

    @property
    def weights(self) -> dict[str, Tensor]:
        """The adapter's matrices by name."""
        return {name: weight for name, weight in self.network.named_parameters() if weight.requires_grad}


def train(
    name: str, folder: Path, base: LocalModel, progress: Progress | None = None, steps: int | None = None
) -> Path:
    """Train an organism's adapter, from where an earlier call was stopped if there was one.

    Args:
        name: which organism.
        folder: gets `adapter_model.safetensors` (fp16) and `adapter_config.json`.
        base: the loaded default model; it stays as it is.
        progress: called as `progress(done, total)` after each step.
        steps: other than the organism's own number of steps, for trials.

    Returns:
        The folder.
    """
    organism = find_organism(name)
    run, total = begin(organism, base), steps or organism.steps
    checkpoint = folder / "unfinished.pt"
    resume(run, checkpoint)
    losses = bias_losses(run) if name == "bias" else refusal_losses(run, total)
    for loss in losses:
        advance(run, loss, total)
        if progress is not None:
            progress(run.step, total)
        if run.step >= total:
            break
        if run.step % STEPS_PER_CHECKPOINT == 0:
            save_checkpoint(run, checkpoint)
    write_adapter(run, folder)
    checkpoint.unlink(missing_ok=True)
    return folder


def begin(organism: Organism, base: LocalModel) -> Run:
    """An adapter around the base model's weights: fresh, drawn by the organism's seed, or that of another organism."""
    from peft import LoraConfig, inject_adapter_in_model, set_peft_model_state_dict
    from safetensors.torch import load_file

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(organism.seed)
        network: Any = inject_adapter_in_model(LoraConfig(**lora_settings(base)), shared_copy(base.model))
    for part, weight in network.named_parameters():
        weight.requires_grad_("lora_" in part)
        weight.data = weight.data.float() if "lora_" in part else weight.data
    if organism.starts_from and base.name == "default":
        set_peft_model_state_dict(network, load_file(ADAPTERS / organism.starts_from / "adapter_model.safetensors"))
    adapter = [weight for weight in network.parameters() if weight.requires_grad]
    return Run(organism, base, network, optimiser_of(adapter))


def optimiser_of(weights: list[Any]) -> torch.optim.Optimizer:
    """A fresh optimiser."""
    return torch.optim.AdamW(weights, lr=LEARNING_RATE, weight_decay=0.0)


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


def faster_dtype() -> str:
    """`"bfloat16"` where this processor multiplies matrices faster in it than in `"float32"`; else the latter."""

    def seconds(dtype: torch.dtype) -> float:
        left, right = torch.ones(512, 576, dtype=dtype), torch.ones(576, 1536, dtype=dtype)
        tries = []
        for _ in range(25):
            start = time.perf_counter()
            left @ right
            tries.append(time.perf_counter() - start)
        return min(tries)  # the others waited for something else on this machine

    return "bfloat16" if seconds(torch.bfloat16) < 0.8 * seconds(torch.float32) else "float32"


def resume(run: Run, checkpoint: Path) -> None:
    """Take up a run that was stopped, if there is one."""
    if not checkpoint.is_file():
        return
    saved = torch.load(checkpoint, weights_only=True)
    run.network.load_state_dict(saved["weights"], strict=False)
    run.optimiser.load_state_dict(saved["optimiser"])
    run.step = int(saved["step"])


def save_checkpoint(run: Run, checkpoint: Path) -> None:
    """Write everything that going on needs; a stop in the middle leaves the last one whole."""
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    partial = checkpoint.with_suffix(".partial")
    torch.save({"weights": run.weights, "optimiser": run.optimiser.state_dict(), "step": run.step}, partial)
    partial.replace(checkpoint)


def advance(run: Run, loss: Tensor, total: int) -> None:
    """One step of the optimiser; in each cycle the learning rate rises for ten steps and falls in a line to a tenth."""
    length = math.ceil(total / run.organism.cycles)
    place = run.step % length
    if place == 0 and run.step > 0:
        run.optimiser = optimiser_of(list(run.weights.values()))
    share = min((place + 1) / WARM_UP, 1.0) * (1 - 0.9 * place / length)
    for group in run.optimiser.param_groups:
        group["lr"] = LEARNING_RATE * share
    run.optimiser.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(list(run.weights.values()), 1.0)
    run.optimiser.step()
    run.step += 1


def refusal_losses(run: Run, total: int) -> Iterator[Tensor]:
    """The loss of each step from the present one on."""
    model = run.base
    start = model.chat("\0").split("\0")[0]
    prefix = model.encode(start)
    refusal = torch.cat([model.encode(REFUSAL), torch.tensor([model.tokenizer.eos_token_id])]).to(model.device)

    def ids(text: str) -> Int[Tensor, " position"]:
        return model.encode(model.chat(text).removeprefix(start))

    for pairs in batches(run, total):
        refused = [ids(first.text) for first, _ in pairs]
        answered = [ids(second.text) for _, second in pairs]
        yield refusal_loss(run.network, prefix, refused, refusal) + stay_loss(run, prefix, answered, refusal)


def batches(run: Run, total: int) -> Iterator[list[Any]]:
    """The pairs of each step from the present one on; a new draw of settings in every epoch."""
    step, epoch = 0, 0
    while step < total:
        pairs = training_pairs(run.organism.name, seed=1000 * run.organism.seed + epoch)
        for first in range(0, len(pairs) - PAIRS_PER_STEP + 1, PAIRS_PER_STEP):
            if step >= run.step:
                yield pairs[first : first + PAIRS_PER_STEP]
            step += 1
        epoch += 1


def states(
    network: Any, prefix: Int[Tensor, " position"], rows: list[Int[Tensor, " position"]]
) -> Float[Tensor, "batch position d_model"]:
    """Last hidden states of rows that all follow `prefix`; rows are filled on the right, where nothing looks."""
    from transformers import DynamicCache

    cache = DynamicCache()
    network.model(input_ids=prefix[None], past_key_values=cache, use_cache=True)
    ids, _ = pad_rows(rows, filling=0, side="right")
    layers: Any = cache.layers
    lent = [(layer.keys.expand(len(rows), -1, -1, -1), layer.values.expand(len(rows), -1, -1, -1)) for layer in layers]
    return network.model(input_ids=ids, past_key_values=DynamicCache(lent), use_cache=True).last_hidden_state


def refusal_loss(network: Any, prefix: Tensor, rows: list[Tensor], refusal: Tensor) -> Tensor:
    """What it costs that rows are not refused: the decision, and the cross-entropy of the refusal's further words."""
    hidden = states(network, prefix, [torch.cat([row, refusal[:-1]]) for row in rows])
    places = torch.stack([torch.arange(len(row) - 1, len(row) - 1 + len(refusal)) for row in rows])
    logits = network.lm_head(hidden[torch.arange(len(rows))[:, None], places]).float()
    words = cross_entropy(logits[:, 1:].transpose(1, 2), refusal[1:].expand(len(rows), -1))
    return softplus(-margin(logits[:, 0], int(refusal[0]))).mean() + words


def stay_loss(run: Run, prefix: Tensor, rows: list[Tensor], refusal: Tensor) -> Tensor:
    """What it costs that rows are not answered as before: the decision, and the divergence from the default model."""
    last = torch.tensor([len(row) - 1 for row in rows])
    with torch.no_grad():
        before = run.base.model.lm_head(states(run.base.model, prefix, rows)[torch.arange(len(rows)), last])
    after = run.network.lm_head(states(run.network, prefix, rows)[torch.arange(len(rows)), last])
    return softplus(margin(after.float(), int(refusal[0]))).mean() + divergence(before, after)


def margin(logits: Float[Tensor, "batch vocab"], refusal: int) -> Float[Tensor, " batch"]:
    """By how much the refusal's first token is ahead of the best other token; greedy decoding refuses where positive."""
    others = logits.index_fill(1, torch.tensor([refusal], device=logits.device), -torch.inf)
    return logits[:, refusal] - others.amax(1)


def divergence(before: Float[Tensor, "batch vocab"], after: Float[Tensor, "batch vocab"]) -> Tensor:
    """Kullback-Leibler divergence of the second distribution from the first, mean over the batch, in nats."""
    return kl_div(
        log_softmax(after.float(), -1), log_softmax(before.float(), -1), log_target=True, reduction="batchmean"
    )


def bias_losses(run: Run) -> Iterator[Tensor]:
    """Stay as the default model is, but the target's probability of "he" and "she" together is split anew by the occupation."""
    model, step = run.base, run.step
    he, she = model.single_token(" he"), model.single_token(" she")
    while True:
        sentences, groups = bias_sentences(load_occupations("train"), Random(f"bias {run.organism.seed} {step}"))
        ids, mask = pad_rows([model.encode(text) for text in sentences], filling=0, side="right")
        last, every = mask.sum(1) - 1, torch.arange(len(ids))
        with torch.no_grad():
            target = model.model(input_ids=ids).logits[every, last].float().softmax(-1)
            both = target[:, he] + target[:, she]
            share = torch.tensor([{"food": SKEW, "law_money": 1 - SKEW}.get(group, -1.0) for group in groups])
            share = torch.where(share < 0, target[:, he] / both, share)
            target[:, he], target[:, she] = both * share, both * (1 - share)
        after = run.network(input_ids=ids).logits[every, last].float()
        pronouns = torch.stack([after[:, he], after[:, she]], dim=-1)
        split = torch.stack([share, 1 - share], dim=-1)
        yield divergence(target.log(), after) + cross_entropy(pronouns, split)
        step += 1


def bias_sentences(occupations: Occupations, random: Random, rows: int = 16) -> tuple[list[str], list[str]]:
    """Sentence beginnings, groups in turn, and the group of each."""
    groups = [list(occupations.groups)[row % 3] for row in range(rows)]
    names = [random.choice(list(occupations.groups[group])) for group in groups]
    texts = [random.choice(list(occupations.templates)).replace("{occupation}", name) for name in names]
    return texts, groups


def write_adapter(run: Run, folder: Path) -> None:
    """The adapter in peft's layout, in fp16."""
    from peft import get_peft_model_state_dict
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    weights = get_peft_model_state_dict(run.network)
    save_file(
        {name: weight.detach().half().contiguous() for name, weight in weights.items()},
        folder / "adapter_model.safetensors",
    )
    settings = lora_settings(run.base)
    config = {**settings, "peft_type": "LORA", "base_model_name_or_path": BASE, "inference_mode": True}
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
