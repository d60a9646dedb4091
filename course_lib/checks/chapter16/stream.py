"""Exercise 16.5: what a stream may show so far.

Phrases are cut by chunks in every place, begin in the middle of a failed beginning of themselves, are beginnings of each
other, and never come to their end.
"""

from __future__ import annotations

import random
import re

from course_lib.checks.exercise import Case, Exercise, Mistake
from course_lib.filtering.streaming import release

Pieces = list[str]


def _replaced(text: str, phrases: Pieces, mask: str) -> str:
    if not phrases:
        return text
    longest_first = sorted(phrases, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest_first)), lambda _: mask, text)


def each_alone(chunks: Pieces, phrases: Pieces, mask: str) -> Pieces:
    """Every chunk is filtered by itself."""
    return [_replaced(chunk, phrases, mask) for chunk in chunks] + [""]


def one_length_held(chunks: Pieces, phrases: Pieces, mask: str) -> Pieces:
    """As many characters as the longest phrase has, less one, are always held back."""
    keep = max(map(len, phrases), default=1) - 1
    pieces, text, shown = [], "", 0
    for chunk in chunks:
        text += chunk
        safe = _replaced(text, phrases, mask)
        piece = safe[shown : max(shown, len(safe) - keep)]
        pieces.append(piece)
        shown += len(piece)
    return [*pieces, _replaced(text, phrases, mask)[shown:]]


def words_held(chunks: Pieces, phrases: Pieces, mask: str) -> Pieces:
    """Whatever stands behind the last space is held back."""
    pieces, held = [], ""
    for chunk in chunks:
        held += chunk
        cut = held.rfind(" ") + 1
        pieces.append(_replaced(held[:cut], phrases, mask))
        held = held[cut:]
    return [*pieces, _replaced(held, phrases, mask)]


def everything_held(chunks: Pieces, phrases: Pieces, mask: str) -> Pieces:
    """Nothing is shown before the end."""
    return [""] * len(chunks) + [_replaced("".join(chunks), phrases, mask)]


def _scan(
    chunks: Pieces, phrases: Pieces, mask: str, *, shortest: bool = False, whole: bool = False, flush: bool = True
) -> Pieces:
    pieces, held = [], ""
    last: list[str | None] = [None] if flush else []
    for chunk in [*chunks, *last]:
        held, shown = held + (chunk or ""), ""
        while held:
            found = (min if shortest else max)((p for p in phrases if held.startswith(p)), key=len, default="")
            waits = any(p.startswith(held) and p != held for p in phrases)
            if chunk is not None and waits and not (shortest and found):
                break
            step = len(found) or (_failed(held, phrases) if whole else 1)
            shown += mask if found else held[:step]
            held = held[step:]
        pieces.append(shown)
    return pieces if flush else [*pieces, ""]


def _failed(held: str, phrases: Pieces) -> int:
    """How far a beginning of a phrase goes before it fails."""
    best = 1
    for phrase in phrases:
        n = 0
        while n < min(len(held), len(phrase)) and held[n] == phrase[n]:
            n += 1
        best = max(best, n)
    return best


def shortest_first(chunks: Pieces, phrases: Pieces, mask: str) -> Pieces:
    """The shorter of two phrases is replaced as soon as it is there."""
    return _scan(chunks, phrases, mask, shortest=True)


def failed_beginning_dropped(chunks: Pieces, phrases: Pieces, mask: str) -> Pieces:
    """A failed beginning is shown as a whole."""
    return _scan(chunks, phrases, mask, whole=True)


def never_flushed(chunks: Pieces, phrases: Pieces, mask: str) -> Pieces:
    """What is held at the end never comes."""
    return _scan(chunks, phrases, mask, flush=False)


def no_last_piece(chunks: Pieces, phrases: Pieces, mask: str) -> Pieces:
    """The end has no piece of its own."""
    made = release(chunks, phrases, mask)
    return [*made[:-2], made[-2] + made[-1]] if len(made) > 1 else []


def withheld_at_the_end(chunks: Pieces, phrases: Pieces, mask: str) -> Pieces:
    """A beginning that stays one is masked at the end."""
    made = release(chunks, phrases, mask)
    return [*made[:-1], mask if made[-1] else ""]


def one_mask_a_letter(chunks: Pieces, phrases: Pieces, mask: str) -> Pieces:
    """A mask for each character."""
    longest_first = sorted(phrases, key=len, reverse=True)
    marker = "\x00"
    made = release(chunks, phrases, marker)
    hits = iter(re.findall("|".join(map(re.escape, longest_first)), "".join(chunks)) if phrases else [])
    return [re.sub(marker, lambda _: mask * len(next(hits)), piece) for piece in made]


def right_by_places(chunks: Pieces, phrases: Pieces, mask: str) -> Pieces:
    """The whole text is kept, and a place in it moves."""
    text, at, pieces = "", 0, []
    for number in range(len(chunks) + 1):
        done = number == len(chunks)
        text += "" if done else chunks[number]
        shown = []
        while at < len(text):
            rest = text[at:]
            if not done and any(len(p) > len(rest) and p[: len(rest)] == rest for p in phrases):
                break
            hits = sorted((p for p in phrases if text.startswith(p, at)), key=len)
            shown.append(mask if hits else text[at])
            at += len(hits[-1]) if hits else 1
        pieces.append("".join(shown))
    return pieces


def right_by_set(chunks: Pieces, phrases: Pieces, mask: str) -> Pieces:
    """All beginnings in a set."""
    beginnings = {p[:n] for p in phrases for n in range(1, len(p))}
    pieces, held = [], ""
    for chunk in [*chunks, ""]:
        pieces.append("")
        held += chunk
        last = len(pieces) > len(chunks)
        while held and (last or held not in beginnings):
            size = max((len(p) for p in phrases if held.startswith(p)), default=0)
            pieces[-1] += mask if size else held[0]
            held = held[size or 1 :]
    return pieces


VISIBLE = (
    Case("nothing to withhold", (["We ", "bake ", "bread."], ["Bob"], "***")),
    Case("cut in the middle", (["My name is B", "o", "b."], ["Bob"], "***")),
    Case("a beginning that fails", (["Bo", "ris, then B", "ob"], ["Bob"], "***")),
    Case("a beginning within a beginning", (["aa", "ab", " end"], ["aab"], "#")),
    Case("one is the beginning of the other", (["sec", "ret", "s, secret", " x"], ["secret", "secrets"], "#")),
    Case("it stays a beginning", (["the end: Bo"], ["Bob"], "***")),
    Case("a phrase with spaces", (["the silver", " heron ", "or silver ", "spoon"], ["silver heron"], "[..]")),
    Case("one chunk", (["Bob and Bob"], ["Bob"], "*")),
)


def _hidden(seed: int) -> tuple[Case, ...]:
    draw = random.Random(seed)

    def cut(text: str) -> Pieces:
        places = sorted(draw.sample(range(1, len(text)), min(len(text) - 1, draw.randrange(4, 9))))
        return [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]

    letters = "".join(draw.choices("ab", k=40))
    text = "secrets and secret things: silver silver heron, silver her" + draw.choice(["", "o"])
    return (
        Case("two letters only", (cut(letters), ["aab", "abab", "bb"], "#")),
        Case("words", (cut(text), ["secret", "secrets", "silver heron"], "[..]")),
        Case("letter by letter", (list(text[:30]), ["secrets", "and s"], "*")),
    )


RELEASE = Exercise(
    id="16.5",
    title="Never show a beginning",
    points=5,
    difficulty=4,
    minutes=25,
    reference="course_lib.filtering.streaming:release",
    returns=(
        "one piece for each chunk and one for the end: as much as may be shown by then, with the mask in place "
        "of each phrase (the one "
        "that begins first; of those, the longest)"
    ),
    example=(
        '`release(["My na", "me is", " Bo", "b."], ["Bob"], "***")` is `["My na", "me is", " ", "***.", ""]`: '
        'with *Bo* nobody knows yet.'
    ),
    hints=(
        "When may a character be shown? When no phrase can begin at it any more. When can one still begin at it?",
        "Keep what is held back in a text. As long as there is something: if all of it is the beginning of a "
        "longer phrase, wait for the next chunk. Otherwise "
        "its first character is decided: a phrase begins there, or it may be shown.",
        "```python\nfor chunk in [*chunks, None]:\n    held += chunk or \"\"\n    while held:\n"
        "        if chunk is not None and any(phrase.startswith(held) and ... for phrase in phrases):\n            break\n"
        "        found = max((phrase for phrase in phrases if held.startswith(phrase)), key=len, default=\"\")\n        ...\n```",
    ),
    why=(
        "Chat windows show text while it is written. A filter for finished texts that is called on every chunk "
        "finds nothing that is cut by a chunk, "
        "and takes nothing back that was shown."
    ),
    visible=VISIBLE,
    hidden=_hidden,
    mistakes=(
        Mistake("each chunk alone", each_alone,
            "You filter every chunk by itself. A phrase that is cut by a chunk is shown whole: look at the second case."),
        Mistake("a fixed length held", one_length_held,
            "You always hold back as many characters as the longest phrase could need. That is safe, and more "
            "than necessary: most of them cannot begin a phrase."),
        Mistake("the last word held", words_held,
            "You hold back what stands behind the last space. A phrase can have spaces in it, and most last "
            "words begin no phrase."),
        Mistake("everything held", everything_held, "You show nothing before the end. Then it is no stream."),
        Mistake("the shorter one at once", shortest_first,
            "Where one phrase is the beginning of another, you replace the shorter one too early. The longest is asked for."),
        Mistake("a failed beginning shown whole", failed_beginning_dropped,
            "When a beginning fails, you show all of it. A phrase may begin inside it: look at the beginning "
            "within a beginning."),
        Mistake("never flushed", never_flushed, "What is held back at the end never comes. At the end there is "
        "nothing left to wait for."),
        Mistake("no piece for the end", no_last_piece, "There should be one more piece than chunks: what comes "
        "at the end, perhaps nothing."),
        Mistake("masked at the end", withheld_at_the_end,
            "At the end you mask a beginning that never became a phrase. It may be shown."),
        Mistake("a mask for each letter", one_mask_a_letter, "You put a mask for every character. One mask stands for a phrase."),
    ),
    alternatives=(right_by_places, right_by_set),
    tolerance_reason="text only",
)  # fmt: skip
