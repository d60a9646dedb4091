"""The course's folder in the user's cache, and how a folder gets there whole or not at all.

A download can be cut, a disk can fill up, a learner can press Ctrl-C, two notebooks can ask for the same model in the
same second. After each of these the cache must be either as before or as wanted: a half-written model is worse than
none, because it loads and answers nonsense.

The idea is old: write into a folder beside the final one, and rename it when it is finished. A rename on one file
system is a single step for everybody who looks. A file lock makes the second process wait for the first; the operating
system drops the lock when its holder dies, however it dies, so there is nothing stale to clean up but the unfinished
folder, and whoever holds the lock next may remove that.

Pitfall: a rename across two disks is a copy, and a copy can be half done. So the unfinished folder lives beside the
final one and never in the system's temporary folder.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout
from platformdirs import user_cache_path

from course_lib.errors import CourseError

Progress = Callable[[str, int, int], None]
"""Called as `progress(what, done, total)` while something long runs; `total` is 0 while it is not known."""

WAIT_FOR_OTHERS_SECONDS = 1800.0


def cache_dir() -> Path:
    """The course's folder in the user's cache; the environment variable COURSE_CACHE overrides it.

    Linux: `~/.cache/ai-safety-hands-on`; macOS: `~/Library/Caches/…`; Windows: `%LOCALAPPDATA%/…/Cache`.
    """
    chosen = os.environ.get("COURSE_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    return Path(user_cache_path("ai-safety-hands-on", appauthor=False))


def megabytes(n_bytes: float) -> str:
    """A size for people: megabytes of a million bytes, as shops and disks count them.

    Example:
        >>> megabytes(92_871_040)
        '93 MB'
    """
    return f"{n_bytes / 1e6:,.0f} MB"


@contextmanager
def locked(target: Path, wait_seconds: float = WAIT_FOR_OTHERS_SECONDS) -> Iterator[None]:
    """Hold the right to build `target`; another process that wants it waits here.

    Args:
        target: the file or folder.
        wait_seconds: how long another process may hold it; half an hour by default, 0 where nobody should wait.

    Raises:
        CourseError: the cache cannot be written, or the other process takes longer than that.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(target.parent / f".{target.name}.lock", timeout=wait_seconds)
        lock.acquire()
    except Timeout as error:
        raise CourseError(
            f"Another process is building {target}"
            f"{f' and has been for {wait_seconds / 60:.0f} minutes' if wait_seconds else ''}.",
            "Wait until it is done, or stop it; then try again.",
        ) from error
    except OSError as error:
        raise disk_problem(error, target) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def computed_once(name: str) -> Iterator[None]:
    """Hold the right to compute what is kept under `name`; another process that wants it waits, and then finds it there.

    Look into the cache again inside the block (`version_of` tells whether there is something new). Where the cache cannot
    be written, or the other one takes too long, the block runs all the same: to compute twice costs time, no more.
    """
    with ExitStack() as stack:
        with suppress(CourseError):
            stack.enter_context(locked(cache_dir() / "locks" / name))
        yield


def version_of(path: Path) -> tuple[int, int, int] | None:
    """What changes when a file is replaced; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


@contextmanager
def built_whole(target: Path, *, needs: int) -> Iterator[Path]:
    """Give an empty folder to fill; it becomes `target` when the block ends well, and vanishes when it does not.

    Call it inside `locked(target)`. What stood at `target` before is replaced.

    Args:
        target: where the finished folder will be.
        needs: bytes that the block will need on the disk at the same time.

    Raises:
        CourseError: not enough space, or the cache cannot be written.
    """
    partial = target.parent / f".{target.name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    check_free_space(target.parent, needs)
    try:
        partial.mkdir(parents=True)
        yield partial
        if target.exists():
            shutil.rmtree(target)
        os.replace(partial, target)
    except CourseError:
        raise
    except Exception as error:
        if isinstance(error, OSError) or is_disk_full(error):
            raise disk_problem(error, target) from error
        raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def check_free_space(folder: Path, needs: int) -> None:
    """Raise a CourseError when the disk that `folder` is on has fewer than `needs` bytes free."""
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < needs:
        raise CourseError(
            f"The disk is too full: {folder} has {megabytes(free)} free and {megabytes(needs)} are needed.",
            "Free some space, or set the environment variable COURSE_CACHE to a folder on another disk.",
        )


def is_disk_full(error: Exception) -> bool:
    """Whether `error` says that there is no room left; libraries in Rust say so in words only."""
    number = getattr(error, "errno", None)
    return number in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)) or "no space left" in str(error).lower()


def disk_problem(error: Exception, target: Path) -> CourseError:
    """What a failed write to the cache means for the person in front of it."""
    elsewhere = "set the environment variable COURSE_CACHE to a folder on another disk"
    if is_disk_full(error):
        return CourseError(f"The disk is full: {target} could not be written.", f"Free some space, or {elsewhere}.")
    reason = getattr(error, "strerror", None) or str(error)
    return CourseError(f"{target} could not be written ({reason}).", f"Make the folder writable, or {elsewhere}.")
