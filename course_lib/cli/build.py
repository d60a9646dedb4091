"""`course build`: from `solutions/` to `chapters/`."""

from __future__ import annotations

import argparse
from contextlib import nullcontext

HELP = "build the learner's notebooks from solutions/, or check that they are up to date"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("chapter", nargs="*", help="number or folder name; all chapters when left out")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is missing or stale")
    parser.add_argument("--overwrite", action="store_true", help="write also over notebooks that hold somebody's work")
    parser.add_argument("--json", action="store_true", help="print the table as JSON")


def run(args: argparse.Namespace) -> int:
    """Build or check, print one row per file, and return 1 when something is stale."""
    from course_lib.authoring.build import build
    from course_lib.authoring.learner_work import builds_remembered
    from course_lib.cli.bootstrap_places import repository
    from course_lib.cli.table import print_table

    with nullcontext() if args.check else builds_remembered(repository() / "chapters"):
        states = build(args.chapter, check=args.check, overwrite=args.overwrite)
    rows = [{"chapter": state.chapter, "file": state.file, "state": state.state} for state in states]
    print_table(rows, as_json=args.json, title="Chapters")
    wrong = sorted({state.chapter for state in states if not state.right})
    if wrong and not args.json:
        words = [] if "start" in wrong else wrong  # the start page comes with a build of the whole course
        print(f"Run `{' '.join(['course', 'build', *words])}` to mend this.")
        if any(state.state == "left over" for state in states):
            print("Files that are left over have no source any more: remove them with `git rm`.")
    return 1 if wrong else 0
