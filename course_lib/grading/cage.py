"""What closes in on a submission before it runs: namespaces, empty scratch folders, limits, and no capabilities.

Linux only, and by the system calls themselves: each is one line, and none needs a program that may not be installed.
"""

from __future__ import annotations

import ctypes
import os
import resource
from typing import Any

from course_lib.grading.limits import SCRATCH

NEW_USER, NEW_MOUNTS, NEW_PROCESSES, NEW_IPC, NEW_NETWORK = 0x10000000, 0x00020000, 0x20000000, 0x08000000, 0x40000000
DROP_BOUNDING, AMBIENT, CLEAR_AMBIENT, CAPABILITIES, PARENT_DEATH = 24, 47, 4, 64, 1
BIND = 0x1000 | 0x4000  # with everything that is mounted below
NOBODY = 65534
LIBC = ctypes.CDLL(None, use_errno=True)


def namespaces() -> None:
    """Namespaces of this submission's own, for users, mounts, processes, IPC and network."""
    _must(LIBC.unshare(NEW_USER | NEW_MOUNTS | NEW_PROCESSES | NEW_IPC | NEW_NETWORK), "unshare")
    uid, gid = NOBODY, NOBODY
    for file, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{file}", "w") as stream:
            stream.write(text)


def confine(limits: dict[str, Any], kept: list[str]) -> None:
    """Empty scratch folders, limits, and no capabilities; called by process 1 before it touches learner code.

    Args:
        limits: as a job has them.
        kept: folders that lie where scratch is laid over them, and stay: a Python below /tmp.
    """
    share = limits["scratch"]
    opened = [(path, os.open(path, os.O_PATH)) for path in kept]
    for folder in SCRATCH:
        options = f"size={share},mode=1777,nr_inodes=20000".encode()
        _must(LIBC.mount(b"tmpfs", folder.encode(), b"tmpfs", 2 | 4, options), f"mount {folder}")  # no suid, no devices
    for path, descriptor in opened:  # as it was, read-only included
        os.makedirs(path)
        _must(LIBC.mount(f"/proc/self/fd/{descriptor}".encode(), path.encode(), None, BIND, None), f"bind {path}")
        os.close(descriptor)
    os.chdir("/home/learner")
    with open("/proc/self/statm") as stream:
        size = int(stream.read().split()[0]) * resource.getpagesize()
    for kind, value in (
        (resource.RLIMIT_AS, size + limits["memory"]),
        (resource.RLIMIT_CPU, limits["cpu_seconds"]),
        (resource.RLIMIT_FSIZE, limits["file"]),
        (resource.RLIMIT_NPROC, limits["processes"]),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (value, value))
    for capability in range(CAPABILITIES):
        LIBC.prctl(DROP_BOUNDING, capability, 0, 0, 0)
    LIBC.prctl(AMBIENT, CLEAR_AMBIENT, 0, 0, 0)
    header, nothing = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    _must(LIBC.capset(header, nothing), "capset")


def _must(result: int, what: str) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), what)
