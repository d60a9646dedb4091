"""Exercise 3.5: best and worst place of each risk.

The ranges overlap, touch exactly, lie inside one another, and span different powers of ten, so that midpoints, products of
the wrong ends and strict comparisons all give another table.
"""

from __future__ import annotations

import random

from course_lib.checks.exercise import Case, Exercise, Mistake
from course_lib.threats.risks import Range, rank_ranges

Risks = list[tuple[str, Range, Range]]
Answer = list[tuple[str, int, int]]


def _places(low: list[float], high: list[float], names: list[str], *, strict: bool = True) -> Answer:
    rows = []
    for mine, name in enumerate(names):
        others = [other for other in range(len(names)) if other != mine]
        if strict:
            ahead = sum(low[other] > high[mine] for other in others)
            behind = sum(high[other] < low[mine] for other in others)
        else:
            ahead = sum(low[other] >= high[mine] for other in others)
            behind = sum(high[other] <= low[mine] for other in others)
        rows.append((name, 1 + ahead, len(names) - behind))
    return _in_order(rows)


def _in_order(rows: Answer) -> Answer:
    return sorted(rows, key=lambda row: (row[1], row[2], row[0]))


def _ends(risks: Risks) -> tuple[list[float], list[float], list[str]]:
    low = [likelihood[0] * loss[0] for _, likelihood, loss in risks]
    high = [likelihood[1] * loss[1] for _, likelihood, loss in risks]
    return low, high, [name for name, _, _ in risks]


def midpoints(risks: Risks) -> Answer:
    """One number for each risk, from the middles of its ranges."""
    middle = [sum(likelihood) * sum(loss) / 4 for _, likelihood, loss in risks]
    return _places(middle, middle, [name for name, _, _ in risks])


def worst_case(risks: Risks) -> Answer:
    """One number for each risk: the largest expected loss."""
    _, high, names = _ends(risks)
    return _places(high, high, names)


def likelihood_only(risks: Risks) -> Answer:
    """The loss is left out."""
    return rank_ranges([(name, likelihood, (1, 1)) for name, likelihood, _ in risks])


def loss_only(risks: Risks) -> Answer:
    """The likelihood is left out."""
    return rank_ranges([(name, (1, 1), loss) for name, _, loss in risks])


def added(risks: Risks) -> Answer:
    """Likelihood plus loss."""
    low = [likelihood[0] + loss[0] for _, likelihood, loss in risks]
    high = [likelihood[1] + loss[1] for _, likelihood, loss in risks]
    return _places(low, high, [name for name, _, _ in risks])


def crossed(risks: Risks) -> Answer:
    """Low likelihood times high loss, and the other way round."""
    one = [likelihood[0] * loss[1] for _, likelihood, loss in risks]
    two = [likelihood[1] * loss[0] for _, likelihood, loss in risks]
    ends = [sorted(pair) for pair in zip(one, two, strict=True)]
    return _places([end[0] for end in ends], [end[1] for end in ends], [name for name, _, _ in risks])


def touching_counts(risks: Risks) -> Answer:
    """Ranges that touch are taken for ordered."""
    return _places(*_ends(risks), strict=False)


def smallest_first(risks: Risks) -> Answer:
    """Place 1 is the smallest loss."""
    rows = [(name, len(risks) + 1 - worst, len(risks) + 1 - best) for name, best, worst in rank_ranges(risks)]
    return _in_order(rows)


def as_given(risks: Risks) -> Answer:
    """Right places, in the order of the register."""
    found = {name: (best, worst) for name, best, worst in rank_ranges(risks)}
    return [(name, *found[name]) for name, _, _ in risks]


def from_zero(risks: Risks) -> Answer:
    """Places counted from 0."""
    return [(name, best - 1, worst - 1) for name, best, worst in rank_ranges(risks)]


def pair_by_pair(risks: Risks) -> Answer:
    """Each pair is compared, and the loser steps back."""
    best = {name: 1 for name, _, _ in risks}
    worst = {name: len(risks) for name, _, _ in risks}
    for one, likely, loss in risks:
        for two, other_likely, other_loss in risks:
            if likely[0] * loss[0] > other_likely[1] * other_loss[1]:
                best[two] += 1
                worst[one] -= 1
    return _in_order([(name, best[name], worst[name]) for name in best])


def with_tensors(risks: Risks) -> list[list[object]]:
    """All pairs at once."""
    import torch

    likelihood = torch.tensor([row[1] for row in risks], dtype=torch.float64)
    loss = torch.tensor([row[2] for row in risks], dtype=torch.float64)
    low, high = (likelihood * loss).T
    ahead = (low[None, :] > high[:, None]).sum(1)
    behind = (high[None, :] < low[:, None]).sum(1)
    rows = [[row[0], int(1 + a), int(len(risks) - b)] for row, a, b in zip(risks, ahead, behind, strict=True)]
    return sorted(rows, key=lambda row: (row[1], row[2], row[0]))


REGISTER: Risks = [
    ("unknown pickle is loaded", (0.5, 2.0), (20.0, 80.0)),
    ("template is exchanged", (0.1, 0.5), (8.0, 40.0)),
    ("prompts stand in a log", (5.0, 20.0), (1.0, 4.0)),
    ("disk is full", (1.0, 4.0), (0.5, 1.0)),
    ("laptop is stolen", (0.02, 0.05), (40.0, 100.0)),
]


def _case(name: str, risks: Risks) -> Case:
    return Case(name, (risks,))


VISIBLE = (
    _case("a register of five", REGISTER),
    _case(
        "often and small, rare and large",
        [
            ("rare", (0.01, 0.01), (9000.0, 9000.0)),
            ("often", (50.0, 50.0), (1.0, 1.0)),
            ("both", (2.0, 3.0), (4.0, 6.0)),
        ],
    ),
    _case(
        "ranges that touch",
        [("a", (1.0, 2.0), (2.0, 4.0)), ("b", (2.0, 4.0), (4.0, 5.0)), ("c", (0.25, 0.5), (1.0, 4.0))],
    ),
    _case(
        "one range inside another",
        [("wide", (0.1, 10.0), (1.0, 10.0)), ("narrow", (1.0, 2.0), (5.0, 6.0)), ("small", (0.1, 0.2), (0.1, 0.2))],
    ),
    _case(
        "the middle higher, the end lower",
        [("steady", (5.0, 6.0), (5.0, 7.0)), ("anything", (1.0, 9.0), (1.0, 9.0)), ("tiny", (0.1, 0.2), (1.0, 2.0))],
    ),
    _case("one alone", [("only", (1.0, 2.0), (1.0, 2.0))]),
)


def _hidden(seed: int) -> tuple[Case, ...]:
    pick = random.Random(seed)

    def some(number: int) -> Risks:
        risks = []
        for index in range(number):
            likelihood, loss = 10 ** pick.uniform(-2, 1.5), 10 ** pick.uniform(-1, 2.5)
            spread = pick.choice([1.2, 3.0, 6.0])
            risks.append((f"risk {number - index}", (likelihood, likelihood * spread), (loss, loss * spread)))
        return risks

    touch = [("p", (1.0, 2.0), (1.0, 2.0)), ("q", (2.0, 3.0), (2.0, 3.0)), ("o", (0.5, 0.5), (1.0, 1.0))]
    return (_case("six", some(6)), _case("eight", some(8)), _case("touch", touch), *VISIBLE[1:2])


RANK_RANGES = Exercise(
    id="3.5",
    title="A register that sorts no further than it knows",
    points=2,
    difficulty=2,
    minutes=20,
    reference="course_lib.threats:rank_ranges",
    returns=(
        "a list of `(name, best, worst)`: the best and the worst place that each risk can have, place 1 the "
        "largest expected "
        "loss; sorted by best place, then worst, then name"
    ),
    example=(
        "`a` loses 10 to 20 hours a year, `b` 5 to 15, `c` 0.1 to 1.8. `a` and `b` overlap: each can be first "
        "or second. `c` is third whatever "
        'happens. The result is `[("a", 1, 2), ("b", 1, 2), ("c", 3, 3)]`.'
    ),
    hints=(
        "When is one risk larger than another one *for certain*, whatever the true values inside the ranges are?",
        "The smallest expected loss is low likelihood times low loss, the largest is high times high. Count for "
        "each risk how many are "
        "certainly ahead of it, and how many are certainly behind.",
        "```python\nlow, high = ..., ...          # one number for each risk\nfor number, risk in enumerate(risks):\n"
        "    best = 1 + sum(...)       # certainly ahead\n    worst = len(risks) - ...  # certainly behind\n    ...\n"
        "return sorted(..., key=...)\n```",
    ),
    why=(
        "A register is read from the top until time runs out. If its order is made of two guesses multiplied, "
        "so is the choice "
        "of what gets done."
    ),
    visible=VISIBLE,
    hidden=_hidden,
    mistakes=(
        Mistake(
            "midpoints",
            midpoints,
            "You put one number in place of each range. Then everything is in some order, also what nobody "
            "knows the order of.",
        ),
        Mistake(
            "worst case only",
            worst_case,
            "You sort by the largest possible loss. Two risks may overlap all the same; the lower ends matter too.",
        ),
        Mistake("likelihood only", likelihood_only, "How often it happens is in your places, how bad it is is not."),
        Mistake("loss only", loss_only, "How bad it is is in your places, how often it happens is not."),
        Mistake(
            "added",
            added,
            "You add likelihood and loss. Events a year and hours an event cannot be added; which operation "
            "gives hours a year?",
        ),
        Mistake(
            "ends crossed",
            crossed,
            "The ends of your ranges are low times high. The smallest loss has both low ends, the largest both "
            "high ones.",
        ),
        Mistake(
            "touching ranges",
            touching_counts,
            "Two ranges that touch are in order for you. They can be equal, so neither is ahead for certain.",
        ),
        Mistake("smallest first", smallest_first, "Your place 1 is the smallest expected loss."),
        Mistake(
            "order of the register", as_given, "The places are right, the list is in the order in which the risks came."
        ),
        Mistake("from zero", from_zero, "Your places begin at 0."),
    ),
    alternatives=(pair_by_pair, with_tensors),
    tolerance_reason="counts",
)
