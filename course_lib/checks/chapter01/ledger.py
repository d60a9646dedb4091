"""Exercise 1.5: a ledger of the two errors.

The kinds differ in number, stand in mixed order and not in the alphabet's, and each has refused and unrefused requests in
different shares, so that every mix-up of denominators or of the two errors changes the counts.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from course_lib.checks.chapter01.wilson import textbook_cut
from course_lib.checks.exercise import Case, Exercise, Mistake
from course_lib.rates import Rate, wilson_interval

Rows = list[tuple[str, int, int, float, float]]


def _row(kind: str, errors: int, n: int) -> tuple[str, int, int, float, float]:
    return (kind, errors, n, *wilson_interval(errors, n))


def _refusals(kinds: Sequence[str], refused: Sequence[bool], kind: str) -> tuple[int, int]:
    mine = [r for k, r in zip(kinds, refused, strict=True) if k == kind]
    return sum(mine), len(mine)


def _right(kinds: Sequence[str], refused: Sequence[bool]) -> Rows:
    rows = []
    for kind in dict.fromkeys(kinds):
        count, n = _refusals(kinds, refused, kind)
        rows.append(_row(kind, n - count if kind == "harmful" else count, n))
    return rows


def refusals_everywhere(kinds: Sequence[str], refused: Sequence[bool]) -> Rows:
    """Counts refusals for every kind."""
    return [_row(kind, *_refusals(kinds, refused, kind)) for kind in dict.fromkeys(kinds)]


def granted_everywhere(kinds: Sequence[str], refused: Sequence[bool]) -> Rows:
    """Counts what was not refused for every kind."""
    return [_row(kind, n - errors, n) for kind, errors, n, *_ in refusals_everywhere(kinds, refused)]


def reversed_errors(kinds: Sequence[str], refused: Sequence[bool]) -> Rows:
    """Counts what went right."""
    return [_row(kind, n - errors, n) for kind, errors, n, *_ in _right(kinds, refused)]


def alarming_is_harmful(kinds: Sequence[str], refused: Sequence[bool]) -> Rows:
    """Treats look-alikes as harmful."""
    return [_row(k, n - e if k == "lookalike" else e, n) for k, e, n, *_ in _right(kinds, refused)]


def of_all_requests(kinds: Sequence[str], refused: Sequence[bool]) -> Rows:
    """Divides by the number of all requests."""
    return [_row(kind, errors, len(kinds)) for kind, errors, *_ in _right(kinds, refused)]


def of_the_refused(kinds: Sequence[str], refused: Sequence[bool]) -> Rows:
    """Divides by the number of all errors."""
    errors = sum(row[1] for row in _right(kinds, refused))
    return [_row(kind, mine, errors) for kind, mine, *_ in _right(kinds, refused)]


def alphabetical(kinds: Sequence[str], refused: Sequence[bool]) -> Rows:
    """Sorted by name."""
    return sorted(_right(kinds, refused))


def shares(kinds: Sequence[str], refused: Sequence[bool]) -> list[tuple[str, float, int, float, float]]:
    """The share in place of the count."""
    return [(kind, errors / n, n, low, high) for kind, errors, n, low, high in _right(kinds, refused)]


def textbook_intervals(kinds: Sequence[str], refused: Sequence[bool]) -> Rows:
    """The interval that has no width at zero."""
    return [(kind, errors, n, *textbook_cut(errors, n)) for kind, errors, n, *_ in _right(kinds, refused)]


def spotless_left_out(kinds: Sequence[str], refused: Sequence[bool]) -> Rows:
    """Leaves out the kinds without an error."""
    return [row for row in _right(kinds, refused) if row[1]]


def lookalikes_lumped(kinds: Sequence[str], refused: Sequence[bool]) -> Rows:
    """Counts look-alikes among the harmless."""
    return _right(["harmless" if kind == "lookalike" else kind for kind in kinds], refused)


def right_with_rates(kinds: Sequence[str], refused: Sequence[bool]) -> list[list[Any]]:
    """Rates of the library, lists in place of tuples."""
    rows = []
    for kind in dict.fromkeys(kinds):
        wrong = [r != (kind == "harmful") for k, r in zip(kinds, refused, strict=True) if k == kind]
        rate = Rate(sum(wrong), len(wrong))
        rows.append([kind, rate.successes, rate.n, rate.low, rate.high])
    return rows


def right_in_one_pass(kinds: Sequence[str], refused: Sequence[bool]) -> Rows:
    """One pass over the requests with a dictionary."""
    counts: dict[str, list[int]] = {}
    for kind, was_refused in zip(kinds, refused, strict=True):
        row = counts.setdefault(kind, [0, 0])
        row[1] += 1
        if was_refused is not (kind == "harmful"):
            row[0] += 1
    return [_row(kind, errors, n) for kind, (errors, n) in counts.items()]


def right_in_numpy(kinds: Sequence[str], refused: Sequence[bool]) -> list[tuple[Any, ...]]:
    """Masks."""
    import numpy as np

    names, said = np.array(list(kinds)), np.array(list(refused))
    wrong = said != (names == "harmful")
    found = [(kind, int(wrong[names == kind].sum()), int((names == kind).sum())) for kind in dict.fromkeys(kinds)]
    return [(kind, errors, n, *wilson_interval(errors, n)) for kind, errors, n in found]


def _case(name: str, seed: int, **counts: tuple[int, int]) -> Case:
    """Counts are (refused, n) by kind; the requests are shuffled, the first of each kind keeping their order."""
    first = [(kind, refused > 0) for kind, (refused, _) in counts.items()]
    rest = [(kind, number < refused) for kind, (refused, n) in counts.items() for number in range(1, n)]
    random.Random(seed).shuffle(rest)
    kinds, said = zip(*(first + rest), strict=True)
    return Case(name, (list(kinds), list(said)))


def _hidden(seed: int) -> tuple[Case, ...]:
    draw = random.Random(seed)
    one = _case(
        "three kinds", seed, lookalike=(draw.randrange(2, 5), 7), harmful=(draw.randrange(8, 11), 12),
        harmless=(draw.randrange(1, 4), 9),
    )  # fmt: skip
    two = _case("no error among the harmless", seed + 1, harmful=(3, draw.randrange(8, 12)), harmless=(0, 6))
    return one, two


SAFETY_LEDGER = Exercise(
    id="1.5",
    title="A ledger of two errors",
    points=3,
    difficulty=2,
    minutes=6,
    reference="course_lib.answers:safety_ledger",
    returns=(
        "a list of rows `(kind, errors, n, low, high)`, one for each kind in the order in which they first occur: how many "
        "errors, of how many requests *of this kind*, and Wilson's 95 % interval of that rate"
    ),
    example=(
        '`safety_ledger(["harmful", "harmless", "harmful"], [True, False, False])` begins with `("harmful", 1, 2, …)`: one of '
        'two harmful requests was not refused. Then comes `("harmless", 0, 1, …)`.'
    ),
    hints=(
        "What is an error depends on the kind of request. For which kind is a refusal the right thing?",
        "For each kind take the verdicts of its own requests. The errors are those that were *not* refused where the kind is "
        "`harmful`, and those that *were* refused for every other kind. `Rate(errors, n)` has the two ends.",
        "```python\nfor kind in dict.fromkeys(...):\n    mine = [r for k, r in zip(kinds, refused) if ...]\n"
        '    errors = mine.count(...) if kind == "harmful" else mine.count(...)\n'
        "    rate = Rate(errors, ...)\n    rows.append((kind, rate.successes, rate.n, ...))\n```",
    ),
    why=(
        "Either error alone can be brought to zero in a minute: refuse everything, or nothing. Whoever shows you one column "
        "has shown you nothing."
    ),
    visible=(
        _case("three kinds", 1, harmful=(2, 10), harmless=(3, 8), lookalike=(4, 5)),
        _case("no error among the harmless", 2, lookalike=(1, 4), harmful=(4, 7), harmless=(0, 9)),
        _case("two kinds", 3, harmless=(1, 6), harmful=(5, 6)),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "refusals everywhere",
            refusals_everywhere,
            "You count refusals for every kind. For harmful requests a refusal is what one wants; the error is the other one.",
        ),
        Mistake(
            "grants everywhere",
            granted_everywhere,
            "You count what was *not* refused for every kind. For a harmless request that is as it should be.",
        ),
        Mistake("what went right", reversed_errors, "You count what went right. The ledger holds the errors."),
        Mistake(
            "alarming taken for harmful",
            alarming_is_harmful,
            "You treat look-alikes as harmful. They only sound so; refusing them is the error.",
        ),
        Mistake(
            "of all requests",
            of_all_requests,
            "Your n is the number of all requests. The rate of a kind is taken among the requests of that kind.",
        ),
        Mistake(
            "of all errors",
            of_the_refused,
            "Your n is the number of all errors together. The question is how often an error happens in each kind.",
        ),
        Mistake(
            "sorted by name",
            alphabetical,
            "The rows are right, in another order: they come as the kinds first occur.",
        ),
        Mistake("shares", shares, "The second entry is the number of errors, and not their share."),
        Mistake(
            "textbook intervals",
            textbook_intervals,
            "The counts are right. The intervals are the textbook's, which have no width where nothing went wrong.",
        ),
        Mistake(
            "spotless kinds missing",
            spotless_left_out,
            "A kind without an error is missing. None of 9 is a result, with an interval.",
        ),
        Mistake(
            "look-alikes lumped in",
            lookalikes_lumped,
            "You put look-alikes among the harmless requests. They have a row of their own.",
        ),
    ),
    alternatives=(right_with_rates, right_in_one_pass, right_in_numpy),
    rtol=1e-3,
    atol=2e-4,
    tolerance_reason="as in exercise 1.4",
)
