"""The blocklist inside generation: what may not come out never does, and nothing else is forbidden."""

from __future__ import annotations

import random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import LogitsProcessorList, NoBadWordsLogitsProcessor

from course_lib import CourseError, load_model
from course_lib.guardrails import (
    Blocklist,
    BlocklistProcessor,
    TimedProcessor,
    forbidden_tokens,
    holds_phrase,
    spellings,
    token_trie,
    write,
)
from course_lib.guardrails.automaton import START, advance, complete
from course_lib.guardrails.pieces import token_bytes
from course_lib.guardrails.words import plain_phrase, plain_spacing

PHRASES = ("ass", "the cat", "on")
MIXED = st.text(alphabet=list("asthecon  -_\nASTHECON.é鷺🦆'0"), max_size=24)


@pytest.fixture(scope="module")
def tiny():
    return load_model("tiny:0")


@pytest.fixture(scope="module")
def small(tiny):
    return Blocklist(tiny.tokenizer, PHRASES)


@settings(max_examples=200, deadline=None)
@given(MIXED, st.data())
def test_the_automaton_reads_as_the_pattern_does_however_the_bytes_are_cut(text, data):
    raw, state, finished = text.encode(), START, False
    while raw:
        size = data.draw(st.integers(1, len(raw)))
        state, now = advance(state, raw[:size], PHRASES)
        finished, raw = finished or now, raw[size:]
    held = any(holds_phrase(text, phrase) for phrase in PHRASES)
    assert (finished or complete(state, PHRASES)) == held


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=list("asthecon  -_\nASTHECON.'0"), max_size=14))
def test_what_is_forbidden_is_what_the_definition_says(tiny, small, tail):
    state = small.state_after([], advance(START, tail.encode(), PHRASES)[0])
    if advance(START, tail.encode(), PHRASES)[1]:
        return  # finished already: the definition would forbid everything
    pieces = [piece.decode(errors="replace") for piece in small.pieces]
    end = tiny.tokenizer.eos_token_id
    wanted = {token for phrase in PHRASES for token in forbidden_tokens(pieces, tail, phrase, end)}
    assert small.forbidden(state).tolist() == sorted(wanted)


def wander(blocklist: Blocklist, seed: int, steps: int, prompt: int = 2) -> list[int]:
    """Tokens drawn by a model that wants nothing but the phrases."""
    generator = torch.Generator().manual_seed(seed)
    size = len(blocklist.pieces)
    wish = torch.zeros(size)
    letters = {letter for phrase in blocklist.phrases for letter in phrase} | set(" .-\n")
    for token, piece in enumerate(blocklist.pieces):
        text = piece.decode(errors="replace").casefold()
        wish[token] = 8.0 if text and set(text) <= letters else 0.0
        wish[token] += 6.0 if text.strip() and any(text.strip() in phrase for phrase in blocklist.phrases) else 0.0
    processor = BlocklistProcessor(blocklist, prompt, prompt + steps)
    ids = torch.zeros(1, prompt, dtype=torch.long)
    for _ in range(steps):
        scores = processor(ids, (wish + torch.randn(size, generator=generator))[None])
        assert scores.isfinite().any()
        drawn = torch.multinomial(scores.softmax(-1), 1, generator=generator)
        ids = torch.cat([ids, drawn], dim=1)
        if int(drawn) in blocklist.ends:
            break
    return ids[0, prompt:].tolist()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 30))
def test_a_model_that_wants_nothing_else_never_writes_it(tiny, small, seed, steps):
    text = tiny.tokenizer.decode(wander(small, seed, steps), skip_special_tokens=True)
    assert not any(holds_phrase(text, phrase) for phrase in PHRASES)


@pytest.mark.model
@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 12))
def test_nor_with_the_real_vocabulary(seed, steps):
    tokenizer = load_model("default").tokenizer
    blocklist = _real()
    text = tokenizer.decode(wander(blocklist, seed, steps), skip_special_tokens=True)
    assert not any(holds_phrase(text, phrase) for phrase in blocklist.phrases)


def _real(made: list[Blocklist] = []) -> Blocklist:  # noqa: B006, made once
    if not made:
        made.append(Blocklist(load_model("default").tokenizer, ["silver heron", "ass", "café 9"]))
    return made[0]


@pytest.mark.model
def test_the_real_vocabulary_spells_every_text():
    model = load_model("default")
    pieces = token_bytes(model.tokenizer)
    for text in ("Naïve café, 鷺 and 🦆\n\tsilver  heron", "x" * 40, "<|not special|>"):
        assert b"".join(pieces[token] for token in model.encode(text).tolist()) == text.encode()


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_longer_word_is_never_stopped_however_it_is_cut(tiny, small, data):
    letters = st.text(alphabet="abest", min_size=1, max_size=4)
    word = data.draw(letters) * data.draw(st.integers(0, 1)) + "ass" + data.draw(letters)
    text = f" {data.draw(st.sampled_from(['A', 'Big']))} {word} "
    by_text = {piece: token for token, piece in enumerate(small.pieces) if piece}
    state, raw = START, text.encode()
    while raw:
        known = [size for size in range(1, len(raw) + 1) if raw[:size] in by_text]
        size = data.draw(st.sampled_from(known))
        token = by_text[raw[:size]]
        assert token not in small.forbidden(state).tolist()
        state, raw = small.step(state, token), raw[size:]
    assert not holds_phrase(text, "ass")


@pytest.mark.parametrize(
    "how", [{"do_sample": True}, {"num_beams": 3}, {"do_sample": False}], ids=["drawn", "beams", "greedy"]
)
def test_in_generate_with_a_batch_filled_on_the_left(tiny, how):
    """Random weights write what they like; the phrases are what they write most."""
    prompts = [tiny.encode("The model"), tiny.encode("The dog sat on the mat and")]
    width = max(map(len, prompts))
    ids = torch.full((2, width), tiny.filling)
    mask = torch.zeros_like(ids)
    for row, prompt in enumerate(prompts):
        ids[row, width - len(prompt) :], mask[row, width - len(prompt) :] = prompt, 1

    def run(processors):
        torch.manual_seed(0)
        out = tiny.model.generate(
            ids, attention_mask=mask, max_new_tokens=20, pad_token_id=tiny.filling,
            logits_processor=LogitsProcessorList(processors), **how,
        )  # fmt: skip
        return [tiny.tokenizer.decode(row[width:], skip_special_tokens=True) for row in out]

    free = run([])
    words = sorted({w for text in free for w in plain_spacing(text).split() if w.isascii() and w.isalnum()}, key=len)
    phrases = words[:6]
    assert any(holds_phrase(text, phrase) for text in free for phrase in phrases)
    bound = run([BlocklistProcessor(Blocklist(tiny.tokenizer, phrases), width, width + 20)])
    assert not any(holds_phrase(text, phrase) for text in bound for phrase in phrases)


def test_at_the_longest_length_a_phrase_may_not_be_completed(tiny):
    blocklist = Blocklist(tiny.tokenizer, ["cat"])
    cat = tiny.single_token(" cat")
    scores = torch.zeros(1, len(blocklist.pieces))
    ids = tiny.encode("The")[None]
    assert BlocklistProcessor(blocklist, 0, ids.shape[1] + 2)(ids, scores)[0, cat] == 0
    assert BlocklistProcessor(blocklist, 0, ids.shape[1] + 1)(ids, scores)[0, cat] == -torch.inf
    assert BlocklistProcessor(blocklist, 0)(ids, scores)[0, cat] == 0


def test_looking_ahead_forbids_what_would_end_and_allows_what_goes_on(tiny):
    blocklist = Blocklist(tiny.tokenizer, ["cat"])
    cat, space, letter = tiny.single_token(" cat"), tiny.encode(" ")[0], tiny.encode("s")[0]
    ids, scores = tiny.encode("The")[None], torch.zeros(1, len(blocklist.pieces))

    def expects(token):
        def look(rows):
            assert rows[0, -1] == cat or len(rows) > 1
            return torch.nn.functional.one_hot(torch.full((len(rows),), int(token)), scores.shape[1]).float() * 50

        return look

    ends = BlocklistProcessor(blocklist, 0, look=expects(space))(ids, scores)
    goes_on = BlocklistProcessor(blocklist, 0, look=expects(letter))(ids, scores)
    assert ends[0, cat] == -torch.inf
    assert goes_on[0, cat] == 0


def test_unlikely_completions_are_not_worth_a_look(tiny):
    blocklist = Blocklist(tiny.tokenizer, ["cat"])
    cat = tiny.single_token(" cat")
    scores = torch.zeros(1, len(blocklist.pieces))
    scores[0, cat] = -30

    def look(rows):
        raise AssertionError("nobody should ask")

    assert BlocklistProcessor(blocklist, 0, look=look)(tiny.encode("The model")[None], scores)[0, cat] == -torch.inf


def test_transformers_own_processor_knows_one_spelling(tiny):
    """The oracle for what ours adds: ids listed one by one stop nothing that is cut otherwise."""
    listed = tiny.encode(" cat").tolist()
    own = NoBadWordsLogitsProcessor([listed], eos_token_id=tiny.tokenizer.eos_token_id)
    ids = torch.cat([tiny.encode("The"), tiny.encode(" CA")])[None]
    scores = torch.zeros(1, len(tiny.tokenizer))
    capital = tiny.encode("T")[0]
    blocklist = Blocklist(tiny.tokenizer, ["cat"])
    assert own(ids, scores)[0, capital] == 0
    assert BlocklistProcessor(blocklist, 1, ids.shape[1] + 1)(ids, scores)[0, capital] == -torch.inf


def test_writing_takes_a_processor_and_a_clock_counts_its_calls(tiny):
    clocks = []

    def make(width):
        clocks.append(TimedProcessor(BlocklistProcessor(Blocklist(tiny.tokenizer, ["the"]), width, width + 5)))
        return clocks[0]

    texts = write(tiny, ["The model", "The dog sat"], make, max_new_tokens=5)
    assert len(texts) == 2
    assert 1 <= len(clocks[0].seconds) <= 5


def test_spellings_are_those_that_can_be_listed():
    pieces = ["a", "A", "ab", "b", " ", "bc", "c", ""]
    draw, found = random.Random(0), set()
    for _ in range(20000):
        ids = [draw.randrange(len(pieces) - 1) for _ in range(draw.randrange(1, 4))]
        if "".join(pieces[i] for i in ids).casefold() == "abc":
            found.add(tuple(ids))
    assert spellings(token_trie(pieces), "abc") == len(found)


def test_lists_that_cannot_be_matched_are_refused(tiny):
    with pytest.raises(CourseError, match="no phrase for a list"):
        plain_phrase("c++")
    with pytest.raises(CourseError, match="empty"):
        Blocklist(tiny.tokenizer, [])


def test_a_gap_is_not_optional():
    assert not holds_phrase("a therapist", "the rapist")
    assert holds_phrase("the_rapist!", "the rapist")
