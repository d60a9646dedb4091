"""The commands, and how a word becomes one.

Each command is a module with three names: `HELP` (one line), `add_arguments(parser)` and `run(arguments) -> int`. They
are imported when asked for: `course lab` should not pay for what `course gate` needs. The help table wants every
`HELP` line, on a machine where nothing is installed yet, so it reads them out of the source with `ast` and imports
nothing.

Before a command runs, `bootstrap.enter` makes sure that this process lives in an environment that has the pinned
packages; where it does not, the environment is built and the same command starts over inside it.
"""

from __future__ import annotations

import argparse
import ast
import os
import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from course_lib.errors import CourseError
from course_lib.names import did_you_mean

COMMANDS: dict[str, str] = {
    "lab": "course_lib.cli.lab",
    "test": "course_lib.cli.test",
    "update": "course_lib.cli.update",
    "doctor": "course_lib.cli.doctor",
    "setup": "course_lib.cli.setup",
    "assets": "course_lib.cli.assets",
    "build": "course_lib.cli.build",
    "lint": "course_lib.cli.lint",
    "gate": "course_lib.cli.gate",
    "site": "course_lib.cli.site",
    "release": "course_lib.cli.release",
    "example-class": "course_lib.cli.example_class",
    "grade": "course_lib.cli.grade",
    "bench": "course_lib.cli.bench",
    "organisms": "course_lib.cli.organisms",
    "alignment": "course_lib.cli.alignment",
    "constitution": "course_lib.cli.constitution",
    "redteam": "course_lib.cli.redteam",
    "report": "course_lib.cli.report",
}


def main(words: list[str]) -> int:
    """Run the command that `words` ask for and return its exit code."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    if not words or words[0] in ("-h", "--help", "help"):
        print(help_table())
        return 0
    name, rest = words[0], words[1:]
    check_name(name)
    if not asks_for_help(rest):
        from course_lib.cli import bootstrap

        rest = bootstrap.enter(name, rest)
    _find_programs_of_this_environment()
    module = load_command(name)
    return int(module.run(parser_for(name, module).parse_args(rest)))


def _find_programs_of_this_environment() -> None:
    """Put the folder of this Python first in PATH: nbgrader starts `alembic` by its name, JupyterLab `jupyter`."""
    here, known = os.path.dirname(sys.executable), os.environ.get("PATH", "")
    if known.split(os.pathsep)[0] != here:
        os.environ["PATH"] = os.pathsep.join(filter(None, [here, known]))


def asks_for_help(words: list[str]) -> bool:
    """Whether `-h` or `--help` stands before a `--`; no environment is built for a page of help."""
    own = words[: words.index("--")] if "--" in words else words
    return "-h" in own or "--help" in own


def check_name(name: str) -> None:
    """Raise a CourseError that names the nearest command unless `name` is one."""
    if name in COMMANDS:
        return
    guess = did_you_mean(name, COMMANDS)
    raise CourseError(f"There is no command '{name}'.", f"{guess}`python3 -m course_lib` lists them all.")


def load_command(name: str) -> ModuleType:
    """The module behind the command `name`."""
    module = COMMANDS[name]
    if find_spec(module) is None:
        raise CourseError(
            f"The command '{name}' has no code here ({module} is missing).",
            "Get the whole project again, for example with `git status` and `git checkout .`.",
        )
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise CourseError(
            f"The command '{name}' needs the package {error.name}, which this Python does not have.",
            "Run `python3 -m course_lib setup`.",
        ) from error


def parser_for(name: str, module: ModuleType) -> argparse.ArgumentParser:
    """The argument parser of one command, filled by its module."""
    parser = argparse.ArgumentParser(prog=f"course {name}", description=module.HELP, epilog=SETUP_NOTE)
    module.add_arguments(parser)
    return parser


SETUP_NOTE = (
    "Every command also takes --torch-index URL, which matters only while the environment is being built: "
    "an extra package index to take PyTorch from, for example its CPU-only one."
)


def help_table() -> str:
    """What `course` prints on its own: every command with its line of help."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {help_line(module)}" for name, module in COMMANDS.items()]
    first = "AI Safety and Alignment, hands-on. Use it as: python3 -m course_lib COMMAND (or: course COMMAND)"
    return "\n".join([first, "", *lines, "", "`course COMMAND --help` says more about one of them."])


def help_line(module: str) -> str:
    """The `HELP` text in the source of `module`, read without importing it."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        return "(not in this copy of the project)"
    with open(spec.origin, encoding="utf-8") as source:
        tree = ast.parse(source.read())
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and target.id == "HELP":
            return str(ast.literal_eval(node.value))  # type: ignore[attr-defined]
    return ""
