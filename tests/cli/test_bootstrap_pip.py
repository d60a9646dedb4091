"""pip's output, as pip wrote it, and the one sentence that is made of it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from course_lib.cli import bootstrap_pip
from course_lib.cli.bootstrap_run import Progress
from course_lib.errors import CourseError

from .conftest import install_by_name

NO_NETWORK = """Looking in indexes: http://127.0.0.1:9/simple
WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('<HTTPConnection>: \
Failed to establish a new connection: [Errno 111] Connection refused')': /simple/six/
ERROR: Could not find a version that satisfies the requirement six (from versions: none)
ERROR: No matching distribution found for six
"""
NO_NAMES = "Caused by NameResolutionError(\"Failed to resolve 'index.example' ([Errno -2] Name or service not known)\")"
PROXY = (
    "after connection broken by 'ProxyError('Cannot connect to proxy.', NewConnectionError('Failed to establish a new "
    "connection: [Errno 111] Connection refused'))': /simple/six/\nERROR: No matching distribution found for six\n"
)
FULL = (
    "shutil.Error: [('a.so', 'b.so', \"[Errno 28] No space left on device: 'a.so' -> 'b.so'\")]\n"
    "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n"
)
LONG_PATH = """ERROR: Could not install packages due to an OSError: [Errno 2] No such file or directory: 'C:\\\\very\\\\long'
HINT: This error might have occurred since this system does not have Windows Long Path support enabled.
"""
DENIED = "ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: '.venv/lib/x'\n"
NOT_THERE = """ERROR: Could not find a version that satisfies the requirement torch==2.13.0 (from versions: 2.9.0)
ERROR: No matching distribution found for torch==2.13.0
"""


@pytest.mark.parametrize(
    ("output", "problem"),
    [
        (NO_NETWORK, "The package index cannot be reached"),
        (NO_NAMES, "The package index cannot be reached"),
        (PROXY, "The proxy refused"),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]", "certificate"),
        (FULL, "The disk is full"),
        (LONG_PATH, "Windows cut a path off"),
        (DENIED, "may not be written to"),
        (NOT_THERE, "has no torch==2.13.0 for this Python"),
        ("ERROR: ResolutionImpossible: for help visit x", "no way to install the pinned packages together"),
        # pip tried twice, got through, and failed for another reason: the reason is named, not the first try.
        (NO_NETWORK.splitlines()[1] + "\n" + DENIED, "may not be written to"),
    ],
)
def test_the_cause_is_named(output: str, problem: str, tmp_path: Path) -> None:
    error = bootstrap_pip.diagnose(output, tmp_path / "log")
    assert problem in error.problem
    assert error.remedy
    assert "\n" not in str(error)


def test_what_is_not_understood_is_quoted_with_the_log() -> None:
    error = bootstrap_pip.diagnose("noise\nERROR: first\nERROR: Failed building wheel for x\n", Path("the.log"))
    assert error.problem == "pip stopped: Failed building wheel for x"
    assert "the.log" in error.remedy
    assert bootstrap_pip.diagnose("", Path("the.log")).problem == "pip stopped: no output"


def test_progress_counts_packages_then_folders(tmp_path: Path) -> None:
    progress = bootstrap_pip.PipProgress(expected=178, packages=tmp_path)
    assert progress("") == "starting pip"
    assert progress("Collecting numpy==2.4.6 (from -c constraints.txt (line 3))\n") == "package 1 of about 178: numpy"
    assert "downloading torch, 191.8 MB" in progress("  Downloading torch-2.13.0-cp311-x86_64.whl (191.8 MB)\n")
    assert "downloading six, 11 kB" in progress("  Downloading https://index.example/six-1.17.0-py2.py3.whl (11 kB)\n")
    assert progress("Collecting numpy\n") == "package 1 of about 178: numpy"  # named twice, counted once
    install_by_name(tmp_path, "pip-26.3")
    assert progress("Installing collected packages: a, b, c\n") == "installing: 1 of 4 packages in place"
    install_by_name(tmp_path, "a-1")
    assert progress("") == "installing: 2 of 4 packages in place"


def test_leftovers_of_an_interruption_are_taken_away_and_nothing_else(tmp_path: Path) -> None:
    install_by_name(tmp_path, "whole-1.0")
    (tmp_path / "half-1.0.dist-info").mkdir()
    (tmp_path / "~umpy").mkdir()
    (tmp_path / "half").mkdir()
    assert sorted(bootstrap_pip.remove_half_installed(tmp_path)) == ["half-1.0.dist-info", "~umpy"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["half", "whole-1.0.dist-info"]


def test_the_extra_index_is_passed_to_pip_only_when_given() -> None:
    python = Path("python")
    assert "--extra-index-url" not in bootstrap_pip.pip_command(python, None)
    assert bootstrap_pip.pip_command(python, "file:///wheels")[-2:] == ["--extra-index-url", "file:///wheels"]


def test_a_pip_that_fails_raises_what_its_output_says(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = f"import sys; print({FULL!r}); sys.exit(2)"
    monkeypatch.setattr(bootstrap_pip, "pip_command", lambda python, index: [sys.executable, "-c", code])
    log = clone / "log"
    with pytest.raises(CourseError, match="The disk is full"):
        bootstrap_pip.install(clone, Path("unused"), clone, log, 178, None)
    assert "Errno 28" in log.read_text()


def test_progress_on_a_terminal_is_one_line_that_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    import io
    import os
    import shutil

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(shutil, "get_terminal_size", lambda: os.terminal_size((40, 20)))
    stream = Terminal()
    progress = Progress(stream)
    progress.show("x" * 200)
    progress.show("short")
    progress.close()
    assert "\n" not in stream.getvalue()
    assert max(map(len, stream.getvalue().split("\r"))) == 39
