"""Measurements kept on disk, so that a benchmark can be stopped at any time and goes on where it was.

A measurement is kept under a hash of everything that decides it: machine, threads, model, code, packages, comparison,
way, length, sizes, number of the run. The file has one line for each; a line that a stop cut short is not read and does
no harm to the next.

The pitfall is a time from another day. Code that has become faster must not be judged by what it took last week, so the
hash covers the source of the library's methods; and a measurement on a busy machine is a measurement too, so there is
`--fresh`.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from course_lib.data.cache import disk_problem

if TYPE_CHECKING:
    from course_lib.models import LocalModel

MEASURED = ("attribution", "benchmarks", "models", "patching", "probing")


class RecordStore:
    """Measurements by their key, in memory and in one file.

    Args:
        path: of the file, which need not be there yet.

    Raises:
        CourseError: when something cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known = _read(path)

    def get(self, key: str) -> dict[str, Any] | None:
        """What was measured under that key, None where nothing was."""
        return self._known.get(key)

    def put(self, key: str, record: dict[str, Any]) -> None:
        """Keep a measurement, here and in the file, at once."""
        self._known[key] = record
        line = json.dumps({"key": key, "record": record})
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(f"\n{line}\n")  # the first line break ends a line that was cut short
        except OSError as error:
            raise disk_problem(error, self.path) from error

    def forget(self) -> None:
        """Leave what was measured before out of account; new measurements still go into the file and take its place."""
        self._known = {}


def _read(path: Path) -> dict[str, dict[str, Any]]:
    """All whole lines of a file, the last one of each key; none when it is not there."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise disk_problem(error, path) from error
    found = {}
    for line in lines:
        try:
            row = json.loads(line)
            found[str(row["key"])] = dict(row["record"])
        except (ValueError, KeyError, TypeError):
            continue
    return found


def key_of(*parts: Any) -> str:
    """The name of a measurement: the same for the same parts, another one for any other.

    Example:
        >>> key_of("a", 1) == key_of("a", 1), key_of("a", 1) == key_of("a", 2)
        (True, False)
    """
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()[:32]


def circumstances(model: LocalModel) -> list[str]:
    """Everything that decides a time or a number beside the question itself."""
    weights: Any = model.model.get_input_embeddings().weight
    first = [f"{value:.6g}" for value in weights[0, :8].float().tolist()]
    packages = [f"{name} {_version(name)}" for name in ("torch", "transformers", "captum", "inseq")]
    return [machine(model.device), str(torch.get_num_threads()), repr(model), *first, *packages, code_hash()]


def machine(device: torch.device) -> str:
    """The processor, or the accelerator, in words."""
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    return f"{_processor()}, {os.cpu_count()} cores"


@cache
def _processor() -> str:
    """The processor's name where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


@cache
def code_hash() -> str:
    """A hash of the source of everything that is measured, and of what measures it."""
    root, digest = Path(__file__).parents[1], hashlib.sha256()
    files = [file for room in MEASURED for file in (root / room).rglob("*.py")]
    for file in sorted([*files, root / "batches.py"]):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _version(package: str) -> str:
    """The installed version, "none" where there is none."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"
