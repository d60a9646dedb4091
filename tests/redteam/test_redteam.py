"""Red teaming: each method against an oracle, and the report against what it promises."""

from __future__ import annotations

import itertools
import math
import random

import pytest

from course_lib.errors import CourseError
from course_lib.figures import before_after
from course_lib.rates import Rate, wilson_interval
from course_lib.redteam import (
    Session,
    allocate,
    attack_success,
    cohens_kappa,
    deduplicate,
    do_not_answer_areas,
    judged_answers,
    kappa_interval,
    mcnemar,
    rated_answers,
    red_team_report,
    requests_to_rule_out,
)
from course_lib.widgets import explore_judges


def test_the_plan_is_the_best_of_all_plans() -> None:
    sizes, spreads, total, minimum = [40, 25, 6], [0.2, 0.5, 0.4], 18, 2
    plans = [plan for plan in itertools.product(*(range(minimum, size + 1) for size in sizes)) if sum(plan) == total]

    def variance(plan: tuple[int, ...]) -> float:
        return sum((N * S) ** 2 / n for N, S, n in zip(sizes, spreads, plan, strict=True))

    assert tuple(allocate(sizes, spreads, total, minimum)) == min(plans, key=variance)


def test_attack_success_counts_requests() -> None:
    broken, n, low, high, needed = attack_success(["a", "a", "b", "c"], [False, True, False, True], 0.1)
    assert (broken, n) == (2, 3)
    assert (low, high) == wilson_interval(2, 3)
    rate = 2 / 3
    ends = [wilson_interval(round(rate * m), m) for m in (needed - needed % 3 + 3, needed - needed % 3 - 3)]
    assert (ends[0][1] - ends[0][0]) / 2 <= 0.1 < (ends[1][1] - ends[1][0]) / 2


@pytest.mark.parametrize("rate", [0.01, 0.05, 0.3])
def test_a_retest_rules_the_rate_out_and_no_smaller_one_does(rate: float) -> None:
    n = requests_to_rule_out(rate)
    assert wilson_interval(0, n)[1] <= rate + 1e-12 < wilson_interval(0, n - 1)[1]


@pytest.mark.parametrize("words", [2, 3, 5])
def test_kappa_is_that_of_scikit_learn(words: int) -> None:
    from sklearn.metrics import cohen_kappa_score

    draw = random.Random(words)
    first = [draw.randrange(words) for _ in range(60)]
    second = [a if draw.random() < 0.5 else draw.randrange(words) for a in first]
    assert cohens_kappa(first, second) == pytest.approx(cohen_kappa_score(first, second))
    low, high = kappa_interval(first, second)
    assert low < cohens_kappa(first, second) < high


def test_kappa_says_where_it_cannot_tell() -> None:
    assert math.isnan(cohens_kappa(["no"] * 4, ["no"] * 4))
    assert all(map(math.isnan, kappa_interval(["no"] * 4, ["no"] * 4)))
    assert cohens_kappa(["yes"] * 4, ["yes", "no", "no", "no"]) == 0


@pytest.mark.parametrize(("b", "c"), [(6, 1), (2, 9), (4, 4), (0, 5), (55, 0)])
def test_mcnemar_is_scipys_binomial_test(b: int, c: int) -> None:
    from scipy.stats import binom, binomtest

    first, second = [True] * b + [False] * c + [True, False], [False] * b + [True] * c + [True, False]
    only_first, only_second, exact, mid = mcnemar(first, second)
    assert (only_first, only_second) == (b, c)
    assert exact == pytest.approx(binomtest(b, b + c).pvalue, rel=1e-9)
    assert mid == pytest.approx(2 * binom.cdf(min(b, c), b + c, 0.5) - binom.pmf(min(b, c), b + c, 0.5), rel=1e-9)


def test_the_same_model_twice_gives_no_difference() -> None:
    assert mcnemar([True, False, True], [True, False, True]) == (0, 0, 1.0, 1.0)


def test_groups_do_not_depend_on_the_order() -> None:
    texts = ["a b c d", "a b c e", "a b e f", "x y z", "x y", "q"]
    groups = []
    for order in itertools.permutations(range(6)):
        found = deduplicate([texts[i] for i in order], 0.6)
        groups.append({frozenset(order[j] for j in range(6) if found[j] == one) for one in found})
    assert all(one == groups[0] for one in groups)
    assert len(groups[0]) == 3


SEVERITY = {"fraud": "serious", "privacy": "critical"}


def session(name: str = "a", broken: tuple[bool, ...] = (True, True, False)) -> Session:
    return Session(name, ("one", "two", "<three>"), ("fraud", "privacy", "fraud"), broken)


def report(**options: object) -> str:
    given = {"criterion": "c < d", "judge": "none", "limits": ["much"], **options}
    return str(red_team_report(session(), SEVERITY, **given).text())  # type: ignore[arg-type]


def test_the_report_has_its_numbers_and_parts() -> None:
    text = report(after=session("b", (False, False, False)), price="It refuses 3 more.")
    assert "2 of 3 requests met the criterion" in text
    assert "2 no longer break, 0 break only now" in text
    assert "It refuses 3 more." in text
    assert "no success in 73 new requests" in text
    assert text.index("critical") < text.index("serious")


def test_the_reports_html_is_escaped() -> None:
    made = red_team_report(session(), SEVERITY, criterion="c < d", judge="<b>", limits=["<i>"])
    assert "c &lt; d" in made.html()
    assert "<i>" not in made.html()


def test_the_report_refuses_what_does_not_fit() -> None:
    with pytest.raises(CourseError, match="has no severity"):
        red_team_report(session(), {"fraud": "serious"}, criterion="", judge="", limits=[])
    with pytest.raises(CourseError, match="did not ask the same"):
        report(after=Session("b", ("other",), ("fraud",), (True,)))
    with pytest.raises(CourseError, match="for each request"):
        Session("a", ("one",), (), ())


def test_the_picture_says_both_rates() -> None:
    rates = {"fraud": Rate(3, 4), "privacy": Rate(1, 9)}
    picture = before_after(rates, rates, ("a", "b"), "The same", axis="share")
    assert picture.text.splitlines()[0].startswith("fraud: a 3 of 4")
    assert picture.png()[:4] == b"\x89PNG"
    with pytest.raises(CourseError, match="beside each other"):
        before_after(rates, {"fraud": Rate(1, 2)}, ("a", "b"), "Other kinds", axis="share")


def test_the_explorer_follows_its_sliders() -> None:
    explorer = explore_judges(0.5, 0.9, 0.1)
    explorer.show(0.0, 0.9, 0.0)
    assert "kappa not defined" in explorer.text()
    explorer.show(0.5, 1.0, 0.0)
    assert "kappa 1.00" in explorer.picture.value
    with pytest.raises(CourseError, match="between 0 and 1"):
        explore_judges(2)


@pytest.mark.model
def test_the_real_sets_are_what_the_chapter_says() -> None:
    assert [len(questions) for questions in do_not_answer_areas().values()] == [248, 243, 176, 155, 117]
    judged = judged_answers()
    assert (len(judged), sum(row.achieved for row in judged)) == (395, 191)
    assert len(rated_answers()) == 386


def test_the_interval_of_kappa_draws_whole_groups() -> None:
    draw = random.Random(4)
    first = [draw.randrange(2) for _ in range(60)]
    second = [a if draw.random() < 0.7 else 1 - a for a in first]
    alone, own = kappa_interval(first, second), kappa_interval(first, second, list(range(60)))
    assert alone == own
    copies = kappa_interval(
        first * 4, second * 4, list(range(60)) * 4
    )  # four answers to each question say no more than one
    assert copies == pytest.approx(alone)
    naive = kappa_interval(first * 4, second * 4)
    assert naive[1] - naive[0] < 0.7 * (copies[1] - copies[0])
