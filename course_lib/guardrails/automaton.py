"""How far a text has come into each phrase of a list, letter by letter.

To know whether the next token finishes a phrase, the whole text need not be read again. What matters of the past is little:
which phrases have begun and how far they are, whether the last sign was a letter (then nothing can begin here), and the
bytes of a letter that is not whole yet. That is a *state*, and a token leads from one state to the next.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from course_lib.guardrails.words import plain_spacing


@dataclass(frozen=True)
class State:
    """What matters of the text so far.

    Attributes:
        in_word: whether it ends with a letter or digit.
        begun: `(phrase, place)` for each phrase that the end of the text may be the beginning of; a place at the phrase's
            length means complete, and not yet known whether the word goes on.
        open_bytes: the first bytes of a letter, the rest of which is still to come.
    """

    in_word: bool = False
    begun: frozenset[tuple[int, int]] = frozenset()
    open_bytes: bytes = b""


START = State()
INSIDE = State(in_word=True)


def advance(state: State, data: bytes, phrases: tuple[str, ...]) -> tuple[State, bool]:
    """The state after more bytes, and whether a phrase was finished on the way.

    Finished means: it stands in the text as whole words, and something follows it.

    Args:
        state: before.
        data: what is written.
        phrases: the list, in plain spacing.

    Example:
        >>> state, finished = advance(START, b"an ASS", ("ass",))
        >>> finished, advance(state, b"ume", ("ass",))[1], advance(state, b".", ("ass",))[1]
        (False, False, True)
    """
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    text = decoder.decode(state.open_bytes + data)
    in_word, begun, finished = state.in_word, set(state.begun), False
    for letter in text.casefold():
        sign = plain_spacing(letter)
        after = set()
        for phrase, place in begun:
            wanted = phrases[phrase]
            if place == len(wanted):
                finished |= not sign.isalnum()
                continue
            if wanted[place] == sign:
                after.add((phrase, place + 1))
            if sign == " " and place and wanted[place - 1] == " ":
                after.add((phrase, place))
        if not in_word:
            after |= {(number, 1) for number, wanted in enumerate(phrases) if wanted[0] == sign}
        in_word, begun = sign.isalnum(), after
    return State(in_word, frozenset(begun), decoder.getstate()[0]), finished


def complete(state: State, phrases: tuple[str, ...]) -> bool:
    """Whether a text that ends here ends with a phrase as whole words."""
    return any(place == len(phrases[phrase]) for phrase, place in state.begun)
