"""Build or repair the environment, and start nothing: for servers, images and a `.venv` that was damaged.

Every other command sets the course up when that is needed and trusts a finished set-up. This one trusts nothing: it
checks the folder `.venv`, runs pip again and prepares the model again. All of it happens in `bootstrap.enter`, before
`run` is called, so what is left to do here is to say that it is done.
"""

from __future__ import annotations

import argparse

HELP = "build or repair the environment and the model, and start nothing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No arguments of its own."""


def run(arguments: argparse.Namespace) -> int:
    """Say what to do next."""
    print("The course is set up. `python3 -m course_lib lab` opens it, `python3 -m course_lib doctor` checks it.")
    return 0
