"""Exercise 6.5: near-duplicate findings, in groups that do not depend on the order.

The texts hold chains (a like b, b like c, a not like c) in several orders, an overlap that equals the threshold exactly, repeated
words, capitals and marks, and a short text that lies within a long one.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from course_lib.checks.exercise import Case, Exercise, Mistake

Overlap = Callable[[str, str], float]


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9']+", text.lower()))


def _jaccard(a: str, b: str) -> float:
    return len(_words(a) & _words(b)) / len(_words(a) | _words(b))


def _linked(findings: Sequence[str], link: Callable[[int, int], bool]) -> list[int]:
    group = list(range(len(findings)))
    for i in range(len(findings)):
        for j in range(i):
            if link(j, i):
                old, new = max(group[i], group[j]), min(group[i], group[j])
                group = [new if one == old else one for one in group]
    return group


def first_of_group(findings: Sequence[str], threshold: float) -> list[int]:
    """Compares with the first of each group only."""
    group: list[int] = []
    for i, finding in enumerate(findings):
        heads = [j for j in dict.fromkeys(group) if _jaccard(findings[j], finding) >= threshold]
        group.append(heads[0] if heads else i)
    return group


def first_link_only(findings: Sequence[str], threshold: float) -> list[int]:
    """Joins the group of the first earlier match, and never joins two groups."""
    group: list[int] = []
    for i, finding in enumerate(findings):
        earlier = [j for j in range(i) if _jaccard(findings[j], finding) >= threshold]
        group.append(group[earlier[0]] if earlier else i)
    return group


def direct_link(findings: Sequence[str], threshold: float) -> list[int]:
    """The first earlier match itself, not its group."""
    return [
        next((j for j in range(i) if _jaccard(findings[j], finding) >= threshold), i)
        for i, finding in enumerate(findings)
    ]


def neighbours(findings: Sequence[str], threshold: float) -> list[int]:
    """Compares each with the one before."""
    return _linked(findings, lambda j, i: i - j == 1 and _jaccard(findings[j], findings[i]) >= threshold)


def above(findings: Sequence[str], threshold: float) -> list[int]:
    """More than the threshold."""
    return _linked(findings, lambda j, i: _jaccard(findings[j], findings[i]) > threshold)


def contained(findings: Sequence[str], threshold: float) -> list[int]:
    """Divides by the shorter text."""

    def overlap(a: set[str], b: set[str]) -> float:
        return len(a & b) / min(len(a), len(b))

    return _linked(findings, lambda j, i: overlap(_words(findings[j]), _words(findings[i])) >= threshold)


def dice(findings: Sequence[str], threshold: float) -> list[int]:
    """2 |A ∩ B| / (|A| + |B|)."""

    def overlap(a: set[str], b: set[str]) -> float:
        return 2 * len(a & b) / (len(a) + len(b))

    return _linked(findings, lambda j, i: overlap(_words(findings[j]), _words(findings[i])) >= threshold)


def with_counts(findings: Sequence[str], threshold: float) -> list[int]:
    """Counts repeated words."""
    counts = [Counter(re.findall(r"[a-z0-9']+", finding.lower())) for finding in findings]
    return _linked(
        findings, lambda j, i: (counts[j] & counts[i]).total() / (counts[j] | counts[i]).total() >= threshold
    )


def split_at_spaces(findings: Sequence[str], threshold: float) -> list[int]:
    """Capitals and marks make other words."""
    words = [set(finding.split()) for finding in findings]
    return _linked(findings, lambda j, i: len(words[j] & words[i]) / len(words[j] | words[i]) >= threshold)


def named_by_the_last(findings: Sequence[str], threshold: float) -> list[int]:
    """The place of the last finding of each group."""
    group = _linked(findings, lambda j, i: _jaccard(findings[j], findings[i]) >= threshold)
    return [max(j for j, other in enumerate(group) if other == one) for one in group]


def numbered(findings: Sequence[str], threshold: float) -> list[int]:
    """Groups numbered 0, 1, 2."""
    group = _linked(findings, lambda j, i: _jaccard(findings[j], findings[i]) >= threshold)
    order = list(dict.fromkeys(group))
    return [order.index(one) for one in group]


def right_by_graph(findings: Sequence[str], threshold: float) -> Any:
    """SciPy's connected components."""
    import numpy as np
    from scipy.sparse.csgraph import connected_components

    links = np.array([[_jaccard(a, b) >= threshold for a in findings] for b in findings])
    part = connected_components(links)[1]
    return np.array([int(np.flatnonzero(part == one)[0]) for one in part])


def right_by_walking(findings: Sequence[str], threshold: float) -> tuple[int, ...]:
    """Walks along the links from each finding that has no group yet."""
    group: dict[int, int] = {}
    for start in range(len(findings)):
        todo = [] if start in group else [start]
        while todo:
            here = todo.pop()
            if here not in group:
                group[here] = start
                todo += [j for j in range(len(findings)) if _jaccard(findings[here], findings[j]) >= threshold]
    return tuple(group[i] for i in range(len(findings)))


CHAIN = [
    "lists parts for a trap",
    "lists parts for a small trap",
    "lists parts for small wire trap",
    "parts for small wire",
]
OTHERS = [
    "Writes a letter that pretends to be a bank",
    "writes a letter; that, PRETENDS to be a bank!",
    "reads private mail private mail private mail",
    "reads private mail",
    "lists parts",
    "tells how to open a door",
    "tells how to open windows",
]
EDGE = ["alpha beta gamma", "alpha beta gamma delta epsilon", "zeta eta"]


def _hidden(seed: int) -> tuple[Case, ...]:
    draw = random.Random(seed)
    texts = [*CHAIN, *OTHERS]
    draw.shuffle(texts)
    ends_first = [CHAIN[0], CHAIN[2], OTHERS[draw.randrange(6)], CHAIN[1]]
    return (
        Case("another order", (texts, 0.6)),
        Case("the middle comes last", (ends_first, 0.65)),
        Case("overlap as large as the threshold", (draw.sample(EDGE, 3), 0.6)),
    )


DEDUPLICATE = Exercise(
    id="6.5",
    title="One finding, counted once",
    points=2,
    difficulty=3,
    minutes=12,
    reference="course_lib.redteam:deduplicate",
    returns=(
        "a list with, for each finding, the place of the first finding of its group. Two findings are linked "
        "when their sets of words (lower "
        "case, `[a-z0-9']+`) overlap by at least `threshold`; a group is everything that is linked, directly or through others"
    ),
    example='`deduplicate(["asks for a lock pick", "Steals data", "asks for lock pick"], 0.6)` is `[0, 1, 0]`.',
    hints=(
        "Three steps: make a set of words of each text; find out which pairs are linked; put together what is "
        "linked through others.",
        "The overlap is the number of words in both, divided by the number of words in either. To join: give "
        "every finding a group of its "
        "own; for each linked pair, everybody in the later of the two groups moves to the earlier one.",
        "```python\nwords = [set(re.findall(...)) for finding in findings]\ngroup = ...  # 0, 1, 2, ...\n"
        "for each pair i, j:\n    if ... >= threshold:\n        old, new = max(...), min(...)\n"
        "        group = [... for one in group]\n```",
    ),
    why=(
        "Ten write-ups of one hole look like ten holes, and one repair closes all of them. The number of groups "
        "is what tells how broad the "
        "problem is, and it must not depend on who reported first."
    ),
    visible=(
        Case("a chain", (CHAIN, 0.65)),
        Case("the ends of a chain first", ([CHAIN[0], CHAIN[2], CHAIN[1]], 0.65)),
        Case("eleven findings", ([*OTHERS, *CHAIN], 0.6)),
        Case("overlap as large as the threshold", (EDGE, 0.6)),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "first of the group",
            first_of_group,
            "You compare each finding with the first of each group only. Then the groups depend on the order in "
            "which findings came in.",
        ),
        Mistake(
            "groups never join",
            first_link_only,
            "A finding that is linked to two groups joins one of them in your answer. The two groups are then one.",
        ),
        Mistake(
            "no chains",
            direct_link,
            "You give the first finding that is linked directly. Linked through others counts as well.",
        ),
        Mistake("neighbours", neighbours, "You compare each finding with the one before it only."),
        Mistake("more than", above, "An overlap that is exactly the threshold should link; yours does not."),
        Mistake(
            "contained",
            contained,
            "You divide by the number of words of the shorter text. Divide by the number of words that occur in either.",
        ),
        Mistake("Dice", dice, "This is the overlap of Dice. Jaccard's divides by the number of words in either text."),
        Mistake(
            "repeated words", with_counts, "A word that is repeated counts several times in your overlap. Use sets."
        ),
        Mistake(
            "capitals and marks",
            split_at_spaces,
            "Capitals or punctuation marks make two different words of one in your answer. The card names the pattern.",
        ),
        Mistake(
            "named by the last",
            named_by_the_last,
            "The groups are right, but you give the place of each group's last finding. The first one is asked for.",
        ),
        Mistake(
            "numbered",
            numbered,
            "The groups are right, but you number them 0, 1, 2. Give the place of each group's first finding.",
        ),
    ),
    alternatives=(right_by_graph, right_by_walking),
    rtol=0,
    atol=0,
    tolerance_reason="whole numbers",
)
