"""The straight line from a baseline to a prompt, and sums of gradients along parts of it.

A part of the way has an answer that can be checked, as the whole has: the scores of the part from α = a to α = b have to
add up to f(b) − f(a), the change of the target's score between its ends, which two forward passes tell.

What stands before the first token that moves is the same at every place of the path: the held first token, or in a chat
the whole beginning of the template. A causal model needs its keys and values once, not once per step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from course_lib.attribution.gradients import gradient_rows, scores_of_rows
from course_lib.attribution.quadrature import quadrature
from course_lib.attribution.targets import Question
from course_lib.models.prefix import SharedPrefix, shared_prefix

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor
    from transformers import DynamicCache

    from course_lib.models import LocalModel

Part = tuple[float, float]
WORTH_LENDING = 1 / 8
"""Least share of the text that has to stand still; below it, joining keys and values costs more than it saves."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Path:
    """Everything that stays the same while the number of steps changes.

    Attributes:
        model: a loaded model.
        question: what is scored.
        start: the embedded baseline, `[position, d_model]`; targets that are given stand in it as they are.
        end: the embedded text, `[position, d_model]`.
        nodes: "gauss_legendre" or "midpoint".
        batch_tokens: most tokens in one pass.
        still: how many positions at the beginning do not move.
        prefix: their keys and values; None where there are none, or the model cannot lend them (then `still` is 0).
    """

    model: LocalModel
    question: Question
    start: Float[Tensor, "position d_model"]
    end: Float[Tensor, "position d_model"]
    nodes: str
    batch_tokens: int
    still: int = 0
    prefix: SharedPrefix | None = None

    @property
    def rows(self) -> int:
        """Texts in one pass."""
        return texts_in_a_pass(self.batch_tokens, len(self.end) - self.still)

    def texts(self, alphas: Float[Tensor, " alpha"]) -> Float[Tensor, "alpha position d_model"]:
        """The embedded texts at some places between baseline (0) and prompt (1), from the first token that moves."""
        start, end = self.start[self.still :], self.end[self.still :]
        return start + alphas.to(end)[:, None, None] * (end - start)

    def before(self, rows: int) -> DynamicCache | None:
        """Keys and values of what does not move, for so many texts."""
        return self.prefix.lend(self.still, rows) if self.prefix is not None else None

    def part_scores(
        self, parts: Sequence[Part], steps: int, progress: Progress | None = None
    ) -> Float[Tensor, "part target position"]:
        """The scores of each part of the path, with `steps` gradients each, in float64 on the CPU."""
        places, weights = quadrature(self.nodes, steps)
        alphas = torch.cat([a + (b - a) * places for a, b in parts])
        shares = torch.cat([(b - a) * weights for a, b in parts])
        whose = torch.arange(len(parts)).repeat_interleave(steps)
        wide = torch.float32 if self.model.device.type == "mps" else torch.float64
        way, length = (self.end - self.start)[self.still :].to(wide), len(self.question.prompt_ids)
        total = torch.zeros(len(parts), self.question.count, length, dtype=torch.float64)
        for begin in range(0, len(alphas), self.rows):
            here = slice(begin, begin + self.rows)
            texts = self.texts(alphas[here])
            _, gradients = gradient_rows(self.model, self.question, texts, self.before(len(texts)))
            products = (gradients.to(wide) * way).sum(dim=-1).double().cpu()[:, :, : length - self.still]
            found = (products * shares[here][:, None]).transpose(0, 1)  # [row, target, position]
            total[..., self.still :].index_add_(0, whose[here], found)
            if progress is not None:
                progress(min(begin + self.rows, len(alphas)), len(alphas))
        return total

    def values(self, alphas: Sequence[float]) -> Float[Tensor, "alpha target"]:
        """The score of each target at some places, in float64 on the CPU."""
        places = torch.tensor(alphas, dtype=torch.float64)
        passes = [
            scores_of_rows(self.model, self.question, self.texts(some), self.before(len(some)))
            for some in places.split(self.rows)
        ]
        return torch.cat(passes).double().cpu()


def texts_in_a_pass(batch_tokens: int, length: int) -> int:
    """How many texts of `length` tokens go through the model at once."""
    return max(1, batch_tokens // length)


def lend_the_still(model: LocalModel, question: Question) -> tuple[int, SharedPrefix | None]:
    """How many positions at the beginning never move, and their keys and values.

    Both are nothing where every token may move, where too few stand still to be worth it, or where the model keeps no
    keys and values that can be lent.
    """
    still = min(question.free, default=0)
    if still < WORTH_LENDING * len(question.text_ids):
        return 0, None
    prefix = shared_prefix(model, question.prompt_ids[:still], 1)[1] if still else None
    return (still, prefix) if prefix is not None else (0, None)
