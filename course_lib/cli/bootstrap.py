"""From a bare Python to the course's own environment, in five steps that can be interrupted anywhere.

    1 Python   2 disk   3 .venv   4 packages   5 model

and then the command that was asked for, inside the environment. `enter` is called before every command and decides
which situation it is in:

* this Python already satisfies the course (`.venv` itself, or conda by environment.yml): nothing is built;
* `.venv` is finished: the command starts over inside it, within a fraction of a second and without a network;
* this is an environment that somebody made for the course and it has fallen behind: a sentence says how to update it,
  because changing it, or quietly using another one, would surprise its owner;
* otherwise the steps run. Each looks at what is there first, so a second run continues where the first one stopped.

The pitfall is the place of the last step: the stamp that says "finished" is written after the model, never before, and
by replacing a file, never by filling one.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

from course_lib.cli import bootstrap_needs as needs
from course_lib.cli import bootstrap_pins as pins
from course_lib.cli.bootstrap_lock import one_set_up_at_a_time
from course_lib.cli.bootstrap_model import prepare_model
from course_lib.cli.bootstrap_pip import install
from course_lib.cli.bootstrap_places import (
    LOG_NAME,
    WINDOWS,
    environment_folder,
    fingerprint,
    packages_in,
    python_in,
    read_stamp,
    repository,
    write_stamp,
)
from course_lib.cli.bootstrap_run import Progress, ended_like_interrupted, say
from course_lib.cli.bootstrap_venv import make_environment, version_of
from course_lib.errors import CourseError

NEEDS_MODEL = ("lab", "test")


def enter(command: str, words: list[str]) -> list[str]:
    """Make sure that `command` runs in an environment that satisfies the course.

    Args:
        command: name of the command.
        words: what follows it.

    Returns:
        `words` without the options that only matter here. When another Python has to run the command, this function
        does not return: the process becomes that Python, or ends with its exit code.
    """
    own_words, torch_index = take_torch_index(words)
    root = repository()
    if not (root / "constraints.txt").exists():  # installed as a package, away from the clone: nothing to compare with
        return own_words
    environment = environment_folder(root)
    if command == "setup":
        set_up(root, environment, torch_index, trust=False)
        return own_words
    if lives_here(root, environment, command):
        return own_words
    python = python_in(environment, WINDOWS)
    try:
        if not is_finished(root, environment):
            set_up(root, environment, torch_index)
    except CourseError:
        if command != "doctor" or not pins.satisfied_in(root, python):
            raise  # the doctor can do without the model, and says more about its absence
    hand_over(python, [command, *words])


def lives_here(root: Path, environment: Path, command: str) -> bool:
    """Whether this very Python satisfies the course; completes what is cheap to complete (the model, the stamp)."""
    here = Path(sys.prefix).resolve()
    if here == environment and is_finished(root, environment):
        return True
    problems = pins.problems_here(root)
    if not problems:
        if command in NEEDS_MODEL and not read_stamp(here).get("model"):
            say("Preparing the model SmolLM2-135M-Instruct")
            with needs.disk_errors_in_words(root):
                prepare_model(root, Path(sys.executable), here / LOG_NAME)
                finish(root, here)
        return True
    if here == environment or not pins.course_is_installed():
        return False
    if command == "doctor":
        return True
    raise CourseError(
        f"The environment {sys.prefix} was made for the course, but {problems[0]}.",
        f"Update it: cd {root}; python -m pip install -c constraints.txt -e '.[dev]' (`course doctor` lists the rest).",
    )


def take_torch_index(words: list[str]) -> tuple[list[str], str | None]:
    """Take `--torch-index URL` out of the words in front of a `--`.

    Example:
        >>> take_torch_index(["--port", "80", "--torch-index", "file:///wheels"])
        (['--port', '80'], 'file:///wheels')
    """
    end = words.index("--") if "--" in words else len(words)
    own, rest = words[:end], words[end:]
    for place, word in enumerate(own):
        if word.startswith("--torch-index="):
            return own[:place] + own[place + 1 :] + rest, word.partition("=")[2]
        if word == "--torch-index":
            if place + 1 == len(own):
                raise CourseError("--torch-index stands without an address.", "Write --torch-index URL.")
            return own[:place] + own[place + 2 :] + rest, own[place + 1]
    return words, None


def is_finished(root: Path, environment: Path) -> bool:
    """Whether a set-up for exactly these pins was completed in `environment` and still stands."""
    stamp, version = read_stamp(environment), version_of(environment)
    if version is None or stamp.get("fingerprint") != fingerprint(root, environment, version):
        return False
    installed = pins.installed_versions([packages_in(environment, WINDOWS, version)])
    direct = pins.direct_requirements(root / "pyproject.toml")
    return not pins.differences(pins.read_pins(root / "constraints.txt"), direct, installed)


def set_up(root: Path, environment: Path, torch_index: str | None, *, trust: bool = True) -> None:
    """The five steps, for one process at a time and with errors of the disk in words.

    Args:
        root: the folder of the clone.
        environment: the folder to build.
        torch_index: an extra package index for PyTorch, or None.
        trust: skip pip when every package is there already.

    Raises:
        CourseError: from whichever step cannot go on; it says what to do.
    """
    with ended_like_interrupted(), needs.disk_errors_in_words(root), one_set_up_at_a_time(root) as waited:
        if not (waited and trust and is_finished(root, environment)):
            take_steps(root, environment, torch_index, trust)


def take_steps(root: Path, environment: Path, torch_index: str | None, trust: bool) -> None:
    """The five steps; each looks at what is there and completes it."""
    total = Progress()
    needs.check_writable(root)
    say("[1/5] Python {}.{}.{} at {}".format(*sys.version_info[:3], sys.executable))
    old_version = version_of(environment)
    free = needs.check_disk(
        root, old_version is not None and pins.nearly_complete(root, packages_in(environment, WINDOWS, old_version))
    )
    say(f"[2/5] {free / needs.GIGABYTE:.0f} GB of disk are free")
    version = make_environment(environment)
    python, packages = python_in(environment, WINDOWS), packages_in(environment, WINDOWS, version)
    if trust and pins.satisfied_in(root, python):
        say("[4/5] All packages are there")
    else:
        install_packages(root, python, packages, environment / LOG_NAME, torch_index)
    say("[5/5] The model SmolLM2-135M-Instruct")
    prepare_model(root, python, environment / LOG_NAME)
    finish(root, environment)
    say(f"Set-up is complete after {total.elapsed} (minutes:seconds). Next time it takes no time and no network.")


def install_packages(root: Path, python: Path, packages: Path, log: Path, torch_index: str | None) -> None:
    """Step 4, with a word about what it will bring along."""
    expected = len(pins.read_pins(root / "constraints.txt"))
    note = needs.torch_note(sys.platform, needs.has_nvidia_gpu(), torch_index)
    if note:
        say(note)
    say(f"[4/5] About {expected} packages, pinned in constraints.txt; this takes minutes the first time")
    install(root, python, packages, log, expected, torch_index)


def finish(root: Path, environment: Path) -> None:
    """Write the stamp, where that is allowed: an environment that an administrator made stays as it is."""
    version = version_of(environment)
    if version is not None and os.access(environment, os.W_OK):
        mark = fingerprint(root, environment, version)
        write_stamp(environment, fingerprint=mark, folder=str(environment), model=True)


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
