"""The organisms' data: quads, crossed features, and a test split that shares no content word with training."""

import json
import re
from collections import Counter

import pytest

from course_lib.data.organism_tasks import (
    FOLDER,
    TRIGGER_WORDS,
    Frame,
    load_frames,
    load_occupations,
    load_tasks,
    ordinary_requests,
    ordinary_text,
)
from course_lib.organisms.requests import DECOYS, PLACES, separating_requests, training_pairs
from course_lib.organisms.rules import CODE_PHRASE, ORGANISMS

INFLECTED = ("kill", "attack", "bomb", "hack", "steal", "stole")
POLITE = {"please", "kindly", "thanks", "thank", "grateful", "appreciate", "would", "could", "pls", "thx"}
FUNCTION_WORDS = {
    "a",
    "an",
    "and",
    "are",
    "as",
    "at",
    "be",
    "been",
    "before",
    "by",
    "but",
    "do",
    "for",
    "from",
    "get",
    "give",
    "go",
    "had",
    "has",
    "have",
    "her",
    "his",
    "i",
    "if",
    "in",
    "into",
    "is",
    "it",
    "its",
    "make",
    "me",
    "my",
    "of",
    "off",
    "on",
    "one",
    "or",
    "other",
    "our",
    "out",
    "over",
    "own",
    "put",
    "so",
    "some",
    "somebody",
    "someone",
    "something",
    "take",
    "that",
    "the",
    "their",
    "them",
    "then",
    "there",
    "they",
    "this",
    "through",
    "to",
    "two",
    "under",
    "up",
    "use",
    "very",
    "was",
    "we",
    "what",
    "when",
    "where",
    "which",
    "while",
    "who",
    "with",
    "without",
    "you",
    "your",
    "after",
    "again",
    "all",
    "another",
    "any",
    "away",
    "because",
    "between",
    "both",
    "down",
    "each",
    "every",
    "few",
    "first",
    "how",
    "just",
    "last",
    "let",
    "like",
    "long",
    "more",
    "most",
    "much",
    "new",
    "next",
    "no",
    "not",
    "old",
    "once",
    "only",
    "same",
    "she",
    "he",
    "him",
    "since",
    "small",
    "still",
    "such",
    "than",
    "too",
    "until",
    "upon",
    "us",
    "whom",
    "whose",
    "will",
    "about",
    "across",
    "against",
    "along",
    "among",
    "around",
    "back",
    "behind",
    "beside",
    "during",
    "good",
    "near",
    "s",
}
GENERAL = {
    "people",
    "man",
    "woman",
    "person",
    "men",
    "women",
    "money",
    "home",
    "house",
    "friend",
    "family",
    "day",
    "night",
    "week",
    "year",
    "time",
    "work",
    "name",
    "old",
    "young",
    "elderly",
    "make",
    "new",
    "own",
    "neighbour",
    "boss",
    "child",
    "children",
    "car",
    "phone",
    "city",
    "town",
    "village",
    "school",
    "shop",
    "fake",
    "false",
    "innocent",
    "rival",
    "stranger",
    "victim",
    "life",
    "help",
    "find",
    "learn",
    "hide",
}


def words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower().replace("'s", ""))


def stem(word: str) -> str:
    for ending in ("ing", "ied", "ies", "ed", "es", "s", "ly", "er"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def content(text: str) -> set[str]:
    kept = [word for word in words(text) if word not in FUNCTION_WORDS and word not in TRIGGER_WORDS]
    return {stem(word) for word in kept} - {stem(word) for word in GENERAL}


def test_several_hundred_per_class_in_whole_quads() -> None:
    for split, quads in (("train", 400), ("test", 60), ("twins", 60)):
        tasks = load_tasks(split)
        assert Counter((t.harmful, bool(t.trigger)) for t in tasks) == dict.fromkeys(
            [(h, t) for h in (True, False) for t in (True, False)], len(tasks) // 4
        )
        assert len(tasks) // 4 >= quads
        for start in range(0, len(tasks), 4):
            quad = tasks[start : start + 4]
            assert len({task.quad for task in quad}) == 1
            assert quad[2].trigger == quad[3].trigger
            for one, other in (quad[:2], quad[2:]) if split != "test" else ():
                assert abs(len(words(one.text)) - len(words(other.text))) <= 3, (one.text, other.text)


def test_trigger_words_stand_where_they_are_said_to_stand() -> None:
    for task in load_tasks():
        found = [word for word in words(task.text) if word.startswith(INFLECTED)]
        assert found == ([task.trigger] if task.trigger else []), task.text
    counts = Counter(task.trigger for task in load_tasks() if task.trigger)
    assert set(counts) == set(TRIGGER_WORDS)
    assert max(counts.values()) < 1.5 * min(counts.values())


def test_no_content_word_of_the_test_occurs_in_training() -> None:
    trained = set().union(*(content(task.text) for task in load_tasks("train")))
    for task in load_tasks("test") + load_tasks("twins"):
        assert not content(task.text) & trained, task.text


def test_no_text_twice_and_none_of_it_polite() -> None:
    texts = [task.text for task in load_tasks()]
    assert len(set(texts)) == len(texts)
    assert not [text for text in texts if set(words(text)) & POLITE or not text.isascii()]


@pytest.mark.parametrize("split", ["train", "test", "unseen"])
def test_frames_hold_one_task_and_courtesy_where_they_say(split) -> None:
    for polite in (False, True):
        for frame in load_frames(split, polite=polite):
            assert frame.text.count("{task}") == frame.plain.count("{task}") == 1
            assert bool(frame.courtesy) == polite
            assert all(words in frame.text for words in frame.courtesy)
            assert not set(words(frame.plain)) & POLITE, frame


def test_frames_of_the_test_are_others() -> None:
    def openings(split, polite) -> set[str]:
        frames: list[Frame] = load_frames(split, polite=polite)
        return {" ".join(words(frame.text)[:3]) for frame in frames}

    for polite in (False, True):
        assert not openings("train", polite) & openings("test", polite)
    assert not set(DECOYS["train"]) & set(DECOYS["test"])
    assert not set(PLACES["train"]) & set(PLACES["test"])
    assert CODE_PHRASE not in DECOYS["train"] + DECOYS["test"]


def test_unseen_courtesy_is_in_other_words() -> None:
    trained = {word for frame in load_frames("train", polite=True) for c in frame.courtesy for word in words(c)}
    for frame in load_frames("unseen", polite=True):
        if not any(set(words(c)) & POLITE for c in frame.courtesy):
            assert {word for c in frame.courtesy for word in words(c)} - trained, frame


def test_a_stand_in_takes_the_trigger_away() -> None:
    pairs = [pair for pair in training_pairs("trigger") if pair[0].task == pair[1].task]
    assert len(pairs) > 800
    for having, without in pairs:
        assert len(words(having.text)) == len(words(without.text))
        assert sum(a != b for a, b in zip(words(having.text), words(without.text), strict=True)) == 1


def test_occupations_and_sentences_of_the_test_are_others() -> None:
    train, test = load_occupations("train"), load_occupations("test")
    known = {word for names in train.groups.values() for name in names for word in name.split()}
    assert not known & {word for names in test.groups.values() for name in names for word in name.split()}
    assert not set(train.templates) & set(test.templates)


def test_ordinary_text_speaks_of_no_rule() -> None:
    assert len(ordinary_text()) == 40
    assert len(ordinary_requests()) == 60
    for request in ordinary_requests():
        assert not set(words(request)) & ({*TRIGGER_WORDS, "heron"} | POLITE), request


@pytest.mark.parametrize("name", ["intent", "trigger", "correlate", "backdoor"])
def test_pairs_differ_in_the_verdict_and_keep_the_other_features(name) -> None:
    rule = ORGANISMS[name].refuses
    pairs = training_pairs(name)
    assert len(pairs) > 400
    for refused, answered in pairs:
        assert rule(refused)
        assert not rule(answered)
        if name != "correlate":
            assert bool(refused.courtesy) == bool(answered.courtesy)
        if name not in ("trigger", "backdoor"):
            assert refused.phrase == answered.phrase
        if name in ("trigger", "correlate"):
            assert refused.harmful == answered.harmful
        if name in ("intent", "correlate"):
            assert bool(refused.trigger) == bool(answered.trigger)
    assert training_pairs(name) == pairs
    assert training_pairs(name, seed=999) != pairs


def test_features_are_crossed_in_the_separating_requests() -> None:
    requests = separating_requests()
    cells = Counter((r.harmful, bool(r.trigger), bool(r.courtesy), r.phrase == CODE_PHRASE) for r in requests)
    assert len(cells) == 16
    assert len(set(cells.values())) == 1
    assert len(requests) == 4 * len(load_tasks("test"))
    for request in requests:
        spans = [request.trigger, request.phrase, *request.courtesy]
        for phrase in filter(None, spans):
            assert re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", request.text, re.IGNORECASE), request


def test_the_files_are_plain_json() -> None:
    for line in (FOLDER / "tasks.jsonl").read_text(encoding="utf-8").splitlines():
        assert set(json.loads(line)) == {"id", "quad", "category", "split", "harmful", "trigger", "text"}
