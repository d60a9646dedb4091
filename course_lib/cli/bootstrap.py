"""From a bare Python to the course's own environment, in five steps that can be interrupted anywhere.

    1 Python   2 disk   3 .venv   4 packages   5 model

and then the command that was asked for, inside the environment. `enter` is called before every command and decides
which of three situations it is in:

* this Python already satisfies the course (conda by environment.yml, or `.venv` itself): nothing is built;
* `.venv` is finished: the command starts over inside it, within a fraction of a second and without a network;
* otherwise the steps run. Each looks at what is there first, so a second run continues where the first one stopped.

The pitfall is the last step's place in this order: the stamp that says "finished" is written after the model, never
before, and by replacing a file, never by filling one.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

from course_lib.cli import bootstrap_needs as needs
from course_lib.cli import bootstrap_pins as pins
from course_lib.cli import bootstrap_pip
from course_lib.cli.bootstrap_places import (
    LOG_NAME,
    environment_folder,
    fingerprint,
    packages_in,
    python_in,
    read_stamp,
    repository,
    write_stamp,
)
from course_lib.cli.bootstrap_run import Progress, run_logged
from course_lib.errors import CourseError

WINDOWS = os.name == "nt"
NEEDS_MODEL = ("lab", "test", "setup")


def enter(command: str, words: list[str]) -> list[str]:
    """Make sure that `command` runs in an environment that satisfies the course.

    Args:
        command: name of the command.
        words: what follows it.

    Returns:
        `words` without the options that only matter here. When another Python has to run the command, this function
        does not return: the process becomes that Python, or ends with its exit code.
    """
    root, own_words = repository(), words
    words, torch_index = take_torch_index(words)
    if not (root / "constraints.txt").exists():
        return words
    environment = environment_folder(root)
    inside_own = Path(sys.prefix) == environment
    if command != "setup" and inside_own and is_finished(root, environment):
        return words
    if not inside_own and not (problems := pins.problems_here(root)):
        prepare_model_once(root, command, Path(sys.prefix))
        return words
    if command == "setup" or not is_finished(root, environment):
        if sys.prefix != sys.base_prefix and not inside_own:
            say(f"This environment ({sys.prefix}) does not do: {problems[0]}. The course uses its own, {environment}.")
        set_up(root, environment, torch_index)
    if command == "setup":
        return words
    hand_over(python_in(environment, WINDOWS), [command, *own_words])


def take_torch_index(words: list[str]) -> tuple[list[str], str | None]:
    """Take `--torch-index URL` out of the words in front of a `--`.

    Example:
        >>> take_torch_index(["--port", "80", "--torch-index", "file:///wheels"])
        (['--port', '80'], 'file:///wheels')
    """
    end = words.index("--") if "--" in words else len(words)
    own, rest, index = list(words[:end]), words[end:], None
    for place, word in enumerate(own):
        if word.startswith("--torch-index="):
            index = word.partition("=")[2]
            del own[place]
            break
        if word == "--torch-index":
            if place + 1 == len(own):
                raise CourseError("--torch-index stands without an address.", "Write --torch-index URL.")
            index = own[place + 1]
            del own[place : place + 2]
            break
    return own + list(rest), index


def is_finished(root: Path, environment: Path) -> bool:
    """Whether a set-up for exactly these pins was completed in `environment` and still stands."""
    stamp = read_stamp(environment)
    version = version_of(environment)
    if version is None or stamp.get("fingerprint") != fingerprint(root, environment, version):
        return False
    installed = pins.installed_versions([packages_in(environment, WINDOWS, version)])
    direct = pins.direct_requirements(root / "pyproject.toml")
    return not pins.differences(pins.read_pins(root / "constraints.txt"), direct, installed)


def version_of(environment: Path) -> tuple[int, int] | None:
    """(major, minor) of an environment's Python; None when it does not start."""
    if Path(sys.prefix) == environment:
        return sys.version_info[:2]
    code = "import sys; print(*sys.version_info[:2])"
    try:
        answer = subprocess.run(
            [str(python_in(environment, WINDOWS)), "-I", "-S", "-c", code], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    major, minor = answer.stdout.split()
    return int(major), int(minor)


def set_up(root: Path, environment: Path, torch_index: str | None) -> None:
    """The five steps; every one of them raises a CourseError that says what to do."""
    total = Progress()
    needs.check_writable(root)
    say("[1/5] Python {}.{}.{} at {}".format(*sys.version_info[:3], sys.executable))
    free = needs.check_disk(root, environment.exists())
    say(f"[2/5] {free / needs.GIGABYTE:.0f} GB of disk are free")
    version = make_environment(environment)
    note = needs.torch_note(sys.platform, needs.has_nvidia_gpu(), torch_index)
    if note:
        say("      " + note)
    expected = len(pins.read_pins(root / "constraints.txt"))
    say(f"[4/5] About {expected} packages, pinned in constraints.txt (minutes, the first time)")
    python, packages = python_in(environment, WINDOWS), packages_in(environment, WINDOWS, version)
    bootstrap_pip.install(root, python, packages, environment / LOG_NAME, expected, torch_index)
    say("[5/5] The model SmolLM2-135M-Instruct")
    prepare_model(root, python, environment / LOG_NAME)
    write_stamp(environment, fingerprint=fingerprint(root, environment, version), folder=str(environment), model=True)
    say(f"Set-up is complete after {total.elapsed}. Next time it takes no time and no network.")


def make_environment(environment: Path) -> tuple[int, int]:
    """Create `environment`, or replace one that is broken, too old or was moved. Returns its Python's version."""
    version = version_of(environment)
    moved = read_stamp(environment).get("folder", str(environment)) != str(environment)
    if version is not None and version >= needs.OLDEST and not moved and has_pip(environment):
        say(f"[3/5] {environment} is there")
        return version
    needs.check_venv_modules()
    say(f"[3/5] {'Replacing the unfinished' if environment.exists() else 'Making'} {environment}")
    result = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(environment)], capture_output=True, text=True, check=False
    )
    version = version_of(environment)
    if result.returncode != 0 or version is None:
        lines = (result.stdout + result.stderr).strip().splitlines() or ["no output"]
        raise bootstrap_pip.diagnose("\n".join(lines), environment) if "Errno" in lines[-1] else CourseError(
            f"Python could not make the folder {environment}: {lines[-1]}.", "Delete that folder and try again."
        )
    return version


def has_pip(environment: Path) -> bool:
    """Whether pip starts in `environment`; it does not when the making of the environment was interrupted."""
    command = [str(python_in(environment, WINDOWS)), "-m", "pip", "--version"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def prepare_model_once(root: Path, command: str, environment: Path) -> None:
    """In an environment that was not made here: prepare the model unless a stamp says that this was done."""
    if command not in NEEDS_MODEL or (command != "setup" and read_stamp(environment).get("model")):
        return
    say("Preparing the model SmolLM2-135M-Instruct")
    prepare_model(root, Path(sys.executable), environment / LOG_NAME)
    if os.access(environment, os.W_OK):
        write_stamp(environment, model=True)


def prepare_model(root: Path, python: Path, log: Path) -> None:
    """Fetch, check and convert the model in the environment of `python`; a CourseError says what went wrong."""
    if not os.access(log.parent, os.W_OK):
        log = Path(os.devnull)
    command = [str(python), "-m", "course_lib.cli.prepare_model"]
    code, output = run_logged(command, log, ModelProgress(), Progress(), folder=root)
    if code != 0:
        raise model_error(code, output, log)


class ModelProgress:
    """What `prepare_model.py` is doing, read from its lines."""

    def __init__(self) -> None:
        self.doing = "loading PyTorch"

    def __call__(self, line: str) -> str:
        """Take one line of output in (or none) and say where things stand."""
        if line.startswith('{"doing"'):
            self.doing = json.loads(line)["doing"]
        return self.doing


def model_error(code: int, output: str, log: Path) -> CourseError:
    """What `prepare_model.py` said before it stopped, or what can be said when it was cut off."""
    for line in reversed(output.splitlines()):
        if line.startswith('{"problem"'):
            said = json.loads(line)
            return CourseError(said["problem"], said["remedy"])
    return CourseError(
        f"The preparation of the model was cut off (exit code {code}); a lack of memory does this.",
        f"Close other programs so that 2 GB are free and run the command again; the details are in {log}.",
    )


def hand_over(python: Path, words: list[str]) -> NoReturn:
    """Run the course's command in the environment's own Python, in place of this process."""
    command = [str(python), "-m", "course_lib", *words]
    sys.stdout.flush()
    sys.stderr.flush()
    if not WINDOWS:
        os.execv(command[0], command)
    # Windows has no exec: wait for the child, which gets Ctrl-C from the console itself, and pass its exit code on.
    child = subprocess.Popen(command)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(child.wait())


def say(line: str) -> None:
    """A line of set-up, on standard error: standard output belongs to the command."""
    print(line, file=sys.stderr, flush=True)
