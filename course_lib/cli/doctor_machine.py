"""The doctor's questions about the machine: Python, disk, memory, permissions, and the two programs that are optional.

Thresholds: a set-up that is complete writes little any more, so half a gigabyte of disk is enough from then on; a
chapter on the default model peaks below 2 GB of memory (float32 weights 0.54 GB, PyTorch itself, activations, figures).
Chromium and bubblewrap are for people who work on the course or grade: a learner without them lacks nothing.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from course_lib.cli.bootstrap_needs import GIGABYTE, OLDEST, nearest_existing
from course_lib.cli.bootstrap_places import repository
from course_lib.cli.doctor import Finding

NEEDED_DISK = GIGABYTE // 2
NEEDED_MEMORY = 2 * GIGABYTE
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def check_python_version(version: Sequence[int] = sys.version_info[:3]) -> Finding:
    """Python is new enough."""
    found = ".".join(str(part) for part in version[:3])
    if tuple(version[:2]) < OLDEST:
        return Finding("Python", "FAIL", f"{found} is too old.", "Install Python 3.11 or newer.")
    return Finding("Python", "OK", f"{found} at {sys.executable}")


def working_folders() -> list[Path]:
    """The folders that the course writes to: the clone, and its folder in the user's cache."""
    from course_lib.models.load import cache_dir

    return [repository(), cache_dir()]


def check_disk_space() -> Finding:
    """Some room is left where the course writes."""
    for folder in working_folders():
        free = shutil.disk_usage(nearest_existing(folder)).free
        if free < NEEDED_DISK:
            message = f"{free / GIGABYTE:.1f} GB are free for {folder}."
            return Finding("disk", "FAIL", message, f"Free some space: {NEEDED_DISK / GIGABYTE} GB are needed.")
    return Finding("disk", "OK", f"{free / GIGABYTE:.0f} GB are free")


def check_memory() -> Finding:
    """Enough memory is available at this moment."""
    import psutil

    available = psutil.virtual_memory().available
    if available < NEEDED_MEMORY:
        message = f"{available / GIGABYTE:.1f} GB are available, a chapter can need {NEEDED_MEMORY / GIGABYTE:.0f} GB."
        return Finding("memory", "FAIL", message, "Close other programs and notebooks that you do not need.")
    return Finding("memory", "OK", f"{available / GIGABYTE:.0f} GB are available")


def check_write_permission() -> Finding:
    """Notebooks can be saved and the model can be kept."""
    for folder in working_folders():
        try:
            with tempfile.TemporaryFile(dir=nearest_existing(folder)):
                pass
        except OSError as error:
            message = f"{folder} cannot be written to ({error.strerror})."
            return Finding("folders", "FAIL", message, "Change its owner, or move the project to a folder of your own.")
    return Finding("folders", "OK", "the project and the model's cache can be written to")


def check_chromium() -> Finding:
    """A browser that tests can drive is there."""
    found = next((name for name in CHROMIUM_NAMES if shutil.which(name)), None)
    if found is None:
        return Finding("Chromium", "INFO", "not here; only the tests that drive JupyterLab in a browser need it")
    return Finding("Chromium", "INFO", f"{shutil.which(found)}, for the tests that drive JupyterLab in a browser")


def check_bubblewrap() -> Finding:
    """The sandbox that grading runs submissions in is there and may be used."""
    purpose = "grading runs submissions inside it (Linux); learners do not need it"
    program = shutil.which("bwrap")
    if program is None:
        return Finding("bubblewrap", "INFO", f"not here; {purpose}")
    command = [program, "--ro-bind", "/", "/", "--unshare-all", "true"]
    result = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if result.returncode != 0:
        said = (result.stderr.strip().splitlines() or ["no message"])[-1]
        return Finding("bubblewrap", "INFO", f"{program} does not start here ({said}); {purpose}")
    return Finding("bubblewrap", "INFO", f"{program} works; {purpose}")
