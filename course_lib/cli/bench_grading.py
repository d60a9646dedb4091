"""`course bench grading`: a generated class, graded here and by plain nbgrader, side by side."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from course_lib.errors import CourseError

if TYPE_CHECKING:
    from course_lib.benchmarks.grading import ClassRun

HELP = "how many submissions a minute are graded, beside plain nbgrader, and are the marks right?"
MACHINES, LARGE = 32, 10_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the benchmark."""
    parser.add_argument("chapter", nargs="?", default="08", help="whose class is graded; default: 08")
    parser.add_argument("--size", type=int, default=200, help="learners in the class; default: 200")
    parser.add_argument("--workers", type=int, help="submissions at a time; default: the number of cores")
    parser.add_argument("--sample", type=int, default=2, help="of these nbgrader grades; 0 leaves it out; default: 2")
    parser.add_argument("--scaling", type=int, default=24, metavar="N", help="learners for 1 worker against several")
    parser.add_argument("--dask", action="store_true", help="also a local dask cluster of two worker processes")
    parser.add_argument("--json", action="store_true", dest="as_json", help="print JSON in place of tables")


def run(args: argparse.Namespace) -> int:
    """Grade, compare, print; 1 when a mark is wrong."""
    from course_lib.cli.table import print_table

    if args.size < 1 or args.sample < 0:
        raise CourseError("--size and --sample have to be positive.", "A class has 1 learner or more.")
    runs, wrong = compute(args)
    rows = [row(one, runs) for one in runs]
    if args.as_json:
        print(json.dumps({"runs": rows, "wrong": wrong}, ensure_ascii=False))
        return 1 if wrong else 0
    print_table(rows, as_json=False, title=f"A class of {args.size} for chapter {args.chapter}")
    print()
    print("\n".join(sentences(runs, wrong)))
    return 1 if wrong else 0


def compute(args: argparse.Namespace) -> tuple[list[ClassRun], list[str]]:
    """All runs, and every mark that is wrong."""
    from course_lib.authoring.chapters import find_chapters
    from course_lib.authoring.registry import course_registry
    from course_lib.authoring.source import solution_notebook
    from course_lib.benchmarks.generated_class import generated_class
    from course_lib.benchmarks.grading import run_here, run_nbgrader, wrong_marks
    from course_lib.grading.assignment import assignment_of

    (chapter,) = find_chapters(None, [args.chapter])
    assignment = assignment_of(chapter, 2026)
    solution = solution_notebook(chapter, course_registry())
    handed = generated_class(assignment, solution, args.size)
    cores = args.workers or os.cpu_count() or 1
    runs = [run_here(assignment, handed, workers=cores, name=f"here, {cores} at a time", progress=show)]
    wrong = wrong_marks(handed, runs[0].results)
    readable = [one for one in handed if one.points is not None]
    if args.scaling:
        part = readable[: args.scaling]
        for workers in sorted({1, cores}):
            runs.append(run_here(assignment, part, workers=workers, name=f"part, {workers} at a time", progress=show))
        if args.dask:
            runs.append(run_dask(assignment, part))
    if args.sample:
        runs.append(run_nbgrader(assignment, solution, [one for one in readable if one.kind == "right"][: args.sample]))
    return runs, wrong


def run_dask(assignment: Any, handed: Any) -> ClassRun:
    """The same part of the class on two worker processes of a local cluster."""
    from course_lib.benchmarks.grading import run_here

    try:
        from distributed import LocalCluster
    except ImportError:
        raise CourseError("--dask needs dask.", "Install the extra `cluster`.") from None
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        return run_here(
            assignment, handed, scheduler=cluster.scheduler_address, name="part, dask, 2 processes", progress=show
        )


def row(one: ClassRun, runs: list[ClassRun]) -> dict[str, Any]:
    """One row of the table."""
    plain = next((other for other in runs if other.name == "plain nbgrader"), None)
    largest, total = (f"{size / 1e6:.0f}" if size else "" for size in one.memory)
    return {
        "way": one.name, "submissions": one.submissions, "seconds": round(one.seconds, 1), "start s": round(one.start, 1),
        "a minute": round(one.per_minute, 2), "after start": round(one.per_minute_later, 2) if one.start else "",
        "x nbgrader": round(one.per_minute / plain.per_minute, 1) if plain else "",
        "own cells s": round(one.own, 2) if one.results else "", "overhead s": round(one.overhead, 3) if one.results else "",
        "overhead CPU s": round(one.overhead_cpu, 3) if one.results else "",
        "MB one": largest, "MB all": total,
    }  # fmt: skip


def sentences(runs: list[ClassRun], wrong: list[str]) -> list[str]:
    """What the table means."""
    here = runs[0]
    found = [f"Marks and mistakes that are not as they should be: {len(wrong)} of {here.submissions}."]
    found += [f"  {text}" for text in wrong[:10]]
    cores = os.cpu_count() or 1
    hours = LARGE / (here.per_minute * MACHINES) / 60
    found.append(
        f"{LARGE:,} submissions on {MACHINES} machines like this one ({cores} cores each): about {hours:.1f} h, if the mixture "
        "is the same, files arrive without delay, and no machine waits for another; the start is paid once on each."
    )
    found.append("x nbgrader: nbgrader's sample are right answers; it runs the whole notebook, whatever was answered.")
    found.append(
        "Overhead: median of what a submission cost beyond its own cells and cases. MB: proportional set size."
    )
    return found


_shown = [0.0]


def show(done: int, total: int, left: float | None) -> None:
    """Progress on stderr, at most once a second."""
    if time.monotonic() - _shown[0] > 1 or done == total:
        _shown[0] = time.monotonic()
        end = "\n" if done == total or not sys.stderr.isatty() else "\r"
        rest = "" if left is None else f", about {left:.0f} s left"
        print(f"{done} of {total}{rest}", end=end, file=sys.stderr, flush=True)
