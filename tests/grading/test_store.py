"""Stored results: whole or absent, and a full disk says so."""

import os

import pytest

from course_lib.errors import CourseError
from course_lib.grading.results import CaseRow, ItemResult, SubmissionResult
from course_lib.grading.store import ResultStore, key_of

ITEM = ItemResult("8.1", "Title", 1.0, 2.0, "wrong", "sign", "…", (CaseRow("a", "values", "1", "2"),), 1, 2)
RESULT = SubmissionResult("ada", 8, "ff", True, items=(ITEM,), warnings=("copied",), key=key_of("a", "b"))


def test_what_is_stored_comes_back(tmp_path):
    store = ResultStore(tmp_path / "results")
    assert store.get(RESULT.key) is None
    store.put(RESULT)
    assert store.get(RESULT.key) == RESULT
    assert store.get(RESULT.key).points == 1.0
    store.forget(RESULT.key)
    assert store.get(RESULT.key) is None


def test_results_are_for_the_owner_only(tmp_path):
    store = ResultStore(tmp_path / "results")
    store.put(RESULT)
    (file,) = (path for path in store.folder.rglob("*.json"))
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("text", ["", "{", "[]", '{"learner": 1}', '{"items": 5}', "\x00" * 40])
def test_a_damaged_file_is_no_result(tmp_path, text):
    store = ResultStore(tmp_path)
    store.put(RESULT)
    (file,) = (path for path in store.folder.rglob("*.json"))
    file.write_text(text)
    assert store.get(RESULT.key) is None


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path, monkeypatch):
    store = ResultStore(tmp_path)
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(CourseError, match="No space left on device"):
        store.put(RESULT)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_keys_tell_their_parts_apart():
    assert key_of("a", "b") != key_of("ab")
    assert key_of("a", "b") != key_of("b", "a")
