"""Exercise 14.5: which tokens may not follow."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from course_lib.checks.exercise import Case, Exercise, Mistake
from course_lib.guardrails.words import plain_spacing


def _search(
    pieces: Sequence[str], tail: str, phrase: str, end: int, *, where: str, at_end: bool = True, fold: bool = True
) -> list[int]:
    """Slips in the test of a match: where it has to lie, and whether the end of the text is minded."""
    pattern = re.compile(rf"\b{re.escape(phrase)}\b")
    forbidden = []
    for token, piece in enumerate(pieces):
        text = plain_spacing(tail + piece) if fold else tail + piece
        matches = list(pattern.finditer(text))
        inside, final = any(m.end() < len(text) for m in matches), any(m.end() == len(text) for m in matches)
        found = {"inside": inside, "final": final, "both": inside or final}[where]
        if token == end:
            found = at_end and final
        if found:
            forbidden.append(token)
    return forbidden


def completing(pieces: Sequence[str], tail: str, phrase: str, end: int) -> list[int]:
    """Forbids the token that completes the phrase."""
    return _search(pieces, tail, phrase, end, where="final")


def completing_too(pieces: Sequence[str], tail: str, phrase: str, end: int) -> list[int]:
    """Forbids completing and finishing."""
    return _search(pieces, tail, phrase, end, where="both")


def end_allowed(pieces: Sequence[str], tail: str, phrase: str, end: int) -> list[int]:
    """The text may end there."""
    return _search(pieces, tail, phrase, end, where="inside", at_end=False)


def end_always(pieces: Sequence[str], tail: str, phrase: str, end: int) -> list[int]:
    """The text may never end."""
    return sorted({*_search(pieces, tail, phrase, end, where="inside"), end})


def substring(pieces: Sequence[str], tail: str, phrase: str, end: int) -> list[int]:
    """Any token with which the letters occur."""
    return [token for token, piece in enumerate(pieces) if piece and phrase in plain_spacing(tail + piece)]


def no_left_side(pieces: Sequence[str], tail: str, phrase: str, end: int) -> list[int]:
    """The phrase may begin inside a word."""
    pattern = re.compile(rf"{re.escape(phrase)}\b")
    forbidden = []
    for token, piece in enumerate(pieces):
        text = plain_spacing(tail + piece)
        hits = [match.end() for match in pattern.finditer(text)]
        if (token == end and len(text) in hits) or (token != end and any(hit < len(text) for hit in hits)):
            forbidden.append(token)
    return forbidden


def exactly_as_written(pieces: Sequence[str], tail: str, phrase: str, end: int) -> list[int]:
    """Neither case nor spacing is folded."""
    return _search(pieces, tail, phrase, end, where="inside", fold=False)


def piece_alone(pieces: Sequence[str], tail: str, phrase: str, end: int) -> list[int]:
    """Looks at the token without the tail."""
    return _search(pieces, "", phrase, end, where="inside")


def last_word_only(pieces: Sequence[str], tail: str, phrase: str, end: int) -> list[int]:
    """Forgets all but the last word of the tail."""
    return _search(pieces, (tail.split() or [""])[-1], phrase, end, where="inside")


def only_spaces(pieces: Sequence[str], tail: str, phrase: str, end: int) -> list[int]:
    """Only a space ends a word."""
    forbidden = []
    for token, piece in enumerate(pieces):
        text = " " + plain_spacing(tail + piece)
        if (token == end and text.endswith(f" {phrase}")) or (token != end and f" {phrase} " in text):
            forbidden.append(token)
    return forbidden


def by_letters(pieces: Sequence[str], tail: str, phrase: str, end: int) -> list[int]:
    """No patterns: every place is tried."""

    def ends_of(text: str) -> list[int]:
        found = []
        for start in range(len(text) - len(phrase) + 1):
            stop = start + len(phrase)
            begins = start == 0 or not text[start - 1].isalnum()
            stops = stop == len(text) or not text[stop].isalnum()
            if text[start:stop] == phrase and begins and stops:
                found.append(stop)
        return found

    forbidden = []
    for token in range(len(pieces)):
        text = plain_spacing(tail + pieces[token])
        if token == end:
            if len(plain_spacing(tail)) in ends_of(plain_spacing(tail)):
                forbidden.append(token)
        elif any(stop != len(text) for stop in ends_of(text)):
            forbidden.append(token)
    return forbidden


def by_lookahead(pieces: Sequence[str], tail: str, phrase: str, end: int) -> tuple[int, ...]:
    """A sign for the end of the text, and one pattern that wants a sign behind the phrase; a tuple."""
    gap = r"[\s_-]+".join(map(re.escape, phrase.split()))
    finished = re.compile(rf"(?<![^\W_]){gap}(?=[\W_])", re.IGNORECASE)
    texts = [tail + ("\0" if token == end else piece) for token, piece in enumerate(pieces)]
    return tuple(token for token, text in enumerate(texts) if finished.search(text))


PIECES = [
    "", "heron.", "ass", " ass", "embly", " Ass", "et", "s", ".", " ", "\n", " a", "an", "on", " on", " heron",
    "-Heron ", "Heron", "she", "er", "ron", " silver", "silver heron", "  silver  HERON!", "class ", " ass,",
    "-", "!", "0", "The ass is", " SIL", "ver",
]  # fmt: skip


def _cases(seed: int) -> tuple[Case, ...]:
    draw = random.Random(seed)
    end = draw.randrange(2, len(PIECES))
    pieces = PIECES[1:]
    draw.shuffle(pieces)
    pieces.insert(end, "")
    gap = draw.choice(("  ", "-", "\n", " _"))
    front = draw.choice(("Well, ", "It is a", "So said an old", "1. "))
    rows = (
        ("nothing was written yet", "", "ass"),
        ("the phrase is complete", f"{front.strip()} ass", "ass"),
        ("inside a word", "The gl", "ass"),
        ("a longer word ends like it", "The class", "ass"),
        ("half of it, in capitals", f"{front.strip()} SILVER{gap}", "silver heron"),
        ("half of it, then a space", "a silver ", "silver heron"),
        ("complete, with another gap", f"{front.strip()} Silver{gap}Heron", "silver heron"),
        ("two words so far", "a silver he", "silver heron"),
    )
    return tuple(Case(name, (pieces, tail, phrase, end)) for name, tail, phrase in rows)


def _hidden(seed: int) -> tuple[Case, ...]:
    return _cases(4000 + seed)


FORBIDDEN_TOKENS = Exercise(
    id="14.5",
    title="The tokens that may not follow",
    points=4,
    difficulty=4,
    minutes=30,
    reference="course_lib.guardrails.forbidden:forbidden_tokens",
    returns=(
        "the forbidden ids, in order. A token is forbidden if, with it, the phrase stands in the text as whole "
        "words *and something "
        "follows it*. The token `end`, which ends the text, is forbidden if the tail ends with the phrase as "
        "whole words"
    ),
    example=(
        '`forbidden_tokens(["ume", " you", ""], "An ass", "ass", end=2)` is `[1, 2]`: with *ume* the word was *assume*; '
        "with a space, "
        "or where the text ends, it was the word of the list."
    ),
    hints=(
        "The text so far is *An ass*. Is the phrase in it? What would the next token have to be, so that you know?",
        "Join tail and piece and fold them with `plain_spacing`. Look for the phrase with `\\b` on both sides, "
        "and ask of each match "
        "whether it ends before the text does. For `end` it is the other way round.",
        "```python\nfor number in range(len(pieces)):\n    joined = plain_spacing(...)\n"
        "    stops = [match.end() for match in re.finditer(..., joined)]\n"
        "    bad = any(stop < ... for stop in stops)\n    if number == end:\n        bad = ...\n```",
    ),
    why=(
        "Blocklists inside generation are sold as airtight. Whether they are, and whether *assembly* can still "
        "be written, is "
        "decided by when the decision falls."
    ),
    visible=_cases(145),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "completing",
            completing,
            "You forbid tokens that complete the phrase, and allow those that finish it. Behind *ass* may come "
            "*embly*: what has to be "
            "forbidden is to end the word there.",
        ),
        Mistake(
            "completing too",
            completing_too,
            "You also forbid tokens with which the phrase is complete and nothing follows. Whether the word is "
            "over is not known then.",
        ),
        Mistake(
            "the end allowed",
            end_allowed,
            "The text may end right behind the phrase in your version. Then it holds the phrase.",
        ),
        Mistake(
            "never an end",
            end_always,
            "Your version never lets a text end. It may, unless the phrase is the last thing in it.",
        ),
        Mistake(
            "letters", substring, "You look for the letters, so *class* is forbidden too. A phrase is whole words."
        ),
        Mistake(
            "the left side",
            no_left_side,
            "In your version the phrase may begin inside a word: look at the tails that end in the middle of one.",
        ),
        Mistake(
            "as written",
            exactly_as_written,
            "Capital letters, hyphens or line breaks get the phrase past your version.",
        ),
        Mistake(
            "without the tail",
            piece_alone,
            "You look at each token alone. The tail may hold the beginning of the phrase, or of the word.",
        ),
        Mistake(
            "the last word",
            last_word_only,
            "You look back by one word. A phrase may have several.",
        ),
        Mistake("only spaces", only_spaces, "In your version only a space ends a word. A full stop does as well."),
    ),
    alternatives=(by_letters, by_lookahead),
    tolerance_reason="whole numbers",
)
