"""What a multiple-choice benchmark is made of: a question, its choices, and which of them is right.

A language model is not asked to tick a box. Each choice is appended to the question, and the model says how probable it
finds those words there (`log_likelihood`). So an item is text, and small differences of text are differences of the
measurement: what stands between question and choice (a space, by default, as in lm-eval), whether the question is a
chat, whether a choice ends with a full stop. All of that is in the item, and nowhere else.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from course_lib.models import LocalModel


@dataclass(frozen=True)
class Item:
    """One question.

    Attributes:
        context: what stands before the choice; in a chat, what the user says.
        choices: the choices, without a space in front.
        gold: the place of the right choice; None where the task has none (StereoSet).
        delimiter: what stands between context and choice.
        chat: whether the context is put into the model's chat template.
        group: items of one group are not independent (same template); "" where each stands alone.
        biased: the place of the choice that fits the stereotype; None where there is none.
        unknown: the place of the choice that says that the text does not tell; None where there is none.

    Example:
        >>> Item("Question: Is water wet?\\nAnswer:", ("yes", "no"), 0).texts()
        ('Question: Is water wet?\\nAnswer:', [' yes', ' no'])
    """

    context: str
    choices: tuple[str, ...]
    gold: int | None
    delimiter: str = " "
    chat: bool = False
    group: str = ""
    biased: int | None = None
    unknown: int | None = None

    def texts(self, model: LocalModel | None = None) -> tuple[str, list[str]]:
        """The context and the continuations, as the model reads them; a chat needs the model and its template."""
        context = model.chat(self.context) if self.chat and model is not None else self.context
        return context, [self.delimiter + choice for choice in self.choices]


def fingerprint(items: Sequence[Item]) -> str:
    """A name made of everything that the model reads; another choice, another order, another name.

    Example:
        >>> one, two = Item("a", ("b", "c"), 0), Item("a", ("c", "b"), 1)
        >>> fingerprint([one]) == fingerprint([two])
        False
    """
    said = json.dumps([[item.context, item.choices, item.delimiter, item.chat] for item in items], ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def shuffled(items: Sequence[Item], seed: int = 0) -> list[Item]:
    """The same items with their choices in another order; the places of special choices follow.

    Example:
        >>> shuffled([Item("a", ("b", "c", "d"), 0)], seed=1)[0].choices
        ('b', 'd', 'c')
    """
    draw, found = random.Random(seed), []
    for item in items:
        order = draw.sample(range(len(item.choices)), len(item.choices))
        new: dict[int | None, int | None] = {None: None, **{old: place for place, old in enumerate(order)}}
        choices = tuple(item.choices[old] for old in order)
        moved = replace(item, choices=choices, gold=new[item.gold], biased=new[item.biased], unknown=new[item.unknown])
        found.append(moved)
    return found
