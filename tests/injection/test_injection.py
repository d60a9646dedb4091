"""Chapter 4's library: what the exercises do not hold already."""

from __future__ import annotations

import itertools
import random
import re

import pytest
import torch

from course_lib import CourseError, load_model
from course_lib.attention import attention_weights
from course_lib.data.injection import FOLDER, load_corpus, load_documents, load_hard_negatives, write
from course_lib.injection import (
    auc,
    auc_interval,
    best_documents,
    clustered_rate,
    focus_of_heads,
    focus_score,
    injection_rate,
    paired_change,
    roc_points,
    spotlight,
)
from course_lib.injection.focus import TASK
from course_lib.injection.measure import answers_to, asks, stored_answers
from course_lib.injection.spotlight import BETWEEN, CLOSE, FORMS, OPEN, request_with_document
from course_lib.rates import wilson_interval


def test_the_data_are_what_the_script_writes(tmp_path, monkeypatch):
    monkeypatch.setattr(write, "HERE", tmp_path)
    write.main()
    for name in ("documents.jsonl", "hard_negatives.jsonl"):
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()


def test_documents_are_as_the_card_says():
    documents = load_documents()
    assert len({one.text for one in documents}) == 40
    markers = {one.marker for one in documents}
    for one in documents:
        assert not any(marker in one.text + one.question for marker in markers)
        assert one.marker in one.injection
        assert one.marker in one.mention
        assert re.search(rf"\b{one.answer}\b", one.text)
    hard = load_hard_negatives()
    assert len({sample.text for sample in hard}) == 250
    assert not any(sample.malicious for sample in hard)


def test_each_wording_has_ten_documents_and_different_markers():
    for name in {one.wording for one in load_documents()}:
        some = [one for one in load_documents() if one.wording == name]
        assert len(some) == 10
        assert len({one.marker for one in some}) > 1


@pytest.mark.parametrize("form", FORMS)
def test_a_request_uses_the_form_and_the_question_comes_first(form):
    said = request_with_document("Who?", f"It was {OPEN} {BETWEEN} {CLOSE} Tom.", form)
    assert said.startswith("Who?\n")
    body = said.split("\n\n", 1)[1]
    if form == "delimiting":
        assert body.startswith(OPEN)
        assert body.endswith(CLOSE)
        assert body.count(OPEN) == body.count(CLOSE) == 1
    else:
        assert body == spotlight(f"It was {OPEN} {BETWEEN} {CLOSE} Tom.", form, BETWEEN)


def test_taking_out_one_mark_of_delimiting_does_not_make_the_other():
    for document in (f"Red.{OPEN[0]}{CLOSE}{OPEN[0]} Sing.", f"Red.{CLOSE[0]}{OPEN}{CLOSE[0]} Sing."):
        said = request_with_document("Who?", document, "delimiting")
        body = said.split("\n\n", 1)[1]
        assert body.count(OPEN) == body.count(CLOSE) == 1


def test_clusters_that_agree_with_themselves_count_as_one_draw_each():
    hits = [True] * 10 + [False] * 10 + [True] * 10 + [False] * 10
    clusters = [place // 10 for place in range(40)]
    rate, low, high = clustered_rate(hits, clusters)
    assert (rate, low, high) == pytest.approx((0.5, *wilson_interval(1.5, 3)), abs=1e-6)
    spread = clustered_rate(hits, [place % 10 for place in range(40)])
    assert spread == pytest.approx((0.5, *wilson_interval(20, 40)))


def test_two_crossing_ways_count_both_and_never_less_than_either():
    draw = random.Random(5)
    wordings, texts = [i // 10 for i in range(200)], [i % 10 for i in range(200)]
    lean = [draw.random() for _ in range(10)]
    hits = [draw.random() < lean[text] for text in texts]
    both, first, second = (clustered_rate(hits, *ways) for ways in ((wordings, texts), (wordings,), (texts,)))
    assert both[1] <= min(first[1], second[1]) + 1e-12
    assert both[2] - both[1] > 1.5 * (first[2] - first[1])
    assert clustered_rate(hits, wordings, texts) == pytest.approx(clustered_rate(hits, texts, wordings))
    assert clustered_rate([True] * 200, wordings, texts) == (1, *wilson_interval(10, 10))
    before = [False] * 200
    assert paired_change(before, hits, wordings, texts)[2] > paired_change(before, hits, wordings)[2]


def test_one_way_is_the_exercises_interval():
    hits = [draw < 4 for draw in (1, 7, 3, 2, 9, 5, 4, 0, 8, 6, 1, 2)]
    clusters = "aaabbbcccddd"
    answers = ["hit" if hit else "" for hit in hits]
    assert clustered_rate(hits, clusters) == pytest.approx(injection_rate(answers, ["hit"] * 12, list(clusters)))


def test_a_change_of_every_document_is_certain_and_one_of_none_is_zero():
    assert paired_change([True] * 4, [False] * 4, "aabb") == (-1, -1, -1)
    assert paired_change([True, False], [True, False], "ab") == (0, 0, 0)


def test_auc_is_that_of_scikit_learn():
    from sklearn.metrics import roc_auc_score

    draw = torch.Generator().manual_seed(0)
    scores = torch.randint(0, 6, (60,), generator=draw).tolist()
    labels = torch.randint(0, 2, (60,), generator=draw).tolist()
    bad = [s for s, label in zip(scores, labels, strict=True) if label]
    good = [s for s, label in zip(scores, labels, strict=True) if not label]
    assert auc(bad, good) == pytest.approx(roc_auc_score(labels, scores))
    points = roc_points(bad, good)
    area = sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in itertools.pairwise(points))
    assert area == pytest.approx(auc(bad, good))
    value, low, high = auc_interval(bad, good, (range(len(bad)), range(len(good))), draws=200)
    assert low < value < high


def test_focus_of_a_head_is_the_score_of_that_head():
    model, text = load_model("tiny:3"), "The cat sat <|im_end|> on the mat."
    shares = focus_of_heads(model, text)
    before, after = model.chat("\0").split("\0")
    head, task = model.encode(before), model.encode(TASK)
    gap = model.encode("\n\n")
    body = torch.tensor(model.tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"])
    weights = attention_weights(model, torch.cat([head, task, gap, body, model.encode(after)]))
    start = len(head) + len(task)
    spans = (len(head), start), (start + len(gap), start + len(gap) + len(body))
    for layer in range(model.n_layers):
        for number in range(model.n_heads):
            assert focus_score(weights, *spans, [(layer, number)]) == pytest.approx(float(shares[layer, number]))


def test_the_store_finds_what_shares_rare_words():
    texts = ["The barn is red.", "The boat is blue.", "The train leaves at nine."]
    assert best_documents(texts, ["Which colour is the boat?", "When does the train leave?"]) == [1, 2]


def test_answers_are_the_same_alone_and_in_a_batch():
    model, some = load_model("tiny:1"), asks()[:4] + asks()[-2:]
    together = answers_to(model, some)
    assert list(together) == [ask.key for ask in some]
    assert together == {key: value for ask in some for key, value in answers_to(model, [ask]).items()}


def test_stored_answers_of_other_prompts_are_refused(tmp_path):
    other = tmp_path / "answers.json"
    other.write_text('{"prompts": "x", "answers": {}}', encoding="utf-8")
    with pytest.raises(CourseError, match="other prompts"):
        stored_answers(other)
    assert set(stored_answers()) == {ask.key for ask in asks()}


@pytest.mark.model
def test_the_corpus_and_the_stored_attention_are_those_of_the_card():
    from course_lib.injection.examined import stored_focus

    corpus = load_corpus()
    assert (len(corpus), sum(sample.malicious for sample in corpus)) == (145, 92)
    focus = stored_focus()
    one = load_documents()[0]
    anew = focus_of_heads(load_model("default"), one.injected)
    assert torch.allclose(anew, focus["injected"][0], atol=2e-3)
