"""What a machine lacks is one sentence with a next step."""

from __future__ import annotations

import os
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from course_lib.cli import bootstrap_needs as needs
from course_lib.cli.bootstrap_places import WINDOWS, cache_folder
from course_lib.data.assets import find_asset
from course_lib.data.cache import cache_dir
from course_lib.errors import CourseError
from course_lib.models.gguf import MARKER

Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize("version", [(3, 8, 18), (3, 10, 13), (2, 7, 18)])
def test_an_older_python_is_refused(version: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "newer_python", lambda: None)
    with pytest.raises(CourseError) as caught:
        needs.check_python("lab", version)
    assert caught.value.problem == f"This is Python {'.'.join(map(str, version))}; the course needs 3.11 or newer."
    assert "Install Python 3.11" in caught.value.remedy


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 14, 1), (4, 0, 0)])
def test_a_python_that_is_new_enough_passes(version: tuple[int, int, int]) -> None:
    needs.check_python("lab", version)


def test_a_newer_python_on_this_machine_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "starts", lambda name: name == "python3.12")
    with pytest.raises(CourseError, match=r"run: python3\.12 -m course_lib lab --port 80"):
        needs.check_python("lab --port 80", (3, 9, 1))


def test_a_name_that_a_version_manager_left_behind_does_not_count_as_a_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shim = tmp_path / "python3.12"
    shim.write_text("#!/bin/sh\necho 'command not found' >&2\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not needs.starts("python3.12")
    assert not needs.starts("python3.13")


@pytest.mark.parametrize("absent", ["venv", "ensurepip"])
def test_a_python_without_venv_names_the_package_to_install(absent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "find_spec", lambda name: None if name == absent else object())
    with pytest.raises(CourseError, match=f"apt install python{sys.version_info[0]}.{sys.version_info[1]}-venv"):
        needs.check_venv_modules()


def set_free_space(monkeypatch: pytest.MonkeyPatch, free: float) -> None:
    monkeypatch.setattr(needs.shutil, "disk_usage", lambda path: Usage(100e9, 0, free))


def test_a_full_disk_is_found_before_anything_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    set_free_space(monkeypatch, 4.9e9)
    with pytest.raises(CourseError, match=r"has 4\.9 GB free; the packages and the model need 5 GB"):
        needs.check_disk(tmp_path, nearly_complete=False)


def test_a_repair_needs_less_and_least_with_the_model_in_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    set_free_space(monkeypatch, 1.9e9)
    with pytest.raises(CourseError, match="the model need 2 GB"):
        needs.check_disk(tmp_path, nearly_complete=True)
    sha256 = find_asset("smollm2").files[0].sha256
    folder = tmp_path / "cache" / "models" / f"gguf-{sha256[:20]}-float32"
    folder.mkdir(parents=True)
    assert not needs.model_is_cached()
    (folder / MARKER).write_text("{}")
    assert needs.check_disk(tmp_path, nearly_complete=True) == 1.9e9


def test_the_cache_is_found_without_any_package_where_the_library_puts_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COURSE_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert cache_folder() == cache_dir()
    if not WINDOWS and sys.platform != "darwin":
        monkeypatch.setenv("XDG_CACHE_HOME", "/elsewhere")
        assert cache_folder() == cache_dir() == Path("/elsewhere/ai-safety-hands-on")


def test_a_cache_on_another_disk_is_asked_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not Path("/dev/shm").is_dir() or os.stat("/dev/shm").st_dev == tmp_path.stat().st_dev:
        pytest.skip("this machine has no second file system to point at")
    monkeypatch.setenv("COURSE_CACHE", "/dev/shm/not/made/yet")
    monkeypatch.setattr(needs.shutil, "disk_usage", lambda path: Usage(100e9, 0, 0.5e9 if "shm" in path else 50e9))
    with pytest.raises(CourseError, match="the model need"):
        needs.check_disk(tmp_path, nearly_complete=False)


def test_a_folder_that_cannot_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needs.check_writable(tmp_path)

    def refuse(dir: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(needs.tempfile, "TemporaryFile", refuse)
    with pytest.raises(CourseError, match="cannot be written to \\(Permission denied\\)"):
        needs.check_writable(tmp_path)


@pytest.mark.parametrize(
    ("platform", "gpu", "index", "said"),
    [
        ("linux", False, None, True),
        ("linux", True, None, False),
        ("linux", False, "file:///wheels", False),
        ("darwin", False, None, False),
        ("win32", False, None, False),
    ],
)
def test_the_note_on_gpu_libraries_is_for_linux_without_a_gpu(
    platform: str, gpu: bool, index: str | None, said: bool
) -> None:
    note = needs.torch_note(platform, gpu, index)
    assert (note is not None) == said
    assert note is None or ("--torch-index" in note and "\n" not in note)
