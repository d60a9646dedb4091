"""Exercise 16.2: precision and recall of found spans, exact and by overlap.

One finding lies over two labels, two findings over one label, some only touch, some have another kind, and spans with the same
numbers stand in different sentences.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from course_lib.checks.exercise import Case, Exercise, Mistake
from course_lib.filtering.spans import Counts, Span, span_counts

Rows = list[list[Span]]
Match = Callable[[Span, Span, str], bool]


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _same(one: Span, other: Span, rule: str) -> bool:
    near = one[:2] == other[:2] if rule == "exact" else _overlap(one, other)
    return near and one[2] == other[2]


def _counted(gold: Rows, found: Rows, rule: str, match: Match) -> Counts:
    counts: Counts = {}
    for labels, findings in zip(gold, found, strict=True):
        for measure, ours, theirs in (("precision", findings, labels), ("recall", labels, findings)):
            for one in ours:
                row = counts.setdefault(one[2], {"precision": [0, 0], "recall": [0, 0]})[measure]
                row[0] += any(match(one, other, rule) for other in theirs)
                row[1] += 1
    return counts


def always_exact(gold: Rows, found: Rows, rule: str) -> Counts:
    """The rule is not looked at."""
    return span_counts(gold, found, "exact")


def always_overlap(gold: Rows, found: Rows, rule: str) -> Counts:
    """The other rule only."""
    return span_counts(gold, found, "overlap")


def any_kind(gold: Rows, found: Rows, rule: str) -> Counts:
    """The kind need not be the same."""
    return _counted(gold, found, rule, lambda a, b, r: a[:2] == b[:2] if r == "exact" else _overlap(a, b))


def touching(gold: Rows, found: Rows, rule: str) -> Counts:
    """Side by side counts as overlap."""
    return _counted(
        gold, found, rule,
        lambda a, b, r: a[2] == b[2] and (a[:2] == b[:2] if r == "exact" else a[0] <= b[1] and b[0] <= a[1]),
    )  # fmt: skip


def inside(gold: Rows, found: Rows, rule: str) -> Counts:
    """One has to lie in the other."""

    def within(a: Span, b: Span) -> bool:
        return (a[0] >= b[0] and a[1] <= b[1]) or (b[0] >= a[0] and b[1] <= a[1])

    return _counted(
        gold, found, rule, lambda a, b, r: a[2] == b[2] and (a[:2] == b[:2] if r == "exact" else within(a, b))
    )


def same_start(gold: Rows, found: Rows, rule: str) -> Counts:
    """The same beginning is enough."""
    return _counted(
        gold, found, rule, lambda a, b, r: a[2] == b[2] and (a[0] == b[0] if r == "exact" else _overlap(a, b))
    )


def one_numerator(gold: Rows, found: Rows, rule: str) -> Counts:
    """The right findings are the numerator of both."""
    counts = span_counts(gold, found, rule)
    return {k: {"precision": c["precision"], "recall": [c["precision"][0], c["recall"][1]]} for k, c in counts.items()}


def exchanged(gold: Rows, found: Rows, rule: str) -> Counts:
    """Each under the name of the other."""
    return span_counts(found, gold, rule)


def one_long_text(gold: Rows, found: Rows, rule: str) -> Counts:
    """All sentences are thrown together."""
    return span_counts([[s for row in gold for s in row]], [[s for row in found for s in row]], rule)


def labelled_kinds(gold: Rows, found: Rows, rule: str) -> Counts:
    """Kinds that only the finder knows are left out."""
    known = {one[2] for row in gold for one in row}
    return {kind: row for kind, row in span_counts(gold, found, rule).items() if kind in known}


def skips_empty(gold: Rows, found: Rows, rule: str) -> Counts:
    """Sentences without a label are left out."""
    kept = [(g, f) for g, f in zip(gold, found, strict=True) if g]
    return span_counts([g for g, _ in kept], [f for _, f in kept], rule)


def right_by_kind(gold: Rows, found: Rows, rule: str) -> Counts:
    """Kind by kind, with sets of places for the overlap."""
    kinds = sorted({one[2] for row in [*gold, *found] for one in row})
    made: Counts = {}
    for kind in kinds:
        made[kind] = {"precision": [0, 0], "recall": [0, 0]}
        for labels, findings in zip(gold, found, strict=True):
            ours = [(a, b) for a, b, k in findings if k == kind]
            theirs = [(a, b) for a, b, k in labels if k == kind]
            for measure, left, right in (("precision", ours, theirs), ("recall", theirs, ours)):
                places = {place for a, b in right for place in range(a, b)}
                hits = [s in right if rule == "exact" else bool(places & set(range(*s))) for s in left]
                made[kind][measure][0] += sum(hits)
                made[kind][measure][1] += len(hits)
    return made


def right_by_loop(gold: Rows, found: Rows, rule: str) -> Counts:
    """Four plain loops."""
    counts: Counts = {}
    for row in [*gold, *found]:
        for _, _, kind in row:
            counts[kind] = {"precision": [0, 0], "recall": [0, 0]}
    for labels, findings in zip(gold, found, strict=True):
        for one in findings:
            counts[one[2]]["precision"][1] += 1
            counts[one[2]]["precision"][0] += int(any(_same(one, other, rule) for other in labels))
        for one in labels:
            counts[one[2]]["recall"][1] += 1
            counts[one[2]]["recall"][0] += int(any(_same(other, one, rule) for other in findings))
    return counts


A, B, C = "EMAIL", "PHONE", "NAME"
LONG: tuple[Rows, Rows] = ([[(0, 4, A), (6, 10, A)], [(3, 9, B)]], [[(0, 10, A)], [(2, 5, B), (6, 12, B)]])
BESIDE: tuple[Rows, Rows] = ([[(0, 5, A)], [(4, 8, B), (10, 14, B)]], [[(5, 9, A)], [(2, 4, B), (10, 12, B)]])
VISIBLE = (
    Case("found as labelled", ([[(4, 19, A)]], [[(4, 19, A)]], "exact")),
    Case("a comma too many", ([[(4, 19, A)], [(0, 8, B)]], [[(4, 20, A)], [(1, 8, B)]], "exact")),
    Case("a comma too many, by overlap", ([[(4, 19, A)], [(0, 8, B)]], [[(4, 20, A)], [(0, 8, B)]], "overlap")),
    Case("one over two, two over one", (*LONG, "overlap")),
    Case("side by side", (*BESIDE, "overlap")),
    Case("another kind", ([[(0, 9, A)], []], [[(0, 9, B)], [(3, 5, C)]], "overlap")),
    Case("the same numbers elsewhere", ([[(0, 5, A)], [], [(2, 6, B)]], [[], [(0, 5, A)], [(2, 6, B)]], "exact")),
)  # fmt: skip


def _hidden(seed: int) -> tuple[Case, ...]:
    draw = random.Random(seed)
    gold: Rows = [[(0, 4, A), (6, 10, A)], [(3, 9, B)], [(0, 5, A)], [], [(2, 6, C), (8, 12, B)], [(1, 5, A)]]
    found: Rows = [[(0, 10, A)], [(2, 5, B), (6, 12, B)], [(5, 9, A)], [(0, 5, A), (7, 9, "DATE")],
                   [(2, 6, B), (8, 12, B)], [(3, 9, A)]]  # fmt: skip
    for _ in range(draw.randrange(3, 8)):
        start = draw.randrange(20)
        gold.append([(start, start + draw.randrange(2, 9), draw.choice((A, B, C)))])
        start += draw.randrange(-3, 4)
        found.append([(max(0, start), max(0, start) + draw.randrange(2, 9), draw.choice((A, B, C)))])
    order = draw.sample(range(len(gold)), len(gold))
    rows = ([gold[i] for i in order], [found[i] for i in order])
    return (
        Case("everything, by overlap", (*rows, "overlap")),
        Case("everything, exactly", (*rows, "exact")),
        Case("the same start, exactly", ([[(2, 9, A)]], [[(2, 8, A), (2, 9, A)]], "exact")),
    )


SPAN_COUNTS = Exercise(
    id="16.2",
    title="What counts as found?",
    points=5,
    difficulty=3,
    minutes=20,
    reference="course_lib.filtering.spans:span_counts",
    returns=(
        '`{kind: {"precision": [right, findings], "recall": [found, labels]}}`, for each kind that occurs among '
        'labels or findings; '
        "a finding is right, and a label is found, when there is at least one match in the same sentence"
    ),
    example=(
        '`span_counts([[(0, 5, "NAME")]], [[(0, 9, "NAME"), (20, 22, "NAME")]], "overlap")` is '
        '`{"NAME": {"precision": [1, 2], "recall": [1, 1]}}`. With `"exact"` both ones on the left would be zero.'
    ),
    hints=(
        "Two questions: of the findings, how many are right? Of the labels, how many are found? Each has its "
        "own list to go through.",
        "Two spans match by overlap when each begins before the other ends (the end is the character *after* "
        "the last), and their "
        "kinds are equal. Go through the sentences in pairs; in each, once through the findings and once through the labels.",
        "```python\nfor labels, findings in zip(gold, found):\n"
        '    for measure, ours, theirs in (("precision", findings, labels), ("recall", ..., ...)):\n'
        "        for one in ours:\n            ...  # setdefault, any(match(one, other) for other in theirs)\n```",
    ),
    why=(
        "Two papers can report 0.95 and 0.79 for the same finder on the same sentences. Before you choose a "
        "library by such a number, ask for the rule."
    ),
    visible=VISIBLE,
    hidden=_hidden,
    mistakes=(
        Mistake("always exact", always_exact, "You use the exact rule whatever is asked for. Look at `rule`."),
        Mistake("always overlap", always_overlap, "You use the overlap rule whatever is asked for. Look at `rule`."),
        Mistake("any kind", any_kind, "Spans of different kinds match in your count. A telephone number is no e-mail address."),
        Mistake("touching", touching,
            "You count spans that only stand side by side. The end is the character after the last, so 0 to 5 "
            "and 5 to 9 share none."),
        Mistake("inside", inside, "Your overlap asks that one span lies inside the other. One character in common is enough."),
        Mistake("same start", same_start, "By the exact rule both ends have to agree; yours looks at the beginning."),
        Mistake("one numerator", one_numerator,
            "You use the number of right findings for both. One long finding can find two labels: look at the "
            "case with one over two."),
        Mistake("exchanged", exchanged, "Your two measures stand under each other's names. Which is a share of the findings?"),
        Mistake("one long text", one_long_text,
            "You compare spans of different sentences. The same numbers in another sentence are another place."),
        Mistake("labelled kinds only", labelled_kinds,
            "You leave out kinds that no label has. Those findings are all false alarms, and belong in the table."),
        Mistake("empty sentences skipped", skips_empty,
            "You skip sentences without a label. A finding there is a false alarm."),
    ),
    alternatives=(right_by_kind, right_by_loop),
    tolerance_reason="whole numbers",
)  # fmt: skip
