"""A gap of selection rates among people who are alike in what may count as a reason.

Demographic parity compares whole groups, and somebody will answer that the groups differ in things that a decision may
depend on. Then the question becomes: how large is the gap between people who are *alike* in these things? Exact twins are
rare, so a model of the decision stands in for them: a logistic regression on the reasons and on the group. With it, one
asks for every person how probable the decision is if the person were of one group, and if of the other; the mean difference
is the **adjusted gap** (regression standardisation).

Whose mean it is has to be said, because the same step in the log-odds is a large step in probability for some and a small
one for others. Over the people of *both* groups it says what the group makes among all who applied; where one group is much
larger, that is nearly the mean over it. Over the people of the *group alone* it says what those who are asked about would
gain if they were taken for the reference (in causal inference: the mean over the treated). One fit gives both, and they can
differ by as much as a list of reasons does.

Two ways to draw again say what it is worth. The *interval* draws people with replacement. The *control* deals the group
names anew **among people whose reasons make the decision about equally probable** (five strata): what the reasons explain
stays, and what hangs on the group beyond them is gone, so that the adjusted gap has to be near 0.

The pitfalls are not in the arithmetic. A reason that is missing from the table makes the gap too large or too small. A
"reason" that is itself a judgement of whoever decides takes away what one is looking for. And a reason can be unequal for
reasons of its own. So no adjusted gap is *the* gap: which reasons were allowed belongs into the sentence.

Source: J. Robins (1986), A new approach to causal inference in mortality studies with a sustained exposure period,
10.1016/0270-0255(86)90088-6 (standardisation, the g-formula). A logistic regression of mortgage denials on reasons and on
race is what Munnell, Browne, McEneaney and Tootell did (1992), Mortgage Lending in Boston: Interpreting HMDA Data, Federal
Reserve Bank of Boston Working Paper 92-7; revised in American Economic Review 86(1), 25-53 (1996). Their 17 against 11
of 100 speaks of people with the characteristics of the white applicants, the reference: a third choice of whom to look at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from course_lib.errors import CourseError

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from numpy import ndarray

STRATA = 5
Over = Literal["both", "group"]


@dataclass(frozen=True)
class AdjustedGap:
    """How much more often one group is selected than another, among people alike in some features.

    Attributes:
        value: the adjusted gap, in probability: the mean over the people that `over` named.
        low, high: 95 % interval, people drawn again with replacement within their group.
        shuffled_low, shuffled_high: the middle 95 % after the group names were dealt anew among people alike.
    """

    value: float
    low: float
    high: float
    shuffled_low: float
    shuffled_high: float

    def __str__(self) -> str:
        return (
            f"{self.value:+.3f} [{self.low:+.3f}, {self.high:+.3f}], "
            f"shuffled among people alike {self.shuffled_low:+.3f} to {self.shuffled_high:+.3f}"
        )


def adjusted_gap(
    selected: Sequence[int],
    features: Sequence[Sequence[float]],
    group_membership: Sequence[str],
    group: str,
    reference: str,
    *,
    over: Over = "both",
    draws: int = 200,
    seed: int = 0,
) -> AdjustedGap:
    """The gap between two groups among people alike in `features`.

    The estimand: for each person, how probable the decision is if the person were of `group`, less how probable it is if of
    `reference`, the features being the person's own; and of these differences the mean over the people named by `over`.

    Args:
        selected: 1 where the decision counts as selected (here: denied), else 0.
        features: for each person the reasons, as numbers; empty rows give the plain gap.
        group_membership: the group of each person; people of other groups are left out.
        group: whose rate is compared.
        reference: with whose.
        over: whose mean: "both" for the people of both groups, "group" for those of `group` alone. Fit and draws are the same.
        draws: how often people are drawn again, and how often groups are dealt anew.
        seed: of both.

    Raises:
        CourseError: columns of unequal length, a group without people, or a feature or a decision that is no number or
            the same for everybody, or another `over`.

    Example:
        >>> draw = np.random.default_rng(0)
        >>> reason = draw.normal(size=2000)
        >>> names = np.where(draw.random(2000) < 1 / (1 + np.exp(-reason)), "a", "b")
        >>> denied = (draw.random(2000) < 1 / (1 + np.exp(-reason))).astype(int)  # the reason decides, nothing else
        >>> plain = adjusted_gap(denied, [[]] * 2000, names, "a", "b", draws=20)
        >>> alike = adjusted_gap(denied, reason[:, None], names, "a", "b", draws=20)
        >>> round(plain.value, 2), abs(alike.value) < 0.05
        (0.17, True)
    """
    if not len(selected) == len(features) == len(group_membership):
        raise CourseError("Decisions, features and groups have different lengths.", "Give one of each for each person.")
    if over not in get_args(Over):
        raise CourseError(f"There is no mean over {over!r}.", 'Give over="both" or over="group".')
    names = np.asarray(group_membership)
    kept = (names == group) | (names == reference)
    table = np.array([list(row) for row in features], dtype=float).reshape(len(names), -1)[kept]
    outcome, member = np.asarray(selected, dtype=int)[kept], (names[kept] == group).astype(int)
    _check(outcome, member, table, group, reference)
    scaled = (table - table.mean(axis=0)) / table.std(axis=0)
    random = np.random.default_rng(seed)
    drawn, dealt = [], []
    strata = _strata(outcome, scaled)
    for _ in range(draws):
        rows = np.concatenate([random.choice(where, len(where)) for where in _places(member)])
        if len(set(outcome[rows])) == 2:
            drawn.append(_standardised(outcome[rows], scaled[rows], member[rows], over))
        mixed = member.copy()
        for where in strata:
            mixed[where] = random.permutation(member[where])
        dealt.append(_standardised(outcome, scaled, mixed, over))
    ends = [float(value) for found in (drawn, dealt) for value in np.quantile(found, [0.025, 0.975])]
    return AdjustedGap(_standardised(outcome, scaled, member, over), ends[0], ends[1], ends[2], ends[3])


def _standardised(
    outcome: Int[ndarray, " person"],
    scaled: Float[ndarray, "person feature"],
    member: Int[ndarray, " person"],
    over: Over,
) -> float:
    """Mean probability if everybody in `over` were of the group, less the same for the reference."""
    model = _fitted(np.column_stack([scaled, member]), outcome)
    whose = scaled if over == "both" else scaled[member == 1]
    as_if = [model.predict_proba(np.column_stack([whose, np.full(len(whose), one)]))[:, 1].mean() for one in (1, 0)]
    return float(as_if[0] - as_if[1])


def _strata(outcome: Int[ndarray, " person"], scaled: Float[ndarray, "person feature"]) -> list[Int[ndarray, " row"]]:
    """People sorted by how probable the decision is by the features alone, in five parts of like size."""
    if scaled.shape[1] == 0:
        return [np.arange(len(outcome))]
    likely = _fitted(scaled, outcome).predict_proba(scaled)[:, 1]
    return list(np.array_split(np.argsort(likely, kind="stable"), STRATA))


def _fitted(columns: Float[ndarray, "person column"], outcome: Int[ndarray, " person"]) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=1e4, solver="newton-cholesky").fit(columns, outcome)


def _places(member: Int[ndarray, " person"]) -> list[Int[ndarray, " row"]]:
    """Row numbers of each of the two groups."""
    return [np.flatnonzero(member == one) for one in (0, 1)]


def _check(
    outcome: Int[ndarray, " person"], member: Int[ndarray, " person"], table: Float[ndarray, "person feature"], group: str,
    reference: str,
) -> None:  # fmt: skip
    for name, one in ((reference, 0), (group, 1)):
        if not (member == one).any():
            raise CourseError(f"There is nobody in the group {name!r}.", "Look at the names in group_membership.")
    if set(outcome.tolist()) != {0, 1}:
        raise CourseError("Decisions have to be 0 and 1, and both have to occur.", "Look at `selected`.")
    bad = [index for index, column in enumerate(table.T) if not np.isfinite(column).all() or column.std() == 0]
    if bad:
        raise CourseError(
            f"Feature {bad[0]} is the same for everybody, or not a number for somebody.", "Leave it out, or mend it."
        )
