"""Two set-ups in one clone: the second waits, says for whom, and goes on when the first is gone, however it went."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from course_lib.cli.bootstrap_lock import one_set_up_at_a_time
from course_lib.cli.bootstrap_places import repository


def test_the_second_waits_for_the_first_and_outlives_its_death(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    code = (
        "import pathlib, sys, time\n"
        "from course_lib.cli.bootstrap_lock import one_set_up_at_a_time\n"
        "with one_set_up_at_a_time(pathlib.Path(sys.argv[1])):\n"
        "    print('held', flush=True); time.sleep(60)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(repository())}
    first = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert first.stdout is not None
    assert first.stdout.readline() == "held\n"
    with one_set_up_at_a_time(tmp_path / "another clone") as waited:
        assert not waited
    timer = threading.Timer(1.0, first.kill)
    timer.start()
    with one_set_up_at_a_time(tmp_path) as waited:
        assert waited
        assert first.wait(timeout=60) != 0
    first.stdout.close()
    assert f"(process {first.pid}) is at work on {tmp_path}" in capsys.readouterr().err
    with one_set_up_at_a_time(tmp_path) as waited:
        assert not waited
