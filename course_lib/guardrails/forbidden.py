"""Which tokens may not come next, given what was written so far: exercise 14.5, the definition.

A processor of logits sees what was written and says of each token whether it may follow. A rule "forbid the token that
completes the phrase" cannot be right: after *ass* may come *embly*, and then no phrase was there. Whether a word is over
is known only when the next letter, or none, follows. So the decision falls one token later: the phrase may be completed,
and what is forbidden is *to end the word there*: by a space, by a sign, or by stopping.

This module is the definition, read token by token over the whole vocabulary. `blocklist` computes the same faster.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from course_lib.guardrails.words import plain_spacing


def forbidden_tokens(pieces: Sequence[str], tail: str, phrase: str, end: int) -> list[int]:
    """The tokens that would make the phrase a finished word of the text; exercise 14.5.

    Args:
        pieces: the text of each token, by id; "" for a token without text.
        tail: what was written so far; it does not hold the phrase as a finished word.
        phrase: what may not occur as whole words, in plain spacing.
        end: the id of the token that ends the text.

    Returns:
        Ids in order. A token is forbidden if, behind it, the phrase stands in the text as whole words *and something
        follows it*. The token `end` is forbidden if the tail ends with the phrase as whole words.

    Example:
        >>> forbidden_tokens(["ume", " you", ""], "An ass", "ass", end=2)
        [1, 2]
    """
    pattern = re.compile(rf"\b{re.escape(phrase)}\b")
    forbidden = []
    for token, piece in enumerate(pieces):
        text = plain_spacing(tail + piece)
        found = any(match.end() < len(text) for match in pattern.finditer(text))
        if token == end:
            found = any(match.end() == len(text) for match in pattern.finditer(text))
        if found:
            forbidden.append(token)
    return forbidden
