"""Programs that take minutes: their output is kept, their silence is filled, and Ctrl-C ends them."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from course_lib.cli.bootstrap_places import repository
from course_lib.cli.bootstrap_run import Progress, run_logged


def test_output_is_returned_and_logged_and_the_exit_code_passed_on(tmp_path: Path) -> None:
    code = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
    log = tmp_path / "log"
    log.write_text("before\n")
    status, output = run_logged([sys.executable, "-u", "-c", code], log, str.strip, Progress(io.StringIO()))
    assert status == 3
    assert sorted(output.split()) == ["err", "out"]
    assert log.read_text() == "before\n" + output


@pytest.mark.parametrize("log", ["/dev/full", "/no/such/folder/log"])
def test_a_log_that_cannot_be_written_stops_nothing(log: str) -> None:
    """/dev/full is a full disk in a file: opening works, every write fails."""
    if log == "/dev/full" and not Path(log).exists():
        pytest.skip("this system has no /dev/full")
    code = "print('x' * 100_000); print('end')"
    status, output = run_logged([sys.executable, "-c", code], Path(log), str.strip, Progress(io.StringIO()))
    assert (status, output.split()[-1]) == (0, "end")


def test_the_line_is_brought_up_to_date_while_the_program_is_silent(tmp_path: Path) -> None:
    seen: list[str] = []

    def describe(line: str) -> str:
        seen.append(line)
        return ""

    code = "import time; time.sleep(2.5); print('done')"
    run_logged([sys.executable, "-c", code], tmp_path / "log", describe, Progress(io.StringIO()))
    assert seen[0] == ""  # at least one tick came before the only line
    assert seen[-1] == "done\n"


def test_output_that_is_not_utf_8_does_not_stop_it(tmp_path: Path) -> None:
    code = "import sys; sys.stdout.buffer.write(b'caf\\xe9\\n')"
    _, output = run_logged([sys.executable, "-c", code], tmp_path / "log", str.strip, Progress(io.StringIO()))
    assert output.startswith("caf")


@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_ends_the_program_too(tmp_path: Path, number: signal.Signals) -> None:
    """Only the parent gets the signal here, as from `kill`; the child must not survive it."""
    note = tmp_path / "child"
    child = f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    parent = (
        "import sys, io, pathlib, signal\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a run in the background inherits that it is ignored
        "from course_lib.cli.bootstrap_run import Progress, ended_like_interrupted, run_logged\n"
        "with ended_like_interrupted():\n"
        f"    run_logged([sys.executable, '-c', {child!r}], pathlib.Path({str(tmp_path / 'log')!r}), str, "
        "Progress(io.StringIO()))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(repository())}
    process = subprocess.Popen([sys.executable, "-c", parent], env=environment, stderr=subprocess.DEVNULL)
    wait_for(lambda: note.exists() and note.read_text() != "")
    process.send_signal(number)
    process.wait(timeout=60)
    pid = int(note.read_text())
    wait_for(lambda: not is_running(pid))


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_for(condition: object, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def test_into_a_file_a_line_is_written_now_and_then_and_only_when_new() -> None:
    stream = io.StringIO()
    progress = Progress(stream)
    progress.show("one")
    assert stream.getvalue() == ""  # nothing yet: ten seconds have not passed
    progress.shown_at -= 11
    progress.show("two")
    progress.shown_at -= 11
    progress.show("two")
    progress.close()
    assert [line.split()[-1] for line in stream.getvalue().splitlines()] == ["two"]
