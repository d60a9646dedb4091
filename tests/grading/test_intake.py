"""What a learner can hand in, file by file and class by class: read, or refused with one sentence, and never a stop."""

from __future__ import annotations

import base64
import json
import os
import struct
import sys
import zipfile
import zlib
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from handed_in import chapter, code, filled, release, save

from course_lib.errors import CourseError
from course_lib.grading.intake import (
    Submission,
    Unreadable,
    find_submissions,
    read_submission,
    read_timestamp,
)
from course_lib.grading.learners import is_safe, safe_name
from course_lib.grading.notebooks import LIMITS, Limits

NAME = "interpretability_overview"
FOLDER = "08_interpretability_overview"
links = pytest.mark.skipif(sys.platform == "win32", reason="links and pipes as on Unix")


def small(source: str = "x = 1") -> dict:
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [code(source, id="a")]}


def read(tmp_path: Path, raw: bytes, limits: Limits = LIMITS) -> Submission | Unreadable:
    path = tmp_path / "x.ipynb"
    path.write_bytes(raw)
    return read_submission("ada", path, limits=limits)


def reason(tmp_path: Path, raw: bytes, limits: Limits = LIMITS) -> str:
    found = read(tmp_path, raw, limits)
    assert isinstance(found, Unreadable)
    assert found.sha256, "the bytes were read"
    assert found.reason.endswith("."), "a whole sentence"
    return found.reason


def test_a_sound_notebook_is_read(tmp_path):
    found = read(tmp_path, json.dumps(filled()).encode())
    assert isinstance(found, Submission)
    assert len(found.notebook["cells"]) == len(release()["cells"])
    assert found.learner == "ada"
    assert len(found.sha256) == 64


def test_a_byte_order_mark_and_carriage_returns_do_no_harm(tmp_path):
    found = read(tmp_path, b"\xef\xbb\xbf" + json.dumps(small("x = 1\r\ny = 2\rz")).encode())
    assert found.notebook["cells"][0]["source"] == "x = 1\ny = 2\nz"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (json.dumps(small()).encode("utf-16"), "UTF-16"),
        (json.dumps(small()).encode("utf-16-le"), "UTF-16"),
        (json.dumps(small()).encode("utf-32"), "UTF-32"),
        (b'{"cells": "\xe4"}', "UTF-8"),
        (b"PK\x03\x04...", "archive"),
        (b"\x1f\x8b...", "archive"),
        (b"%PDF-1.7", "PDF"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"\n<html>", "web page"),
        (b"import torch\nx = 1", "not valid JSON at line 1"),
        (json.dumps(small()).encode()[:-20], "end of the file is missing"),
        (json.dumps(filled()).encode()[:20_000], "end of the file is missing"),
        (b'{"a": [}', "not valid JSON"),
        (b"[1, 2]", "no notebook"),
        (b"null", "no notebook"),
        (b'"text"', "no notebook"),
        (b"NaN", "no notebook"),
        (b"{}", "does not say that it is a notebook"),
        (b'{"nbformat": true, "cells": []}', "does not say"),
        (b'{"nbformat": "4", "cells": []}', "does not say"),
        (b'{"nbformat": 4.0, "cells": []}', "does not say"),
        (b'{"nbformat": 3, "worksheets": []}', "old format 3"),
        (b'{"nbformat": -5, "worksheets": []}', "old format 0"),
        (b'{"nbformat": 5, "cells": []}', "newer than 4"),
        (b'{"nbformat": 4}', "no list of cells"),
        (b'{"nbformat": 4, "cells": {}}', "no list of cells"),
        (b'{"nbformat": 4, "cells": null}', "no list of cells"),
        (b'{"nbformat": 4, "cells": [null]}', "Cell 1"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code"}]}', "Cell 1"),
        (b'{"nbformat": 4, "cells": [{"source": 5}]}', "Cell 1"),
        (b'{"nbformat": 4, "cells": [{"source": ["a", 5]}]}', "Cell 1"),
        (b'{"nbformat": 4, "cells": [{"source": [["a"]]}]}', "Cell 1"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b'{"nbformat": 4, "x": ' + b"[" * 5000 + b"]" * 5000 + b', "cells": []}', "nested too deeply"),
        (b"[" + b"[]," * 500_000 + b"0]", "more parts"),
        (b"[" + b"0," * 2_100_000 + b"0]", "more parts"),
    ],
)
def test_what_is_no_notebook_is_said_in_a_sentence(tmp_path, raw, words):
    assert words in reason(tmp_path, raw)


def test_sizes_are_capped(tmp_path):
    raw = json.dumps(small("x" * 100)).encode()
    assert "larger than" in read(tmp_path, raw, Limits(file_bytes=50)).reason
    assert "cell 1 is too long" in reason(tmp_path, raw, Limits(cell_text=50))
    many = {**small(), "cells": [code("x = 1")] * 30}
    assert "30 cells" in reason(tmp_path, json.dumps(many).encode(), Limits(cells=20))
    assert "too long" in reason(tmp_path, json.dumps(many).encode(), Limits(all_text=100))


@pytest.mark.parametrize(
    "extra",
    [
        '"nbformat_minor": 99',
        '"nbformat_minor": null',
        '"nbformat_minor": -1',
        f'"nbformat_minor": {"9" * 6000}',
        '"metadata": {"x": NaN, "y": Infinity, "z": 1e999}',
        '"metadata": []',
        '"cells": 5, "cells": [{"cell_type": "code", "source": "x = 1"}]',
        '"metadata": {"kernelspec": {"name": "ir", "language": "R"}}',
        '"metadata": {"a": "\\ud800"}',
    ],
)
def test_odd_numbers_keys_and_kernels_do_no_harm(tmp_path, extra):
    raw = '{"nbformat": 4, "cells": [{"cell_type": "code", "source": "x = 1"}], EXTRA}'.replace("EXTRA", extra)
    found = read(tmp_path, raw.encode())
    assert isinstance(found, Submission), found
    assert found.notebook["cells"][0]["source"] == "x = 1"
    json.dumps(found.notebook, allow_nan=False).encode()


def test_halves_of_characters_and_zero_bytes_leave_the_text(tmp_path):
    found = read(tmp_path, json.dumps(small("x = '\ud800'\x00 # \x1b[31m")).encode())
    found.notebook["cells"][0]["source"].encode()
    assert "\x00" not in found.notebook["cells"][0]["source"]


def test_only_what_grading_uses_is_kept(tmp_path):
    notebook = small()
    notebook["metadata"] = {"kernelspec": {"name": "python3"}, "celltoolbar": "x"}
    notebook["cells"][0] |= {"attachments": {"a": {}}, "extra": 1}
    notebook["cells"][0]["metadata"] = {
        "tags": ["skip-execution"],
        "nbgrader": {"grade_id": "answer-8-1", "points": 99},
    }
    (kept,) = read(tmp_path, json.dumps(notebook).encode()).notebook["cells"]
    assert kept == {
        "cell_type": "code", "source": "x = 1", "id": "a", "outputs": [], "metadata": {"nbgrader": {"grade_id": "answer-8-1"}},
    }  # fmt: skip


# Outputs


def png(extra: bytes = b"", side: int = 1, tail: bytes = b"") -> str:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
    body = header + extra + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + body + tail).decode()


def outputs(tmp_path: Path, *found: object) -> list:
    notebook = small()
    notebook["cells"][0]["outputs"] = list(found)
    return read(tmp_path, json.dumps(notebook).encode()).notebook["cells"][0]["outputs"]


def test_text_and_pictures_are_kept_and_nothing_else(tmp_path):
    rich = {
        "text/plain": ["<Figure>"],
        "text/html": "<script>1</script>",
        "image/svg+xml": "<svg/>",
        "image/png": png(),
    }
    kept = outputs(
        tmp_path,
        {"output_type": "stream", "name": "stdout", "text": ["a\n", "\x1b[31mb\x1b[0m\x08"]},
        {"output_type": "execute_result", "data": rich, "metadata": {"x": 1}, "execution_count": 3},
        {"output_type": "display_data", "data": {"application/javascript": "alert(1)"}},
        {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": ["<b>"]},
        {"output_type": "update_display_data"}, "text", None, 5, [],
    )  # fmt: skip
    assert kept == [
        {"output_type": "stream", "name": "stdout", "text": "a\nb"},
        {"output_type": "display_data", "data": {"text/plain": "<Figure>", "image/png": png()}, "metadata": {}},
        {"output_type": "stream", "name": "stderr", "text": "ValueError: no\n"},
    ]


def test_what_travels_behind_a_picture_stays_behind(tmp_path):
    comment = struct.pack(">I", 3) + b"tEXtabc" + struct.pack(">I", zlib.crc32(b"tEXtabc"))
    for odd in (png(extra=comment), png(tail=b"<script>")):
        (kept,) = outputs(tmp_path, {"output_type": "display_data", "data": {"image/png": odd}})
        assert kept["data"] == {"image/png": png()}


@pytest.mark.parametrize(
    "odd", ["", "abc", "!!", png()[:40], png(side=90_000), 5, ["a", 5], base64.b64encode(b"GIF89a").decode()]
)
def test_what_is_no_picture_is_left_out(tmp_path, odd):
    assert outputs(tmp_path, {"output_type": "display_data", "data": {"image/png": odd}}) == []


def test_floods_of_output_are_cut(tmp_path):
    flood = [{"output_type": "stream", "name": "stdout", "text": "x" * 100_000}] * 50
    kept = outputs(tmp_path, *flood)
    assert len(kept) == 20
    assert all(len(one["text"]) < 21_000 for one in kept)


# Files that are no files


@links
def test_links_pipes_and_folders_are_not_opened(tmp_path):
    secret = save(small("secret"), tmp_path / "secret.ipynb")
    os.symlink(secret, tmp_path / "link.ipynb")
    os.symlink(tmp_path / "nowhere", tmp_path / "broken.ipynb")
    os.mkfifo(tmp_path / "pipe.ipynb")
    (tmp_path / "folder.ipynb").mkdir()
    for name, words in {"link": "link", "broken": "link", "pipe": "no file", "folder": "no file"}.items():
        found = read_submission("eve", tmp_path / f"{name}.ipynb")
        assert isinstance(found, Unreadable)
        assert words in found.reason
        assert found.sha256 == ""


@pytest.mark.parametrize("name", ["not-there.ipynb", "a\0b.ipynb", "x" * 300 + ".ipynb"])
def test_names_that_cannot_be_opened(tmp_path, name):
    found = read_submission("eve", tmp_path / name)
    assert isinstance(found, Unreadable)
    assert "cannot be opened" in found.reason


@links
def test_a_device_is_not_read():
    assert isinstance(read_submission("eve", Path("/dev/zero")), Unreadable)


# Names


@pytest.mark.parametrize("name", ["ada", "ada.l-2@example.org", "Zoë", "李", "s1234567", "a+b"])
def test_ordinary_names_are_kept(name):
    assert safe_name(name) == name


ODD = ["", "..", "../x", "a/b", "a\\b", "-rf", ".hidden", "=1+1", "@x", "a\nb", "a\0b", "CON", "nul.txt", "a" * 100, "a b", "<b>",
       "x.", "e\u0301", "\ud800", "a\u202eb", "%2e"]  # fmt: skip


def test_odd_names_become_safe_ones_and_stay_apart():
    mapped = [safe_name(name) for name in ODD]
    assert all(is_safe(name) for name in mapped), mapped
    assert len(set(mapped)) == len(ODD)
    assert mapped == [safe_name(name) for name in ODD]


# nbgrader's folders


def find(source: Path, tmp_path: Path, pattern: str = "") -> dict[str, Submission | Unreadable]:
    found = find_submissions(source, chapter(), pattern=pattern, scratch=tmp_path / "scratch")
    assert [one.learner for one in found] == sorted({one.learner for one in found})
    return {one.learner: one for one in found}


def text(one: Submission | Unreadable) -> str:
    assert isinstance(one, Submission), one
    return one.notebook["cells"][0]["source"]


@pytest.mark.parametrize("inside", ["", "submitted"])
def test_nbgraders_layout(tmp_path, inside):
    desk = tmp_path / "course" / "submitted"
    save(small("a = 1"), desk / "ada" / FOLDER / f"{NAME}.ipynb")
    (desk / "ada" / FOLDER / "timestamp.txt").write_text("2026-01-05 10:00:00.123456 UTC\n")
    save(small("b = 1"), desk / "bob" / FOLDER / "my work.ipynb")
    save(small("c = 1"), desk / "cas" / "09_attention_visualization" / "attention_visualization.ipynb")
    (desk / "dan" / FOLDER).mkdir(parents=True)
    save(small("e = 1"), desk / "eva" / FOLDER / f"{NAME}.ipynb")
    save(small("e = 2"), desk / "eva" / FOLDER / "zzz.ipynb")
    save(small("x"), desk / "eva" / FOLDER / ".ipynb_checkpoints" / f"{NAME}.ipynb")
    found = find(tmp_path / "course" / inside, tmp_path)
    assert set(found) == {"ada", "bob", "dan", "eva"}
    assert (text(found["ada"]), found["ada"].timestamp) == ("a = 1", "2026-01-05 10:00:00.123456 UTC")
    assert text(found["bob"]) == "b = 1"
    assert "is called 'my work.ipynb'" in found["bob"].warnings[0]
    assert "There is no notebook" in found["dan"].reason
    assert (text(found["eva"]), found["eva"].warnings) == ("e = 1", ())


def test_of_two_renamed_notebooks_the_newest_counts(tmp_path):
    desk = tmp_path / "submitted" / "ada" / FOLDER
    for name, when in (("a", 3000), ("b", 2000), ("c", 3000)):
        os.utime(save(small(name), desk / f"{name}.ipynb"), (when, when))
    found = find(tmp_path, tmp_path)["ada"]
    assert text(found) == "c"
    assert "There are 3 notebooks; the newest, 'c.ipynb', was taken." in found.warnings


@links
def test_links_in_nbgraders_layout(tmp_path):
    desk = tmp_path / "submitted"
    save(small(), desk / "ada" / FOLDER / f"{NAME}.ipynb")
    os.symlink(desk / "ada", desk / "eve")
    (desk / "fay").mkdir()
    os.symlink(desk / "ada" / FOLDER, desk / "fay" / FOLDER)
    (desk / "gus" / FOLDER).mkdir(parents=True)
    os.symlink(desk / "ada" / FOLDER / f"{NAME}.ipynb", desk / "gus" / FOLDER / f"{NAME}.ipynb")
    os.symlink(desk / "ada" / FOLDER, desk / "gus" / FOLDER / "more")
    (desk / "hal").mkdir()
    (desk / "hal" / FOLDER).write_text("a file where a folder should be")
    (desk / "ian" / FOLDER).mkdir(parents=True)
    os.mkfifo(desk / "ian" / FOLDER / "timestamp.txt")
    os.mkfifo(desk / "ian" / FOLDER / f"{NAME}.ipynb")
    found = find(tmp_path, tmp_path)
    assert isinstance(found.pop("ada"), Submission)
    assert sorted(found) == ["eve", "fay", "gus", "hal", "ian"]
    assert all(isinstance(one, Unreadable) for one in found.values())


def test_odd_folder_names_and_a_crowded_folder(tmp_path):
    desk = tmp_path / "submitted"
    save(small(), desk / "Ada Lovelace" / FOLDER / f"{NAME}.ipynb")
    save(small(), desk / "-rf" / FOLDER / f"{NAME}.ipynb")
    for n in range(2500):
        (desk / "bob" / FOLDER / "many").mkdir(parents=True, exist_ok=True)
        (desk / "bob" / FOLDER / "many" / f"{n}.txt").touch()
    save(small(), desk / "bob" / FOLDER / "a" / "b" / "c" / "d" / "e" / f"{NAME}.ipynb")
    found = find(tmp_path, tmp_path)
    assert len(found) == 3
    assert all(is_safe(name) for name in found)
    assert "cannot be a learner's name" in found[safe_name("Ada Lovelace")].warnings[0]
    assert isinstance(found["bob"], Unreadable)


@pytest.mark.parametrize(("raw", "kept"), [
    (b"2026-01-05 10:00:00 UTC", True), (b"2026-01-05T10:00:00.5+0100", True), (b"2026-01-05 10:00:00 Europe/Paris\n", True),
    (b"", False), (b"yesterday", False), (b"2026-01-05 10:00:00 <b>", False), (b"2026" * 100, False), (b"\xff\xfe", False),
])  # fmt: skip
def test_timestamps(tmp_path, raw, kept):
    (tmp_path / "timestamp.txt").write_bytes(raw)
    assert read_timestamp(tmp_path / "timestamp.txt") == (raw.decode().strip() if kept else "")


# Learning platforms


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in files.items():
            archive.writestr(name, raw)
    return path


def raw(source: str) -> bytes:
    return json.dumps(small(source)).encode()


def unpack(files: dict[str, bytes], folder: Path) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


MOODLE = {
    f"Ada Lovelace_12345_assignsubmission_file_/{NAME}.ipynb": raw("a"),
    "Zoë O'Neil_12346_assignsubmission_file_/x.ipynb": raw("z"),
    "Bob_7_assignsubmission_file_my notes.ipynb": raw("b"),
    "Bob_7_assignsubmission_onlinetext_onlinetext.html": b"<p>",
    "Dan D_8_assignsubmission_file_/report.pdf": b"%PDF",
    "Eve E_9_assignsubmission_file_/work.rar": b"Rar!",
}
CANVAS = {
    f"lovelaceada_12345_67890_{NAME}.ipynb": raw("a"),
    f"doebob_LATE_12346_67891_{NAME}-1.ipynb": raw("b1"),
    f"doebob_12346_67880_{NAME}.ipynb": raw("b0"),
    "kimeva_5_6_work.zip": b"no zip",
}


@pytest.mark.parametrize("packed", [True, False])
def test_moodle(tmp_path, packed):
    source = zipped(tmp_path / "class.zip", MOODLE) if packed else unpack(MOODLE, tmp_path / "class")
    found = find(source, tmp_path)
    assert set(found) == {"Ada_Lovelace_12345", "Zoë_O_Neil_12346", "Bob_7", "Dan_D_8", "Eve_E_9"}
    assert [text(found[name]) for name in ("Ada_Lovelace_12345", "Zoë_O_Neil_12346", "Bob_7")] == ["a", "z", "b"]
    assert "There is no notebook" in found["Dan_D_8"].reason
    assert "kind of archive" in found["Eve_E_9"].reason


@pytest.mark.parametrize("packed", [True, False])
def test_canvas(tmp_path, packed):
    source = zipped(tmp_path / "class.zip", CANVAS) if packed else unpack(CANVAS, tmp_path / "class")
    found = find(source, tmp_path)
    assert set(found) == {"lovelaceada_12345", "doebob_12346", "kimeva_5"}
    assert text(found["doebob_12346"]) == "b1", "the second attempt"
    assert any("late" in warning for warning in found["doebob_12346"].warnings)
    assert any("2 notebooks" in warning for warning in found["doebob_12346"].warnings)
    assert "zip" in found["kimeva_5"].reason


def test_nbgraders_folders_in_a_zip(tmp_path):
    files = {
        f"submitted/ada/{FOLDER}/{NAME}.ipynb": raw("a"),
        "submitted/bob/09_attention_visualization/x.ipynb": raw("b"),
    }
    found = find(zipped(tmp_path / "class.zip", files), tmp_path)
    assert {name: text(one) for name, one in found.items()} == {"ada": "a"}


def test_a_class_zip_with_bad_members_costs_only_those_learners(tmp_path):
    path = zipped(tmp_path / "class.zip", {**CANVAS, "../../evil_1_2_x.ipynb": raw("e"), "/abs_3_4_x.ipynb": raw("f")})
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("link_5_6_x.ipynb")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("bomb_7_8_x.ipynb", b"0" * (60 * 2**20), zipfile.ZIP_DEFLATED)
    found = find(path, tmp_path)
    assert {n for n, one in found.items() if isinstance(one, Unreadable)} == {
        "evil_1",
        "abs_3",
        "link_5",
        "bomb_7",
        "kimeva_5",
    }
    assert not (tmp_path.parent / "evil_1_2_x.ipynb").exists()
    assert text(found["lovelaceada_12345"]) == "a"


def test_a_learners_own_zip(tmp_path):
    inner = zipped(
        tmp_path / "in.zip", {f"work/{NAME}.ipynb": raw("inside"), "__MACOSX/work/._x.ipynb": b"", "work/a.csv": b"1"}
    )
    evil = zipped(tmp_path / "evil.zip", {"../../x.ipynb": raw("x")})
    deep = zipped(tmp_path / "deep.zip", {"in.zip": inner.read_bytes()})
    files = {
        "Ada_1_assignsubmission_file_/in.zip": inner.read_bytes(),
        "Eve_2_assignsubmission_file_/in.zip": evil.read_bytes(),
        "Fay_3_assignsubmission_file_/in.zip": b"PK\x03\x04 broken",
        "Gus_4_assignsubmission_file_/in.zip": deep.read_bytes(),
    }
    found = find(zipped(tmp_path / "class.zip", files), tmp_path)
    assert text(found["Ada_1"]) == "inside"
    assert "leads out" in found["Eve_2"].reason
    assert "no zip archive" in found["Fay_3"].reason
    assert "There is no notebook in the archive" in found["Gus_4"].reason


# Loose files


def test_loose_files_by_pattern(tmp_path):
    files = {"ada_08.ipynb": raw("a"), f"bob_{NAME}.ipynb": raw("b"), "eva_09.ipynb": raw("e"), "readme.txt": b""}
    folder = unpack(files, tmp_path / "loose")
    assert set(find(folder, tmp_path, "{learner}_{chapter}.ipynb")) == {"ada", "bob"}
    assert set(find(folder, tmp_path, r"(?P<learner>[a-z]+)_0\d\.ipynb")) == {"ada", "eva"}


def test_loose_files_without_a_pattern(tmp_path):
    files = {f"ada_{NAME}.ipynb": raw("a"), "bob.ipynb": raw("b"), f"{NAME}.ipynb": raw("release")}
    found = find(unpack(files, tmp_path / "loose"), tmp_path)
    assert {name: text(one) for name, one in found.items()} == {"ada": "a", "bob": "b"}
    wrapped = zipped(tmp_path / "class.zip", {f"hand-ins/{name}": content for name, content in files.items()})
    assert set(find(wrapped, tmp_path)) == {"ada", "bob"}


def test_a_folder_for_each_learner(tmp_path):
    files = {f"ada/{NAME}.ipynb": raw("a"), "bob/x.ipynb": raw("b"), "bob/09_attention_visualization/y.ipynb": raw("y")}
    found = find(unpack(files, tmp_path / "loose"), tmp_path)
    assert {name: text(one) for name, one in found.items()} == {"ada": "a", "bob": "b"}


@pytest.mark.parametrize("pattern", ["(", "*.ipynb", r"(?P<name>.*)", "{student}.ipynb"])
def test_patterns_that_cannot_be_used(tmp_path, pattern):
    save(small(), tmp_path / "x.ipynb")
    with pytest.raises(CourseError, match="pattern"):
        find(tmp_path, tmp_path, pattern)


def test_sources_that_hold_nothing(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.txt").write_text("x")
    (tmp_path / "bad.zip").write_bytes(b"no zip at all")
    for name in ("empty", "file.txt", "bad.zip", "nowhere"):
        with pytest.raises(CourseError):
            find(tmp_path / name, tmp_path)
