"""Kills what grades a class, at random moments, and looks whether every mark is right, none lost and none doubled.

    python -m tests.hostile.faults --runs 100

Three things are killed with a signal that no process can catch: the warm process in the sandbox or a fork of it, the
process that runs the whole grading (it is started again, and must go on), and a worker of a dask cluster.

Every run that has ended is a line in a file, so that a campaign can be ended at any moment, and the same command goes on
with the runs that are missing. Lines of another state of the library, or of these tests, do not count.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
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
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from course_lib.data.cache import cache_dir
from course_lib.grading.seal import PACKAGE
from course_lib.grading.service import grade
from course_lib.grading.store import ResultStore
from tests.hostile.faults_course import assignment, make_class, python_path, read_marks, submissions

LEARNERS = 8


@dataclass(frozen=True)
class Run:
    """One run of a scenario.

    Attributes:
        version: of library and tests.
        scenario: what was killed.
        seed: of the moments.
        problem: what was wrong with the marks, or "".
        hits: how many processes were killed while the class was graded; the others had ended before their moment.
        seconds: of the run.
    """

    version: str
    scenario: str
    seed: int
    problem: str
    hits: int
    seconds: float


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


def worker_killed(folder: Path, draw: random.Random, hits: list[int]) -> str:
    """Kill the warm process, a keeper or a submission while a class is graded; "" when all marks are right."""
    deserved, into = make_class(folder, LEARNERS), folder / "marks"
    over = threading.Event()
    killer = threading.Thread(target=_kill_twice, args=(draw, over, hits), daemon=True)
    killer.start()
    try:
        grade_here(folder, into)
    finally:
        over.set()
        killer.join()
    return compared(deserved, into)


def _kill_twice(draw: random.Random, over: threading.Event, hits: list[int]) -> None:
    """Kill two of the processes of the sandbox, at random moments, the start included."""
    while not over.is_set() and len(descendants(os.getpid(), b"course_lib.grading.warm")) < 2:
        time.sleep(0.01)
    for _ in range(2):
        if over.wait(draw.random() * 1.5):
            return
        found = descendants(os.getpid(), b"course_lib.grading.warm")
        if found:
            _kill(draw.choice(found), hits)


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


def supervisor_killed(folder: Path, draw: random.Random, hits: list[int]) -> str:
    """Kill the process that grades, start it again; nothing is lost, done twice, or left running."""
    deserved, first, second = make_class(folder, LEARNERS), folder / "first", folder / "second"
    process = start(folder, first)
    if draw.random() < 0.8:  # else in the first second, while it starts
        wait_for(lambda: bool(read_marks(first)) or process.poll() is not None, 120)
    wait_for(lambda: process.poll() is not None, draw.random() * 1.5)
    below = descendants(process.pid, b"course_lib.grading.warm")
    if process.poll() is None:
        _kill(process.pid, hits)
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


@cache
def dask_cluster() -> Any:
    """Two worker processes, started once for all runs; a worker that was killed is started again by its nanny."""
    import dask
    from distributed import LocalCluster

    # A nanny writes these variables into the process that it runs in, and every later test would inherit them.
    dask.config.set({"distributed.nanny.pre-spawn-environ": {}})
    os.environ["PYTHONPATH"] = python_path()
    return LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=logging.CRITICAL
    )


def dask_worker_killed(folder: Path, draw: random.Random, hits: list[int]) -> str:
    """Kill one of two dask workers while a class is graded."""
    cluster = dask_cluster()
    deserved, into = make_class(folder, LEARNERS), folder / "marks"

    def both() -> list[int]:
        return [pid for worker in cluster.workers.values() if (pid := worker.pid) and os.path.exists(f"/proc/{pid}")]

    if not wait_for(lambda: len(both()) == 2, 60):
        return "a killed dask worker was not started again"
    killer = threading.Timer(draw.random() * 3.0, _kill, [draw.choice(both()), hits])
    killer.start()
    try:
        grade_here(folder, into, cluster.scheduler_address)
    finally:
        killer.cancel()
        killer.join()
    return compared(deserved, into)


def _kill(pid: int, hits: list[int]) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
        hits.append(pid)


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


def run_scenario(name: str, seed: int) -> Run:
    """One run of a scenario in a temporary folder."""
    begin, hits = time.monotonic(), list[int]()
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        problem = SCENARIOS[name](Path(folder), random.Random(seed), hits)
    return Run(version(), name, seed, problem, len(hits), round(time.monotonic() - begin, 1))


@cache
def version() -> str:
    """A hash of the library's checks and grading, and of these tests."""
    folders = [PACKAGE / "grading", PACKAGE / "checks", Path(__file__).parent]
    texts = [path.read_bytes() for folder in folders for path in sorted(folder.glob("*.py"))]
    return hashlib.sha256(b"".join(texts)).hexdigest()[:16]


def ended_runs(record: Path) -> list[Run]:
    """The runs in a file that count; a line that was cut off by a kill does not."""
    found = []
    for line in record.read_text().splitlines() if record.exists() else []:
        with suppress(ValueError, TypeError):
            found.append(Run(**json.loads(line)))
    return [run for run in found if run.version == version()]


def campaign(names: list[str], seeds: range, record: Path) -> list[Run]:
    """All runs of these scenarios and seeds; those that are missing in the file are done now, the scenarios in turn."""
    record.parent.mkdir(parents=True, exist_ok=True)
    known = {(run.scenario, run.seed): run for run in ended_runs(record)}
    wanted = [(name, seed) for seed in seeds for name in names]
    left = [one for one in wanted if one not in known]
    print(f"{len(wanted) - len(left)} of {len(wanted)} runs are in {record}.", file=sys.stderr, flush=True)
    begin = time.monotonic()
    for number, one in enumerate(left, start=1):
        run = known[one] = run_scenario(*one)
        with record.open("a") as stream:
            stream.write(json.dumps(asdict(run)) + "\n")
        rest = (time.monotonic() - begin) / number * (len(left) - number)
        said = run.problem or "all marks right"
        line = f"{run.scenario}, seed {run.seed}: {said}; {run.hits} killed, {run.seconds} s; about {rest / 60:.0f} min left"
        print(line, file=sys.stderr, flush=True)
    return [known[one] for one in wanted]


def row(name: str, runs: list[Run]) -> str:
    """A scenario's row of the table."""
    mine = [run for run in runs if run.scenario == name]
    wrong = sorted({f"{run.problem} (seed {run.seed})" for run in mine if run.problem})
    right, hits = sum(not run.problem for run in mine), sum(run.hits for run in mine)
    return f"| {name} | {len(mine)} | {hits} | {right} | {'; '.join(wrong)} |"


def main() -> None:
    """Run scenarios and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=3, help="of each scenario")
    parser.add_argument("--only", choices=list(SCENARIOS))
    parser.add_argument("--seed", type=int, default=0, help="of the first run")
    parser.add_argument("--record", type=Path, default=cache_dir() / "faults.jsonl", help="the file of ended runs")
    parser.add_argument("--fresh", action="store_true", help="forget the file")
    parser.add_argument("--grade", type=Path)
    parser.add_argument("--into", type=Path)
    parser.add_argument("--scheduler", default="")
    chosen = parser.parse_args()
    if chosen.grade:
        grade_here(chosen.grade, chosen.into, chosen.scheduler)
        return
    if chosen.fresh:
        chosen.record.unlink(missing_ok=True)
    names = [chosen.only] if chosen.only else list(SCENARIOS)
    runs = campaign(names, range(chosen.seed, chosen.seed + chosen.runs), chosen.record)
    print("| killed | runs | processes killed | runs with all marks right | problems |\n|---|---|---|---|---|")
    print("\n".join(row(name, runs) for name in names))
    sys.exit(any(run.problem for run in runs))


if __name__ == "__main__":
    main()
