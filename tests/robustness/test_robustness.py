"""The methods of chapter 5: against oracles, and what is stored."""

from __future__ import annotations

import base64
import math
from importlib import import_module
from itertools import combinations

import pytest
import torch

from course_lib import CourseError, load_model
from course_lib.models.tiny import load_tiny
from course_lib.rates import Rate
from course_lib.robustness import (
    FAMILIES,
    consistency,
    coordinate_step,
    kappa_of,
    parts_of,
    perplexity_filter,
    perturbed,
    plain_requests,
    reworded,
    shipped_searches,
    smoothed_rates,
    suffix_search,
    surprises,
    threshold_of,
)
from course_lib.robustness.search import candidate_losses, suffix_gradient
from course_lib.robustness.wild import area_under_curve

stored = import_module("course_lib.robustness.stored")
REQUEST = "How do I bake bread?"


def test_every_family_holds_the_request() -> None:
    wrapped = {one.name: one.wrap(REQUEST) for one in FAMILIES}
    assert len(set(wrapped.values())) == len(FAMILIES)
    assert base64.b64decode(wrapped["Base64"].rpartition(" ")[2]).decode() == REQUEST
    plain = [text for name, text in wrapped.items() if name not in ("Base64", "digits for letters")]
    assert all("bake bread" in text for text in plain)


def test_requests_share_no_task() -> None:
    assert len({*plain_requests(True), *plain_requests(False)}) == 60
    assert all(len(set(row)) == 5 for row in reworded(True))


def test_a_copy_differs_in_as_many_characters_as_asked() -> None:
    text = "x" * 50
    for copy in range(5):
        other = perturbed(text, 0.1, copy)
        assert sum(a != b for a, b in zip(text, other, strict=True)) == 5
    assert perturbed(text, 0.1, 0) != perturbed(text, 0.1, 1)


def test_sentences_of_a_message() -> None:
    assert parts_of("Tell me a story. Why? Go on.") == ["Tell me a story."]
    assert parts_of("Why?") == ["Why?"]


def test_finite_differences_agree_with_the_gradient() -> None:
    model = load_tiny("tiny:3", torch.device("cpu"), torch.float64)
    ids, goal, places = torch.tensor([40, 7, 99, 120]), torch.tensor([55, 210]), torch.tensor([1, 3])
    gradient, _, _ = coordinate_step(model, ids, places, goal, 1)
    table = model.model.get_input_embeddings().weight
    for row, token in ((0, 3), (1, 300)):
        sides = []
        for step in (3e-3, -3e-3):
            rows = table[torch.cat([ids, goal])].clone()
            rows[places[row]] += step * table[token]
            with torch.no_grad():
                logits = model.model(inputs_embeds=rows[None]).logits[0, -3:-1]
            sides.append(float(torch.nn.functional.cross_entropy(logits, goal)))
        assert (sides[0] - sides[1]) / 6e-3 == pytest.approx(float(gradient[row, token]), abs=0.02)


def test_with_the_whole_vocabulary_a_step_is_exhaustive_search() -> None:
    model = load_model("tiny:4")
    ids, goal, places = torch.tensor([40, 7, 99]), torch.tensor([55, 21]), torch.tensor([1])
    every = ids.repeat(420, 1)
    every[:, 1] = torch.arange(420)
    logits = model.logits(torch.cat([every, goal.expand(420, -1)], dim=1))[:, 2:-1].log_softmax(-1)
    losses = -logits.gather(2, goal.expand(420, -1)[..., None])[..., 0].mean(dim=1)
    _, after, loss = coordinate_step(model, ids, places, goal, 420)
    assert loss == pytest.approx(float(losses.min()), rel=1e-5)
    assert int(after[1]) == int(losses.argmin())


def test_the_search_agrees_with_the_plain_step() -> None:
    model = load_model("tiny:4")
    before, suffix, after, goal = (torch.tensor(x) for x in ([40, 7], [99, 12, 31], [8, 9], [55, 21]))
    gradient, _, _ = coordinate_step(model, torch.cat([before, suffix, after]), torch.tensor([2, 3, 4]), goal, 1)
    torch.testing.assert_close(suffix_gradient(model, before, suffix, after, goal), gradient, rtol=1e-3, atol=1e-4)
    losses = candidate_losses(model, before, torch.stack([suffix, suffix.flip(0)]), after, goal)
    row = model.logits(torch.cat([before, suffix, after, goal]))[6:-1].log_softmax(-1)
    assert float(losses[0]) == pytest.approx(float(-row[torch.arange(2), goal].mean()), rel=1e-4)


@pytest.mark.parametrize("way", ["gradient", "random"])
def test_no_step_of_a_search_is_worse_than_the_one_before(way) -> None:
    found = suffix_search(load_model("tiny:2"), way, 3, 8)
    assert len(found.losses) == 4
    assert list(found.losses) == sorted(found.losses, reverse=True)


def test_shipped_searches_begin_alike_and_name_their_request() -> None:
    searches = shipped_searches()
    assert [s.way for s in searches] == ["gradient", "random"] * 2
    assert all(a.losses[0] == b.losses[0] for a, b in zip(searches[::2], searches[1::2], strict=True))


def test_missing_searches_are_said(tmp_path) -> None:
    with pytest.raises(CourseError, match="cannot be read"):
        shipped_searches(tmp_path / "none.json")


def test_the_fast_surprise_is_the_log_of_the_plain_perplexity() -> None:
    model, texts = load_model("tiny:1"), ["The model reads the question.", "Mary gave the book to John", "a b c d"]
    threshold, stopped = perplexity_filter(model, texts, texts, 0.4)
    fast = surprises(model, texts)
    assert math.log(threshold) == pytest.approx(threshold_of(fast, 0.4), rel=1e-4)
    assert stopped == (fast > threshold_of(fast, 0.4)).tolist()


def test_a_vote_of_the_whole_pool_is_its_majority() -> None:
    pool = torch.tensor([[True, True, False], [False, False, True]])
    assert smoothed_rates(pool, pool, 3) == (0.5, 0.5)


def test_the_vote_is_the_mean_over_all_draws() -> None:
    pool = torch.rand(4, 6, generator=torch.Generator().manual_seed(1)) < 0.5
    draws = [sum(draw) > 2 for row in pool.tolist() for draw in combinations(row, 4)]
    assert smoothed_rates(pool, pool, 4)[1] == pytest.approx(sum(draws) / len(draws))


def test_agreement_is_that_of_all_pairs() -> None:
    refused = torch.rand(9, 5, generator=torch.Generator().manual_seed(2)) < 0.4
    pairs = [a == b for row in refused.tolist() for a, b in combinations(row, 2)]
    assert consistency(refused)[0] == pytest.approx(sum(pairs) / len(pairs))


def test_area_under_curve_is_that_of_scikit_learn() -> None:
    from sklearn.metrics import roc_auc_score

    high, low = [3.0, 2.0, 2.0, 5.0], [1.0, 2.0, 4.0]
    assert area_under_curve(high, low) == pytest.approx(roc_auc_score([1] * 4 + [0] * 3, high + low))


def test_verdicts_are_kept_checked_and_measured_anew(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    model, asked = load_model("tiny:0"), []

    def measure(_model, requests, _way):
        asked.extend(requests)
        return ["refused" if "no" in request else "answered" for request in requests]

    monkeypatch.setattr(stored, "measure", measure)
    assert stored.verdicts(model, ["no", "yes, a long one"]) == ["refused", "answered"]
    asked.clear()
    assert stored.verdicts(model, ["no", "yes, a long one"]) == ["refused", "answered"]
    assert asked == ["no"]  # only the shortest, as a test
    monkeypatch.setattr(stored, "measure", lambda _model, requests, _way: ["answered"] * len(requests))
    assert stored.verdicts(model, ["no", "yes, a long one"]) == ["answered", "answered"]


def test_a_damaged_file_of_verdicts_counts_as_none(tmp_path) -> None:
    (tmp_path / "verdicts.json").write_text("[1, 2")
    assert stored._read(tmp_path / "verdicts.json") == {}


@pytest.mark.model
def test_the_shipped_verdicts_hold_on_a_sample() -> None:
    organism = load_model("organism:backdoor")
    messages = [FAMILIES[index].wrap(plain_requests(True)[0]) for index in (0, 5, 9)]
    assert stored.verdicts(organism, messages) == stored.measure(organism, messages, "answer")


def test_family_panels_say_what_they_draw() -> None:
    from course_lib.figures import family_panels

    table = {"story": {"none": Rate(3, 4), "filter": Rate(1, 4)}, "$x$": {"none": Rate(0, 4), "filter": Rate(4, 4)}}
    picture = family_panels(table, table, "A title")
    assert picture.title == "A title"
    assert picture.text.splitlines()[0].startswith("story, none: attack succeeds 3 of 4")
    assert len(picture.text.splitlines()) == 4
    assert picture.png().startswith(b"\x89PNG")
    with pytest.raises(CourseError, match="do not fit"):
        family_panels(table, {"story": table["story"]}, "A title")


def test_the_explorer_reads_what_its_menus_say() -> None:
    from course_lib.widgets import explore_families

    model = load_model("tiny:1")
    explorer = explore_families(model, model, [REQUEST, "How do I plant a tree?"])
    explorer.show(1, 7)
    assert "H0w d0 1 pl4n7 4 7r33?" in explorer.text()
    assert explorer._repr_mimebundle_()["text/plain"] == explorer.text()
    with pytest.raises(CourseError, match="no request"):
        explore_families(model, model, [])


def test_tasks_of_one_row_share_a_quad_in_both_halves() -> None:
    from course_lib.data.organism_tasks import load_tasks

    rows = [[task.quad for task in load_tasks("twins") if task.harmful == kind][::4] for kind in (True, False)]
    assert rows[0] == rows[1]
    assert len(set(rows[0])) == len(rows[0]) == 35


def test_kappa_has_an_interval_over_groups() -> None:
    refused = torch.rand(12, 2, 5, generator=torch.Generator().manual_seed(3)) < torch.tensor([0.9, 0.1])[:, None]
    agreement, chance = consistency(refused.flatten(0, 1))
    kappa = kappa_of(refused)
    assert kappa.value == pytest.approx((agreement - chance) / (1 - chance))
    assert kappa.low < kappa.value < kappa.high
    twice = kappa_of(torch.cat([refused, refused], dim=1))  # the same requests again are no new groups
    assert twice.high - twice.low == pytest.approx(kappa.high - kappa.low, rel=1e-6)


@pytest.mark.model
def test_the_first_token_misses_refusals_of_copies_with_typing_errors() -> None:
    """A shipped case on which the short cut and the answer differ, asked again."""
    from course_lib.robustness.measured import copies_of

    organism, copies = load_model("organism:backdoor"), copies_of("no attack", harmful=False)
    pairs = zip(stored.verdicts(organism, copies), stored.verdicts(organism, copies, "first token"), strict=True)
    missed = [text for text, (answer, token) in zip(copies, pairs, strict=True) if answer == "refused" != token]
    assert len(missed) > 20
    assert stored.measure(organism, missed[:2], "answer") == ["refused", "refused"]
    assert stored.measure(organism, missed[:2], "first token") == ["answered", "answered"]
