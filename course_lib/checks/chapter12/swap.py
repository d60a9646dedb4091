"""Exercise 12.3: the counterfactual text. The published version replaces strings, one pair after the other.

The texts hold every trap: *he* inside *the* and *when*, both directions, capitals, *her* before a noun, before a full
stop, before a short word, *his* alone, names in both directions.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from functools import partial

from course_lib.bias.swap import BEGINNERS, PAIRS
from course_lib.checks.exercise import Case, Exercise, Mistake

Names = Mapping[str, str]
BOTH = {**PAIRS, **{other: word for word, other in PAIRS.items()}, "him": "her", "hers": "his"}


def _like(word: str, other: str) -> str:
    return other.upper() if word.isupper() else other.capitalize() if word[0].isupper() else other


def _like_found(other: str, found: re.Match[str]) -> str:
    return _like(found[0], other)


def _swapped(
    text: str, names: Names, *, her: str = "", his: str = "", capitals: bool = True, beginners: frozenset[str] = BEGINNERS,
    gap: str = r"\s+", both: Mapping[str, str] = BOTH, back: bool = True,
) -> str:  # fmt: skip
    renamed = {**names, **({b: a for a, b in names.items()} if back else {})}

    def counterpart(found: re.Match[str]) -> str:
        word = found[0]
        if word in renamed:
            return renamed[word]
        after = re.match(gap + r"([A-Za-z]+)", text[found.end() :])
        owns = after is not None and after[1].lower() not in beginners
        depends = {"her": her or ("his" if owns else "him"), "his": his or ("her" if owns else "hers")}
        other = {**both, **depends}.get(word.lower())
        return word if other is None else _like(word, other) if capitals else other

    return re.sub(r"[A-Za-z]+", counterpart, text)


def replaced_strings(text: str, names: Names) -> str:
    """The published version."""
    for word, other in {**names, "he": "she", "him": "her", "his": "her", "man": "woman"}.items():
        text = text.replace(word, other)
    return text


def one_after_the_other(text: str, names: Names) -> str:
    """Whole words, but one pair after the other: what was swapped is swapped back."""
    pairs = {**PAIRS, "him": "her", "hers": "his", "his": "her"}
    for word, other in [*pairs.items(), *((b, a) for a, b in pairs.items())]:
        text = re.sub(rf"\b{word}\b", partial(_like_found, other), text, flags=re.IGNORECASE)
    for name, other in names.items():
        text = re.sub(rf"\b{name}\b", other, text)
    return text


def one_direction(text: str, names: Names) -> str:
    """Men become women; women stay."""
    return _swapped(text, names, both={**PAIRS, "him": "her"}, her="her", back=False)


def her_is_his(text: str, names: Names) -> str:
    """Every her becomes his."""
    return _swapped(text, names, her="his")


def her_is_him(text: str, names: Names) -> str:
    """Every her becomes him."""
    return _swapped(text, names, her="him")


def never_hers(text: str, names: Names) -> str:
    """Every his becomes her."""
    return _swapped(text, names, his="her")


def small_letters(text: str, names: Names) -> str:
    """Capitals are lost."""
    return _swapped(text, names, capitals=False)


def misses_capitals(text: str, names: Names) -> str:
    """Words with a capital are not found."""
    swapped = _swapped(text, names)
    parts = zip(re.findall(r"[A-Za-z]+|[^A-Za-z]+", text), re.findall(r"[A-Za-z]+|[^A-Za-z]+", swapped), strict=True)
    renamed = {*names, *names.values()}
    return "".join(old if old[0].isupper() and old not in renamed else new for old, new in parts)


def any_word_follows(text: str, names: Names) -> str:
    """Takes short words for nouns."""
    return _swapped(text, names, beginners=frozenset())


def over_punctuation(text: str, names: Names) -> str:
    """Looks past commas and full stops."""
    return _swapped(text, names, gap=r"[^A-Za-z]+")


def forgets_names(text: str, names: Names) -> str:
    """Pronouns only."""
    return _swapped(text, {})


def names_one_way(text: str, names: Names) -> str:
    """Names in the given direction only."""
    return _swapped(text, names, back=False)


def right_by_parts(text: str, names: Names) -> str:
    """Cuts the text into words and what is between, and goes through them."""
    parts = re.split(r"([A-Za-z]+)", text)
    out = []
    renamed = dict([*names.items(), *((b, a) for a, b in names.items())])
    for place, part in enumerate(parts):
        low = part.lower()
        if part in renamed:
            out.append(renamed[part])
        elif low in ("her", "his"):
            following = parts[place + 2] if place + 2 < len(parts) and parts[place + 1].isspace() else ""
            noun = bool(following) and following.lower() not in BEGINNERS
            out.append(_like(part, {"her": ("him", "his"), "his": ("hers", "her")}[low][noun]))
        else:
            out.append(_like(part, BOTH[low]) if low in BOTH else part)
    return "".join(out)


def right_by_pattern(text: str, names: Names) -> str:
    """One pattern with the words in it, the possessive by a look ahead."""
    no = "|".join(sorted(BEGINNERS))
    words = "|".join(sorted({*BOTH, "his", "her"}, key=len, reverse=True))
    people = "|".join(map(re.escape, [*names, *names.values()])) or r"(?!)"
    pattern = re.compile(
        rf"(?<![A-Za-z])(?:(?P<n>{people})|(?P<w>(?i:{words})))(?![A-Za-z])(?P<o>(?=\s+(?!(?i:{no})(?![A-Za-z]))[A-Za-z]))?"
    )
    renamed = {**names, **{b: a for a, b in names.items()}}

    def one(found: re.Match[str]) -> str:
        if found["n"]:
            return renamed[found["n"]]
        owns, low = found["o"] is not None, found["w"].lower()
        other = {"her": "his" if owns else "him", "his": "her" if owns else "hers"}.get(low) or BOTH[low]
        return _like(found["w"], other)

    return pattern.sub(one, text)


TEXTS = (
    "When he read the letter, the nurse gave her the key and told him to wait.",
    "Mary lost her keys. The chef helped her, and then he found his coat.",
    "He himself said the red coat was his. Hers was blue, and Paul wore her hat.",
    "THE MAN AND HIS DAUGHTER. She saw him when her father left her in the shed.",
    "Ms Reed asked his mother whether Paul or Mary had seen her; nobody else had.",
    "Her work is better than his, and it made her proud of her team.",
)


def _hidden(seed: int) -> tuple[Case, ...]:
    draw = random.Random(seed)
    names = draw.choice(({"Paul": "Mary"}, {"Mary": "Paul"}))
    one, two, three = draw.sample(TEXTS, 3)
    return (
        Case("two sentences put together", (f"{one} {two}", names)),
        Case("with a line break", (three.replace(". ", ".\n"), names)),
        Case("all traps", (" ".join(TEXTS[1:5]), names)),
    )


SWAP_GENDER = Exercise(
    id="12.3",
    title="The same text about somebody else",
    points=4,
    difficulty=3,
    minutes=20,
    reference="course_lib.bias.swap:swap_gender",
    returns="the text with men and women exchanged, everything else as it was",
    example=(
        '`swap_gender("When he saw the nurse, Mary gave her his keys.", {"James": "Mary"})` is '
        '`"When she saw the nurse, James gave him her keys."`'
    ),
    hints=(
        "What decides whether a group of letters is the word *he*? And how can a word that has just been "
        "swapped be kept from being swapped "
        "back? One pass over the words does both.",
        '`re.sub(r"[A-Za-z]+", function, text)` calls a function for every word, with a match: '
        "`found[0]` is the word, `found.end()` where it ends. Decide "
        "in this order: is it a name, is it *her* or *his* (look at what follows), is it in a table of "
        "both directions? Then restore the capitals.",
        "```python\ndef counterpart(found):\n    word = found[0]\n    if word in renamed: ...\n    after "
        '= re.match(r"\\s+([A-Za-z]+)", text[found.end():])\n'
        '    owns = after is not None and ... not in BEGINNERS\n    other = {**both, "her": ... if owns '
        'else ..., "his": ...}.get(word.lower())\n    ...\n```',
    ),
    why=(
        "A pair of texts that differ in one thing is the strongest evidence of unequal treatment that "
        "you can produce on your own machine. If the swap "
        "also breaks the grammar, the model reacts to that."
    ),
    visible=(
        Case("he inside other words", (TEXTS[0], {})),
        Case("her with and without a noun", (TEXTS[1], {"Paul": "Mary"})),
        Case("his alone, capitals", (TEXTS[2], {"Mary": "Paul"})),
        Case("all capitals", (TEXTS[3], {})),
        Case("both names, and her before a semicolon", (TEXTS[4], {"Paul": "Mary"})),
        Case("no word to swap", ("The weather there is the theme.", {"Paul": "Mary"})),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake("strings", replaced_strings, "You replace letters, not words: read what became of *the* and *when*."),
        Mistake(
            "swapped back",
            one_after_the_other,
            "Some words have been swapped twice: what the first replacement turned into *she*, a later one "
            "turned back. All pairs have to be exchanged in one pass.",
        ),
        Mistake(
            "one direction",
            one_direction,
            "Men have become women and women have stayed women. The exchange goes both ways.",
        ),
        Mistake("her is his", her_is_his, "Every *her* has become *his*. Try it on “He saw her.”"),
        Mistake("her is him", her_is_him, "Every *her* has become *him*. Try it on “her coat”."),
        Mistake(
            "never hers",
            never_hers,
            "Every *his* has become *her*. Where no noun follows, as in “the coat was his”, English has another word.",
        ),
        Mistake("no capitals", small_letters, "Capitals are lost at the beginnings of sentences."),
        Mistake("capitals missed", misses_capitals, "Words that begin with a capital have not been exchanged."),
        Mistake(
            "short words",
            any_word_follows,
            "A word follows, and still it is no possessive: “gave her the key”, “told her to wait”. "
            "`BEGINNERS` holds such words.",
        ),
        Mistake(
            "past the comma",
            over_punctuation,
            "Between a possessive and its noun there are only spaces. You look past commas and full stops.",
        ),
        Mistake("names forgotten", forgets_names, "The names have not been exchanged."),
        Mistake(
            "names one way",
            names_one_way,
            "Names are exchanged in one direction only: the second of a pair has to become the first.",
        ),
    ),
    alternatives=(right_by_parts, right_by_pattern),
    tolerance_reason="texts are equal or not",
)
