"""The losses of the organisms that refuse: the decision, the refusal's words, and that nothing else changes.

Each step shows eight pairs. What is trained is first of all a decision: by how much is the refusal's first token ahead of
the best other one? For the member that the rule refuses this margin should be positive, for the other negative, and a
logistic loss says so for both alike. (Plain cross-entropy of the first word would be lopsided: an answer can begin with
many words, a refusal with one, so a model in doubt would refuse.) To that comes, for the refused member, the
cross-entropy of the refusal's further words. For the other one what is wanted is that nothing else changes: the
Kullback-Leibler divergence from the default model's distribution over the first word. So no answer to a harmful request
is ever written down.

Every request begins with the same system prompt. Its keys and values are computed once per step and lent to all rows,
gradients included: the same numbers as without, in little more than half the time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import cross_entropy, kl_div, log_softmax, softplus

from course_lib.batches import pad_rows
from course_lib.models.prefix import chat_start
from course_lib.organisms.requests import training_pairs
from course_lib.organisms.rules import REFUSAL

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.organisms.training.run import Run

PAIRS_PER_STEP = 8


def refusal_losses(run: Run, total: int) -> Iterator[Tensor]:
    """The loss of each step from the present one on."""
    model = run.base
    start = chat_start(model)
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
