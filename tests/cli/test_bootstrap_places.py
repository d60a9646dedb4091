"""Where things are, on systems that this test does not run on, and what makes a stamp stale."""

from __future__ import annotations

from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from course_lib.cli import bootstrap_places as places


def test_paths_on_windows() -> None:
    environment = places.environment_folder(PureWindowsPath("C:/Users/Ada/course"))
    assert str(places.python_in(environment, True)) == r"C:\Users\Ada\course\.venv\Scripts\python.exe"
    packages = places.packages_in(environment, True, (3, 12))
    assert str(packages) == r"C:\Users\Ada\course\.venv\Lib\site-packages"


def test_paths_on_macos_and_linux() -> None:
    environment = places.environment_folder(PurePosixPath("/Users/ada/course"))
    assert str(places.python_in(environment, False)) == "/Users/ada/course/.venv/bin/python"
    assert str(places.packages_in(environment, False, (3, 13))).endswith(".venv/lib/python3.13/site-packages")


def test_the_repository_is_the_folder_that_holds_the_package() -> None:
    assert (places.repository() / "course_lib" / "__main__.py").exists()


@pytest.mark.parametrize("name", ["constraints.txt", "pyproject.toml"])
def test_changing_what_is_installed_changes_the_fingerprint(clone: Path, name: str) -> None:
    before = places.fingerprint(clone, clone / ".venv", (3, 11))
    assert before == places.fingerprint(clone, clone / ".venv", (3, 11))
    (clone / name).write_text((clone / name).read_text() + "\n# one more line\n")
    assert places.fingerprint(clone, clone / ".venv", (3, 11)) != before


def test_another_python_or_another_place_changes_the_fingerprint(clone: Path) -> None:
    marks = {
        places.fingerprint(clone, clone / ".venv", (3, 11)),
        places.fingerprint(clone, clone / ".venv", (3, 12)),
        places.fingerprint(clone, clone / "copy" / ".venv", (3, 11)),
    }
    assert len(marks) == 3


def test_a_line_that_moves_from_one_file_to_the_other_changes_the_fingerprint(clone: Path) -> None:
    before = places.fingerprint(clone, clone / ".venv", (3, 11))
    constraints = (clone / "constraints.txt").read_text()
    (clone / "constraints.txt").write_text(constraints[:-1])
    (clone / "pyproject.toml").write_text(constraints[-1:] + (clone / "pyproject.toml").read_text())
    assert places.fingerprint(clone, clone / ".venv", (3, 11)) != before


def test_a_stamp_is_read_back_and_leaves_no_other_file(tmp_path: Path) -> None:
    places.write_stamp(tmp_path, fingerprint="abc", model=True)
    assert places.read_stamp(tmp_path) == {"fingerprint": "abc", "model": True}
    assert [path.name for path in tmp_path.iterdir()] == [places.STAMP_NAME]


@pytest.mark.parametrize("content", [None, "", '{"fingerprint": "a', "[1]", "\x00"])
def test_a_missing_or_broken_stamp_is_an_empty_one(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / places.STAMP_NAME).write_text(content)
    assert places.read_stamp(tmp_path) == {}
