"""When does a text hold a phrase? As whole words, in any case, with any gap between the words.

`"ass" in text` finds *class*, *pass* and *Massachusetts*. A list of phrases that is matched like that blocks whole towns:
the mail filters that turned away the inhabitants of Scunthorpe gave the problem its name. So a phrase has to begin and
end where a word does. On the other side nobody who wants to get past a list writes the phrase as the list does:
`Silver  HERON`, `silver-heron` and a line break between the words are all the same to a reader. So case is folded, and a
run of spaces, hyphens or underscores counts as one space.

Pitfall: a gap is not optional. Whoever deletes all spaces before looking finds *the rapist* in *therapist*.

What this does not see: other letters that look alike, zero-width characters, spelling with dots or digits. Chapter 16
takes those on; whatever normalisation is done there belongs in front of this.
"""

from __future__ import annotations

import re

from course_lib.errors import CourseError

GAP = re.compile(r"[\s_-]+")


def plain_spacing(text: str) -> str:
    """The text in folded case, with one space for each run of spaces, hyphens and underscores.

    Example:
        >>> plain_spacing("Silver_\\n HERON")
        'silver heron'
    """
    return GAP.sub(" ", text.casefold())


def plain_phrase(phrase: str) -> str:
    """A phrase of a list, checked and in plain spacing.

    Raises:
        CourseError: it holds no word, or a sign that is neither letter, digit nor gap.

    Example:
        >>> plain_phrase(" Silver   Heron ")
        'silver heron'
    """
    plain = plain_spacing(phrase).strip()
    if not plain or not all(letter.isalnum() or letter == " " for letter in plain):
        raise CourseError(f"{phrase!r} is no phrase for a list.", "Write words of letters and digits.")
    return plain


def holds_phrase(text: str, phrase: str) -> bool:
    """Whether the text holds the phrase as whole words.

    Example:
        >>> holds_phrase("A SILVER-heron.", "silver heron"), holds_phrase("first class", "ass")
        (True, False)
    """
    return re.search(rf"\b{re.escape(plain_phrase(phrase))}\b", plain_spacing(text)) is not None
