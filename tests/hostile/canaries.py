"""What an instructor's machine holds that a submission must not reach: planted before grading, looked at afterwards.

Secrets stand in a solution, the gradebook, a classmate's notebook, the environment, a file in the home and a command
line; a process and a listener wait. Afterwards one asks what was seen of them, and what was left behind.
"""

from __future__ import annotations

import os
import secrets
import site
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.hostile.kit import Content, Handed, Link, Pipe
from tests.hostile.mini_course import FOLDER

KINDS = ("solution", "gradebook", "other", "environment", "home", "process")
VARIABLE = "HOSTILE_SECRET"


class Canaries:
    """Secrets and bait in a course folder.

    Args:
        root: the course.
        home: the instructor's home.
        loot: a folder, made by nobody, into which payloads try to write.
    """

    def __init__(self, root: Path, home: Path, loot: Path) -> None:
        self.root, self.home, self.loot = root, home, loot
        self.secrets = {kind: f"canary-{kind}-{secrets.token_hex(6)}" for kind in KINDS}
        self.heard: list[str] = []

    def __enter__(self) -> Canaries:
        self.home.mkdir(parents=True, exist_ok=True)
        (self.home / ".course_secret").write_text(self.secrets["home"])
        folder = self.root / "solutions" / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        right = "def weighted_mean(values, weights):\n    return sum(v * w for v, w in zip(values, weights)) / sum(weights)\n"
        (folder / "answers.py").write_text(f"# {self.secrets['solution']}\n{right}")
        self._gradebook()
        os.environ[VARIABLE] = self.secrets["environment"]
        self.process = subprocess.Popen(
            ["/bin/sh", "-c", f"sleep 3000; : {self.secrets['process']}"], start_new_session=True
        )
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        os.environ.pop(VARIABLE, None)
        self.listener.close()
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, 9)
        self.process.wait()

    def _gradebook(self) -> None:
        with sqlite3.connect(self.root / "gradebook.db") as book:
            if not book.execute("select 1 from sqlite_master where name = 'student'").fetchall():
                book.execute("create table student (id text, first_name text)")
                book.execute("insert into student values ('a_before', '')")
            book.execute("update student set first_name = ?", (self.secrets["gradebook"],))
        book.close()

    def _listen(self) -> None:
        while True:
            try:
                line, _ = self.listener.accept()
            except OSError:
                return
            line.settimeout(3)
            with suppress(OSError):
                self.heard.append(line.recv(100).decode(errors="replace") or "(nothing)")
            line.close()

    def places(self, **more: str) -> dict[str, str]:
        """For a `Kit`."""
        return {
            "ROOT": str(self.root), "HOME": str(self.home), "LOOT": str(self.loot), "PORT": str(self.port),
            "PID": str(self.process.pid), **more,
        }  # fmt: skip

    # --- afterwards ---

    def seen(self, texts: Iterable[str]) -> list[str]:
        """Which secrets stand in these texts, or in what was carried away."""
        whole = "\n".join([*texts, *(_read(path) for path in _files(self.loot))])
        return [kind for kind, secret in self.secrets.items() if secret in whole]

    def reached(self, case: str) -> list[str]:
        """What a case did outside: "network", "killed", "leftover", "planted", "disk"."""
        found = ["network"] if any(case in text for text in self.heard) else []
        found += ["killed"] if self.process.poll() is not None else []
        found += ["leftover"] if running(f"leftover-{case}") else []
        found += ["planted"] if self.planted(case) else []
        found += ["disk"] if any(path.stat().st_size > 2**20 for path in flood_files(self.loot, case)) else []
        return found

    def planted(self, case: str) -> list[Path]:
        """Files that hold the case's marker or bear its name, anywhere that an instructor's programs look."""
        marker = "plan" + f"ted-{case}"
        places = [self.root, self.home, self.loot, Path("/usr"), Path("/etc")]
        found = [path for place in places[:3] for path in _files(place) if marker in _read(path)]
        folders = {*map(Path, sys.path), *map(Path, site.getsitepackages()), Path(site.getusersitepackages()), *places}
        names = [f"left-{case}.txt", f"left-{case}", f"00-{case}.py"]
        found += [folder / name for folder in folders for name in names if (folder / name).is_file()]
        return sorted({path for path in found if path.exists()})


def flood_files(loot: Path, case: str) -> list[Path]:
    """Where a flood of the disk may have left its file."""
    folders = [loot, Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"), Path.cwd()]
    return [folder / f"flood-{case}" for folder in folders if (folder / f"flood-{case}").exists()]


def running(word: str) -> list[int]:
    """Processes with this word in their command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if word.encode() in path.read_bytes() and int(path.parent.name) != os.getpid():
                found.append(int(path.parent.name))
    return found


def end_leftovers(word: str) -> None:
    """End processes that a payload has left."""
    for pid in running(word):
        with suppress(OSError):
            os.kill(pid, 9)


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()] if folder.is_dir() else []


def _read(path: Path) -> str:
    try:
        return path.read_bytes()[: 40 * 2**20].decode(errors="replace")
    except OSError:
        return ""


def put(folder: Path, files: Mapping[str, Content]) -> None:
    """Write what a learner hands in."""
    import json

    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Link):
            path.symlink_to(content.target)
        elif isinstance(content, Pipe):
            os.mkfifo(path)
        else:
            path.write_bytes(content if isinstance(content, bytes) else json.dumps(content, indent=1).encode())


def hand_in(submitted: Path, learner: str, accomplice: str, handed: Handed) -> None:
    """Put what a case hands in under a folder of submissions."""
    put(submitted / learner / FOLDER, handed.files)
    if handed.accomplice is not None:
        put(submitted / accomplice / FOLDER, handed.accomplice)


def wait_until(condition: Any, seconds: float) -> bool:
    """Whether a condition came true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return bool(condition())
