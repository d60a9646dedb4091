"""A blocklist inside generation: a logits processor for transformers.

At each step, and in each row, the tokens that would finish a phrase get a logit of minus infinity. So the text that comes out
does not hold the phrase as whole words, whatever the model, the temperature or the number of beams.

Two things a processor cannot see by itself.

* **That generation is about to stop.** A phrase may be complete at the longest length, and nothing will follow it. So
  `max_length` is to be given here too; at the last step the phrase may not be completed. Other reasons to stop (a time
  limit, stop strings) leave this gap open: a program that passes text on should keep back the tail while
  `Blocklist.is_open` is true.
* **How the word goes on.** A model that wants to write *Paris* may complete it, may then not end the word, and writes
  *Parisis*. The rule is kept and everybody can read the word. A processor that may *look ahead* asks the model, before a phrase
  is completed, how likely the word goes on; where that is less likely than not, the completing token is forbidden too.
  This costs one more pass, and only where the phrase is about to be written.

Pitfall: to forbid is not to prevent. The model goes on with what is next best, a synonym, or *the French capital*.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from transformers import LogitsProcessor

from course_lib.guardrails.automaton import START, State

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.guardrails.blocklist import Blocklist
    from course_lib.models import LocalModel

    Look = Callable[[Int[Tensor, "row position"]], Float[Tensor, "row vocab"]]

WORTH_A_LOOK = 1e-3  # completing tokens less likely than this are forbidden unseen
GOES_ON = 0.5


class BlocklistProcessor(LogitsProcessor):
    """Forbids what a blocklist forbids; for one call of `generate(logits_processor=[...])`.

    Args:
        blocklist: the phrases, compiled for the model's tokenizer.
        prompt_length: how many tokens of each row are prompt, filling included: `input_ids.shape[1]`.
        max_length: the longest row, prompt included, at which generation stops; None where it cannot stop so.
        look: gives the next logits of rows of ids, to look ahead; None not to.
    """

    def __init__(
        self, blocklist: Blocklist, prompt_length: int, max_length: int | None = None, look: Look | None = None
    ) -> None:
        self.blocklist, self.prompt_length, self.max_length, self.look = blocklist, prompt_length, max_length, look
        self._states: dict[tuple[int, ...], State] = {(): START}

    def __call__(
        self, input_ids: Int[Tensor, "batch position"], scores: Float[Tensor, "batch vocab"]
    ) -> Float[Tensor, "batch vocab"]:
        """The scores with what is forbidden after each row at minus infinity."""
        scores = scores.clone()
        last = self.max_length is not None and input_ids.shape[1] + 1 >= self.max_length
        states: dict[tuple[int, ...], State] = {}
        for row, ids in enumerate(input_ids[:, self.prompt_length :].tolist()):
            key = tuple(ids)
            state = states[key] = self._state_of(key)
            scores[row, self.blocklist.forbidden(state, last).to(scores.device)] = -torch.inf
            if self.look is not None and not last:
                self._look_ahead(input_ids[row], state, scores[row])
        self._states = states
        return scores

    def _state_of(self, key: tuple[int, ...]) -> State:
        """Beams change places, so a row is known by what it has written, one token ago."""
        known = self._states.get(key[:-1])
        if not key:
            return START
        return self.blocklist.state_after(key) if known is None else self.blocklist.step(known, key[-1])

    def _look_ahead(self, ids: Int[Tensor, " position"], state: State, scores: Float[Tensor, " vocab"]) -> None:
        """Forbid completing tokens behind which the word more likely ends than goes on."""
        assert self.look is not None
        completing = self.blocklist.completing(state).to(scores.device)
        likely = scores.softmax(-1)[completing] > WORTH_A_LOOK
        scores[completing[~likely]] = -torch.inf
        asked = completing[likely]
        if len(asked) == 0:
            return
        rows = torch.cat([ids.expand(len(asked), -1), asked[:, None]], dim=1)
        following = self.look(rows).softmax(-1)
        for token, chances in zip(asked.tolist(), following, strict=True):
            ends = self.blocklist.forbidden(self.blocklist.step(state, token)).to(chances.device)
            if 1 - chances[ends].sum() < GOES_ON:
                scores[token] = -torch.inf


class TimedProcessor(LogitsProcessor):
    """Another processor with a clock: `seconds` holds what each call took."""

    def __init__(self, inner: LogitsProcessor) -> None:
        self.inner = inner
        self.seconds: list[float] = []

    def __call__(
        self, input_ids: Int[Tensor, "batch position"], scores: Float[Tensor, "batch vocab"]
    ) -> Float[Tensor, "batch vocab"]:
        """What the inner one says."""
        began = time.perf_counter()
        said: Tensor = self.inner(input_ids, scores)
        self.seconds.append(time.perf_counter() - began)
        return said


def looker(model: LocalModel) -> Look:
    """The look ahead with this model: the logits behind each row."""

    @torch.no_grad()
    def look(rows: Int[Tensor, "row position"]) -> Float[Tensor, "row vocab"]:
        return model.model(rows, logits_to_keep=1).logits[:, -1].float()

    return look
