"""Let pip install the pinned packages, say how far it is, and say in one sentence why it stopped.

pip's last lines are written for people who know pip. A dead network, for example, ends in "No matching distribution
found for setuptools", which sends a learner looking for setuptools. So the whole output is read for the phrases that
name the cause, the most specific first, and the sentence says the cause. What matches nothing is not guessed at: the
last line that pip marked as an error is quoted, with the address of the whole log.

An interrupted pip leaves packages behind whose description is complete and whose files are not, and the next pip
believes the description. pip writes the file `INSTALLER` after a package's own files, so a description without it is
taken away before pip runs again, and that package is installed anew.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from course_lib.cli.bootstrap_pins import half_installed
from course_lib.cli.bootstrap_run import Progress, run_logged
from course_lib.errors import CourseError

AGAIN = "and run the same command again; it goes on from there."

# In the order in which they are asked: phrases that name a cause, the sentence, the next step.
CAUSES: list[tuple[str, str, str]] = [
    (
        r"No space left on device|Errno 28|not enough space on the disk|WinError 112",
        "The disk is full: the packages could not be written.",
        f"Free about 4 GB (pip also unpacks in the folder for temporary files), {AGAIN}",
    ),
    (
        r"Windows Long Path support|WinError 206|filename or extension is too long",
        "Windows cut a path off that was too long.",
        f"Move the project to a short folder such as C:\\course, or turn long paths on in Windows, {AGAIN}",
    ),
    (
        r"Permission denied|Errno 13|WinError 5\b|Access is denied",
        "A file in .venv may not be written to.",
        f"Close JupyterLab and other programs that use it, check who owns the folder, {AGAIN}",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|SSLCertVerificationError",
        "The package index answered with a certificate that this computer does not trust.",
        f"Check the clock; behind a company's proxy, tell pip its certificate (PIP_CERT), {AGAIN}",
    ),
    (
        r"ProxyError|Tunnel connection failed|407 Proxy",
        "The proxy refused the way to the package index.",
        f"Check the settings HTTP_PROXY and HTTPS_PROXY, {AGAIN}",
    ),
    (
        r"Failed to establish a new connection|NewConnectionError|Name or service not known|"
        r"Temporary failure in name resolution|nodename nor servname|getaddrinfo failed|Network is unreachable|"
        r"Connection refused|ConnectionResetError|Connection aborted|ConnectTimeoutError|Read timed out|"
        r"Failed to resolve|Max retries exceeded",
        "The package index cannot be reached: the network is down, or an address in pip's settings is wrong.",
        f"Connect to the network (`pip config list` shows pip's settings) {AGAIN}",
    ),
    (
        r"No matching distribution found for (?P<package>\S+)",
        "The package index has no {package} for this Python on this system.",
        "Use a Python from 3.11 to 3.13 on a 64-bit system, and check the index in `pip config list`.",
    ),
    (
        r"ResolutionImpossible",
        "pip found no way to install the pinned packages together on this Python.",
        "Run the command with another Python from 3.11 to 3.13; .venv/course-setup.log names the packages.",
    ),
]


def known_cause(output: str) -> CourseError | None:
    """The error for the first cause whose phrases are in `output`, if there is one."""
    for phrases, problem, remedy in CAUSES:
        match = re.search(phrases, output)
        if match:
            return CourseError(problem.format(**match.groupdict()), remedy)
    return None


def diagnose(output: str, log: Path) -> CourseError:
    """The error that says in one sentence why pip stopped.

    Args:
        output: everything pip wrote.
        log: where a person can read it.
    """
    errors = re.findall(r"^ERROR: (.+)$", output, flags=re.MULTILINE) or output.strip().splitlines() or ["no output"]
    unknown = CourseError(f"pip stopped: {errors[-1].strip()}", f"The whole story is in {log}.")
    return known_cause(output) or unknown


class PipProgress:
    """What pip is doing, read from its lines."""

    def __init__(self, expected: int, packages: Path) -> None:
        self.expected = expected
        self.packages = packages
        self.found: set[str] = set()
        self.current = "starting pip"
        self.installing = 0

    def __call__(self, line: str) -> str:
        """Take one line of output in (or none) and say where things stand."""
        collecting = re.match(r"(?:Collecting|Requirement already satisfied:) ([A-Za-z0-9._-]+)", line)
        if collecting:
            self.found.add(collecting.group(1).lower())
            self.current = f"package {len(self.found)} of about {self.expected}: {collecting.group(1)}"
        download = re.match(r"\s*Downloading \S+/(\S+?)-\S+ \((.+?)\)|\s*Downloading (\S+?)-\S+ \((.+?)\)", line)
        if download:
            name, size = (part for part in download.groups() if part)
            self.current = f"package {len(self.found)} of about {self.expected}: downloading {name}, {size}"
        if line.startswith("Installing collected packages:"):
            self.installing = self.count_installed() + line.count(",") + 1
        if self.installing:
            return f"installing: {self.count_installed()} of {self.installing} packages in place"
        return self.current

    def count_installed(self) -> int:
        """Packages that are in the folder by now."""
        return sum(1 for _ in self.packages.glob("*.dist-info"))


def remove_half_installed(packages: Path) -> list[str]:
    """Take away what an interrupted pip left: descriptions that were never finished. Returns their names."""
    leftovers = [*(packages / name for name in half_installed(packages)), *packages.glob("~*")]
    for entry in leftovers:
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    return [entry.name for entry in leftovers]


def pip_command(python: Path, torch_index: str | None) -> list[str]:
    """The command that installs the course and everything it needs, to be run in the folder of the clone."""
    command = [str(python), "-m", "pip", "install", "--no-input", "--progress-bar", "off"]
    command += ["--disable-pip-version-check", "-c", "constraints.txt", "-e", ".[dev]"]
    return command + (["--extra-index-url", torch_index] if torch_index else [])


def install(root: Path, python: Path, packages: Path, log: Path, expected: int, torch_index: str | None) -> None:
    """Install everything into the environment of `python`; a CourseError says why it did not work.

    Args:
        root: the folder of the clone.
        python: the environment's interpreter.
        packages: its folder of packages.
        log: file for pip's output.
        expected: about how many packages there will be, for the progress line.
        torch_index: an extra package index, or None.
    """
    remove_half_installed(packages)
    command: Sequence[str] = pip_command(python, torch_index)
    code, output = run_logged(command, log, PipProgress(expected, packages), Progress(), folder=root)
    if code != 0:
        raise diagnose(output, log)
