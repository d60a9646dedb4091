"""nbgrader's own commands, each in a process of its own, without the seconds that importing nbgrader costs each time.

A fork server imports nbgrader once; every command is a fork of it. So the commands run as on the command line, with
their own working folder and their own reading of `nbgrader_config.py`, and seventeen of them take seconds.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

HANGS = 1800  # seconds of the clock: only for what waits for ever, on a machine however busy with other tests

_CONTEXT = multiprocessing.get_context("forkserver") if sys.platform != "win32" else multiprocessing.get_context()
if sys.platform != "win32":
    _CONTEXT.set_forkserver_preload(["nbgrader.apps", "nbgrader.apps.nbgraderapp", "ipykernel.kernelapp"])


def nbgrader(*arguments: str, cwd: Path, log: Path) -> int:
    """Run `nbgrader ARGUMENTS` in a folder; what it says is appended to `log`; its exit code is returned."""
    process = _CONTEXT.Process(target=_run, args=(arguments, str(cwd), str(log), dict(os.environ)))
    process.start()
    process.join(timeout=HANGS)
    if process.exitcode is None:
        process.kill()
        raise TimeoutError(f"nbgrader {' '.join(arguments)} did not end within {HANGS} s; see {log}")
    return int(process.exitcode)


def _run(arguments: tuple[str, ...], cwd: str, log: str, environment: dict[str, str]) -> None:
    from nbgrader.apps.nbgraderapp import NbGraderApp

    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    with open(log, "a") as stream, redirect_stdout(stream), redirect_stderr(stream):
        NbGraderApp.launch_instance(argv=list(arguments))
