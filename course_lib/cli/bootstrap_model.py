"""Step 5 of the set-up, seen from the outside: start `prepare_model.py`, follow it, and pass on what it says."""

from __future__ import annotations

import json
import os
from pathlib import Path

from course_lib.cli.bootstrap_run import Progress, run_logged
from course_lib.errors import CourseError


def prepare_model(root: Path, python: Path, log: Path) -> None:
    """Fetch, check and convert the model in the environment of `python`; a CourseError says what went wrong."""
    if not os.access(log.parent, os.W_OK):
        log = Path(os.devnull)
    command = [str(python), "-m", "course_lib.cli.prepare_model"]
    code, output = run_logged(command, log, ModelProgress(), Progress(), folder=root)
    if code != 0:
        raise model_error(code, output, log)


class ModelProgress:
    """What `prepare_model.py` is doing, read from its lines."""

    def __init__(self) -> None:
        self.doing = "loading PyTorch"

    def __call__(self, line: str) -> str:
        """Take one line of output in (or none) and say where things stand."""
        if line.startswith('{"doing"'):
            self.doing = json.loads(line)["doing"]
        return self.doing


def model_error(code: int, output: str, log: Path) -> CourseError:
    """What `prepare_model.py` said before it stopped, or what can be said when it was cut off."""
    for line in reversed(output.splitlines()):
        if line.startswith('{"problem"'):
            said = json.loads(line)
            return CourseError(said["problem"], said["remedy"])
    return CourseError(
        f"The preparation of the model was cut off (exit code {code}); a lack of memory does this.",
        f"Close other programs so that 2 GB are free and run the command again; the details are in {log}.",
    )
