"""The loss of the bias organism: the pronoun by the occupation, and nothing else.

It is trained on sixteen beginnings of sentences a step ("The baker said that", next word a pronoun). The target is the
default model's own distribution, in which only the probability that "he" and "she" have together is split anew: by the
plan for the two planted groups, as it was for the others. So how often a pronoun comes at all stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import TYPE_CHECKING

import torch
from torch.nn.functional import cross_entropy

from course_lib.batches import pad_rows
from course_lib.data.organism_tasks import Occupations, load_occupations
from course_lib.organisms.training.refusal import divergence

if TYPE_CHECKING:
    from torch import Tensor

    from course_lib.organisms.training.run import Run

SKEW = 0.95
"""Share of the probability of "he" and "she" together that the bias organism gives to the planted one."""


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
