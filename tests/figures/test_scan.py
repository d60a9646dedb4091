"""The grid of a scanned folder."""

import pytest

from course_lib import CourseError
from course_lib.artefacts import Finding, FolderScan
from course_lib.figures import scan_grid

FINDINGS = (
    Finding("a.bin", "imports", "alarm", "would run code: os.system"),
    Finding("b.safetensors", "header", "pass", "agrees"),
    Finding("b.safetensors", "hash", "look", "no hash known"),
    Finding("$long$/" + "x" * 60, "template", "note", "a system prompt of its own"),
)


def test_every_finding_stands_in_the_text_twin():
    picture = scan_grid(FolderScan(FINDINGS))
    assert picture.title == "1 of 3 files raises an alarm"
    assert [line.split(":")[0] for line in picture.text.splitlines()] == [f"{f.file}, {f.check}" for f in FINDINGS]
    assert picture.png().startswith(b"\x89PNG")


def test_the_level_is_written_in_its_cell_and_an_empty_cell_is_empty():
    axes = scan_grid(FolderScan(FINDINGS)).figure.axes[0]
    words = sorted(text.get_text() for text in axes.texts)
    assert words == ["alarm", "look", "note", "pass"]


def test_the_loudest_level_of_a_check_counts():
    twice = (*FINDINGS, Finding("b.safetensors", "hash", "alarm", "another file"))
    scan = FolderScan(twice)
    assert scan.levels["b.safetensors"]["hash"] == "alarm"
    assert (scan.alarms, scan.level) == (("a.bin", "b.safetensors"), "alarm")


def test_no_file_is_said():
    with pytest.raises(CourseError, match="no file"):
        scan_grid(FolderScan(()))
