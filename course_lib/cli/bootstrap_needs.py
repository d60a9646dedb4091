"""What a machine must have before anything is built, each with the sentence for a machine that has it not.

All of these are asked before the first megabyte is fetched: a learner who waits four minutes for "no space left" has
lost four minutes. The numbers are measured: the environment takes 2.1 GB with a CPU-only PyTorch, the model 0.6 GB
(its 98 MB file and 517 MB of float32 weights), and pip unpacks beside what it has downloaded.
"""

from __future__ import annotations

import errno
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from course_lib.cli.bootstrap_places import cache_folder
from course_lib.errors import CourseError

OLDEST = (3, 11)
GIGABYTE = 10**9
FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
NEEDED_FOR_ENVIRONMENT = 4 * GIGABYTE
NEEDED_FOR_REPAIR = 1 * GIGABYTE
NEEDED_FOR_MODEL = 1 * GIGABYTE
MANIFEST = Path(__file__).resolve().parents[1] / "data" / "assets.toml"


def check_python(words: str, version: Sequence[int] = sys.version_info[:3]) -> None:
    """Raise a CourseError when this Python is older than the course's packages allow.

    Args:
        words: what stood behind `python3 -m course_lib`, for the sentence that says what to run instead.
        version: the running version, by default this one's.
    """
    if tuple(version[:2]) >= OLDEST:
        return
    running = ".".join(str(part) for part in version[:3])
    oldest = ".".join(map(str, OLDEST))
    newer = newer_python()
    if newer:
        remedy = f"You have a newer one; run: {newer} -m course_lib {words}".rstrip()
    else:
        remedy = f"Install Python {oldest} or newer (python.org or your package manager) and run the command with it."
    raise CourseError(f"This is Python {running}; the course needs {oldest} or newer.", remedy)


def newer_python() -> str | None:
    """The name of an interpreter on the search path that would do, if there is one."""
    return next((name for name in ("python3.11", "python3.12", "python3.13", "python3.14") if starts(name)), None)


def starts(name: str) -> bool:
    """Whether the program `name` is on the search path and runs; version managers leave names there that do not."""
    program = shutil.which(name)
    return program is not None and subprocess.run([program, "-c", ""], capture_output=True).returncode == 0


def check_venv_modules() -> None:
    """Raise a CourseError when this Python cannot make virtual environments (Debian and Ubuntu package that apart)."""
    if find_spec("venv") and find_spec("ensurepip"):
        return
    version = "{}.{}".format(*sys.version_info)
    raise CourseError(
        f"This Python ({sys.executable}) comes without the modules venv and ensurepip.",
        f"On Debian and Ubuntu run `sudo apt install python{version}-venv`; elsewhere install Python from python.org.",
    )


def check_writable(folder: Path) -> None:
    """Raise a CourseError when no file can be made in `folder`."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise CourseError(
            f"The folder {folder} cannot be written to ({error.strerror}).",
            "Move the project into a folder of your own, or change the folder's owner.",
        ) from error


def check_disk(root: Path, nearly_complete: bool) -> int:
    """The free bytes beside the package; a CourseError when they, or those of the cache's disk, are too few.

    Args:
        root: the folder of the clone.
        nearly_complete: whether nearly all packages are there (`bootstrap_pins.nearly_complete`). That `.venv` exists
            says nothing: Ctrl-C in the first second leaves an empty one.
    """
    needed = NEEDED_FOR_REPAIR if nearly_complete else NEEDED_FOR_ENVIRONMENT
    for_model = 0 if model_is_cached() else NEEDED_FOR_MODEL
    cache = nearest_existing(cache_folder())
    if cache.stat().st_dev == root.stat().st_dev:
        return check_free(root, needed + for_model, "the packages and the model" if for_model else "the packages")
    if for_model:
        check_free(cache, for_model, "the model")
    return check_free(root, needed, "the packages")


def model_is_cached() -> bool:
    """Whether the converted default model lies in the cache, finished."""
    import tomllib

    manifest = tomllib.loads(MANIFEST.read_text(encoding="utf-8"))
    sha256 = manifest["smollm2"]["files"][0]["sha256"]
    return (cache_folder() / "models" / f"gguf-{sha256[:20]}-float32" / "complete.json").is_file()


def check_free(folder: Path, needed: int, purpose: str) -> int:
    """The free bytes on the disk of `folder`; a CourseError when they are fewer than `needed`."""
    free = shutil.disk_usage(str(folder)).free
    if free < needed:
        raise CourseError(
            f"The disk of {folder} has {free / GIGABYTE:.1f} GB free; {purpose} need {needed / GIGABYTE:.0f} GB.",
            "Free some space, or move the project to a larger disk, and run the same command again.",
        )
    return free


@contextmanager
def disk_errors_in_words(root: Path) -> Iterator[None]:
    """Inside, an error of the disk (full, read-only, not ours) becomes a CourseError with the next step."""
    try:
        yield
    except BrokenPipeError:
        raise  # about the reader of our output, not about the disk
    except OSError as error:
        raise disk_error(error, root) from error


def disk_error(error: OSError, root: Path) -> CourseError:
    """The sentence for an error that a disk or a folder gave during the set-up of the clone in `root`."""
    place = error.filename or root
    if error.errno in FULL or getattr(error, "winerror", None) == 112:
        return CourseError(
            f"The disk is full: {place} could not be written.",
            f"Free about {NEEDED_FOR_ENVIRONMENT // GIGABYTE} GB and run the same command again; it goes on from there.",
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return CourseError(
            f"{place} may not be written to ({error.strerror}).",
            "Close JupyterLab and other programs that use it, check who owns it, and run the same command again.",
        )
    return CourseError(
        f"The set-up stopped at {place}: {error.strerror or error}.",
        "Run the same command again; if it stops at the same place, delete the folder .venv first.",
    )


def nearest_existing(folder: Path) -> Path:
    """`folder`, or the first of its parents that exists."""
    return next(path for path in (folder, *folder.parents) if path.exists())


def has_nvidia_gpu() -> bool:
    """Whether the NVIDIA driver is here (its program on the search path, or its folder in /proc)."""
    return bool(shutil.which("nvidia-smi")) or Path("/proc/driver/nvidia").exists()


def torch_note(platform: str, gpu: bool, torch_index: str | None) -> str | None:
    """One line for Linux machines that would fetch gigabytes of GPU libraries for nothing; None elsewhere."""
    if not platform.startswith("linux") or gpu or torch_index:
        return None
    return (
        "No NVIDIA GPU found: the default PyTorch for Linux brings several GB of CUDA libraries along. To save them, "
        "stop (Ctrl-C) and add --torch-index URL with the CPU-only index that PyTorch's get-started page shows."
    )
