"""How much a submission may use, and who says so.

Three layers, because each lets something through that another one stops. *rlimits* bind each process by itself: memory,
CPU seconds, size of a file. The *wall clock* binds a program that sleeps. *Control groups*, where this user may make
them, bind all processes of a submission together; without them a number of processes is an rlimit too, which Linux does
not apply to root.
"""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

SCRATCH = ("/tmp", "/home/learner", "/dev/shm")
"""Where a submission may write; empty at its start, gone at its end."""


@dataclass(frozen=True)
class Limits:
    """Of one submission.

    Attributes:
        step_seconds: wall time of one cell, or of one case of an exercise.
        total_seconds: wall time of everything, repeats included.
        cpu_seconds: of one process.
        memory: bytes beyond what the warm process has already; of one process, and of all together where possible.
        processes: at one time.
        file: bytes of one file.
        scratch: bytes of all files, which lie in memory.
        answers: bytes of everything that is sent back.
        output: characters of what one cell or case prints that are kept.
    """

    step_seconds: float = 120.0
    total_seconds: float = 900.0
    cpu_seconds: int = 600
    memory: int = 3 * 2**30
    processes: int = 64
    file: int = 64 * 2**20
    scratch: int = 256 * 2**20
    answers: int = 64 * 2**20
    output: int = 4000

    def plain(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


class Group:
    """A control group for the processes of one submission; does nothing where this user may not make one.

    Attributes:
        folders: the group's folders, one for each hierarchy.
    """

    def __init__(self, name: str, limits: Limits) -> None:
        self.folders: list[Path] = []
        self.limits = limits
        for parent, files in _hierarchies(limits):
            folder = parent / f"course-{os.getpid()}-{name}"
            with suppress(OSError):
                folder.mkdir()
                self.folders.append(folder)
                for file, value in files.items():
                    (folder / file).write_text(str(value))

    def add(self, pid: int) -> None:
        """Put a process, and all that it will start, into the group."""
        for folder in self.folders:
            with suppress(OSError):
                (folder / "cgroup.procs").write_text(str(pid))

    def remove(self) -> None:
        """Take the group away; its processes have ended."""
        for folder in self.folders:
            for _ in range(50):
                try:
                    folder.rmdir()
                    break
                except OSError:
                    time.sleep(0.01)


def _hierarchies(limits: Limits) -> list[tuple[Path, dict[str, int]]]:
    """Where groups can be made, and what is written there: version 2, or the two hierarchies of version 1."""
    if os.geteuid() != 0:
        return []
    memory = limits.memory + limits.scratch
    places = _own_groups()
    if "" in places and "pids" in _text(places[""] / "cgroup.controllers").split():
        return [(places[""], {"pids.max": limits.processes, "memory.max": memory})]
    first = [(places["pids"], {"pids.max": limits.processes})] if "pids" in places else []
    return first + ([(places["memory"], {"memory.limit_in_bytes": memory})] if "memory" in places else [])


def _own_groups() -> dict[str, Path]:
    """The folder of this process's own group by controller; "" is version 2."""
    found = {}
    for line in _text(Path("/proc/self/cgroup")).splitlines():
        _, controllers, path = line.split(":", 2)
        for name in controllers.split(","):
            base = Path("/sys/fs/cgroup") / name if name else Path("/sys/fs/cgroup")
            if not name and not (base / "cgroup.controllers").exists():
                base = base / "unified"
            folder = base / path.strip("/")
            if folder.is_dir():
                found[name] = folder
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def sandbox_program() -> str | None:
    """Where bubblewrap is; None where it is not installed."""
    return shutil.which("bwrap")
