"""The whole test suite, as one command: what a contributor runs before a commit is what CI runs after it.

Every step is a program of its own, so that one that fails, or cannot even start, hides nothing about the others: all
of them run, and the exit code says whether all of them passed. pytest runs last and its own summary line ends the
output, where people and programs look for it.

The pitfall of optional tools is a green run that tested little: tests that drive a browser or the sandbox skip where
Chromium or bubblewrap is missing. On a contributor's laptop that is fair. Where `CI` is set such a skip is a failure.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from xml.etree import ElementTree

from course_lib.cli.bootstrap_places import repository
from course_lib.cli.table import as_text

HELP = "run every check of the project: style, types, lint, build, gate, tests"
NEVER_SKIPPED_IN_CI = ("chromium", "bubblewrap")


@dataclass(frozen=True)
class Step:
    """One named part of the suite and the arguments that Python runs it with."""

    name: str
    arguments: tuple[str, ...]


STEPS = (
    Step("ruff-check", ("-m", "ruff", "check", ".")),
    Step("ruff-format", ("-m", "ruff", "format", "--check", ".")),
    Step("mypy", ("-m", "mypy")),
    Step("lint", ("-m", "course_lib", "lint")),
    Step("build", ("-m", "course_lib", "build", "--check")),
    Step("gate", ("-m", "course_lib", "gate")),
    Step("pytest", ("-m", "pytest", "-rs")),
)


@dataclass(frozen=True)
class Outcome:
    """How a step ended."""

    step: str
    passed: bool
    seconds: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--only STEP`, and whatever pytest should be told after `--`."""
    names = [step.name for step in STEPS]
    parser.add_argument("--only", action="append", choices=names, metavar="STEP", help=f"run this step: {names}")
    parser.add_argument("--json", action="store_true", help="print the closing table as JSON, on the last line")
    parser.add_argument("pytest_arguments", nargs="*", metavar="-- ...", help="arguments for pytest")


def run(arguments: argparse.Namespace) -> int:
    """Run the steps; 0 when all of them passed, 1 otherwise."""
    chosen = [step for step in STEPS if not arguments.only or step.name in arguments.only]
    outcomes: list[Outcome] = []
    for step in chosen:
        if step.name == "pytest":
            if outcomes:
                print("\n" + summary(outcomes), flush=True)
            outcomes.append(run_pytest(step, arguments.pytest_arguments))
        else:
            outcomes.append(run_step(step, step.arguments))
    if chosen[-1].name != "pytest":
        print("\n" + summary(outcomes), flush=True)
    if arguments.json:
        print(json.dumps([asdict(outcome) for outcome in outcomes]), flush=True)
    failed = [outcome.step for outcome in outcomes if not outcome.passed]
    if failed:
        print(f"Failed: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


def run_step(step: Step, arguments: tuple[str, ...]) -> Outcome:
    """Run one step in the folder of the clone, its output passing through."""
    print(f"\n== {step.name}", flush=True)
    start = time.monotonic()
    code = subprocess.run([sys.executable, *arguments], cwd=repository(), stdin=subprocess.DEVNULL).returncode
    return Outcome(step.name, code == 0, time.monotonic() - start)


def run_pytest(step: Step, extra: list[str]) -> Outcome:
    """Run pytest; in CI a skip for want of Chromium or bubblewrap fails it."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "junit.xml"
        outcome = run_step(step, (*step.arguments, f"--junitxml={report}", *extra))
        unwanted = unwanted_skips(report) if os.environ.get("CI") else []
    for line in unwanted:
        print(f"Skipped, which CI does not allow: {line}", file=sys.stderr)
    return Outcome(outcome.step, outcome.passed and not unwanted, outcome.seconds)


def unwanted_skips(report: Path) -> list[str]:
    """The tests in a JUnit report that were skipped because Chromium or bubblewrap is missing, with the reason."""
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
