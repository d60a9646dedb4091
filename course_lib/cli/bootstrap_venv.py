"""Step 3 of the set-up: a virtual environment that starts and has pip, made anew where there is none.

Making one can be interrupted in two places. Before the interpreter is linked, `.venv` is a folder in which nothing
starts; after that and before pip is unpacked, Python starts and cannot install anything. Both look like a `.venv`, so
it is asked for what it should be able to do. A folder that was moved or copied still points at its old place, and one
whose Python was upgraded away no longer starts. All of these are replaced: everything in them can be made again.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from course_lib.cli.bootstrap_needs import OLDEST, check_venv_modules
from course_lib.cli.bootstrap_pip import known_cause
from course_lib.cli.bootstrap_places import WINDOWS, python_in, read_stamp
from course_lib.cli.bootstrap_run import say
from course_lib.errors import CourseError


def version_of(environment: Path) -> tuple[int, int] | None:
    """(major, minor) of an environment's Python; None when it does not start."""
    if Path(sys.prefix).resolve() == environment.resolve():
        return sys.version_info[:2]
    code = "import sys; print(*sys.version_info[:2])"
    command = [str(python_in(environment, WINDOWS)), "-I", "-S", "-c", code]
    try:
        major, minor = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    except (OSError, subprocess.CalledProcessError, ValueError):
        return None
    return int(major), int(minor)


def has_pip(environment: Path) -> bool:
    """Whether pip starts in `environment`."""
    command = [str(python_in(environment, WINDOWS)), "-m", "pip", "--version"]
    return subprocess.run(command, capture_output=True).returncode == 0


def make_environment(environment: Path) -> tuple[int, int]:
    """Create `environment`, or replace one that cannot be used. Returns its Python's (major, minor)."""
    version = version_of(environment)
    moved = read_stamp(environment).get("folder", str(environment)) != str(environment)
    if version is not None and version >= OLDEST and not moved and has_pip(environment):
        say(f"[3/5] {environment} is there")
        return version
    check_venv_modules()
    say(f"[3/5] {'Replacing the unfinished or moved' if environment.exists() else 'Making'} {environment}")
    command = [sys.executable, "-m", "venv", "--clear", str(environment)]
    result = subprocess.run(command, capture_output=True, text=True)
    version = version_of(environment)
    if result.returncode == 0 and version is not None:
        return version
    output = (result.stdout + result.stderr).strip() or "it gave no reason"
    raise known_cause(output) or CourseError(
        f"Python could not make the folder {environment}: {output.splitlines()[-1]}.",
        "Delete that folder and run the same command again.",
    )
