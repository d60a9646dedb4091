"""`course lint`: holds chapters against the chapter contract."""

from __future__ import annotations

import argparse
from dataclasses import asdict

HELP = "check that every chapter has what the chapter contract asks for"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("chapter", nargs="*", help="number or folder name; all chapters when left out")
    parser.add_argument("--json", action="store_true", help="print the table as JSON")


def run(args: argparse.Namespace) -> int:
    """Print one row per finding, and return 1 when one of them is an error."""
    from course_lib.authoring.contract import lint
    from course_lib.cli.table import print_table

    findings = lint(args.chapter)
    if findings or args.json:
        print_table([asdict(finding) for finding in findings], as_json=args.json, title="Chapter contract")
    else:
        print("Every chapter keeps the contract.")
    return 1 if any(finding.level == "error" for finding in findings) else 0
