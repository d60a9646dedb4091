"""The whole test suite, as one command: what a contributor runs before a commit is what CI runs after it.

Every step is a program of its own, so that one that fails, or cannot even start, hides nothing about the others: all
of them run, and the exit code says whether all of them passed. The steps before pytest do not need each other, so they
run beside each other; what each of them says is printed when it is done, in the order of the list. pytest runs last and
its own summary line ends the output, where people and programs look for it.

Gate and pytest use one process for each core, and each of these processes computes with one thread. Two processes of
two threads on two cores would spend their time waiting for each other.

The pitfall of optional tools is a green run that tested little: tests that drive a browser, the sandbox or a hub
skip where Chromium, bubblewrap, JupyterHub or its proxy is missing. On a contributor's laptop that is fair. Where `CI`
is set such a skip is a failure.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

from course_lib.cli.bootstrap_places import repository
from course_lib.cli.table import as_text

HELP = "run every check of the project: style, types, lint, build, gate, tests"
NEVER_SKIPPED_IN_CI = ("chromium", "bubblewrap", "jupyterhub")
BYTES_A_WORKER = 4 * 2**30  # what a chapter's notebook may take
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "RAYON_NUM_THREADS"), "1"
)


@dataclass(frozen=True)
class Step:
    """One named part of the suite and the arguments that Python runs it with; `{workers}` stands for their number."""

    name: str
    arguments: tuple[str, ...]


STEPS = (
    Step("ruff-check", ("-m", "ruff", "check", ".")),
    Step("ruff-format", ("-m", "ruff", "format", "--check", ".")),
    Step("mypy", ("-m", "mypy")),
    Step("lint", ("-m", "course_lib", "lint")),
    Step("build", ("-m", "course_lib", "build", "--check")),
    Step("gate", ("-m", "course_lib", "gate", "--workers", "{workers}")),
    Step("pytest", ("-m", "pytest", "-rs")),
)
# The tests are dealt out by `tests/conftest.py`: long ones first, the tests of a file to one worker.
DEALT_OUT = ("-n", "{workers}", "--dist", "loadscope", "--no-loadscope-reorder")


@dataclass(frozen=True)
class Outcome:
    """How a step ended."""

    step: str
    passed: bool
    seconds: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--only STEP`, `--workers N`, and whatever pytest should be told after `--`."""
    names = [step.name for step in STEPS]
    parser.add_argument("--only", action="append", choices=names, metavar="STEP", help=f"run this step: {names}")
    parser.add_argument("--workers", type=int, metavar="N", help="processes of gate and pytest; one for each core")
    parser.add_argument("--json", action="store_true", help="print the closing table as JSON, on the last line")
    parser.add_argument("pytest_arguments", nargs="*", metavar="-- ...", help="arguments for pytest")


def run(arguments: argparse.Namespace) -> int:
    """Run the steps; 0 when all of them passed, 1 otherwise."""
    chosen = [step for step in STEPS if not arguments.only or step.name in arguments.only]
    workers = arguments.workers or free_workers()
    before = [step for step in chosen if step.name != "pytest"]
    outcomes = [run_step(step, workers) for step in before] if len(before) < 2 else run_beside(before, workers)
    if before:
        print("\n" + summary(outcomes), flush=True)
    outcomes += [run_pytest(step, workers, arguments.pytest_arguments) for step in chosen if step.name == "pytest"]
    if arguments.json:
        print(json.dumps([asdict(outcome) for outcome in outcomes]), flush=True)
    failed = [outcome.step for outcome in outcomes if not outcome.passed]
    if failed:
        print(f"Failed: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


def free_workers() -> int:
    """One worker for each core that this process may use, as long as there is memory for a notebook in each."""
    import psutil

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, int(psutil.virtual_memory().available // BYTES_A_WORKER)))


def run_step(step: Step, workers: int) -> Outcome:
    """Run one step in the folder of the clone, its output passing through."""
    print(f"\n== {step.name}", flush=True)
    return _timed(step, workers, None)


def run_beside(steps: Sequence[Step], workers: int) -> list[Outcome]:
    """Run steps beside each other: the gate, which is long, from the start, the others one after the other.

    Each is printed when it is done, behind those that stand before it in the list.
    """
    print(f"Beside each other: {', '.join(step.name for step in steps)}.", flush=True)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        logs = {step.name: Path(folder) / step.name for step in steps}

        def logged(step: Step) -> Outcome:
            with logs[step.name].open("wb") as stream:
                return _timed(step, workers, stream)

        begun = {s.name: pool.submit(logged, s) for s in sorted(steps, key=lambda step: step.name != "gate")}

        def ended() -> Iterator[Outcome]:
            for step in steps:
                outcome = begun[step.name].result()
                print(f"\n== {step.name}\n{logs[step.name].read_text(errors='replace').rstrip()}", flush=True)
                yield outcome

        return list(ended())


def _timed(step: Step, workers: int, stream: IO[bytes] | None) -> Outcome:
    """Run a step's program; `stream` takes what it says on both channels, None lets it pass through."""
    command = [sys.executable, *(word.replace("{workers}", str(workers)) for word in step.arguments)]
    environment = {**os.environ, **(ONE_THREAD if workers > 1 and "{workers}" in step.arguments else {})}
    start = time.monotonic()
    code = subprocess.run(
        command, cwd=repository(), env=environment, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream
    ).returncode
    return Outcome(step.name, code == 0, time.monotonic() - start)


def run_pytest(step: Step, workers: int, extra: list[str]) -> Outcome:
    """Run pytest; in CI a skip for want of one of `NEVER_SKIPPED_IN_CI` fails it."""
    dealt_out = DEALT_OUT if workers > 1 else ()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "junit.xml"
        words = (*step.arguments, f"--junitxml={report}", *dealt_out, *extra)
        outcome = run_step(Step(step.name, words), workers)
        unwanted = unwanted_skips(report) if os.environ.get("CI") else []
    for line in unwanted:
        print(f"Skipped, which CI does not allow: {line}", file=sys.stderr)
    return Outcome(outcome.step, outcome.passed and not unwanted, outcome.seconds)


def unwanted_skips(report: Path) -> list[str]:
    """The tests in a JUnit report that were skipped because a program is missing, with the reason."""
    if not report.exists():
        return []
    found = []
    for case in ElementTree.parse(report).iter("testcase"):
        for skip in case.iter("skipped"):
            reason = " ".join([skip.get("message") or "", skip.text or ""])
            if any(word in reason.lower() for word in NEVER_SKIPPED_IN_CI):
                found.append(f"{case.get('classname')}::{case.get('name')}: {skip.get('message')}")
    return found


def summary(outcomes: list[Outcome]) -> str:
    """The steps so far as a table."""
    rows = [
        {"step": outcome.step, "result": "passed" if outcome.passed else "FAILED", "seconds": round(outcome.seconds, 1)}
        for outcome in outcomes
    ]
    return as_text(rows)
