"""What is found, with what score, and how it is counted; the sentences are what their script writes."""

from __future__ import annotations

import json
import random
import re
import socket
from typing import Any

import numpy as np
import pytest

from course_lib.data.pii.write import luhn, written
from course_lib.filtering import pii
from course_lib.filtering.decision import decide
from course_lib.filtering.judge import toxicity
from course_lib.filtering.output import OutputFilter
from course_lib.filtering.pii import PatternFinder
from course_lib.filtering.sets import SENTENCES, foreign_sentences, pii_sentences
from course_lib.filtering.spans import by_template, ratio_over_groups, span_counts


def test_the_script_writes_the_same_sentences() -> None:
    pytest.importorskip("faker")
    assert written() == SENTENCES.read_text(encoding="utf-8")


def test_everything_in_the_sentences_is_reserved() -> None:
    allowed = {
        "EMAIL_ADDRESS": r"[\w.+]+@(mail\.)?example\.(com|org|net)|[\w.+]+@(office|desk)\.test|[\w.+]+@staff\.example",
        "PHONE_NUMBER": r".*555.01\d\d|020 7946 0\d{3}|01[16][13] 496 0\d{3}|030 23125 \d{3}|01 99 00 \d\d \d\d",
        "IP_ADDRESS": r"(192\.0\.2|198\.51\.100|203\.0\.113)\.\d+|2001:db8:.*",
        "US_SSN": r"9\d\d\D?(0[1-9]|[1-4]\d)\D?\d{4}",
    }
    for one in pii_sentences():
        for start, end, kind in one.spans:
            value = one.text[start:end]
            assert value == value.strip() != ""
            if kind in allowed:
                assert re.fullmatch(allowed[kind], value), value
            if kind == "CREDIT_CARD":
                assert luhn(re.sub(r"\D", "", value))


def test_presidio_needs_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("no network here")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    pii.recognisers.cache_clear()
    (found,) = PatternFinder()("Write to bob@site.example.co.uk.")
    assert (found.start, found.end, found.kind) == (9, 31, "EMAIL_ADDRESS")


def test_the_short_cut_to_numbers_loses_nothing() -> None:
    """A recogniser is only asked where its kind is possible; asked everywhere, it finds the same."""
    finder = PatternFinder()
    for one in pii_sentences()[::7]:
        everywhere = set()
        for recogniser in pii.recognisers():
            (kind,) = recogniser.supported_entities
            found = recogniser.analyze(one.text, [kind], None)
            everywhere |= {(f.start, f.end, kind) for f in found if f.score >= finder.least}
        assert {(f.start, f.end, f.kind) for f in finder(one.text)} == everywhere, one.text


def test_the_classifier_s_numbers_are_its_own() -> None:
    from profanity_check import predict_prob

    texts = [one.text for one in pii_sentences()[::20]] + ["You pathetic idiot.", "a", "", "Ein schöner Tag."]
    assert np.allclose(toxicity(texts), predict_prob(texts), atol=1e-9)
    assert toxicity([]) == []


@pytest.mark.parametrize("seed", range(3))
def test_surer_is_never_milder(seed: int) -> None:
    draw = random.Random(seed)
    order = ["pass", "review", "block"]
    scores: list[float | None] = [round(draw.random(), 2) for _ in range(50)]
    made = decide(sorted(scores, key=float), [False] * 50, 0.8)  # type: ignore[arg-type]
    assert [order.index(one) for one in made] == sorted(order.index(one) for one in made)


def test_exact_is_never_more_than_overlap() -> None:
    gold = [list(one.spans) for one in pii_sentences()]
    found = [[(f.start, f.end, f.kind) for f in PatternFinder()(one.text)] for one in pii_sentences()]
    exact, overlap = span_counts(gold, found, "exact"), span_counts(gold, found, "overlap")
    for kind, row in exact.items():
        for measure in ("precision", "recall"):
            assert row[measure][0] <= overlap[kind][measure][0]
            assert row[measure][1] == overlap[kind][measure][1]
    assert overlap["IBAN_CODE"]["recall"] == [21, 21]


def test_templates_are_drawn_not_sentences() -> None:
    gold = [[(0, 4, "A")]] * 20
    found = [[(0, 4, "A")]] * 10 + [[]] * 10
    by_two = by_template(gold, found, ["x"] * 10 + ["y"] * 10, "A", "exact")["recall"]
    assert by_two == (0.5, 0.0, 1.0)
    assert ratio_over_groups([0, 0], [0, 0]) is None


def test_a_stop_takes_the_rest() -> None:
    bad = "You are a pathetic idiot and nobody likes you."
    output = OutputFilter(words=(), key=b"k")
    result = output.filter(bad)
    assert (result.action, result.text) == ("block", "[the rest was withheld]")
    assert result.audit[-1]["length"] == len(bad)
    assert output.filter("").action == "pass"


def test_sentences_of_other_languages_are_many() -> None:
    assert len({code for code, _ in foreign_sentences()}) > 50
    assert json.loads(SENTENCES.read_text(encoding="utf-8").splitlines()[0])["template"] == "mail-write"


@pytest.mark.model
def test_names_are_found_by_the_tagger() -> None:
    found = OutputFilter(words=(), judge=False, names=True).filter(
        "Please tell Maria Gonzalez that John Smith will call."
    )
    assert found.text == "Please tell [PERSON] that [PERSON] will call."


@pytest.mark.model
def test_the_lists_hold_single_words_and_none_of_them_is_ordinary() -> None:
    from course_lib.filtering.measure import benign_sets, false_alarms
    from course_lib.filtering.words import SHORTEST, listed_words

    assert len(listed_words()) == 941
    assert all(len(word) >= SHORTEST and word.isalpha() for word in listed_words())
    words = OutputFilter(patterns=False, judge=False)
    for name, texts in benign_sets().items():
        assert sum(hit for hit, _ in false_alarms(words, texts).values()) == 0, name
