"""The filter behind a model that is writing: a streamer for `generate` of transformers.

The model writes tokens, and a token of a byte-level vocabulary is a few bytes: an emoji comes in pieces, and the first
of them is no character. `TextStreamer` of transformers decodes what has come so far and passes on whole words; this
class gives these to a `StreamFilter` and notes when what was there.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from transformers.generation.streamers import TextStreamer

from course_lib.filtering.streaming import StreamFilter
from course_lib.models.quiet import quiet_transformers

if TYPE_CHECKING:
    from course_lib.filtering.output import OutputFilter
    from course_lib.models import LocalModel


@dataclass(frozen=True)
class Moment:
    """How far a stream was at one moment.

    Attributes:
        seconds: since the beginning.
        written: characters that the model had written, as far as they were whole words.
        shown: characters that had been shown.
        filtering: seconds that the filter had needed by then.
    """

    seconds: float
    written: int
    shown: int
    filtering: float


class FilteringStreamer(TextStreamer):
    """Takes the tokens of `generate`, shows what the filter lets out.

    Args:
        tokenizer: of the model.
        output: the filter.

    Attributes:
        moments: one for each piece that arrived.
        shown: the text that was let out so far.
    """

    def __init__(self, tokenizer: Any, output: OutputFilter) -> None:
        super().__init__(tokenizer, skip_prompt=True, skip_special_tokens=True)
        self.running = StreamFilter(output)
        self.shown = ""
        self.moments: list[Moment] = []
        self._began = time.perf_counter()
        self._filtering = 0.0

    def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
        """Called by `TextStreamer` with each whole word."""
        began = time.perf_counter()
        self.shown += self.running.feed(text)
        if stream_end:
            self.shown += self.running.finish()
        self._filtering += time.perf_counter() - began
        seconds = time.perf_counter() - self._began
        self.moments.append(Moment(seconds, len(self.running.text), len(self.shown), self._filtering))


def filtered_generation(model: LocalModel, prompt: str, output: OutputFilter, max_new_tokens: int) -> FilteringStreamer:
    """A greedy continuation through the filter.

    Args:
        model: a loaded model.
        prompt: plain text, or a chat already rendered by `chat`.
        output: the filter.
        max_new_tokens: at most so many tokens.
    """
    import torch

    streamer = FilteringStreamer(model.tokenizer, output)
    ids = model.encode(prompt)[None]
    network: Any = model.model
    with quiet_transformers(), torch.no_grad():
        network.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=max_new_tokens, do_sample=False,
            repetition_penalty=1.0, pad_token_id=model.filling, streamer=streamer,
        )  # fmt: skip
    return streamer
