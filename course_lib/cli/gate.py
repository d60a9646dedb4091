"""`course gate`: the three-way gate over every exercise, as a table."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any

HELP = "put the checks themselves to the test: stubs fail, right answers pass, wrong ones get their own message"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("chapter", nargs="*", type=int, help="chapter numbers; all chapters when none is given")
    parser.add_argument("--json", action="store_true", help="print JSON in place of a table")


def run(args: argparse.Namespace) -> int:
    """Run the gate; 0 when every exercise passes."""
    from course_lib.authoring.answers import answer_functions
    from course_lib.checks.gate import gate
    from course_lib.checks.registry import chapters, exercises
    from course_lib.cli.table import print_table

    rows = []
    for chapter in args.chapter or chapters():
        stubs, references = answer_functions(chapter, "chapters"), answer_functions(chapter, "solutions")
        for item in exercises(chapter):
            row = gate(item, stub=stubs.get(item.id), reference=references.get(item.id))
            places = (("chapters", stubs), ("solutions", references))
            missing = [f"no answer cell in {place}" for place, found in places if item.id not in found]
            rows.append(replace(row, problems=(*row.problems, *missing)))
    print_table([_cells(row) for row in rows], as_json=args.json, title="The three-way gate")
    return 0 if rows and all(row.passed for row in rows) else 1


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
