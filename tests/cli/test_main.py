"""The door: what leaves it is a sentence and an exit code, never a traceback, on any Python that people still have."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from course_lib import __main__ as door
from course_lib import cli
from course_lib.errors import CourseError

ROOT = Path(door.__file__).parents[1]
READ_BY_OLD_PYTHON = ["__init__.py", "__main__.py", "errors.py", "cli/__init__.py", "cli/bootstrap_needs.py"]


def run_module(*words: str, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [python, "-m", "course_lib", *words], capture_output=True, text=True, cwd=ROOT, env=environment, timeout=300
    )


def test_without_arguments_it_lists_the_commands_and_imports_nothing_heavy() -> None:
    code = "import sys; from course_lib.__main__ import main; main([]); print('torch' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert all(f"\n  {name} " in result.stdout for name in cli.COMMANDS)
    assert result.stdout.endswith("False\n")


def test_an_unknown_command_names_the_nearest_one_on_two_lines() -> None:
    result = run_module("docter")
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "There is no command 'docter'.",
        "Did you mean 'doctor'? `python3 -m course_lib` lists them all.",
    ]


def test_a_word_that_resembles_nothing_gets_no_guess() -> None:
    with pytest.raises(CourseError) as caught:
        cli.check_name("xyzzy")
    assert "Did you mean" not in str(caught.value)


def test_a_course_error_becomes_two_lines_and_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(words: list[str]) -> int:
        raise CourseError("The disk is full.", "Free some space.")

    monkeypatch.setattr(cli, "main", fail)
    assert door.main(["lab"]) == 1
    assert capsys.readouterr().err == "The disk is full.\nFree some space.\n"


def test_ctrl_c_becomes_one_line_and_exit_code_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(words: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "main", interrupt)
    assert door.main(["lab"]) == 130
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe whose reader has left is another error there")
def test_a_reader_who_has_left_is_not_a_traceback() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "course_lib", "--help"]
    try:
        done = subprocess.run(command, cwd=ROOT, stdout=writer, stderr=subprocess.PIPE, text=True, timeout=300)
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.parametrize("name", READ_BY_OLD_PYTHON)
def test_what_runs_first_can_be_parsed_by_python_3_8(name: str) -> None:
    source = (ROOT / "course_lib" / name).read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 8))
    assert "from __future__ import annotations" in source


@pytest.mark.parametrize("name", ["python3.8", "python3.9", "python3.10"])
def test_an_old_python_is_told_what_it_lacks(name: str) -> None:
    """Runs only where such a Python is installed; the parse test above holds everywhere."""
    program = shutil.which(name)
    if program is None or subprocess.run([program, "-c", ""], capture_output=True).returncode != 0:
        pytest.skip(f"no {name} on this machine")
    result = run_module("lab", python=program)
    assert result.returncode == 1
    assert result.stderr.startswith("This is Python 3.")
    assert "needs 3.11 or newer" in result.stderr
    assert len(result.stderr.splitlines()) == 2


def test_programs_of_the_environment_are_found_without_activating_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.pathsep.join(["/usr/bin", "/bin"]))
    for _ in range(2):
        cli._find_programs_of_this_environment()
    assert os.environ["PATH"].split(os.pathsep) == [str(Path(sys.executable).parent), "/usr/bin", "/bin"]
