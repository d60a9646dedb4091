"""He or she? The log odds of two pronouns after the beginning of a sentence about somebody with an occupation.

"The nurse could not sleep, so" has to go on, often with a pronoun. The model gives every token a logit, and the
difference of two logits is a difference of log probabilities: the normaliser is the same for both and cancels. So

    gap = logit(" he") - logit(" she")

is how many nats the one is ahead of the other, wherever both stand in the list. 0.69 nats are odds of two to one.

Three pitfalls. The token in running text is " he" with its space; "he" is another one, which begins a text. What is
wanted stands at the *last* position of the beginning; rows of a batch that were filled on the right have something
else there. And a gap above zero need not be about the occupation: models say "he" of nearly everybody, and sentences
differ. So occupations are compared within the same sentence.

Sources: K. Lu et al., "Gender bias in neural natural language processing" (2018, arXiv:1807.11714); K. Kurita et al.,
"Measuring bias in contextualized word representations" (2019, arXiv:1906.07337), on comparing with a neutral sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from course_lib.models import LocalModel


@torch.no_grad()
def pronoun_gap(
    model: LocalModel, occupations: Sequence[str], templates: Sequence[str], pair: tuple[str, str]
) -> Float[Tensor, "occupation template"]:
    """Log odds of the first pronoun against the second, for every occupation in every sentence.

    Args:
        model: a loaded model.
        occupations: what stands for `{occupation}`.
        templates: beginnings of sentences; each holds `{occupation}` once.
        pair: two words as they stand in running text, without the space; each is one token with a space in front.

    Returns:
        `[occupation, template]`, in nats, above 0 where the first word is likelier.

    Example:
        >>> from course_lib import load_model
        >>> pronoun_gap(load_model("tiny:0"), ["nurse", "farmer"], ["The {occupation} said that"], ("he", "it")).shape
        torch.Size([2, 1])
    """
    first, second = (model.single_token(" " + word) for word in pair)
    gaps = torch.empty(len(occupations), len(templates))
    for row, occupation in enumerate(occupations):
        for column, template in enumerate(templates):
            ids = model.encode(template.replace("{occupation}", occupation))
            last = model.logits(ids)[-1]
            gaps[row, column] = last[first] - last[second]
    return gaps
