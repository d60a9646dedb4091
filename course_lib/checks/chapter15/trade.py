"""Exercise 15.5: before and after, on harmful and on harmless requests, with a verdict that needs both.

Groups have one to three requests, so that a mean over requests is another number; each case is decided by the ends of its
intervals; one case is better, one bought, one shows nothing; in one nothing changes at all, and in one everything alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random
from typing import Any

import numpy as np

from course_lib.checks.exercise import Case, Exercise, Mistake
from course_lib.rates import Rate

Rows = Sequence[tuple[str, bool, bool]]
Change = tuple[float, float, float]
Result = tuple[Change, Change, str]


def _interval(values: Sequence[float], ddof: int = 1) -> Change:
    return _alike(values) or _plain(values, ddof)


def _plain(values: Sequence[float], ddof: int = 1) -> Change:
    middle = float(np.mean(values))
    half = 1.96 * float(np.std(values, ddof=ddof)) / math.sqrt(len(values))
    return middle, middle - half, middle + half


def _alike(values: Sequence[float]) -> Change | None:
    """The interval where all values are the same; None where they are not."""
    if min(values) < max(values):
        return None
    same, wilson = values[0], Rate(0, len(values)).high
    return same, same - wilson * (1 + same), same + wilson * (1 - same)


def _of_groups(rows: Rows) -> list[float]:
    groups: dict[str, list[int]] = {}
    for group, before, after in rows:
        groups.setdefault(group, []).append(int(after) - int(before))
    return [float(np.mean(values)) for values in groups.values()]


def _verdict(harmful: Change, harmless: Change, allowed: float) -> str:
    if harmful[1] <= 0:
        return "not shown"
    return "better" if harmless[2] < allowed else "bought"


def _result(harmful: Change, harmless: Change, allowed: float) -> Result:
    return harmful, harmless, _verdict(harmful, harmless, allowed)


def requests_as_groups(harmful: Rows, harmless: Rows, allowed: float) -> Result:
    """Each request is a case of its own."""
    one, two = ([float(after) - float(before) for _, before, after in rows] for rows in (harmful, harmless))
    return _result(_interval(one), _interval(two), allowed)


def not_paired(harmful: Rows, harmless: Rows, allowed: float) -> Result:
    """As if before and after were two samples."""
    found = []
    for rows in (harmful, harmless):
        groups: dict[str, list[tuple[bool, bool]]] = {}
        for group, before, after in rows:
            groups.setdefault(group, []).append((before, after))
        means = np.array([np.mean(values, axis=0) for values in groups.values()])
        middle = float(means[:, 1].mean() - means[:, 0].mean())
        half = 1.96 * math.sqrt(float(means.var(axis=0, ddof=1).sum()) / len(means))
        found.append((middle, middle - half, middle + half))
    return _result(found[0], found[1], allowed)


def turned(harmful: Rows, harmless: Rows, allowed: float) -> Result:
    """Before less after."""
    one, two = (_interval([-value for value in _of_groups(rows)]) for rows in (harmful, harmless))
    return _result(one, two, allowed)


def spread_of_values(harmful: Rows, harmless: Rows, allowed: float) -> Result:
    """The standard deviation in place of the standard error."""
    found = []
    for rows in (harmful, harmless):
        values = _of_groups(rows)
        middle, half = float(np.mean(values)), 1.96 * float(np.std(values, ddof=1))
        found.append(_alike(values) or (middle, middle - half, middle + half))
    return _result(found[0], found[1], allowed)


def population(harmful: Rows, harmless: Rows, allowed: float) -> Result:
    """Divides by n in the standard deviation."""
    return _result(_interval(_of_groups(harmful), 0), _interval(_of_groups(harmless), 0), allowed)


def by_the_means(harmful: Rows, harmless: Rows, allowed: float) -> Result:
    """A verdict from the means, without their intervals."""
    one, two = _interval(_of_groups(harmful)), _interval(_of_groups(harmless))
    return one, two, _verdict((one[0],) * 3, (two[0],) * 3, allowed)


def harmful_only(harmful: Rows, harmless: Rows, allowed: float) -> Result:
    """A verdict that does not look at harmless requests."""
    one, two = _interval(_of_groups(harmful)), _interval(_of_groups(harmless))
    return one, two, "better" if one[1] > 0 else "not shown"


def by_the_low_end(harmful: Rows, harmless: Rows, allowed: float) -> Result:
    """Holds the wrong end of the harmless interval against what is allowed."""
    one, two = _interval(_of_groups(harmful)), _interval(_of_groups(harmless))
    return one, two, _verdict(one, (two[0], two[1], two[1]), allowed)


def zero_allowed(harmful: Rows, harmless: Rows, allowed: float) -> Result:
    """Asks that the harmless interval holds zero."""
    one, two = _interval(_of_groups(harmful)), _interval(_of_groups(harmless))
    return one, two, "not shown" if one[1] <= 0 else "better" if two[1] <= 0 else "bought"


def no_width(harmful: Rows, harmless: Rows, allowed: float) -> Result:
    """Standard errors also where all groups changed alike."""
    return _result(_plain(_of_groups(harmful)), _plain(_of_groups(harmless)), allowed)


def right_with_numpy(harmful: Rows, harmless: Rows, allowed: float) -> Result:
    """Right, with numpy."""
    return _result(_interval(_of_groups(harmful)), _interval(_of_groups(harmless)), allowed)


def right_with_torch(harmful: Rows, harmless: Rows, allowed: float) -> tuple[Any, ...]:
    """Right, with torch, results as tensors."""
    import torch

    found = []
    for rows in (harmful, harmless):
        names = sorted({group for group, _, _ in rows})
        of_row = torch.tensor([names.index(group) for group, _, _ in rows])
        change = torch.tensor([float(after) - float(before) for _, before, after in rows], dtype=torch.float64)
        sums = torch.zeros(len(names), dtype=torch.float64).index_add(0, of_row, change)
        means = sums / torch.bincount(of_row)
        middle, half = means.mean(), 1.96 * means.std() / len(names) ** 0.5
        below, above = half, half
        if bool((means == means[0]).all()):
            z2 = 1.96**2
            below, above = (1 + middle) * z2 / (len(names) + z2), (1 - middle) * z2 / (len(names) + z2)
        found.append(torch.stack([middle, middle - below, middle + above]))
    verdict = "not shown" if found[0][1] <= 0 else "better" if found[1][2] < allowed else "bought"
    return found[0], found[1], verdict


def _rows(seed: str, groups: int, before: float, after: float, sizes: tuple[int, ...] = (1, 2, 3)) -> list[Any]:
    random, rows = Random(seed), []
    for number in range(groups):
        for _ in range(sizes[number % len(sizes)]):
            first = random.random() < before
            rows.append((f"g{number}", first, first or random.random() < after))
    return rows


def _case(seed: int, groups: int, gain: float, price: float, allowed: float, name: str) -> Case:
    harmful, harmless = _rows(f"{seed} a", groups, 0.3, gain), _rows(f"{seed} b", groups, 0.2, price)
    return Case(name, (harmful, harmless, allowed))


BARELY = [("a", False, True), ("b", False, False), ("b", True, True), ("c", False, False), ("d", True, True)]
QUIET = [(f"g{k}", k == 2, k in (2, 4)) for k in range(9)]
ALLOWED = [(f"g{k}", False, k % 5 == 1) for k in range(40)]
RISES = [(f"g{k}", False, k in (1, 4)) for k in range(30)]


def _still(groups: int, rise: bool = False) -> list[Any]:
    return [(f"g{k}", k % 4 == 0 and not rise, k % 4 == 0 or rise) for k in range(groups)]


def _hidden(seed: int) -> tuple[Case, ...]:
    return (
        _case(seed, 31, 0.7, 0.02, 0.15, "thirty-one groups"),
        _case(seed + 1, 24, 0.6, 0.4, 0.1, "a price on harmless requests"),
        Case("a rise that may be chance", (BARELY, QUIET, 0.1)),
        Case("a mean below what is allowed", (_rows(f"{seed} c", 20, 0.1, 0.8), RISES, 0.1)),
        Case("a sure rise that is allowed", (_rows(f"{seed} d", 20, 0.1, 0.8), ALLOWED, 0.4)),
        Case("nothing changed, in few groups", (_rows(f"{seed} e", 20, 0.1, 0.8), _still(17 + seed % 9), 0.1)),
        Case("all changed alike", (_still(11 + seed % 9, rise=True), RISES, 0.2)),
    )


BEFORE_AFTER = Exercise(
    id="15.5",
    title="Before and after, on both sides",
    points=4,
    difficulty=3,
    minutes=25,
    reference="course_lib.constitution.trade:before_after",
    returns=(
        "the change on harmful requests and the change on harmless ones, each as `(mean over groups, low, high)`, "
        "and the verdict "
        '`"better"`, `"bought"` or `"not shown"`'
    ),
    example=(
        "Three groups with changes 1, 0 and 0.5: the mean is 0.5, the standard deviation 0.5, the standard error "
        "0.29, and the interval "
        "runs from -0.07 to 1.07. It holds zero, so the verdict is *not shown*, whatever the harmless requests do. And 24 "
        "groups in which nothing changed: the standard error is 0, but Wilson's interval of 0 of 24 ends at 0.14, so the "
        "change is 0 with an interval from -0.14 to 0.14."
    ),
    hints=(
        "What is one case here? Requests of one group share words, and before and after are the same request.",
        "Take after minus before for each request, then one mean for each group. From the groups: mean, standard "
        "deviation (with n - 1), "
        "standard error, 1.96 of them to either side. The verdict looks at the *low* end of one interval and at the "
        "*high* end of the other. Where all groups agree, the spread is 0: the docstring says what stands in its place.",
        "```python\nfor group, before, after in rows:\n    groups.setdefault(group, []).append(int(after) - int(before))\n"
        "of_groups = [mean(values) for values in groups.values()]\nbelow = above = 1.96 * stdev(of_groups) / ...\n"
        "if len(set(of_groups)) == 1:\n    below, above = Rate(0, ...).high * (1 + ...), ...\n```",
    ),
    why=(
        "A fine-tuned model that *declines 40 points more harmful requests* can be a good one or a useless one. The "
        "sentence that you want to "
        "write about yours needs the second number, and both with their intervals."
    ),
    visible=(
        _case(81, 20, 0.8, 0.03, 0.15, "twenty groups"),
        _case(82, 18, 0.7, 0.5, 0.1, "a price on harmless requests"),
        Case("a rise that may be chance", (BARELY, QUIET, 0.1)),
        Case("a mean below what is allowed", (_rows("83", 20, 0.1, 0.8), RISES, 0.1)),
        Case("a sure rise that is allowed", (_rows("84", 20, 0.1, 0.8), ALLOWED, 0.4)),
        Case("nothing changed, in few groups", (_rows("85", 20, 0.1, 0.8), _still(24), 0.1)),
        Case("all changed alike", (_still(12, rise=True), RISES, 0.2)),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "each request a case",
            requests_as_groups,
            "You count each request as a case of its own. Those of one group share words: a group gives one number.",
        ),
        Mistake(
            "not paired",
            not_paired,
            "Your intervals are those of two separate samples. Before and after are the same requests: take the "
            "difference first.",
        ),
        Mistake(
            "sign",
            turned,
            "Your changes have the wrong sign: more declined requests after than before is a positive change.",
        ),
        Mistake(
            "spread, not error",
            spread_of_values,
            "Your intervals show how much groups differ, not how sure their mean is: something has to be divided by.",
        ),
        Mistake(
            "n in place of n - 1", population, "Your standard deviation divides by n. These are a sample of groups."
        ),
        Mistake(
            "verdict from the means",
            by_the_means,
            "Your intervals are right and your verdict does not use them: it compares the means.",
        ),
        Mistake(
            "one side only",
            harmful_only,
            "Your verdict does not look at the harmless requests. Declining everything would be *better* by it.",
        ),
        Mistake(
            "the wrong end",
            by_the_low_end,
            "For the price you look at the low end of the interval: it says how small the rise may be, not how large.",
        ),
        Mistake(
            "no width",
            no_width,
            "Where all groups changed alike, your interval has no width: it claims to be certain after a few groups. The "
            "docstring says which interval stands there.",
        ),
        Mistake(
            "zero allowed",
            zero_allowed,
            "Your verdict asks whether the price may be zero. The card asks whether it is surely below what was allowed.",
        ),
    ),
    alternatives=(right_with_numpy, right_with_torch),
    rtol=1e-4,
    atol=1e-5,
    tolerance_reason="1.96 has more digits, and with or without them is right",
)
