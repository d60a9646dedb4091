"""How good is a finder of spans? First say what counts as found.

A sentence holds `alice@example.com`, and the finder reports `alice@example`. By the **exact** rule that is a miss and
a false alarm: start, end and kind must be those of the label. By the **overlap** rule it is found: same kind, and at
least one character in common. Neither is the right one. For redaction the overlap rule is generous (`.com` was shown),
the exact rule is strict (a comma too many costs the hit). So both are reported.

Precision and recall have different numerators here: one long finding may overlap two labels, and two findings one
label. The first counts findings, the second labels.

Intervals: sentences made from one template stand or fall together, so templates are drawn anew (a cluster bootstrap).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from course_lib.organisms.resampling import DRAWS, Estimate

Span = tuple[int, int, str]
Counts = dict[str, dict[str, list[int]]]


def span_counts(gold: list[list[Span]], found: list[list[Span]], rule: str) -> Counts:
    """For each kind: how many findings are right of all findings, and how many labels are found of all labels.

    Args:
        gold: for each sentence its labels, each `(start, end, kind)`; the end is the character after the last.
        found: for each sentence what was found, in the same form.
        rule: `"exact"` or `"overlap"`.

    Returns:
        `{kind: {"precision": [right, findings], "recall": [found, labels]}}`, for each kind that occurs on either side.

    Example:
        >>> span_counts([[(0, 5, "NAME")]], [[(0, 9, "NAME"), (20, 22, "NAME")]], "overlap")
        {'NAME': {'precision': [1, 2], 'recall': [1, 1]}}
    """

    def match(one: Span, other: Span) -> bool:
        (start, end, kind), (begin, stop, name) = one, other
        same = (start, end) == (begin, stop) if rule == "exact" else start < stop and begin < end
        return kind == name and same

    counts: Counts = {}
    for labels, findings in zip(gold, found, strict=True):
        for measure, ours, theirs in (("precision", findings, labels), ("recall", labels, findings)):
            for one in ours:
                of_kind = counts.setdefault(one[2], {"precision": [0, 0], "recall": [0, 0]})
                of_kind[measure][0] += any(match(one, other) for other in theirs)
                of_kind[measure][1] += 1
    return counts


def by_template(
    gold: Sequence[list[Span]], found: Sequence[list[Span]], templates: Sequence[str], kind: str, rule: str
) -> dict[str, Estimate | None]:
    """Precision and recall of one kind, with intervals from templates drawn anew; None where nothing is counted.

    Args:
        gold: for each sentence its labels.
        found: for each sentence what was found.
        templates: for each sentence what it was made from.
        kind: of the labels and findings that count.
        rule: `"exact"` or `"overlap"`.
    """
    groups = sorted(set(templates))
    rows = {group: [i for i, name in enumerate(templates) if name == group] for group in groups}
    empty = {"precision": [0, 0], "recall": [0, 0]}
    tables = [
        span_counts([gold[i] for i in rows[group]], [found[i] for i in rows[group]], rule).get(kind, empty)
        for group in groups
    ]
    return {m: ratio_over_groups([table[m][0] for table in tables], [table[m][1] for table in tables]) for m in empty}


def ratio_over_groups(right: Sequence[int], of: Sequence[int], seed: int = 0) -> Estimate | None:
    """The sum of `right` over the sum of `of`, with the middle 95 % over groups drawn anew; None where `of` is all zero.

    Groups in which nothing was counted are left out: there is nothing to draw in them.

    Example:
        >>> print(ratio_over_groups([4, 0, 4, 0], [4, 4, 4, 0]))
        0.67 [0.00, 1.00]
    """
    pairs = np.array([(r, n) for r, n in zip(right, of, strict=True) if n], dtype=float).reshape(-1, 2)
    if not len(pairs):
        return None
    picks = np.random.default_rng(seed).integers(len(pairs), size=(DRAWS, len(pairs)))
    drawn = pairs[picks].sum(axis=1)
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], (0.025, 0.975))
    return Estimate(float(pairs[:, 0].sum() / pairs[:, 1].sum()), float(low), float(high))
