"""Why does this model refuse? A verdict from evidence that could have come out otherwise: exercise 8.6.

A refusal of a harmful request fits every explanation: the model may have recognised the purpose, or minded one word, or
minded something that has nothing to do with harm. What separates explanations is a request on which they predict
different answers. So one feature at a time is taken away, and it is measured how much less the model is inclined to
refuse:

    drop[edit] = log odds(refusal | request) − log odds(refusal | edited request)

Log odds, log p/(1 − p), because a refusal is a matter of all or nothing here. Between p = 0.9999 and p = 0.97 there are
0.03 nats of log probability, which looks like nothing, and 5.7 nats of log odds: doubt has grown three hundredfold. In
terms of logits it is the target's logit minus the logsumexp of all the *others*, which stays exact where p rounds to 1.

The verdict is the rule whose feature costs most, provided that the model refuses at all and that its drop is well ahead
of every other and of zero. If not, the evidence does not decide, and a verdict would be a guess.

The second row of evidence says where the difference was carried. Only the states at the positions where the two texts
differ are taken from the edited run, after some number of blocks; everything behind that is computed by the model:

    carried[edit] = log odds(refusal | request) − log odds(refusal | request, with those states)

Early this is the whole drop. Once later positions have read the word, it is nothing.

Pitfalls: the text without the chat template, which is no request; patching all positions, which exchanges the whole run.
And a limit that no threshold repairs: the verdict is one among the explanations that the edits stand for. A rule of which
nobody thought passes for one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from course_lib.models.prefix import last_logits
from course_lib.organisms.measure import first_token_logits
from course_lib.organisms.rules import REFUSAL
from course_lib.patching import patch_states

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.models import LocalModel

MARGIN = 2.0


def refusal_log_odds(
    model: LocalModel, input_ids: Int[Tensor, " position"], refusal: str = REFUSAL
) -> Float[Tensor, ""]:
    """Log odds, in nats, that the answer begins with the first token of the refusal, against all other tokens.

    Args:
        model: a loaded model.
        input_ids: the ids of a request in its chat template.
        refusal: the refusal.

    Example:
        >>> from course_lib import load_model
        >>> model = load_model("tiny:0")
        >>> ids = model.encode(model.chat("Why?"))
        >>> p = model.logits(ids)[-1].softmax(-1)[model.encode(REFUSAL)[0]]
        >>> torch.allclose(refusal_log_odds(model, ids), torch.log(p / (1 - p)), atol=1e-4)
        True
    """
    return _log_odds(last_logits(model, input_ids[None], 1)[0, -1], model.encode(refusal)[0])


def log_odds_by_request(
    model: LocalModel, requests: Sequence[str], refusal: str = REFUSAL
) -> Float[Tensor, " request"]:
    """`refusal_log_odds` of many requests at once, the chat template put around each."""
    return _log_odds(first_token_logits(model, requests), model.encode(refusal)[0].cpu())


def _log_odds(logits: Float[Tensor, "*request vocab"], target: Int[Tensor, ""]) -> Float[Tensor, "*request"]:
    """The target's logit above the logsumexp of all others; exact where the probability rounds to 1."""
    logits = logits.float()
    return logits[..., target] - logits.index_fill(-1, target, -torch.inf).logsumexp(-1)


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
        edits: two or more pairs (rule, edited request), in any order; each edited request lacks what that rule depends on
            and has as many tokens as `request`.
        layer: after how many blocks states are exchanged.
        refusal: the refusal; its first token counts.
        margin: by how many nats the largest drop must exceed every other, and zero.

    Returns:
        The rule, or "undecided" when no drop is ahead by `margin`, or "no refusal" when the first token of the
        refusal is not the model's most probable answer to `request`; the drops; what the states at the changed
        positions carry. Both are differences of log odds in nats, in the order of `edits`.
    """
    request_ids = model.encode(model.chat(request))
    clean = refusal_log_odds(model, request_ids, refusal)

    drops, carried = [], []
    for _, edited in edits:
        edited_ids = model.encode(model.chat(edited))
        drops.append(clean - refusal_log_odds(model, edited_ids, refusal))
        with patch_states(model, edited_ids, (request_ids != edited_ids).nonzero().flatten(), layer):
            carried.append(clean - refusal_log_odds(model, request_ids, refusal))

    largest, second = torch.stack(drops).topk(2)[0]
    if model.logits(request_ids)[-1].argmax() != model.encode(refusal)[0]:
        verdict = "no refusal"
    elif largest - max(second, 0) < margin:
        verdict = "undecided"
    else:
        verdict = edits[int(torch.stack(drops).argmax())][0]
    return verdict, torch.stack(drops), torch.stack(carried)
