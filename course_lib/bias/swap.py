"""The same text about a man and about a woman: a counterfactual that changes nothing else.

A test by substitution rests on one condition: the two texts differ in the group and in nothing else. Replacing
strings breaks it in four ways. "he" stands inside "the" and "when". Replacing "he" by "she" and then "she" by "he"
turns everything into "he". "He" at the beginning of a sentence is missed. And English has one "her" for two words:
"her desk" is "his desk", "saw her" is "saw him"; the other way round "his desk" is "her desk", and "the desk is his"
is "the desk is hers".

So words are replaced whole, all in one pass, with their capitals, and *her* and *his* by what comes after: a
possessive is followed by its noun, so it is followed by a word; after the object there is a full stop, a comma, the
end, or one of the short words that begin something new ("saw her at", "told her to", "gave her the").

Pitfalls. The rule errs: "her late arrival" and "called her late" look alike; measure it on texts whose counterpart is
known. And a swapped text can be grammatical and still be improbable for reasons that have nothing to do with the
question (a pregnant man, a bearded woman).

Sources: J. Zhao et al., WinoBias (2018, arXiv:1804.06876); R. Hall Maudslay et al., "It's all in the name" (2019,
arXiv:1909.00871), on names and on this very ambiguity.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

PAIRS = {
    "he": "she", "himself": "herself", "mr": "ms", "man": "woman", "men": "women", "male": "female", "males": "females",
    "boy": "girl", "boys": "girls", "schoolboy": "schoolgirl", "schoolboys": "schoolgirls", "gentleman": "lady",
    "gentlemen": "ladies", "father": "mother", "fathers": "mothers", "daddy": "mommy", "son": "daughter",
    "brother": "sister", "brothers": "sisters", "grandfather": "grandmother", "grandfathers": "grandmothers",
    "husband": "wife", "uncle": "aunt",
}  # fmt: skip
"""Words with one counterpart, which holds in both directions. *him*, *his*, *her* and *hers* are another matter."""

BEGINNERS = frozenset((
    "a", "about", "after", "an", "and", "are", "as", "at", "because", "before", "but", "by", "during", "for",
    "from", "had", "has", "he", "her", "his", "if", "in", "into", "is", "my", "of", "off", "on", "or", "our", "out",
    "over", "she", "since", "so", "than", "that", "the", "their", "then", "through", "to", "too", "under", "until",
    "up", "was", "were", "when", "where", "while", "who", "why", "with", "without", "your",
))  # fmt: skip
"""Short words that begin something new: before them, "her" is an object and "his" stands alone."""


def swap_gender(text: str, names: Mapping[str, str]) -> str:
    """The text with men as women and women as men.

    Args:
        text: English prose.
        names: pairs of names as they are written, one direction is enough: `{"James": "Mary"}` turns Mary into James
            too.

    Returns:
        The text with the words of `PAIRS` and the names exchanged in both directions, whole words only. "him" becomes
        "her" and "hers" becomes "his". "her" becomes "his", and "his" becomes "her", where spaces and a word follow
        that is not one of `BEGINNERS`; elsewhere they become "him" and "hers". A word that begins with a capital
        still does, and a word all in capitals stays so.

    Example:
        >>> swap_gender("When he saw the nurse, Mary gave her his keys.", {"James": "Mary"})
        'When she saw the nurse, James gave him her keys.'
    """
    both = {**PAIRS, **{other: word for word, other in PAIRS.items()}, "him": "her", "hers": "his"}
    renamed = {**names, **{other: name for name, other in names.items()}}

    def counterpart(found: re.Match[str]) -> str:
        word = found[0]
        if word in renamed:
            return renamed[word]
        after = re.match(r"\s+([A-Za-z]+)", text[found.end() :])
        owns = after is not None and after[1].lower() not in BEGINNERS
        depends = {"her": "his" if owns else "him", "his": "her" if owns else "hers"}
        other = {**both, **depends}.get(word.lower())
        if other is None:
            return word
        return other.upper() if word.isupper() else other.capitalize() if word[0].isupper() else other

    return re.sub(r"[A-Za-z]+", counterpart, text)
