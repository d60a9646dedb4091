"""What runs inside the sandbox: a process that has everything loaded, and a fork of it for each submission.

Importing torch and loading a model takes seconds; a fork takes milliseconds and shares the memory. So the process loads
once, then waits. For each submission it forks twice. The first child makes namespaces of its own (users, mounts,
processes, network, IPC), the second is process 1 in them: it gets empty scratch folders, limits, no capabilities
(`cage`), and runs the program (`player`). When process 1 ends, the kernel ends everything that it started.

This module is on the learner's side of the boundary: all that it sends may be forged by the code that it runs. It is
therefore written for clear reports and not for trust. Nothing here knows an expected value.

Pitfall: a fork copies one thread only. A library that has started threads before the fork hangs after it, so one thread
is set before the first operation, and counted before the first fork.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import select
import signal
import socket
import sys
import threading
from contextlib import suppress
from importlib import import_module
from typing import Any

from course_lib.grading.cage import LIBC, namespaces
from course_lib.grading.player import serve, shell

LARGE_PAGE, COLLAPSE = 2 * 2**20, 25  # of madvise, since Linux 6.1; where it is unknown nothing happens
_confined = True
_kept: list[str] = []


# --- the process that waits ------------------------------------------------------------------------------------------


def main(descriptor: int) -> None:
    """Load everything, say so, then fork a child for each request on the control socket."""
    control = socket.socket(fileno=descriptor)
    setup = json.loads(control.recv(2**20))
    prepare(setup)
    global _confined, _kept
    _confined, _kept = setup["confine"], setup["kept"]
    control.send(json.dumps({"ready": True, "threads": threading.active_count()}).encode())
    wake, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    keepers: dict[int, int] = {}
    while True:
        watched: list[Any] = [control, wake]
        ready = select.select(watched, [], [])[0]
        if wake in ready:
            os.read(wake, 4096)
        for pid, job, code, usage in ended(keepers):
            del keepers[pid]
            report = {
                "ended": job,
                "code": code,
                "peak": usage.ru_maxrss * 1024,
                "cpu": usage.ru_utime + usage.ru_stime,
            }
            control.send(json.dumps(report).encode())
        if control in ready and not obey(control, keepers, (wake, wake_write, descriptor)):
            return


def obey(control: socket.socket, keepers: dict[int, int], ours: tuple[int, ...]) -> bool:
    """Do what one message on the control socket asks; False when the other side has gone."""
    message, descriptors, _, _ = socket.recv_fds(control, 2**16, 1)
    if not message:
        return False
    wanted = json.loads(message)
    if "kill" in wanted:
        for pid, job in keepers.items():
            if job == wanted["kill"]:
                os.kill(pid, signal.SIGTERM)
        return True
    pid = os.fork()
    if pid == 0:
        try:
            for descriptor in ours:
                os.close(descriptor)
            keep(socket.socket(fileno=descriptors[0]))
        finally:
            os._exit(70)
    os.close(descriptors[0])
    keepers[pid] = wanted["fork"]
    return True


def ended(keepers: dict[int, int]) -> list[tuple[int, int, int, Any]]:
    """The children that have ended: pid, job, exit code, what they used."""
    found = []
    for pid in list(keepers):
        gone, status, usage = os.wait4(pid, os.WNOHANG)
        if gone:
            found.append((pid, keepers[pid], os.waitstatus_to_exitcode(status), usage))
    return found


def prepare(setup: dict[str, Any]) -> None:
    """Import what submissions will need and load the models that their cases use."""
    for name in (*setup["modules"], "course_lib.checks.runner", *setup.get("wanted", ())):
        with suppress(Exception):
            bring(name)
    if "torch" in setup["modules"]:
        import torch

        torch.set_num_threads(1)
        torch.set_num_interop_threads(1)
        torch.set_grad_enabled(True)
    if setup["models"]:
        from course_lib.checks.side_effects import Watch
        from course_lib.models import load_model

        Watch((), [load_model(name) for name in setup["models"]])  # knows their weights from now on
    shell()
    gc.collect()
    gc.freeze()
    gather_pages()


def bring(name: str) -> None:
    """Import "package.module", or "package.module:name", which may be a name that is only loaded when it is asked for."""
    module, _, part = name.partition(":")
    found = import_module(module)
    if part and not hasattr(found, part):
        import_module(f"{module}.{part}")


def gather_pages() -> None:
    """Put this process's own memory into large pages, where the system has them.

    A fork copies one entry for each page, and throws it away at its end. With pages of 2 MB instead of 4 KB there are 512
    times fewer, until the child writes to them; for the 350 MB of libraries and tokenizers that is most of what a fork costs.
    The models themselves are files, mapped, and need no entries of their own.
    """
    with suppress(AttributeError, OSError, ValueError):
        LIBC.malloc_trim(ctypes.c_size_t(0))
        with open("/proc/self/maps") as stream:
            lines = [line.split() for line in stream]
        for area in [line for line in lines if line[1] == "rw-p" and line[4] == "0" and line[5:] in ([], ["[heap]"])]:
            first, last = (int(number, 16) for number in area[0].split("-"))
            for place in range(-(-first // LARGE_PAGE) * LARGE_PAGE, last - LARGE_PAGE + 1, LARGE_PAGE):
                LIBC.madvise(ctypes.c_void_p(place), ctypes.c_size_t(LARGE_PAGE), COLLAPSE)


# --- the child that keeps process 1 ----------------------------------------------------------------------------------


def keep(sock: socket.socket) -> None:
    """Make namespaces, start process 1 in them, wait for it; on SIGTERM end it. Exits with its exit code."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    sock.sendall(b"?")  # whoever receives it learns this process's id, and may put it into a control group
    if sock.recv(1) != b"!":
        os._exit(71)
    if _confined:
        namespaces()
    child = os.fork()
    if child == 0:
        try:
            os.setsid()  # a signal to one's process group crosses namespaces, and the warm process would be in it
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            serve(sock, _confined, _kept)
            os._exit(0)
        finally:
            os._exit(72)
    sock.close()
    signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGKILL))
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main(int(sys.argv[1]))
