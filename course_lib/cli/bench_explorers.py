"""`course bench explorers`: how long the explorers take to answer a hand."""

from __future__ import annotations

import argparse
from functools import partial

from course_lib.cli.progress import report

HELP = "how long does each explorer take to answer a hand, the first time and again?"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the benchmark."""
    parser.add_argument("--model", default="default", help="what `load_model` takes; default: the course's model")
    parser.add_argument("--json", action="store_true", dest="as_json", help="print JSON in place of a table")


def run(args: argparse.Namespace) -> int:
    """Measure and print; 1 if a state that was seen before took longer than 200 ms."""
    from course_lib.benchmarks.explorers import GOAL, measure_responses
    from course_lib.cli.table import print_table
    from course_lib.models import load_model

    found = measure_responses(load_model(args.model), progress=partial(report, "explorers"))
    print_table(
        [one.row() for one in found], as_json=args.as_json, title="From a change of a control to the new picture"
    )
    return int(any(max(one.again) >= GOAL for one in found))
