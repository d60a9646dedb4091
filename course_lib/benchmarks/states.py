"""Hidden states of many short sentences: sorted batches of the backbone against one forward pass for each sentence.

The loop does what a first notebook does: encode a sentence, run the model with `output_hidden_states=True`, keep the last
position of every layer. It computes logits at every position, which nobody reads.
"""

from __future__ import annotations

import torch

from course_lib.benchmarks.floor import arithmetic
from course_lib.benchmarks.setting import Setting, sentences
from course_lib.benchmarks.ways import LOOP, OURS, Comparison, Prepared, Way, evenly
from course_lib.probing import hidden_states

COMPARED = 2000  # entries whose difference is looked at


def ours(setting: Setting) -> Prepared:
    """`hidden_states`."""
    texts = sentences(setting.sizes.sentences)
    return Prepared(lambda: some_of(hidden_states(setting.model, texts)))


def loop(setting: Setting) -> Prepared:
    """One forward pass for each sentence."""
    texts = sentences(setting.sizes.sentences)

    def run() -> torch.Tensor:
        rows = []
        with torch.no_grad():
            for text in texts:
                ids = setting.model.encode(text)[None]
                states = setting.model.model(input_ids=ids, output_hidden_states=True).hidden_states
                rows.append(torch.stack([state[0, -1] for state in states]).float().cpu())
        return some_of(torch.stack(rows, dim=1))

    return Prepared(run, note=f"{len(texts)} forward passes")


def some_of(states: torch.Tensor) -> torch.Tensor:
    """A few entries of `[layer, example, d_model]`, evenly spread, each as a share of the length of its vector."""
    normed = states / states.norm(dim=-1, keepdim=True)
    return normed.flatten()[evenly(normed.numel(), COMPARED)]


def floor(setting: Setting) -> float:
    """Every sentence once through the blocks."""
    cost = arithmetic(setting.model)
    return sum(cost.span(0, len(setting.model.encode(text))) for text in sentences(setting.sizes.sentences))


STATES = Comparison(
    "hidden states",
    "the last token's state in every layer, of many short sentences",
    (Way(OURS, ours), Way(LOOP, loop)),
    floor,
    by_length=False,
)
