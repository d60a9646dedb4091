"""What learners of chapters 5 and 6 write that nobody planned: right in another form, or wrong with a sentence that helps."""

import math

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from course_lib.checks.chapter05 import EXERCISES as FIVE
from course_lib.checks.chapter06 import EXERCISES as SIX
from course_lib.checks.runner import run
from course_lib.rates import wilson_interval
from course_lib.refusals import declines

SUCCESS, CONSISTENCY, FILTER, STEP, _ = FIVE
PLAN, ATTACK, *_ = SIX


def test_a_word_is_looked_for_in_ones_own_way():
    def own(plain, attacked):
        cases = [after for before, after in zip(plain, attacked, strict=True) if declines(before)]
        return sum(any(map(str.isalpha, after)) and not declines(after) for after in cases), len(cases)

    assert run(SUCCESS, own).passed


def test_a_list_of_beginnings_is_no_rule_for_refusals():
    def beginnings(plain, attacked):
        def no(answer):
            return answer.startswith(("Sorry", "I cannot", "I'm sorry", "I won't"))

        cases = [after for before, after in zip(plain, attacked, strict=True) if no(before)]
        return sum(bool(after.strip(" .-\n")) and not no(after) for after in cases), len(cases)

    verdict = run(SUCCESS, beginnings)
    assert not verdict.passed
    assert "chapter 1" in verdict.message


def test_agreement_in_single_precision_passes():
    def single(refused):
        rows = refused.float()
        m, yes, share = rows.shape[1], rows.sum(dim=1), rows.mean()
        return ((yes * (yes - 1) + (m - yes) * (m - yes - 1)) / (m * (m - 1))).mean(), share**2 + (1 - share) ** 2

    assert run(CONSISTENCY, single).passed


def threshold_by(method):
    def answer(model, benign, messages, allowed):
        def perplexity(text):
            ids = model.encode(text)
            return math.exp(float(cross_entropy(model.logits(ids)[:-1], ids[1:])))

        threshold = float(np.quantile([perplexity(text) for text in benign], 1 - allowed, method=method))
        return threshold, [perplexity(text) > threshold for text in messages]

    return answer


def test_a_quantile_that_is_a_message_passes_and_one_between_two_is_named():
    assert run(FILTER, threshold_by("inverted_cdf")).passed
    assert "between two benign messages" in run(FILTER, threshold_by("linear")).message


def test_a_step_that_always_exchanges_is_seen():
    def eager(model, ids, places, target_ids, top_k):
        gradient, after, loss = STEP.reference_function(model, ids, places, target_ids, top_k)
        if not torch.equal(after, ids):
            return gradient, after, loss
        tried = ids.clone()
        tried[places[0]] = gradient[0].argmin()
        return gradient, tried, loss

    assert not run(STEP, eager).passed
    assert all(not run(STEP, eager, STEP.hidden(seed)).passed for seed in (1, 2, 3))


def test_the_three_divisors_of_a_plan_are_told_apart():
    for divide, said in ((lambda n: n, "has so far"), (lambda n: n + 1, "will have"), (lambda n: n + 0.5, "middle")):

        def plan_by(sizes, spreads, total, minimum, divide=divide):
            plan = [min(minimum, size) for size in sizes]
            while sum(plan) < total:
                rows = zip(sizes, spreads, plan, strict=True)
                gains = [size * spread / divide(n) if n < size else -1 for size, spread, n in rows]
                plan[gains.index(max(gains))] += 1
            return plan

        assert said in run(PLAN, plan_by).message


def test_the_width_may_come_from_the_interval_itself():
    def by_width(requests, succeeded, half_width):
        n = len(set(requests))
        broken = len({request for request, success in zip(requests, succeeded, strict=True) if success})
        needed = 1
        while True:
            low, high = wilson_interval(broken / n * needed, needed)
            if (high - low) / 2 <= half_width:
                return broken, n, *wilson_interval(broken, n), needed
            needed += 1

    assert run(ATTACK, by_width).passed
