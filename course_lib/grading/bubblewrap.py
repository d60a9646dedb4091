"""What bubblewrap is told: what learners' code finds inside the sandbox, and all that is cut off.

Nothing is there that is not named here: the system's programs, this interpreter, and the folders of a `Place`, all
read-only. None of this process's variables go in.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from course_lib.errors import CourseError
from course_lib.grading.limits import sandbox_program
from course_lib.progress.events import OFF, VARIABLE

MODULES = ("numpy", "torch", "transformers", "matplotlib.pyplot", "IPython.core.interactiveshell", "course_lib.models")


@dataclass(frozen=True)
class Place:
    """What the sandbox has to offer, all of it read-only.

    Attributes:
        python_path: folders for imports, as they are called inside.
        binds: outside to inside, folders and files.
        modules: imported by the warm process before the first submission.
        wanted: what the chapter's own cells import, "package.module" or "package.module:name"; imported there too.
        models: loaded by it, names as `load_model` takes them.
        environment: variables.
    """

    python_path: tuple[str, ...]
    binds: tuple[tuple[str, str], ...]
    modules: tuple[str, ...] = MODULES
    models: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    wanted: tuple[str, ...] = ()


def command(place: Place, descriptor: int, confined: bool) -> list[str]:
    """The command line of the warm process, in bubblewrap or bare."""
    python = [sys.executable, "-B", "-m", "course_lib.grading.warm", str(descriptor)]
    if not confined:
        return python
    program = sandbox_program()
    if program is None:
        raise CourseError(
            "Grading runs learners' code, and bubblewrap, the sandbox for it, is not installed here.",
            "Install it (`apt install bubblewrap`), or add --no-sandbox if you trust every line that was handed in.",
        )
    return [program, *walls(), *binds(place), "--remount-ro", "/", "--", *python]


def walls() -> list[str]:
    """What is cut off."""
    return [
        "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try",
        "--uid", "65534", "--gid", "65534", "--hostname", "sandbox", "--die-with-parent", "--new-session",
        "--cap-drop", "ALL",
    ]  # fmt: skip


def binds(place: Place) -> list[str]:
    """What is there: the system's programs, the interpreter, and what the place names, all read-only."""
    found = ["--ro-bind", "/usr", "/usr"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        path = Path("/") / name
        if path.is_symlink():
            found += ["--symlink", os.readlink(path), str(path)]
        elif path.is_dir():
            found += ["--ro-bind", str(path), str(path)]
    for name in ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "fonts", "alternatives"):
        found += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    found += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--dir", "/home/learner", "--dir", "/run"]
    inside_usr = [prefix for prefix in prefixes() if not prefix.startswith("/usr/")]
    for prefix in inside_usr:
        found += ["--ro-bind", prefix, prefix]
    for outside, inside in place.binds:
        found += ["--ro-bind", outside, inside]
    return found


def prefixes() -> list[str]:
    """The folders of this interpreter: the environment, and the Python that it was made from."""
    found = {os.path.realpath(sys.prefix), os.path.realpath(sys.base_prefix), os.path.abspath(sys.prefix)}
    return sorted(found - {"/usr"})


def environment(place: Place, confined: bool) -> dict[str, str]:
    """The variables of the warm process: none of this process's own."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    home = "/home/learner" if confined else os.path.expanduser("~")
    return {
        "PATH": "/usr/bin:/bin", "HOME": home, "LANG": "C.UTF-8", "MPLBACKEND": "Agg", "MPLCONFIGDIR": "/tmp/matplotlib",
        "IPYTHONDIR": "/tmp/ipython", "PYTHONPATH": os.pathsep.join(place.python_path), "PYTHONHASHSEED": "0",
        "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", VARIABLE: OFF, **threads, **dict(place.environment),
    }  # fmt: skip


def remedy_for(said: str) -> str:
    """The next step where the sandbox does not start, by what it said."""
    if "amespace" in said or "Operation not permitted" in said or "uid map" in said:
        return (
            "This machine does not let you make user namespaces (containers often forbid it). Grade on a machine that does, "
            "or add --no-sandbox if you trust every line that was handed in."
        )
    return "Run `course doctor`; if the default model is missing, `course setup` fetches it."


def outside_place(place: Place) -> Place:
    """The same place for a process without a sandbox: paths as they are outside."""
    moved = {inside: outside for outside, inside in place.binds}
    path: Sequence[str] = [moved.get(folder, folder) for folder in place.python_path]
    values = tuple((name, moved.get(value, value)) for name, value in place.environment)
    return replace(place, python_path=tuple(path), environment=values)
