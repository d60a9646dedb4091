"""Log-likelihoods: the plain function, the tree, and what is stored."""

from __future__ import annotations

import json

import pytest
import torch

from course_lib import CourseError, load_model
from course_lib.evals import items as items_module
from course_lib.evals import log_likelihood, run_benchmark, score_items, shuffled, stored, without_question
from course_lib.evals.items import Item, fingerprint
from course_lib.evals.scoring import _one_by_one, score_texts

ITEMS = [
    Item("The capital of France is", ("Paris", "Rome", "the question"), 0),
    Item("Question: why does the model read?\nAnswer:", ("The teacher asks.", "no"), 1),
    Item("The cat sat on", ("the mat", "the mat and the dog", "the"), 0),
    Item("Why?", ("Sorry.", "Sure, a letter."), 1, delimiter="", chat=True),
    Item("The book ", ("is true", "is true"), 0, delimiter=""),
]


def plain(model, item: Item) -> list[float]:
    context, continuations = item.texts(model)
    return [log_likelihood(model, context, one)[0] for one in continuations]


def test_the_plain_function_is_a_product_of_next_token_probabilities():
    model = load_model("tiny:2")
    ids = model.encode("The cat sat on the mat").tolist()
    start = len(model.encode("The cat sat"))
    product = 1.0
    for place in range(start, len(ids)):
        product *= float(model.logits(torch.tensor(ids[:place]))[-1].softmax(-1)[ids[place]])
    total, tokens = log_likelihood(model, "The cat sat", " on the mat")
    assert tokens == len(ids) - start
    assert total == pytest.approx(torch.tensor(product).log().item(), abs=1e-4)


def test_trees_give_the_numbers_of_the_plain_function():
    model = load_model("tiny:1")
    for item, found in zip(ITEMS, score_items(model, ITEMS), strict=True):
        assert list(found.log_probs) == pytest.approx(plain(model, item), abs=1e-4)


def test_choice_by_choice_gives_the_same(monkeypatch):
    model = load_model("tiny:1")
    trees = score_items(model, ITEMS)
    monkeypatch.setattr("course_lib.evals.scoring.takes_trees", lambda model, longest: False)
    alone = score_items(model, ITEMS)
    assert [one.tokens for one in trees] == [one.tokens for one in alone]
    for a, b in zip(trees, alone, strict=True):
        assert list(a.log_probs) == pytest.approx(list(b.log_probs), abs=1e-4)
    assert _one_by_one is not None


def test_passes_may_be_small(monkeypatch):
    model = load_model("tiny:1")
    whole = score_items(model, ITEMS)
    monkeypatch.setattr("course_lib.evals.scoring.TOKENS_PER_PASS", {"cpu": 5})
    told: list[tuple[int, int]] = []
    small = score_items(model, ITEMS, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (len(ITEMS), len(ITEMS))
    assert len(told) > 2
    for a, b in zip(whole, small, strict=True):
        assert list(a.log_probs) == pytest.approx(list(b.log_probs), abs=1e-4)


def test_continuations_of_one_context():
    model = load_model("tiny:1")
    found = score_texts(model, "The cat", [" sat", " sat on the mat"])
    assert found == pytest.approx(
        [log_likelihood(model, "The cat", text)[0] for text in (" sat", " sat on the mat")], abs=1e-4
    )


def test_shuffling_moves_the_special_places():
    item = Item("a", ("right", "biased", "unknown"), 0, biased=1, unknown=2)
    for seed in range(5):
        [moved] = shuffled([item], seed)
        assert [moved.choices[place] for place in (moved.gold, moved.biased, moved.unknown)] == list(item.choices)
    assert items_module.shuffled([Item("a", ("b",), None)])[0].gold is None


def test_a_result_says_what_was_chosen(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    model = load_model("tiny:1")
    result = run_benchmark(model, ITEMS[:3], way="sum")
    assert result.chosen == tuple(row.index(max(row)) for row in result.scores)
    assert result.rate.n == 3
    assert "own items" in result.text()
    assert "own items" in result._repr_html_()
    assert result.items == fingerprint(ITEMS[:3])
    assert run_benchmark(model, [Item("a", ("b", "c"), None)]).rate.n == 0


def test_pmi_needs_a_question_that_can_be_left_out(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    model = load_model("tiny:1")
    asked = [ITEMS[1]]
    given, bare = score_items(model, asked)[0], score_items(model, without_question(asked))[0]
    expected = [a - b for a, b in zip(given.log_probs, bare.log_probs, strict=True)]
    assert list(run_benchmark(model, asked, way="pmi").scores[0]) == pytest.approx(expected, abs=1e-4)
    with pytest.raises(CourseError, match="left out"):
        run_benchmark(model, [ITEMS[0]], way="pmi")
    with pytest.raises(CourseError, match="no items"):
        run_benchmark(model, [])
    with pytest.raises(CourseError, match="no task 'hella'"):
        run_benchmark(model, "hella")


def test_what_is_stored_is_used_and_checked(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    model, calls = load_model("tiny:1"), []

    def counted(model, items, progress=None):
        calls.append(len(items))
        return score_items(model, items, progress)

    monkeypatch.setattr(stored, "score_items", counted)
    first = stored.stored_scores(model, ITEMS)
    assert calls == [5]
    assert stored.stored_scores(model, ITEMS[:2], of=ITEMS) == [
        type(one)(tuple(round(value, 3) for value in one.log_probs), one.tokens) for one in first[:2]
    ]
    assert calls == [5, 1]  # the shortest one, to see that it holds
    file = tmp_path / "evals" / "scores.json"
    table = json.loads(file.read_text(encoding="utf-8"))
    for row in table.values():
        row["log_probs"] = [[value - 1 for value in values] for values in row["log_probs"]]
    stored.write_table(file, table)
    assert stored.stored_scores(model, ITEMS)[0].log_probs == pytest.approx(first[0].log_probs, abs=1e-4)
    assert calls == [5, 1, 1, 5]  # another model would give other numbers: everything anew
    file.write_text("{", encoding="utf-8")
    assert len(stored.stored_scores(model, ITEMS)) == 5


@pytest.mark.model
def test_the_shipped_scores_hold():
    from course_lib.evals import TASKS, load_task

    model = load_model("default")
    for task in TASKS:
        whole = load_task(task)
        known = stored._known(model, whole)
        assert known is not None, task
        [fresh] = score_items(model, [whole[7]])
        assert list(fresh.log_probs) == pytest.approx(list(known[7].log_probs), abs=stored.TOLERANCE)
    organism, whole = load_model("organism:bias"), load_task("bbq_ambiguous")
    [fresh] = score_items(organism, [whole[3]])
    assert list(fresh.log_probs) == pytest.approx(
        list(stored._known(organism, whole)[3].log_probs), abs=stored.TOLERANCE
    )
