"""Each question about the machine, made to fail."""

from __future__ import annotations

import subprocess
from collections import namedtuple
from pathlib import Path

import psutil
import pytest

from course_lib.cli import doctor_machine as machine

Usage = namedtuple("Usage", "total used free")
Memory = namedtuple("Memory", "available")


def test_python_too_old() -> None:
    assert machine.check_python_version().state == "OK"
    finding = machine.check_python_version((3, 10, 4))
    assert finding.state == "FAIL"
    assert "3.10.4 is too old" in finding.message


def test_disk_full(monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.check_disk_space().state == "OK"
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda path: Usage(0, 0, 4e8))
    assert machine.check_disk_space().text().startswith("[FAIL] disk: 0.4 GB are free")


def test_memory_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: Memory(1_999_000_000))
    assert machine.check_memory().state == "FAIL"
    monkeypatch.setattr(psutil, "virtual_memory", lambda: Memory(2_000_000_000))
    assert machine.check_memory().state == "OK"


def test_folder_not_writable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    monkeypatch.setattr(machine, "working_folders", lambda: [tmp_path, cache / "not" / "made"])
    assert machine.check_write_permission().state == "OK"

    def refuse(dir: Path) -> object:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(machine.tempfile, "TemporaryFile", refuse)
    finding = machine.check_write_permission()
    assert finding.state == "FAIL"
    assert "cannot be written to (Permission denied)" in finding.message


def test_both_working_folders_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    assert machine.working_folders()[1] == tmp_path


def test_chromium_is_found_under_any_of_its_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.shutil, "which", lambda name: None)
    finding = machine.check_chromium()
    assert finding.state == "INFO"
    assert "not here" in finding.message
    monkeypatch.setattr(machine.shutil, "which", lambda name: "/opt/chrome" if name == "google-chrome" else None)
    assert machine.check_chromium().message.startswith("/opt/chrome")


@pytest.mark.parametrize(("code", "said"), [(0, "works"), (1, "does not start here (bwrap: No permissions)")])
def test_bubblewrap_is_tried(code: int, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, code, "", "bwrap: No permissions\n")

    monkeypatch.setattr(machine.shutil, "which", lambda name: "/usr/bin/bwrap")
    monkeypatch.setattr(machine.subprocess, "run", run)
    finding = machine.check_bubblewrap()
    assert finding.state == "INFO"
    assert said in finding.message


def test_bubblewrap_missing_fails_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.shutil, "which", lambda name: None)
    assert machine.check_bubblewrap().text().startswith("[INFO] bubblewrap: not here")
