"""`course bench NAME`: a door to the benchmarks; each is a module of its own, like a command.

A benchmark has what a command has: `HELP`, `add_arguments(parser)` and `run(arguments) -> int`. It is imported when it
is asked for.
"""

from __future__ import annotations

import argparse
from importlib import import_module

from course_lib.errors import CourseError
from course_lib.names import did_you_mean

HELP = "measure the course's own methods: `course bench audit` scores them, `attribution`, `grading` and `explorers` time them"

BENCHMARKS: dict[str, str] = {
    "audit": "course_lib.cli.bench_audit",
    "attribution": "course_lib.cli.bench_attribution",
    "grading": "course_lib.cli.bench_grading",
    "explorers": "course_lib.cli.bench_explorers",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `course bench [NAME [OPTIONS]]`."""
    parser.add_argument("benchmark", nargs="?", help=f"which one: {', '.join(BENCHMARKS)}")
    parser.add_argument("options", nargs=argparse.REMAINDER, help="its own options; NAME --help lists them")


def run(args: argparse.Namespace) -> int:
    """Run the benchmark that was named; without a name, list them."""
    if args.benchmark is None:
        from course_lib.cli import help_line

        print("\n".join(f"  course bench {name}  {help_line(module)}" for name, module in BENCHMARKS.items()))
        return 0
    module = import_module(find_benchmark(args.benchmark))
    parser = argparse.ArgumentParser(prog=f"course bench {args.benchmark}", description=module.HELP)
    module.add_arguments(parser)
    return int(module.run(parser.parse_args(args.options)))


def find_benchmark(name: str) -> str:
    """The module of the benchmark `name`.

    Raises:
        CourseError: there is none; the text names the nearest.
    """
    if name in BENCHMARKS:
        return BENCHMARKS[name]
    there = ", ".join(BENCHMARKS)
    raise CourseError(f"There is no benchmark {name!r}.", f"{did_you_mean(name, BENCHMARKS)}There are: {there}.")
