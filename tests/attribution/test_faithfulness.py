"""Curves and rationales are what one gets by editing the text by hand; the weight check knows a method that is blind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from course_lib import load_model
from course_lib.attribution import (
    Contrast,
    TokenAttribution,
    chat_question,
    compare,
    comprehensiveness,
    deletion_curve,
    given_scores,
    gradient_x_input,
    insertion_curve,
    leave_units_out,
    randomised_weights_check,
    removal_attribution,
    saliency,
    shapley_values,
    sufficiency,
)
from course_lib.attribution.agreement import rank_correlation
from course_lib.errors import CourseError
from course_lib.models import LocalModel
from course_lib.models.shuffle import block_names, with_shuffled_weights

Tiny = Callable[..., LocalModel]
PROMPT, TARGETS = [3, 14, 15, 9, 26], [8, 9]


def score(model: LocalModel, ids: list[int], targets: list[int]) -> float:
    """log p of the whole target after `ids`, in one plain pass."""
    log_probs = model.logits(ids + targets[:-1]).double().log_softmax(-1)[-len(targets) :]
    return float(log_probs[torch.arange(len(targets)), targets].sum())


@pytest.fixture
def ranked(tiny: Tiny) -> tuple[LocalModel, TokenAttribution]:
    """Scores that say: first position 3, then 1, 4, 2."""
    model = tiny(1)
    like = removal_attribution(model, PROMPT, TARGETS)
    return model, given_scores(like, [9.0, 3.0, 1.0, 4.0, 2.0], "by hand")


def test_curves_are_those_of_texts_edited_by_hand(ranked: tuple[LocalModel, TokenAttribution]) -> None:
    model, attribution = ranked
    order = [3, 1, 4, 2]  # position 0 is held, whatever its score
    deleted = [[PROMPT[i] for i in range(5) if i not in order[:count]] for count in range(5)]
    inserted = [[PROMPT[i] for i in range(5) if i == 0 or i in order[:count]] for count in range(5)]
    for curve, texts in ((deletion_curve, deleted), (insertion_curve, inserted)):
        result = curve(model, attribution, batch_tokens=9)
        assert result.values.tolist() == pytest.approx([score(model, text, TARGETS) for text in texts], abs=1e-4)
        assert result.area == pytest.approx(float(torch.trapezoid(result.values, dx=0.25)))
        assert result.random_values[:, [0, -1]].std(dim=0).max() < 1e-6  # all orders begin and end alike


def test_deletion_and_insertion_of_reversed_orders_are_mirror_images(
    ranked: tuple[LocalModel, TokenAttribution],
) -> None:
    model, attribution = ranked
    backwards = given_scores(attribution, (-attribution.scores[0]).tolist(), "reversed")
    forward, back = deletion_curve(model, attribution), insertion_curve(model, backwards)
    torch.testing.assert_close(forward.values, back.values.flip(0), rtol=0, atol=1e-5)


def test_the_best_order_is_better_than_chance_and_the_worst_is_worse(tiny: Tiny) -> None:
    model = tiny(3)
    best = leave_units_out(model, PROMPT, TARGETS, units="token")
    exact = shapley_values(model, PROMPT, TARGETS, units="token")
    assert deletion_curve(model, exact).advantage[0] > 0
    worst = given_scores(best, (-exact.scores.sum(0)).tolist(), "worst")
    curve = deletion_curve(model, worst)
    assert curve.advantage[0] < 0
    assert curve.beaten.value < 0.5
    assert "95" not in curve.finding()
    assert "better than random" in str(curve)


def test_rationales_are_those_of_texts_edited_by_hand(ranked: tuple[LocalModel, TokenAttribution]) -> None:
    import math

    model, attribution = ranked
    whole = math.exp(score(model, PROMPT, TARGETS))
    needed = comprehensiveness(model, attribution, shares=(0.01, 0.5))
    without = [[3, 14, 15, 26], [3, 15, 26]]  # position 3 gone; then positions 3 and 1
    expected = [whole - math.exp(score(model, text, TARGETS)) for text in without]
    assert needed.drops.tolist() == pytest.approx(expected, abs=1e-6)
    assert needed.settings["rationale_sizes"] == [1, 2]
    enough = sufficiency(model, attribution, shares=(0.01, 0.5))
    alone = [[3, 9], [3, 14, 9]]
    expected = [whole - math.exp(score(model, text, TARGETS)) for text in alone]
    assert enough.drops.tolist() == pytest.approx(expected, abs=1e-6)
    assert enough.value == pytest.approx(sum(expected) / 2, abs=1e-6)


def test_units_parts_contrasts_and_chats_can_be_tested() -> None:
    model = load_model("tiny:0")
    words = shapley_values(model, "the zebra sat on the mat", Contrast(" mat", " model"))
    assert len(deletion_curve(model, words).values) == 6
    assert comprehensiveness(model, words).unit == "logits"
    question = chat_question(model, "Please help me", " not")
    request = saliency(model, question)
    players = deletion_curve(model, request).settings["players"]
    assert players == list(range(*question.request))
    part = removal_attribution(model, list(question.prompt_ids), [question.target_id]).part(*question.request)
    assert len(deletion_curve(model, part).settings["players"]) == len(players)


def test_one_target_of_several_can_be_chosen(tiny: Tiny) -> None:
    model = tiny()
    result = removal_attribution(model, PROMPT, TARGETS)
    curves = [deletion_curve(model, result, target=target).values for target in (0, 1)]
    both = deletion_curve(model, result).values
    assert float(curves[0][0] + curves[1][0]) == pytest.approx(float(both[0]), abs=1e-5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m, a: deletion_curve(m, a, draws=1), "no interval"),
        (lambda m, a: deletion_curve(m, a, target=2), "no target 2"),
        (lambda m, a: deletion_curve(with_shuffled_weights(m), a), "explains tiny:1, not"),
        (lambda m, a: sufficiency(m, a, shares=(0.0,)), "no shares"),
        (lambda m, a: deletion_curve(m, TokenAttribution(("a",), ("b",), torch.zeros(1, 1), "?")), "does not say"),
        (lambda m, a: given_scores(a, [1.0], "?"), "do not fit"),
        (lambda m, a: compare(a), "nothing to be compared"),
        (lambda m, a: compare(a, a), "different names"),
        (lambda m, a: compare(a, a.part(1, 3), names="ab"), "different ones"),
        (lambda m, a: compare(a, saliency(m, PROMPT, [8, 10]), names="ab"), "different targets"),
        (lambda m, a: randomised_weights_check(m, lambda n: a, depths=[3]), "2 blocks"),
        (lambda m, a: randomised_weights_check(m, lambda n: a, seeds=[]), "at least one shuffle"),
    ],
)
def test_bad_input_is_answered_in_a_sentence(
    ranked: tuple[LocalModel, TokenAttribution], call: Callable[..., Any], message: str
) -> None:
    with pytest.raises(CourseError, match=message):
        call(*ranked)


def test_a_comparison_lines_methods_up_and_compares_orders(tiny: Tiny) -> None:
    model = tiny()
    removal, gradient = removal_attribution(model, PROMPT, TARGETS), saliency(model, PROMPT, TARGETS)
    comparison = compare(removal, gradient, gradient_x_input(model, PROMPT, TARGETS), target=1)
    assert comparison.scores.shape == (3, 5)
    assert comparison.signed == (True, False, True)
    by_hand = rank_correlation(removal.scores[1].abs().tolist(), gradient.scores[1].tolist()).value
    assert comparison.agreement(0, 1).value == by_hand
    assert comparison.relative().abs().amax(1).tolist() == pytest.approx([1.0, 1.0, 1.0])
    assert "magnitudes" in str(comparison)
    assert "<script" not in comparison._repr_html_()


def test_rank_correlation_equals_scipy() -> None:
    from scipy.stats import spearmanr

    one, other = torch.randint(0, 6, (2, 12), generator=torch.Generator().manual_seed(0)).double()
    assert rank_correlation(one.tolist(), other.tolist()).value == pytest.approx(spearmanr(one, other).statistic)


def test_the_weight_check_catches_a_method_that_does_not_look_at_the_model(tiny: Tiny) -> None:
    model = tiny(0)
    before = model.logits(PROMPT)
    like = removal_attribution(model, PROMPT, [8])
    blind = randomised_weights_check(model, lambda m: given_scores(like, [5.0, 1.0, -4.0, 2.0, 3.0], "blind"))
    assert blind.correlations.min() == pytest.approx(1.0)
    looking = randomised_weights_check(model, lambda m: removal_attribution(m, PROMPT, [8]), seeds=range(8))
    assert looking.correlations.mean() < 0.8
    assert "all weights" in str(looking)
    assert model.logits(PROMPT).equal(before)


@pytest.mark.parametrize("family", ["llama", "gpt_neox", "gpt2"])
def test_a_cascade_shuffles_the_top_and_leaves_the_rest(tiny: Tiny, family: str) -> None:
    model = tiny(0, family)
    names = block_names(model, 1)
    old, new = (dict(m.model.named_parameters()) for m in (model, with_shuffled_weights(model, 0, names)))
    changed = {name for name in old if not old[name].equal(new[name])}
    assert changed
    assert changed <= names
    assert {name for name in names if old[name].ndim > 1} == changed


def test_the_target_of_a_check_has_to_be_fixed(tiny: Tiny) -> None:
    with pytest.raises(CourseError, match="After the shuffle"):
        randomised_weights_check(tiny(0), lambda m: saliency(m, PROMPT), seeds=range(6))
