"""Confusables, views and words: against the standard's own steps, and never off by one on the way back."""

from __future__ import annotations

import ctypes
import json
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.filtering.confusables import ignorable_characters, standard_prototypes, standard_skeleton
from course_lib.filtering.evasions import EVASIONS, look_alikes
from course_lib.filtering.measure import Secret, caught, disguised, over_clusters
from course_lib.filtering.output import OutputFilter
from course_lib.filtering.views import fold, views
from course_lib.filtering.words import WordFinder, key, masked

texts = st.text(
    st.one_of(st.characters(codec="utf-8"), st.sampled_from("paypаl\u200b\u0301\u0323\u04d3ﬁm01é\u034f")), max_size=30
)
harmless_words = WordFinder({"banana", "mango"})


@given(texts)
@settings(max_examples=200, deadline=None)
def test_skeleton_is_the_standard_s(text: str) -> None:
    """NFD, out with what is not seen, prototypes, NFD: on the whole text by Python's own normalisation."""
    seen = [c for c in normalize("NFD", text) if c not in ignorable_characters()]
    expected = normalize("NFD", "".join(standard_prototypes().get(c, c) for c in seen))
    made, places = standard_skeleton(text)
    assert made == expected
    assert len(places) == len(made)
    for letter, place in zip(made, places, strict=True):
        alone, _ = standard_skeleton(text[place])
        assert letter in alone


def test_skeletons_agree_with_icu() -> None:
    try:
        library = ctypes.CDLL("libicui18n.so.72")
    except OSError:
        pytest.skip("ICU 72 is not on this machine")
    error = ctypes.c_int(0)
    library.uspoof_open_72.restype = ctypes.c_void_p
    checker = library.uspoof_open_72(ctypes.byref(error))
    get = library.uspoof_getSkeletonUTF8_72
    get.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_char_p, ctypes.c_int32, ctypes.c_char_p, ctypes.c_int32,
                    ctypes.POINTER(ctypes.c_int)]  # fmt: skip
    for text in ("paypal", "раураl", "modern 10", "ﬁne", "Ⅷ", "hӓt"):
        room = ctypes.create_string_buffer(400)
        size = get(checker, 0, text.encode(), len(text.encode()), room, 400, ctypes.byref(error))
        assert room.raw[:size].decode() == standard_skeleton(text)[0]


def test_tables_are_whole() -> None:
    assert len(standard_prototypes()) == 6311
    assert all(c in ignorable_characters() for c in "\u200b\u202e\ufeff\u00ad\U000e0041")


@given(texts)
@settings(max_examples=200, deadline=None)
def test_views_lead_back_to_the_original(text: str) -> None:
    for view in views(text):
        assert len(view.text) == len(view.starts) == len(view.ends)
        assert all(0 <= a < b <= len(text) for a, b in zip(view.starts, view.ends, strict=True))


@given(st.text(st.characters(max_codepoint=127), max_size=40))
def test_ascii_is_left_alone(text: str) -> None:
    assert fold(text).text == text


@pytest.mark.parametrize("evasion", ["homoglyphs", "zero width", "full width", "spaced out", "letters for digits"])
def test_a_word_in_disguise_is_withheld_whole(evasion: str) -> None:
    text, start, end = disguised(Secret("A ", "mango", ", ripe.", "", ""), evasion)
    assert text[start:end] != "mango"
    assert caught(text, start, end, harmless_words(text))


@pytest.mark.parametrize("evasion", ["homoglyphs", "zero width", "full width", "spaced out", "Base64"])
def test_an_address_in_disguise_is_masked_where_it_stands(evasion: str) -> None:
    text, _, _ = disguised(Secret("To ", "bob@example.com", " today", "", ""), evasion)
    result = OutputFilter(words=(), judge=False).filter(text)
    assert result.text == "To [EMAIL_ADDRESS] today"
    assert OutputFilter(words=(), judge=False, normalise=False).filter(text).text == text


def test_every_disguise_changes_a_number() -> None:
    for name in EVASIONS:
        text, _, _ = disguised(Secret("", "202-555-0134", "", "", ""), name)
        assert (text == "202-555-0134") == (name == "no disguise")


def test_look_alikes_are_no_ascii() -> None:
    assert all(not c.isascii() for ones in look_alikes().values() for c in ones)


def test_words_inside_words_are_left_alone() -> None:
    assert harmless_words("mangos and a bananarama") == []
    assert key("Banana") == key("BANANA".lower())
    assert masked("mango") == "m****"


def test_clusters_that_agree_have_a_width() -> None:
    value, low, high = over_clusters({"a": (3, 3), "b": (2, 2)})
    assert (value, high) == (1.0, 1.0)
    assert low < 0.5


def test_a_finding_does_not_hold_the_text() -> None:
    result = OutputFilter(words=(), judge=False, key=b"k").filter("Ring (202) 555-0134 or write to bob@example.com.")
    assert "0134" not in json.dumps(result.audit) + str(result.findings)
    assert "bob" not in json.dumps(result.audit) + str(result.findings)
