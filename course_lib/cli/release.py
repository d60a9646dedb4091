"""`course release`: a class's own copy of a chapter, with hidden cases that no other class has."""

from __future__ import annotations

import argparse

HELP = "make a class's copy of a chapter, with hidden cases of its own, after grading has been tried on it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("chapter", help="number or folder name")
    parser.add_argument("--class", dest="group", metavar="NAME", required=True, help="of the class")
    parser.add_argument("--no-sandbox", action="store_true", help="try the answers without isolation")


def run(args: argparse.Namespace) -> int:
    """Make the copy and say what lies where."""
    from course_lib.grading.classes import release_to_class

    found = release_to_class(args.chapter, args.group, sandboxed=not args.no_sandbox)
    print(f"Tried: the answers get all {found.points:g} points, the untouched notebook 0.")
    print(f"For learners:   {found.notebook.parent}")
    print(f"Keep to you:    {found.seed_file} (the seed of the hidden cases), {found.folder / 'source'} (the answers)")
    print(f"Next: collect into {found.folder / 'submitted'}, then `course grade {args.chapter} --class {args.group}`.")
    return 0
