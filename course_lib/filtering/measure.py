"""What the filter finds of what it should, in each disguise, and what it takes from texts that are in order.

A value counts as **caught** when every letter, digit and sign of it is withheld: half a card number that was shown was
shown.

The results are plain tables of counts by cluster (template, word, language), so that whoever reads them can make the
interval that belongs to them.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from course_lib.filtering.evasions import EVASIONS
from course_lib.filtering.findings import Finding
from course_lib.filtering.output import OutputFilter
from course_lib.filtering.sets import english_sentences, foreign_sentences, pii_sentences
from course_lib.filtering.spans import ratio_over_groups
from course_lib.filtering.words import listed_words
from course_lib.organisms.resampling import Estimate
from course_lib.rates import Rate

CARRIERS = (
    "He wrote {word} on the wall of the shed.",
    "The last line of the poem is {word}, and nobody knows why.",
    "I had to look up {word} in two dictionaries.",
    "{word}! shouted the parrot from its cage.",
    "Between the pages lay a note with one word: {word}",
)
SEED = 16


@dataclass(frozen=True)
class Secret:
    """A value in a text that must not be shown.

    Attributes:
        before: the text in front of it.
        value: what must not be shown.
        after: the text behind it.
        cluster: what it was made from; secrets of a cluster are alike.
        kind: of the label.
    """

    before: str
    value: str
    after: str
    cluster: str
    kind: str


def personal_secrets(each: int = 3) -> list[Secret]:
    """Personal data with a pattern: the first label of the first `each` sentences of each template."""
    made: list[Secret] = []
    for sentence in pii_sentences():
        spans = [span for span in sentence.spans if span[2] != "PERSON"]
        if spans and int(sentence.id.rpartition("-")[2]) < each:
            start, end, kind = spans[0]
            text = sentence.text
            made.append(Secret(text[:start], text[start:end], text[end:], sentence.template, kind))
    return made


def word_secrets(n: int = 60) -> list[Secret]:
    """Listed words in harmless sentences; the words are a chance sample of the list."""
    made = []
    for number, word in enumerate(random.Random(SEED).sample(sorted(listed_words()), n)):
        before, after = CARRIERS[number % len(CARRIERS)].split("{word}")
        made.append(Secret(before, word, after, word, "LISTED_WORD"))
    return made


def disguised(secret: Secret, evasion: str) -> tuple[str, int, int]:
    """The text with the value in disguise, and where it stands.

    Example:
        >>> disguised(Secret("a ", "bc", " d", "", ""), "spaced out")
        ('a b c d', 2, 5)
    """
    value = EVASIONS[evasion](secret.value, random.Random(f"{SEED} {secret.value}"))
    return secret.before + value + secret.after, len(secret.before), len(secret.before) + len(value)


def caught(text: str, start: int, end: int, findings: Sequence[Finding]) -> bool:
    """Whether every letter, digit and sign from `start` to `end` is withheld.

    Example:
        >>> caught("ab, c", 0, 5, [Finding(0, 2, "X"), Finding(4, 5, "X")])
        True
    """
    withheld = {place for one in findings for place in range(one.start, one.end)}
    return all(p in withheld for p in range(start, end) if unicodedata.category(text[p])[0] in "LNS")


def recall(output: OutputFilter, secrets: Sequence[Secret], evasion: str) -> dict[str, tuple[int, int]]:
    """For each cluster how many secrets are caught, of how many."""
    counts: dict[str, tuple[int, int]] = {}
    for secret in secrets:
        text, start, end = disguised(secret, evasion)
        hit = caught(text, start, end, output.filter(text).findings)
        right, of = counts.get(secret.cluster, (0, 0))
        counts[secret.cluster] = (right + hit, of + 1)
    return counts


def over_clusters(counts: dict[str, tuple[int, int]]) -> Estimate:
    """The share over all, with clusters drawn anew.

    Where all clusters agree (all or nothing), drawing them anew moves nothing. Then the interval is Wilson's, of clusters.

    Example:
        >>> print(over_clusters({"a": (0, 9), "b": (0, 9), "c": (0, 2)}))
        0.00 [0.00, 0.56]
    """
    hits, cases = sum(right for right, _ in counts.values()), sum(of for _, of in counts.values())
    if hits in (0, cases):
        agreed = Rate(len(counts) if hits else 0, len(counts))
        return Estimate(agreed.value, agreed.low, agreed.high)
    found = ratio_over_groups([right for right, _ in counts.values()], [of for _, of in counts.values()])
    assert found is not None, "there is at least one case"
    return found


def benign_sets() -> dict[str, list[tuple[str, str]]]:
    """Texts that are in order, each with its cluster: hard negatives, ordinary English, ordinary text in other languages."""
    return {
        "hard negatives": [(s.template, s.text) for s in pii_sentences() if not s.spans],
        "English": [(text, text) for text in english_sentences()],
        "other languages": list(foreign_sentences()),
    }


def false_alarms(output: OutputFilter, texts: Sequence[tuple[str, str]]) -> dict[str, tuple[int, int]]:
    """For each cluster how many texts something is found in, of how many."""
    counts: dict[str, tuple[int, int]] = {}
    for cluster, text in texts:
        hit, of = counts.get(cluster, (0, 0))
        counts[cluster] = (hit + bool(output.filter(text).findings), of + 1)
    return counts
