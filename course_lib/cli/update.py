"""`course update`: the newer version of the course, with the learner's work merged into it."""

from __future__ import annotations

import argparse

HELP = "bring the course up to date; your answers are merged into the newer chapters"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No arguments: git knows where the course came from."""


def run(arguments: argparse.Namespace) -> int:
    """Update and say what was done with each chapter that held work."""
    from course_lib.authoring.update import update
    from course_lib.cli.bootstrap_places import repository

    found = update(repository())
    if not found.commits:
        print("The course is up to date.")
        return 0
    print(f"Updated by {found.commits} commit{'s' if found.commits > 1 else ''}.")
    for path, said in found.merged.items():
        print(f"  {path}: {said}")
    if found.copies is not None:
        print(f"Your chapters as they were before lie in {found.copies}.")
        print("A notebook that is open in JupyterLab: choose File → Reload Notebook from Disk before you save it.")
    print("`course lab` installs what the newer version needs.")
    return 0
