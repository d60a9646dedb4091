"""What every way of a comparison is asked: the same tokens, the same target, the same sizes.

The prompt is running text, the course's own requests one after the other, cut at the wanted length; the target is the
model's own next token. For patching there is a pair of texts that differ in one name:

    … Mary sat with John. … John gave the book to        (clean: Mary)
    … Tom sat with John. … John gave the book to         (corrupted: Tom)

The name stands a quarter into the text, so that three quarters of all places can make a difference. A pair that differs
only at its end would flatter a method that skips what cannot differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from course_lib.attribution.baselines import end_of_text
from course_lib.data.prompts import load_prompts
from course_lib.errors import CourseError
from course_lib.models.prefix import last_logits

if TYPE_CHECKING:
    from jaxtyping import Int
    from torch import Tensor

    from course_lib.models import LocalModel

NAMES = (" Mary", " Tom", " Paul", " Anna", " Paris", " Rome")
MIDDLE, END = " sat with John.", " John gave the book to"
STEPS = 32
MOST_FORWARDS = 128
SENTENCES = 500


@dataclass(frozen=True)
class Sizes:
    """How much is measured.

    Attributes:
        steps: of integrated gradients.
        most_forwards: a loop of more forward passes is timed on so many of them, evenly spread, and scaled up.
        sentences: whose hidden states are read.
        rows: texts in one pass of the tuned ways; the fastest number is looked for where it is 0.
    """

    steps: int = STEPS
    most_forwards: int = MOST_FORWARDS
    sentences: int = SENTENCES
    rows: int = 0


@dataclass(frozen=True, eq=False)
class Setting:
    """The question of one comparison at one length.

    Attributes:
        model: the model.
        ids: the prompt.
        target: the token whose log probability is explained.
        replacement: the token that stands in for a replaced one, and the baseline of integrated gradients.
        sizes: how much is measured.
    """

    model: LocalModel
    ids: Int[Tensor, " position"]
    target: int
    replacement: int
    sizes: Sizes

    @property
    def length(self) -> int:
        """Tokens of the prompt."""
        return len(self.ids)


@dataclass(frozen=True)
class TextPair:
    """Two texts that differ in one name.

    Attributes:
        clean, corrupted: their token ids.
        right, wrong: the names' ids; the metric is the difference of their logits.
        place: the position of the name.
    """

    clean: tuple[int, ...]
    corrupted: tuple[int, ...]
    right: int
    wrong: int
    place: int


def make_setting(model: LocalModel, length: int, sizes: Sizes) -> Setting:
    """The prompt of `length` tokens and its target.

    Raises:
        CourseError: the length is below 2, or beyond the model's positions.

    Example:
        >>> from course_lib import load_model
        >>> make_setting(load_model("tiny:0"), 12, Sizes()).length
        12
    """
    longest = model.max_positions
    if length < 2 or (longest is not None and length > longest):
        raise CourseError(
            f"A prompt of {length} tokens cannot be measured on {model.name}.",
            f"Give lengths from 2 to {longest}." if longest else "Give lengths of 2 or more.",
        )
    ids = running_text(model, length)
    target = int(last_logits(model, ids[None], 1)[0, -1].argmax())
    return Setting(model, ids, target, end_of_text(model), sizes)


def running_text(model: LocalModel, length: int) -> Int[Tensor, " position"]:
    """The first `length` tokens of the course's harmless requests, one after the other."""
    texts = [prompt.text for prompt in load_prompts("harmless")]
    rows = [model.encode(" " + text) for text in texts[: 1 + length // 4]]  # no request has fewer than four tokens
    return torch.cat([model.encode(texts[0]), *rows[1:]])[:length]


def make_pair(model: LocalModel, length: int) -> TextPair:
    """The pair of texts for patching.

    Raises:
        CourseError: the length has no room for the sentences, or the tokenizer has not two of the names as one token.
    """
    names = [ids[0] for name in NAMES if len(ids := model.encode(name).tolist()) == 1]
    middle, end = model.encode(MIDDLE).tolist(), model.encode(END).tolist()
    filling = running_text(model, length).tolist()
    before, between = length // 4, length - length // 4 - 1 - len(middle) - len(end)
    if len(names) < 2:
        raise CourseError(f"{model.name} writes names in several tokens.", "Leave out the patching comparisons.")
    if between < 0:
        shortest = (len(middle) + len(end) + 1) * 4 // 3 + 1
        raise CourseError(f"A text of {length} tokens is too short for patching.", f"Give at least {shortest} tokens.")
    right, wrong = names[:2]
    start, rest = filling[:before], middle + filling[before : before + between] + end
    return TextPair((*start, right, *rest), (*start, wrong, *rest), right, wrong, before)


def sentences(count: int) -> list[str]:
    """The first `count` requests of the course, short sentences of 7 to 20 words.

    Raises:
        CourseError: there are not so many.
    """
    texts = [prompt.text for prompt in load_prompts()]
    if not 1 <= count <= len(texts):
        raise CourseError(f"There are not {count} sentences.", f"Give a number from 1 to {len(texts)}.")
    return texts[:count]
