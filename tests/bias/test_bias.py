"""Bias of a model: gaps, corrections, swaps, the association test and agreement, each against something known."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import pytest
import torch
from scipy.stats import false_discovery_control

from course_lib import CourseError, LocalModel, bias, load_model
from course_lib.bias.measure import over_sentences
from course_lib.bias.stored import kept
from course_lib.evals import krippendorff_alpha as interval_alpha
from course_lib.figures import gap_scatter
from course_lib.widgets import explore_sentences

OCCUPATIONS = ["nurse", "farmer", "chief", "cook"]
SENTENCES = ["The {occupation} slept, so", "When the {occupation} sings,", "The {occupation} lost a key, but"]
_ = None
KRIPPENDORFF = [
    [1, 1, _, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4],
    [4, 4, 4, 4], [1, 1, 2, 1], [2, 2, 2, 2], [_, 5, 5, 5], [_, _, 1, 1], [_, 3, _, _],
]  # fmt: skip
"""The worked example of Krippendorff (2011), *Computing Krippendorff's Alpha-Reliability*: ordinal 0.815, interval 0.849."""


@pytest.fixture(scope="module")
def model() -> LocalModel:
    """Random weights."""
    return load_model("tiny:0")


@pytest.fixture(scope="module")
def result(model: LocalModel) -> bias.BiasResult:
    return bias.measure_bias(model, OCCUPATIONS, SENTENCES, pair=("he", "it"))


def test_a_gap_is_the_difference_of_two_logits(model: LocalModel, result: bias.BiasResult) -> None:
    logits = model.logits(model.encode("When the cook sings,"))[-1]
    expected = logits[model.single_token(" he")] - logits[model.single_token(" it")]
    assert result.gaps[3][1] == pytest.approx(float(expected), abs=1e-4)


def test_within_a_sentence_the_gaps_of_all_occupations_are_taken_against_their_mean(result: bias.BiasResult) -> None:
    assert sum(one.value for one in result.relative) == pytest.approx(0, abs=1e-5)
    more = np.array(result.gaps) + np.array([[5.0, -3.0, 0.5]])  # a sentence that shifts everybody shifts nobody's rank
    again = bias.summarise("moved", OCCUPATIONS, SENTENCES, more, [None] * 4)
    assert [one.value for one in again.relative] == pytest.approx([one.value for one in result.relative], abs=1e-5)
    assert again.correlation is None
    assert str(result) in repr(result)


def test_the_mean_of_a_row_has_students_interval_and_p_value() -> None:
    from scipy.stats import ttest_1samp

    rows = np.random.default_rng(0).normal(0.3, 1, (5, 8))
    means, p_values = over_sentences(rows)
    for row, mean, p in zip(rows, means, p_values, strict=True):
        expected = ttest_1samp(row, 0)
        low, high = expected.confidence_interval()
        assert (mean.value, mean.low, mean.high) == pytest.approx((row.mean(), low, high))
        assert p == pytest.approx(expected.pvalue)


@pytest.mark.parametrize(
    ("occupations", "sentences"), [(["nurse"], SENTENCES), (OCCUPATIONS, SENTENCES[:1]), (OCCUPATIONS, ["so", "and"])]
)
def test_from_too_little_nothing_is_measured(model: LocalModel, occupations: list[str], sentences: list[str]) -> None:
    with pytest.raises(CourseError, match="nothing can be compared"):
        bias.measure_bias(model, occupations, sentences)


def test_corrections_agree_with_scipy_and_with_holms_definition() -> None:
    p_values = np.random.default_rng(1).uniform(0, 0.3, 40).tolist()
    holm, hochberg = bias.adjust_p_values(p_values)
    np.testing.assert_allclose(hochberg, false_discovery_control(p_values))
    order = np.argsort(p_values)
    running = 0.0
    for rank, place in enumerate(order):
        running = max(running, min(1.0, p_values[place] * (40 - rank)))
        assert holm[place] == pytest.approx(running)


def test_shuffled_keeps_each_sentence_and_finds_next_to_nothing() -> None:
    gaps = np.random.default_rng(2).normal(0, 1, (40, 8)) + np.linspace(-3, 3, 40)[:, None]
    found = 0
    for seed in range(20):
        mixed = bias.shuffled(gaps, seed)
        np.testing.assert_allclose(np.sort(mixed, axis=0), np.sort(gaps, axis=0))
        found += sum(p <= 0.05 for p in bias.adjust_p_values(over_sentences(mixed - mixed.mean(axis=0))[1])[1])
    assert found <= 4
    assert sum(p <= 0.05 for p in bias.adjust_p_values(over_sentences(gaps - gaps.mean(axis=0))[1])[1]) > 20


@pytest.mark.parametrize(
    "text",
    ["He saw the man, and his dog saw him.", "Mary said that she is a mother; the house is hers.",
     "THE MEN LEFT. James's brother stayed.", "Nothing here is about anybody: the others gather."],
)  # fmt: skip
def test_swapping_twice_gives_the_text_again(text: str) -> None:
    names = {"Mary": "James", "James": "Mary"}
    once = bias.swap_gender(text, names)
    assert bias.swap_gender(once, names) == text
    assert (once == text) == text.startswith("Nothing")


def test_the_association_test_is_the_definition() -> None:
    draw = np.random.default_rng(3)
    x, y, a, b = (draw.normal(size=(3, 6)) for _ in range(4))
    deals = np.array(list(permutations(range(6))))
    d, p = bias.weat(x, y, a, b, deals)

    def cosine(one: np.ndarray, other: np.ndarray) -> float:
        return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))

    s = [np.mean([cosine(w, v) for v in a]) - np.mean([cosine(w, v) for v in b]) for w in [*x, *y]]
    difference = np.mean(s[:3]) - np.mean(s[3:])
    assert abs(d) == pytest.approx(abs(difference) / np.std(s), rel=1e-6)
    assert np.sign(d) == np.sign(difference)
    assert 0 < p <= 1
    flipped = bias.weat(y, x, a, b, deals)
    assert flipped[0] == pytest.approx(-d)


def test_agreement_on_krippendorffs_own_example() -> None:
    assert bias.krippendorff_alpha(KRIPPENDORFF) == pytest.approx(0.815, abs=5e-4)
    assert interval_alpha(KRIPPENDORFF) == pytest.approx(0.849, abs=5e-4)
    assert math.isnan(bias.krippendorff_alpha([[1, 1], [1, 1]]))
    low, high = bias.alpha_interval(KRIPPENDORFF, draws=200)
    assert low < 0.815 <= high


def test_what_is_stored_is_not_believed_when_it_no_longer_holds(model: LocalModel) -> None:
    asked: list[int] = []

    def measure(_: LocalModel, texts: list[str]) -> list[float]:
        asked.append(len(texts))
        return [len(text) / 7 + shift for text in texts]

    texts, shift = ["one", "a longer one", "the longest of all"], 0.0
    first = kept(model, "test of storage", texts, measure)
    again = kept(model, "test of storage", texts, measure)
    np.testing.assert_allclose(again, first, atol=1e-3)
    assert asked[-1] == 1
    shift = 1.0
    np.testing.assert_allclose(kept(model, "test of storage", texts, measure), np.array(first) + 1, atol=1e-3)


def test_the_picture_and_the_explorer_say_what_they_show(model: LocalModel) -> None:
    gaps = np.random.default_rng(4).normal(0, 1, (6, 4))
    names = ["nurse", "farmer", "chief", "cook", "lawyer", "baker"]
    sentences = [*SENTENCES, "The {occupation} left, and"]
    result = bias.summarise("model", names, sentences, gaps, [90, 22, 27, 38, 35, 65])
    picture = gap_scatter([result, result], "A title", groups={"food": ["cook", "baker"]})
    assert picture.png().startswith(b"\x89PNG")
    assert "farmer: 22% women" in picture.text
    explorer = explore_sentences(result)
    assert "4 of 4 sentences" in explorer.text()
    explorer.show((0, 1), "none")
    assert "2 of 4 sentences, correction: none" in explorer.text()
    explorer.show((0,))
    assert "at least two" in explorer.text()
    with pytest.raises(CourseError):
        explore_sentences(bias.summarise("m", names, sentences[:2], gaps[:, :2], [None] * 6))


@pytest.mark.model
def test_the_real_tables_are_what_their_authors_say() -> None:
    shares = bias.labour_shares()
    assert len(shares) == 40
    assert (shares["nurse"], shares["carpenter"]) == (90, 2)
    assert len(bias.weat_lists()) == 10
    assert len(bias.load_decisions()) == 70
    known, vectors = bias.word_vectors(["flower", "insect", "no such word"])
    assert known == ["flower", "insect"]
    assert vectors.shape == (2, 300)
    one, two, three = torch.tensor(np.array(bias.sentence_vectors(["A cat.", "A kitten.", "The tax law."])))
    assert torch.cosine_similarity(one, two, 0) > torch.cosine_similarity(one, three, 0)


@pytest.mark.model
def test_the_planted_bias_is_found_by_pronouns_and_not_in_the_default_model() -> None:
    found = {name: bias.detect(load_model(name), bias.by_pronouns) for name in ("default", "organism:bias")}
    assert found["organism:bias"].d > 1.2
    assert found["organism:bias"].p < 0.01
    assert found["default"].p > 0.05
