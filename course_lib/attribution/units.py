"""Units of a prompt: tokens, words, sentences, or spans of your own, as ranges of token positions.

A tokenizer's pieces are not what a reader reads: "unhelpful" may be three tokens, and the credit of one word is then
spread over three rows. Methods that switch parts of a text on and off can switch whole words or sentences; for methods
that score tokens, `by_units` adds the scores up.

The pitfall is the seam. Most tokenizers write the space in *front* of a word, so a word begins where a token begins
with a space (or follows a line break), and punctuation belongs to the word before it. A sentence ends behind a full
stop, a question mark or an exclamation mark if a space or a line break follows, so that "3.14" is not two sentences.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from course_lib.attribution.result import TokenAttribution
from course_lib.errors import CourseError

if TYPE_CHECKING:
    from course_lib.models import LocalModel

Span = tuple[int, int]
KINDS = ("token", "word", "sentence")


def unit_spans(tokens: Sequence[str], units: str | Sequence[Span], special: Sequence[bool] | None = None) -> list[Span]:
    """Where each unit starts and stops (exclusive), in token positions.

    Args:
        tokens: the text of each token, as `model.tokens` gives it.
        units: "token", "word", "sentence", or (start, stop) pairs in order and without overlap.
        special: which tokens are marks of the chat template; each is a unit of its own.

    Raises:
        CourseError: unknown units, or spans that are empty, overlap, or leave the text.

    Example:
        >>> tokens = ["The", " un", "helpful", " cat", ".", " It", " sat", "."]
        >>> unit_spans(tokens, "word")
        [(0, 1), (1, 3), (3, 5), (5, 6), (6, 8)]
        >>> unit_spans(tokens, "sentence")
        [(0, 5), (5, 8)]
    """
    if not isinstance(units, str):
        return _own(units, len(tokens))
    if units not in KINDS:
        raise CourseError(f"There are no units {units!r}.", 'Choose "token", "word", "sentence", or give spans.')
    marks = special or [False] * len(tokens)
    starts = [0]
    for place in range(1, len(tokens)):
        alone = marks[place] or marks[place - 1]
        if units == "token" or alone or _begins(tokens, place, units, starts[-1]):
            starts.append(place)
    return list(zip(starts, [*starts[1:], len(tokens)], strict=True))


def special_tokens(model: LocalModel, ids: Sequence[int]) -> list[bool]:
    """Which tokens are marks, such as the beginning of a turn."""
    marks = set(model.tokenizer.all_special_ids)
    return [int(token) in marks for token in ids]


def by_units(
    result: TokenAttribution, units: str | Sequence[Span], special: Sequence[bool] | None = None
) -> TokenAttribution:
    """The scores of a token method added up over words, sentences or spans.

    Exact for integrated gradients and gradient × input, whose scores are parts of a sum. Removing a word is not the sum
    of removing its pieces: for removal, ask `shapley_values` or `leave_units_out` with units instead.

    Args:
        result: scores for each token.
        units: "word", "sentence", or spans that cover what you want to keep.
        special: which tokens are marks; see `unit_spans`.

    Raises:
        CourseError: scores are sampled, or have units already, or `units` do not fit.
    """
    if result.intervals is not None or "units" in result.settings or "positions" in result.settings:
        raise CourseError(
            "These scores do not belong to single tokens of a whole prompt.", "Give a token method's result."
        )
    spans = unit_spans(result.tokens, units, special)
    scores = torch.stack([result.scores[:, start:stop].sum(dim=1) for start, stop in spans], dim=1)
    settings = {**result.settings, "units": [list(span) for span in spans]}
    return replace(result, tokens=unit_texts(result.tokens, spans), scores=scores, settings=settings)


def unit_texts(tokens: Sequence[str], spans: Sequence[Span]) -> tuple[str, ...]:
    """The text of each unit."""
    return tuple("".join(tokens[start:stop]) for start, stop in spans)


def _begins(tokens: Sequence[str], place: int, units: str, start: int) -> bool:
    """Whether a word, or a sentence, begins at `place`; the unit before it began at `start`."""
    before, here = "".join(tokens[start:place]), tokens[place]
    apart = here[:1].isspace() or before[-1:].isspace()
    if not before.strip() or (here.isspace() and "\n" in here):
        return False  # spaces alone are no unit: they join what follows, a line break what precedes
    if units == "word":
        return apart
    words = before.rstrip()
    ended = words.rstrip("\"'”’)").endswith((".", "!", "?", "…")) or "\n" in before[len(words) :]
    return apart and ended and bool(here.strip())


def _own(units: Sequence[Span], length: int) -> list[Span]:
    """Spans as given, checked."""
    spans = [(int(start), int(stop)) for start, stop in units]
    edges = [edge for span in spans for edge in span]
    proper = all(start < stop for start, stop in spans) and edges == sorted(edges)
    if not spans or not proper or edges[0] < 0 or edges[-1] > length:
        raise CourseError(
            f"These spans are no units of {length} tokens: {spans}.",
            "Give (start, stop) pairs in order, without overlap, each of one token or more.",
        )
    return spans
