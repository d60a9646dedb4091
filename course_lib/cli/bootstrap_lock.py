"""One set-up at a time.

A learner who sees nothing move for a while opens a second terminal and types the same command again. Two pips in one
folder take each other's files away, so the second set-up has to wait for the first, and to say so.

The lock is one that the operating system keeps: it is gone when its holder dies, however it dies, and nobody has to
tell an old lock file from a living one. The file stays behind; only the number in it, the holder's process, is for
people. It lies in the course's cache, because `.venv` itself may be emptied while the lock is held.

Pitfall: Windows forbids others to read the bytes that are locked, so the byte that is locked there lies far behind the
number. File systems that know no locks exist (some network drives); a set-up there goes on without one.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from course_lib.cli.bootstrap_places import cache_folder
from course_lib.cli.bootstrap_run import say

ASK_EVERY_SECONDS = 0.5
LOCKED_BYTE = 1 << 20


@contextmanager
def one_set_up_at_a_time(root: Path) -> Iterator[bool]:
    """Hold the right to build the environment of the clone in `root`; wait here while another process has it.

    Yields:
        Whether it had to wait: then everything may be there already.
    """
    path = lock_file(root)
    path.parent.mkdir(parents=True, exist_ok=True)
    number = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        waited = not try_lock(number)
        if waited:
            say(f"Another set-up{holder(number)} is at work on {root}; waiting for it to end (Ctrl-C stops waiting).")
        while waited and not try_lock(number):
            time.sleep(ASK_EVERY_SECONDS)
        with suppress(OSError):  # the number is a courtesy; on a full disk there is none
            os.ftruncate(number, 0)
            os.write(number, str(os.getpid()).encode())
        yield waited
    finally:
        os.close(number)  # which gives the lock back too


def lock_file(root: Path) -> Path:
    """The file behind the lock of one clone."""
    return cache_folder() / "locks" / f"set-up-{hashlib.sha256(str(root).encode()).hexdigest()[:16]}.lock"


def holder(number: int) -> str:
    """Who has the lock, as ` (process 123)`; empty while that is not known."""
    with suppress(OSError):
        os.lseek(number, 0, os.SEEK_SET)
        process = os.read(number, 20).decode(errors="replace")
        return f" (process {process})" if process.isdecimal() else ""
    return ""


if sys.platform == "win32":
    import msvcrt

    def try_lock(number: int) -> bool:
        """Take the lock on an open file unless another process has it."""
        os.lseek(number, LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(number, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def try_lock(number: int) -> bool:
        """Take the lock on an open file unless another process has it."""
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True  # a file system without locks
        return True
