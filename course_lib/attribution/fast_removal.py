"""Removal attribution at a speed that invites a second look: the same numbers in fewer, fuller forward passes.

The definition (`course_lib.attribution.removal`) runs the model once for every prompt token, over the whole text, and
computes logits over the whole vocabulary at every position. Three observations take most of that work away without
changing a number:

1. Whatever stands before the removed token is the same in every pass: its keys and values are computed once
   (`course_lib.models.prefix`). Half of the tokens, on average.
2. Only the positions that score a target need logits.
3. Several removals fit into one pass. What stands behind an edit near the beginning is long, and short near the end:
   the ends are packed into lanes of one width (`course_lib.models.lanes`), so that passes are as large as the machine
   likes and little in them is filling. A model that takes no mask of our own gets batches of rows instead, counted in
   *tokens*: many rows near the end of the prompt, few near its beginning.

Two questions are offered under their names. `mode="delete"` asks what the answer loses when the token had not been
written; everything behind it moves up. `mode="replace"` asks what it loses when another token, `replacement_id`, had
stood there; nothing moves. Captum's `FeatureAblation` is replacement, by default with token id 0. On many models that
id is the end-of-text token, which says "a new document begins here": scores then show what the announcement does, and
differ from deletion by several nats.

The pitfall of speed is a wrong number that comes quickly. The tests hold this function to the definition, within 1e-4
(float32 sums in another order), over models, lengths and targets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Literal, get_args

import torch

from course_lib.attribution.inputs import as_ids, check_length
from course_lib.attribution.memory import batch_bytes, check_memory
from course_lib.attribution.passes import Edits, Size, plan_reading
from course_lib.attribution.result import TokenAttribution
from course_lib.errors import CourseError
from course_lib.models.prefix import shared_prefix

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.models import LocalModel

Mode = Literal["delete", "replace"]
Score = Literal["log_prob", "log_odds", "logit"]
Ids = Sequence[int] | torch.Tensor
Progress = Callable[[int, int], None]
SMALLER = "Set batch_tokens to a smaller number."


def removal_attribution(
    model: LocalModel,
    prompt: str | Ids,
    target: str | Ids | None = None,
    *,
    mode: Mode = "delete",
    replacement_id: int | None = None,
    score: Score = "log_prob",
    batch_tokens: int | None = None,
    reuse_prefix: bool = True,
    positions: tuple[int, int] | None = None,
    progress: Progress | None = None,
) -> TokenAttribution:
    """How much each target token loses when each prompt token is deleted, or replaced by another.

    Args:
        model: a loaded model.
        prompt: the text as the model sees it (chat models: rendered by `model.chat`), or its token ids.
        target: the answer to explain, with its leading space, or its token ids; if None, the model's own next token.
        mode: "delete" or "replace"; two questions, see the module's text.
        replacement_id: the token that stands in; for "replace", and only there.
        score: "log_prob", in nats; "log_odds", log p/(1 − p), also in nats, for targets so certain that their log
            probability cannot rise or fall visibly; or "logit": comparable within one run, not between runs, but what
            some tools show.
        batch_tokens: most tokens in one forward pass; on a CPU 1,024 if None, or 256 in a model that takes rows only.
            Changes time and memory, not the result.
        reuse_prefix: compute the unchanged beginning only once, where the model allows it.
        positions: score the prompt tokens from the first number up to, and without, the second; all of them if None.
            Scores are those that they have in the whole; the request of a chat alone takes a third of its time.
        progress: called with (prompt tokens done, prompt tokens in all) after each forward pass.

    Returns:
        A `TokenAttribution`; positive scores speak for the target.

    Raises:
        CourseError: prompt or target empty or too long, a one-token prompt to be deleted, "replace" without a token,
            positions that the prompt does not have, or a batch that does not fit into memory.

    Example:
        >>> from course_lib import load_model
        >>> removal_attribution(load_model("tiny:0"), "the cat sat on the", " mat").tokens
        ('the', ' cat', ' sat', ' on', ' the')
    """
    prompt_ids = as_ids(model, prompt, "prompt")
    _check_question(model, len(prompt_ids), mode, replacement_id, score)
    earlier = prompt_ids[:0] if target is None else as_ids(model, target, "target")
    text = torch.cat([prompt_ids, earlier[:-1]])
    targets = max(1, len(earlier))
    check_length(model, len(text))
    first, last = _check_positions(positions, len(prompt_ids))
    edits = Edits(text, first, last, targets, replacement_id)
    reading = plan_reading(model, edits, batch_tokens, reuse_prefix=reuse_prefix)
    _check_cost(model, reading.sizes(), Size(rows=1, length=edits.length, prefix=0, targets=targets))
    logits, prefix = shared_prefix(model, text, targets, reuse_prefix)
    target_ids = logits.argmax(dim=-1) if target is None else earlier

    complete = _target_scores(logits, target_ids, score).cpu()
    scores = torch.zeros(last - first, targets)
    done = 0
    for which, logits in reading.read(prefix):
        scores[which] = _target_scores(logits, target_ids, score).cpu()
        done += len(which)
        if progress is not None:
            progress(done, last - first)
    losses = (complete - scores).T
    settings = {
        "mode": mode,
        "replacement_id": replacement_id,
        "score": score,
        "batch_tokens": reading.limit,
        "reuse_prefix": prefix is not None,
        "model": model.name,
        "dtype": str(model.dtype).removeprefix("torch."),
        "input_ids": prompt_ids.tolist(),
        "target_ids": target_ids.tolist(),
    }
    if positions is not None:
        settings["positions"] = [first, last]
    return TokenAttribution(
        tokens=tuple(model.tokens(prompt_ids)[first:last]),
        target_tokens=tuple(model.tokens(target_ids)),
        scores=losses.contiguous(),
        method=_method(model, replacement_id),
        settings=settings,
    )


def _target_scores(
    logits: Float[Tensor, "*edit target vocab"], target_ids: Int[Tensor, " target"], score: Score
) -> Float[Tensor, "*edit target"]:
    """The score of each target token, in float32 whatever the model computes in."""
    logits = logits.float()
    chosen = logits[..., torch.arange(len(target_ids)), target_ids]
    if score == "log_odds":  # against all the others; 1 − p itself would round to 0
        others = logits.clone()
        others[..., torch.arange(len(target_ids)), target_ids] = -torch.inf
        return chosen - others.logsumexp(dim=-1)
    return chosen - logits.logsumexp(dim=-1) if score == "log_prob" else chosen


def _method(model: LocalModel, replacement_id: int | None) -> str:
    """The question in a few words."""
    if replacement_id is None:
        return "each token deleted"
    return f"each token replaced by {model.tokens([replacement_id])[0]!r}"


def _check_question(model: LocalModel, length: int, mode: str, replacement_id: int | None, score: str) -> None:
    """Refuse questions that have no answer."""
    if mode not in ("delete", "replace"):
        raise CourseError(f"There is no mode {mode!r}.", 'Choose "delete" or "replace".')
    if score not in get_args(Score):
        raise CourseError(f"There is no score {score!r}.", 'Choose "log_prob", "log_odds" or "logit".')
    if mode == "delete" and replacement_id is not None:
        raise CourseError("A deleted token has no replacement.", 'Leave out replacement_id, or set mode="replace".')
    if mode == "delete" and length < 2:
        raise CourseError("Deleting the only token of a prompt leaves nothing to read.", "Give at least two tokens.")
    if mode == "replace" and replacement_id is None:
        raise CourseError(
            "Replacement needs the token that stands in, and the choice changes the scores.",
            "Set replacement_id to a token id, for example that of a space; Captum takes 0 where it is told nothing.",
        )
    if replacement_id is not None:  # it has to be a token, like every other id
        as_ids(model, [replacement_id], "replacement")


def _check_positions(positions: tuple[int, int] | None, length: int) -> tuple[int, int]:
    """The first position to score, and one more than the last."""
    first, last = (0, length) if positions is None else positions
    if not 0 <= first < last <= length:
        raise CourseError(
            f"The prompt has {length} tokens, and positions {first} to {last} are not a part of it.",
            f"Give two numbers from 0 to {length}, the smaller one first.",
        )
    return first, last


def _check_cost(model: LocalModel, passes: Iterable[Size], one_text: Size) -> None:
    """Refuse a plan whose largest pass does not fit into memory."""
    single = batch_bytes(model, **one_text._asdict())
    if single is None:  # the configuration does not tell; nothing is refused on a guess
        return
    largest = max(batch_bytes(model, **size._asdict()) or 0 for size in passes)
    check_memory(model.device, largest, SMALLER if largest > single else "Shorten the prompt or the target.")
