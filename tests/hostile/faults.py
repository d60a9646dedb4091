"""Kills what grades a class, at random moments, and looks whether every mark is right, none lost and none doubled.

    python -m tests.hostile.faults --runs 100

Three things are killed with a signal that no process can catch: the warm process in the sandbox or a fork of it, the
process that runs the whole grading (it is started again, and must go on), and a worker of a dask cluster.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from course_lib.grading.service import grade
from course_lib.grading.store import ResultStore
from tests.hostile.faults_course import assignment, make_class, python_path, read_marks, submissions

LEARNERS = 12


def grade_here(root: Path, into: Path, scheduler: str = "") -> None:
    """Grade the class of a folder; one line for each result, as it comes."""
    with into.open("a") as stream:
        for result in grade(
            assignment(root),
            submissions(root),
            store=ResultStore(root / "store"),
            workers=2,
            scheduler=scheduler or None,
        ):
            stream.write(json.dumps([result.learner, result.points, result.graded_at]) + "\n")
            stream.flush()


def worker_killed(folder: Path, draw: random.Random) -> str:
    """Kill the warm process, a keeper or a submission while a class is graded; "" when all marks are right."""
    deserved, into = make_class(folder, LEARNERS), folder / "marks"
    over = threading.Event()
    hits: list[str] = []
    killer = threading.Thread(target=_kill_twice, args=(draw, over, hits), daemon=True)
    killer.start()
    try:
        grade_here(folder, into)
    finally:
        over.set()
        killer.join()
    return compared(deserved, into)


def _kill_twice(draw: random.Random, over: threading.Event, hits: list[str]) -> None:
    """Kill two of the processes of the sandbox, at random moments, the start included."""
    while not over.is_set() and len(descendants(os.getpid(), b"course_lib.grading.warm")) < 2:
        time.sleep(0.01)
    for _ in range(2):
        if over.wait(draw.random() * 1.5):
            return
        found = descendants(os.getpid(), b"course_lib.grading.warm")
        if found:
            pid = draw.choice(found)
            hits.append(str(pid))
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def descendants(parent: int, word: bytes) -> list[int]:
    """The processes below a process whose command line has a word."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, IndexError, ValueError):
            above = int(path.read_text().rpartition(")")[2].split()[1])
            children.setdefault(above, []).append(int(path.parent.name))
    found, left = [], list(children.get(parent, []))
    while left:
        pid = left.pop()
        left += children.get(pid, [])
        with suppress(OSError):
            if word in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
    return found


def supervisor_killed(folder: Path, draw: random.Random) -> str:
    """Kill the process that grades, start it again; nothing is lost, done twice, or left running."""
    deserved, first, second = make_class(folder, LEARNERS), folder / "first", folder / "second"
    process = start(folder, first)
    wait_for(lambda: bool(read_marks(first)) or process.poll() is not None, 120)
    time.sleep(draw.random() * 1.0)
    below = descendants(process.pid, b"course_lib.grading.warm")
    process.kill()
    process.wait()
    early = read_marks(first)
    stored = len(list((folder / "store").rglob("*.json")))
    again = start(folder, second)
    if again.wait(300) != 0:
        return "the second run failed"
    problem = compared(deserved, second)
    late = {learner: when for learner, _, when in read_marks(second)}
    if not problem and any(late[learner] != when for learner, _, when in early):
        problem = "a stored result was computed again"
    if not problem and stored < len(early):
        problem = f"{len(early)} results were handed on, and {stored} stored"
    if not problem and not wait_for(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in below), 10):
        problem = "processes of the killed run are still there"
    return problem


def start(folder: Path, into: Path, scheduler: str = "") -> subprocess.Popen[bytes]:
    """Grade in a process of its own."""
    command = [sys.executable, "-m", "tests.hostile.faults", "--grade", str(folder), "--into", str(into)]
    command += ["--scheduler", scheduler] if scheduler else []
    return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": python_path()})


def dask_worker_killed(folder: Path, draw: random.Random) -> str:
    """Kill one of two dask workers while a class is graded."""
    from distributed import LocalCluster

    os.environ["PYTHONPATH"] = python_path()
    deserved, into = make_class(folder, LEARNERS), folder / "marks"
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        pids = [worker.pid for worker in cluster.workers.values()]
        killer = threading.Timer(1.0 + draw.random() * 3.0, _kill, [draw.choice(pids)])
        killer.start()
        try:
            grade_here(folder, into, cluster.scheduler_address)
        finally:
            killer.cancel()
    return compared(deserved, into)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def compared(deserved: dict[str, float], into: Path) -> str:
    """What is wrong with the marks in a file; "" when nothing is."""
    found = read_marks(into)
    names = [learner for learner, _, _ in found]
    if len(set(names)) != len(names):
        return f"doubled: {sorted(name for name in names if names.count(name) > 1)}"
    if set(names) != set(deserved):
        return f"lost: {sorted(set(deserved) - set(names))}"
    wrong = [(learner, points, deserved[learner]) for learner, points, _ in found if points != deserved[learner]]
    return f"wrong marks: {wrong}" if wrong else ""


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether a condition came true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


SCENARIOS = {"worker": worker_killed, "supervisor": supervisor_killed, "dask worker": dask_worker_killed}


def run_scenario(name: str, seed: int) -> str:
    """One run of a scenario in a temporary folder; what was wrong, or ""."""
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        return SCENARIOS[name](Path(folder), random.Random(seed))


def main() -> None:
    """Run scenarios and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=list(SCENARIOS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--grade", type=Path)
    parser.add_argument("--into", type=Path)
    parser.add_argument("--scheduler", default="")
    chosen = parser.parse_args()
    if chosen.grade:
        grade_here(chosen.grade, chosen.into, chosen.scheduler)
        return
    print("| killed | runs | all marks right | problems |\n|---|---|---|---|")
    for name in [chosen.only] if chosen.only else SCENARIOS:
        problems = [run_scenario(name, chosen.seed + number) for number in range(chosen.runs)]
        wrong = sorted({problem for problem in problems if problem})
        print(f"| {name} | {len(problems)} | {sum(not p for p in problems)} | {'; '.join(wrong)} |", flush=True)


if __name__ == "__main__":
    main()
