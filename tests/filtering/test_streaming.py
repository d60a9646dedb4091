"""A stream never shows what the filter of the whole text withholds: whatever the text, however it is cut."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from course_lib import load_model
from course_lib.filtering.findings import Finding
from course_lib.filtering.output import OutputFilter
from course_lib.filtering.redaction import NOTICE, masked_text, merge, redact
from course_lib.filtering.streaming import StreamFilter, release, stream
from course_lib.filtering.windows import REACH, bounds, how_many, visible_places

RULES = OutputFilter(words=("banana", "mango"), judge=False, key=b"k")
ALL = OutputFilter(words=("banana", "mango"), key=b"k")
PARTS = (
    "bob@example.com", "bob\u200b@example.com", "4111 1111 1111 1111", "4 1 1 1  1 1 1 1 1 1 1 1 1 1 1 1", "(202) 555-0134",
    " banana ", "b a n a n a", "Ym9iQGV4YW1wbGUuY29tIA==", "\u200b" * 90, "x" * 70, "7" * 40, "😀é漢字", "\n", ". ", " and ",
    "We baked bread for the neighbours. ", "You pathetic idiot, nobody likes you. ",
)  # fmt: skip
texts = st.lists(st.one_of(st.sampled_from(PARTS), st.text(max_size=12)), max_size=14).map("".join)
cuts = st.lists(st.integers(1, 40), min_size=1, max_size=8)


def chunks_of(text: str, sizes: list[int]) -> list[str]:
    """A text in pieces, the sizes again and again."""
    made, at, turn = [], 0, 0
    while at < len(text):
        made.append(text[at : at + sizes[turn % len(sizes)]])
        at += len(made[-1])
        turn += 1
    return made


@given(texts, cuts)
@example(PARTS[2] * 12, [7])
@example("a" * 120 + PARTS[0] + " b" * 60, [1])
@settings(max_examples=150, deadline=None)
@pytest.mark.parametrize("output", [RULES, ALL], ids=["rules", "all"])
def test_what_was_shown_is_a_beginning_of_the_filtered_text(output: OutputFilter, text: str, sizes: list[int]) -> None:
    whole = output.filter(text)
    running, shown, taken = StreamFilter(output), "", ""
    for chunk in chunks_of(text, sizes):
        taken += chunk
        shown += running.feed(chunk)
        assert whole.text.startswith(shown)
    shown += running.finish()
    assert shown == whole.text
    assert running.result() == whole


@given(texts, cuts)
@settings(max_examples=80, deadline=None)
def test_no_more_is_held_back_than_two_halves_and_a_mask(text: str, sizes: list[int]) -> None:
    running = StreamFilter(RULES)
    spans = RULES.filter(text).findings
    taken = ""
    for chunk in chunks_of(text, sizes):
        taken += chunk
        running.feed(chunk)
        waiting = max((one.length for one in spans if one.start < len(taken)), default=0)
        clean = masked_text(taken, [one for one in spans if one.end <= len(taken)])
        assert len(visible_places(clean)) - len(visible_places(running.shown)) <= 2 * REACH + waiting + 20


@pytest.mark.model
@given(texts)
@settings(max_examples=25, deadline=None)
def test_the_same_through_the_real_tokenizer(text: str) -> None:
    """Tokens of a byte-level vocabulary: some are halves of a character."""
    import torch

    from course_lib.filtering.streamer import FilteringStreamer

    tokenizer = load_model("default").tokenizer
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    streamer = FilteringStreamer(tokenizer, RULES)
    streamer.put(torch.zeros(1, 1, dtype=torch.long))  # the prompt
    whole = RULES.filter(tokenizer.decode(ids, skip_special_tokens=True)).text
    for token in ids:
        streamer.put(torch.tensor([token]))
        assert whole.startswith(streamer.shown)
    streamer.end()
    assert streamer.shown == whole


def test_an_edge_makes_no_finding() -> None:
    """An order number that a window's edge cuts looks like a telephone number; the next window shows it whole."""
    for shift in range(40):
        text = "x" * (100 + shift) + " 20255501342025550134202555013 " + "y" * 150
        assert RULES.filter(text).findings == (), shift


def test_a_stop_ends_the_stream() -> None:
    text = "We baked bread. " * 12 + "You are a pathetic idiot and nobody likes you. " * 4 + "Bread. " * 40
    pieces = list(stream(chunks_of(text, [11]), ALL))
    assert "".join(pieces) == ALL.filter(text).text
    assert "".join(pieces).endswith(NOTICE)
    assert "idiot" not in "".join(pieces)


@given(st.integers(0, 1000))
def test_windows_cover_everything_twice(length: int) -> None:
    places = list(range(length))
    spans = [bounds(k, places, length) for k in range(how_many(length))]
    assert spans[0][0] == 0
    assert spans[-1][1] == length
    assert all(b - a <= 2 * REACH for a, b in spans)
    assert all(second[0] - first[0] == REACH for first, second in pairwise(spans))


@given(st.lists(st.text("ab ", max_size=5), max_size=8), st.lists(st.text("ab ", min_size=1, max_size=4), max_size=4))
def test_release_is_the_replaced_text(chunks: list[str], phrases: list[str]) -> None:
    text = "".join(chunks)
    longest_first = "|".join(map(re.escape, sorted(phrases, key=len, reverse=True)))
    whole = re.sub(longest_first, "#", text) if phrases else text
    pieces = release(chunks, phrases, "#")
    assert "".join(pieces) == whole
    assert len(pieces) == len(chunks) + 1
    assert all(whole.startswith("".join(pieces[:k])) for k in range(len(pieces)))


spans = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 9), st.sampled_from("ABC"), st.sampled_from([0.4, 0.5, 1.0])),
    max_size=8,
)


@given(spans)
def test_merge_does_what_redact_does(rows: list[tuple[int, int, str, float]]) -> None:
    text = "".join(chr(0x61 + n % 26) for n in range(40))
    findings = [Finding(a, a + n, kind, score) for a, n, kind, score in rows]
    plain = [{"start": f.start, "end": f.end, "kind": f.kind, "score": f.score} for f in findings]
    made, entries = redact(text, plain, b"k")
    merged = merge(findings)
    assert masked_text(text, merged) == made
    assert [(e["kind"], e["length"]) for e in entries] == [(f.kind, f.length) for f in merged]
