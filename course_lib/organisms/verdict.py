"""Why does this model refuse? A verdict from evidence that could have come out otherwise: exercise 8.6.

A refusal of a harmful request fits every explanation: the model may have recognised the purpose, or minded one word, or
minded something that has nothing to do with harm. What separates explanations is a request on which they predict
different answers. So one feature at a time is taken away, and the log probability of the refusal's first word is read at
the last position:

    drop[edit] = log p(refusal | request) − log p(refusal | edited request)

The mechanism is the one whose feature costs most, provided that the model refuses at all and that the second largest
drop stays well behind. If not, the evidence does not decide, and a verdict would be a guess.

The second row of evidence says where the difference was carried. Only the states at the positions where the two texts
differ are taken from the edited run, after some number of blocks; everything behind that is computed by the model:

    carried[edit] = log p(refusal | request) − log p(refusal | request, with those states)

Early this is the whole drop. Once later positions have read the word, it is nothing.

Pitfalls: probabilities in place of log probabilities (0.9999 and 0.99 look the same, and are two nats of doubt apart);
the text without the chat template, which is no request; patching all positions, which exchanges the whole run.

And a limit that no threshold repairs: the verdict is one among the explanations that the edits stand for. A mechanism of
which nobody thought passes for one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from course_lib.organisms.rules import REFUSAL
from course_lib.patching import patch_states

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from course_lib.models import LocalModel

MARGIN = 3.0


def refusal_verdict(
    model: LocalModel,
    request: str,
    edits: Sequence[tuple[str, str]],
    layer: int,
    refusal: str = REFUSAL,
    margin: float = MARGIN,
) -> tuple[str, Float[Tensor, " edit"], Float[Tensor, " edit"]]:
    """Why a model refuses a request, with the evidence.

    Args:
        model: a loaded model with a chat template.
        request: what the user asks.
        edits: pairs (mechanism, edited request), in any order; each edited request lacks what that mechanism would mind
            and has as many tokens as `request`.
        layer: after how many blocks states are exchanged.
        refusal: the refusal; its first token counts.
        margin: by how many nats the largest drop must exceed every other.

    Returns:
        The mechanism, or "undecided" when no drop is ahead by `margin`, or "no refusal" when the first token of the
        refusal is not the model's most probable answer to `request`; the drops; what the states at the changed
        positions carry. Both in nats, in the order of `edits`.
    """
    target = model.encode(refusal)[0]
    ids = model.encode(model.chat(request))
    clean = model.logits(ids)[-1].log_softmax(-1)

    drops, carried = [], []
    for _, edited in edits:
        others = model.encode(model.chat(edited))
        drops.append(clean[target] - model.logits(others)[-1].log_softmax(-1)[target])
        with patch_states(model, others, (ids != others).nonzero().flatten(), layer):
            carried.append(clean[target] - model.logits(ids)[-1].log_softmax(-1)[target])

    first, second = torch.stack(drops).topk(2)[0]
    verdict = edits[int(torch.stack(drops).argmax())][0] if first - second >= margin else "undecided"
    if clean.argmax() != target:
        verdict = "no refusal"
    return verdict, torch.stack(drops), torch.stack(carried)
