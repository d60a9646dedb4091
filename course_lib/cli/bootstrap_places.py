"""Where the environment is, and whether it is finished.

The course keeps its packages in one folder, `.venv`, beside `course_lib`: visible, deletable, used by nothing else. The
question each start has to answer in milliseconds is "is that folder finished, for the pins that are checked out now?".
The answer is a stamp, a small file in the folder that is written last and holds a hash of everything the set-up
depends on: both files that say what to install, the Python version and the folder's own address (a virtual environment
that was moved or copied still points at its old place). An interrupted set-up has no stamp, so it is taken up again.

Paths differ on Windows (`Scripts/python.exe`, `Lib/site-packages`), so the functions that know them take the system as
an argument and work on pure paths: every system can test every other.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path, PurePath
from typing import Any, TypeVar

WINDOWS = os.name == "nt"
AnyPath = TypeVar("AnyPath", bound=PurePath)
NAME = "ai-safety-hands-on"
STAMP_NAME = "course-setup.json"
LOG_NAME = "course-setup.log"
INPUTS = ("constraints.txt", "pyproject.toml")


def repository() -> Path:
    """The folder of the clone: the one that holds `course_lib`."""
    return Path(__file__).resolve().parents[2]


def environment_folder(root: AnyPath) -> AnyPath:
    """The course's own virtual environment."""
    return root / ".venv"


def python_in(environment: AnyPath, windows: bool) -> AnyPath:
    """The interpreter of a virtual environment.

    Example:
        >>> from pathlib import PureWindowsPath
        >>> str(python_in(PureWindowsPath("C:/course/.venv"), windows=True))
        'C:\\\\course\\\\.venv\\\\Scripts\\\\python.exe'
    """
    return environment / "Scripts" / "python.exe" if windows else environment / "bin" / "python"


def packages_in(environment: AnyPath, windows: bool, version: tuple[int, int]) -> AnyPath:
    """The folder into which pip installs for a Python of that version (major, minor)."""
    if windows:
        return environment / "Lib" / "site-packages"
    return environment / "lib" / "python{}.{}".format(*version) / "site-packages"


def cache_folder() -> Path:
    """The course's cache, as `course_lib.data.cache.cache_dir` says it, for a Python without platformdirs."""
    chosen = os.environ.get("COURSE_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    if WINDOWS:
        local = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
        return Path(local) / NAME / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / NAME
    return Path(os.environ.get("XDG_CACHE_HOME", "").strip() or Path.home() / ".cache") / NAME


def fingerprint(root: Path, environment: Path, version: tuple[int, int]) -> str:
    """A hash of everything that a finished set-up depends on."""
    digest = hashlib.sha256(repr((str(environment), version)).encode())
    for name in INPUTS:
        digest.update((root / name).read_bytes() + b"\0")
    return digest.hexdigest()


def read_stamp(environment: Path) -> dict[str, Any]:
    """What the stamp says; empty when there is none or when it cannot be read."""
    try:
        stamp = json.loads((environment / STAMP_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def write_stamp(environment: Path, **content: Any) -> None:
    """Write the stamp in one step: a reader sees the old one or the new one, never half of it."""
    target = environment / STAMP_NAME
    partial = target.with_suffix(".partial")
    partial.write_text(json.dumps(content, indent=1), encoding="utf-8")
    os.replace(partial, target)
