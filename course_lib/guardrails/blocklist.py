"""A list of phrases, compiled for a vocabulary: which tokens may not come next?

Forbidden are the tokens that would make a phrase a finished word of the text (`forbidden` has the definition). The list
knows no tokenisations: whatever way the letters were cut into tokens, it is the letters that count. And it forbids
nothing else, so *class* may be written, and *assembly* even when it is cut into *ass* and *embly*. (One exception: after
a complete phrase a letter must come whole, not as the first of several byte tokens.)

What is forbidden in a state is found once and kept. It consists of

* the tokens that hold a finished phrase within themselves, whatever stands before them;
* the tokens that go on from what has begun: from the root of the vocabulary's trie along the rest of the phrase, and then
  everything that goes on with no letter;
* where a phrase is complete, the tokens that end the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import torch

from course_lib.errors import CourseError
from course_lib.guardrails.automaton import INSIDE, START, State, advance, complete
from course_lib.guardrails.pieces import token_bytes
from course_lib.guardrails.trie import Node, all_below, ends_of, token_trie
from course_lib.guardrails.words import plain_phrase

if TYPE_CHECKING:
    from jaxtyping import Int
    from torch import Tensor
    from transformers import PreTrainedTokenizerBase


class Blocklist:
    """Phrases, compiled for one vocabulary.

    Attributes:
        phrases: in plain spacing.
        pieces: what each token writes, as bytes.
        ends: ids that end a text.
    """

    def __init__(
        self, tokenizer: PreTrainedTokenizerBase, phrases: Iterable[str], ends: Iterable[int] | None = None
    ) -> None:
        """Compile a list.

        Args:
            tokenizer: of the model that will write.
            phrases: words of letters and digits; matched as whole words, in any case and spacing.
            ends: ids that end a text; by default the tokenizer's own.

        Raises:
            CourseError: there is no phrase, or one that cannot be matched.
        """
        self.phrases = tuple(dict.fromkeys(plain_phrase(phrase) for phrase in phrases))
        if not self.phrases:
            raise CourseError("The list is empty.", "Give at least one phrase.")
        self.pieces = token_bytes(tokenizer)
        self.ends = frozenset([tokenizer.eos_token_id] if ends is None else ends)
        self._known: dict[tuple[State, bool], Int[Tensor, " token"]] = {}
        self._completing: dict[State, Int[Tensor, " token"]] = {}

    def state_after(self, ids: Sequence[int], state: State = START) -> State:
        """The state after these tokens."""
        for token in ids:
            state = self.step(state, token)
        return state

    def step(self, state: State, token: int) -> State:
        """The state after one more token."""
        return advance(state, self.piece(token), self.phrases)[0]

    def piece(self, token: int) -> bytes:
        """What a token writes; nothing where a model has more rows than its tokenizer has tokens."""
        return self.pieces[token] if token < len(self.pieces) else b""

    def is_open(self, state: State) -> bool:
        """Whether the text ends with a phrase, so that it depends on what follows."""
        return complete(state, self.phrases)

    def forbidden(self, state: State, last: bool = False) -> Int[Tensor, " token"]:
        """The ids that may not follow, in order.

        Args:
            state: of the text so far.
            last: whether nothing can follow the next token, so that it may not complete a phrase either.
        """
        if (state, last) not in self._known:
            self._known[state, last] = torch.tensor(sorted(self._find(state, last)), dtype=torch.long)
        return self._known[state, last]

    def _find(self, state: State, last: bool) -> set[int]:
        if state.open_bytes:  # the next token goes on with the letter, or leaves a sign that is no letter
            checked = {token for token in self._going_on if self._bad(state, token, last)}
            closed = State() if not self.is_open(state) else None
            others = set(range(len(self.pieces))) - self._going_on - self._silent
            found = checked | (others if closed is None else self._find(closed, last) & others)
        else:
            found = self._along(state, last) | self._within[last]
            found |= {token for token in self._cut if self._bad(state, token, last)}
        if self.is_open(state):
            found |= self.ends | (self._silent if last else set())
        return found

    def _along(self, state: State, last: bool) -> set[int]:
        """Tokens that go on from what has begun, or begin a phrase here, and finish it."""
        begun = set(state.begun) | (set() if state.in_word else {(number, 0) for number in range(len(self.phrases))})
        found: set[int] = set()
        for number, place in begun:
            phrase = self.phrases[number]
            for node in ends_of(self._trie, phrase[place:], gap_open=place > 0 and phrase[place - 1] == " "):
                for letter, below in node["next"].items():
                    if not letter.isalnum():
                        found.update(all_below(below))
                if last:
                    found.update(node["ids"])
        return found

    def _bad(self, state: State, token: int, last: bool) -> bool:
        after, finished = advance(state, self.piece(token), self.phrases)
        return finished or (complete(after, self.phrases) and (last or after.open_bytes != b""))

    @cached_property
    def _texts(self) -> list[str]:
        return [piece.decode(errors="replace") for piece in self.pieces]

    @cached_property
    def _cut(self) -> frozenset[int]:
        """Tokens that end within a letter or hold bytes that are no text."""
        return frozenset(token for token, text in enumerate(self._texts) if "\ufffd" in text)

    @cached_property
    def _going_on(self) -> set[int]:
        """Tokens that begin in the middle of a letter."""
        return {token for token, piece in enumerate(self.pieces) if piece and 0x80 <= piece[0] < 0xC0}

    @cached_property
    def _silent(self) -> set[int]:
        """Tokens that write nothing."""
        return {token for token, piece in enumerate(self.pieces) if not piece}

    @cached_property
    def _trie(self) -> Node:
        return token_trie(["" if token in self._cut else text for token, text in enumerate(self._texts)])

    @cached_property
    def _within(self) -> tuple[set[int], set[int]]:
        """Tokens with a phrase inside, whatever precedes: finished, and finished or complete at the end."""
        first = {phrase.split()[0] for phrase in self.phrases}
        near = [token for token, text in enumerate(self._texts) if any(word in text.casefold() for word in first)]
        return tuple({token for token in near if self._bad(INSIDE, token, last)} for last in (False, True))  # type: ignore[return-value]

    def completing(self, state: State) -> Int[Tensor, " token"]:
        """The ids that may follow and would complete a phrase, so that it depends on the token behind them."""
        if state not in self._completing:
            now, late = set(self.forbidden(state).tolist()), set(self.forbidden(state, last=True).tolist())
            self._completing[state] = torch.tensor(sorted(late - now), dtype=torch.long)
        return self._completing[state]
