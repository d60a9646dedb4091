"""`course gate`: the three-way gate over every exercise, as a table.

Exercises do not depend on each other. With `--workers N` they go to N processes, each with one thread: a process has its
own copy of the model, and two that compute with two threads each would only wait for each other.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import Any

HELP = "put the checks themselves to the test: stubs fail, right answers pass, wrong ones get their own message"
THREADS = "OMP_NUM_THREADS"  # how many of them PyTorch starts; read when it is imported


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("chapter", nargs="*", type=int, help="chapter numbers; all chapters when none is given")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes, each with its own model; 1")
    parser.add_argument("--json", action="store_true", help="print JSON in place of a table")


def run(args: argparse.Namespace) -> int:
    """Run the gate; 0 when every exercise passes."""
    from course_lib.checks.registry import chapters, exercises
    from course_lib.cli.table import print_table

    wanted = [(chapter, item.id) for chapter in args.chapter or chapters() for item in exercises(chapter)]
    rows = list(_gated(wanted, args.workers))
    print_table([_cells(row) for row in rows], as_json=args.json, title="The three-way gate")
    return 0 if rows and all(row.passed for row in rows) else 1


def _gated(wanted: list[tuple[int, str]], workers: int) -> Iterable[Any]:
    """A row for each exercise, in the order in which they are wanted."""
    if workers < 2 or len(wanted) < 2:
        return map(gate_one, *zip(*wanted, strict=True)) if wanted else ()
    return _gated_beside_each_other(wanted, min(workers, len(wanted)))


def _gated_beside_each_other(wanted: list[tuple[int, str]], workers: int) -> Iterator[Any]:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # "spawn" everywhere: a fork of a process in which PyTorch already has threads can wait for ever
    with _one_thread_each(), ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        # long ones begin first, so that none is left over for one worker at the end
        begun = {pair: pool.submit(gate_one, *pair) for pair in sorted(wanted, key=_cases_on_real_models, reverse=True)}
        for pair in wanted:
            yield begun[pair].result()


def _cases_on_real_models(pair: tuple[int, str]) -> int:
    """How many of an exercise's visible cases run on a model that is not a tiny random one: what makes it long."""
    from course_lib.checks.exercise import ModelHandle
    from course_lib.checks.registry import exercise

    arguments = (argument for case in exercise(pair[1]).visible for argument in case.arguments)
    return sum(isinstance(found, ModelHandle) and not found.name.startswith("tiny:") for found in arguments)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    before = os.environ.get(THREADS)
    os.environ[THREADS] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[THREADS]
        else:
            os.environ[THREADS] = before


def gate_one(chapter: int, exercise_id: str) -> Any:
    """The row of one exercise, its functions taken from the chapter's two notebooks."""
    from course_lib.checks.gate import gate
    from course_lib.checks.registry import exercise

    stubs, references = _answers(chapter, "chapters"), _answers(chapter, "solutions")
    row = gate(exercise(exercise_id), stub=stubs.get(exercise_id), reference=references.get(exercise_id))
    places = (("chapters", stubs), ("solutions", references))
    missing = [f"no answer cell in {place}" for place, found in places if exercise_id not in found]
    return replace(row, problems=(*row.problems, *missing))


@cache
def _answers(chapter: int, kind: Any) -> dict[str, Any]:
    from course_lib.authoring.answers import answer_functions

    return answer_functions(chapter, kind)


def _cells(row: Any) -> dict[str, Any]:
    return {
        "exercise": f"{row.exercise} {row.title}",
        "stub fails": "yes" if row.stub_fails else "NO",
        "reference": "passes" if row.reference_passes else "FAILS",
        "alternatives accepted": f"{row.alternatives_accepted} of {row.alternatives}",
        "wrong rejected": f"{row.mistakes_rejected} of {row.mistakes}",
        "messages matched": f"{row.messages_matched} of {row.mistakes}",
        "problems": "; ".join(row.problems) or "none",
    }
