"""What runs inside the sandbox: a process that has everything loaded, and a fork of it for each submission.

Importing torch and loading a model takes seconds; a fork takes milliseconds and shares the memory. So the process loads
once, then waits. For each submission it forks twice. The first child makes namespaces of its own (users, mounts,
processes, network, IPC), the second is process 1 in them: it gets empty scratch folders, limits, no capabilities, and
runs the program. When process 1 ends, the kernel ends everything that it started.

This module is on the learner's side of the boundary: all that it sends may be forged by the code that it runs. It is
therefore written for clear reports and not for trust. Nothing here knows an expected value.

Pitfall: a fork copies one thread only. A library that has started threads before the fork hangs after it, so one thread
is set before the first operation, and counted before the first fork.
"""

from __future__ import annotations

import ctypes
import gc
import io
import json
import os
import resource
import select
import signal
import socket
import sys
import threading
import time
from contextlib import redirect_stderr, redirect_stdout, suppress
from importlib import import_module
from typing import Any

from course_lib.grading import wire
from course_lib.grading.limits import SCRATCH
from course_lib.grading.plain import NotPlain, decode, encode, other

NEW_USER, NEW_MOUNTS, NEW_PROCESSES, NEW_IPC, NEW_NETWORK = 0x10000000, 0x00020000, 0x20000000, 0x08000000, 0x40000000
DROP_BOUNDING, AMBIENT, CLEAR_AMBIENT, CAPABILITIES, PARENT_DEATH = 24, 47, 4, 64, 1
BIND = 0x1000 | 0x4000  # with everything that is mounted below
NOBODY = 65534
LARGE_PAGE, COLLAPSE = 2 * 2**20, 25  # of madvise, since Linux 6.1; where it is unknown nothing happens
Waiting = tuple[int, str, Any, dict[str, Any], int]
"""An answer that waits for hidden cases: step, exercise, the function, the names as they were then, cases it had."""
_libc = ctypes.CDLL(None, use_errno=True)
_confined = True
_kept: list[str] = []  # folders that lie where scratch is laid over them: a Python below /tmp


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
    _shell()
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
        _libc.malloc_trim(ctypes.c_size_t(0))
        with open("/proc/self/maps") as stream:
            lines = [line.split() for line in stream]
        for area in [line for line in lines if line[1] == "rw-p" and line[4] == "0" and line[5:] in ([], ["[heap]"])]:
            first, last = (int(number, 16) for number in area[0].split("-"))
            for place in range(-(-first // LARGE_PAGE) * LARGE_PAGE, last - LARGE_PAGE + 1, LARGE_PAGE):
                _libc.madvise(ctypes.c_void_p(place), ctypes.c_size_t(LARGE_PAGE), COLLAPSE)


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
            serve(sock)
            os._exit(0)
        finally:
            os._exit(72)
    sock.close()
    signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGKILL))
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


def namespaces() -> None:
    """Namespaces of this submission's own, for users, mounts, processes, IPC and network."""
    _must(_libc.unshare(NEW_USER | NEW_MOUNTS | NEW_PROCESSES | NEW_IPC | NEW_NETWORK), "unshare")
    uid, gid = NOBODY, NOBODY
    for file, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{file}", "w") as stream:
            stream.write(text)


def confine(limits: dict[str, Any]) -> None:
    """Empty scratch folders, limits, and no capabilities; called by process 1 before it touches learner code."""
    share = limits["scratch"]
    kept = [(path, os.open(path, os.O_PATH)) for path in _kept]
    for folder in SCRATCH:
        options = f"size={share},mode=1777,nr_inodes=20000".encode()
        _must(
            _libc.mount(b"tmpfs", folder.encode(), b"tmpfs", 2 | 4, options), f"mount {folder}"
        )  # no suid, no devices
    for path, descriptor in kept:  # as it was, read-only included
        os.makedirs(path)
        _must(_libc.mount(f"/proc/self/fd/{descriptor}".encode(), path.encode(), None, BIND, None), f"bind {path}")
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
        _libc.prctl(DROP_BOUNDING, capability, 0, 0, 0)
    _libc.prctl(AMBIENT, CLEAR_AMBIENT, 0, 0, 0)
    header, nothing = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    _must(_libc.capset(header, nothing), "capset")


def _must(result: int, what: str) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), what)


# --- process 1: the submission ---------------------------------------------------------------------------------------


class Kept(io.TextIOBase):
    """A stream that keeps its first characters and forgets the rest."""

    def __init__(self, most: int) -> None:
        self.most, self.parts, self.length = most, list[str](), 0

    def write(self, text: str) -> int:
        """Take a text."""
        room = self.most - self.length
        if room > 0:
            self.parts.append(str(text)[:room])
            self.length += len(self.parts[-1])
        return len(text)

    def writable(self) -> bool:
        """It is."""
        return True

    def take(self) -> str:
        """What was kept; the next is kept anew."""
        text, self.parts, self.length = "".join(self.parts), [], 0
        return text


class Teller:
    """Sends events to the grader."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock

    def __call__(self, **event: Any) -> None:
        wire.send(self.sock, encode(event))

    def with_value(self, value: Any, **event: Any) -> None:
        """Send an event with a learner's value; where that is no plain data, with the name of its type in its place."""
        try:
            frame = encode({**event, "value": value})
        except NotPlain as error:
            frame = encode({**event, "value": other(f"{type(value).__name__} {error}")})
        except BaseException:  # it may raise anything while it is looked at
            frame = encode({**event, "value": other(type(value).__name__)})
        wire.send(self.sock, frame)


def serve(sock: socket.socket) -> None:
    """Read one job, run it, send what happened."""
    job = decode(wire.Reader(sock, 2**27, 2**27).read(60))
    if _confined:
        confine(job["limits"])
    _libc.prctl(PARENT_DEATH, signal.SIGKILL, 0, 0, 0)  # nobody could end it any more when its keeper has gone
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.closerange(3, sock.fileno())
    os.closerange(sock.fileno() + 1, 4096)
    kept = Kept(job["limits"]["output"])

    tell = Teller(sock)
    with redirect_stdout(kept), redirect_stderr(kept):
        waiting = play(job, tell, kept)
        if waiting:
            tell(event="all shown")
            hidden = decode(wire.Reader(sock, 2**27, 2**27).read(60))
            for number, item, function, names, had in waiting:
                tell(event="begin", step=number)
                put_back(_shell().user_ns, names)
                take(function, decode(hidden[item]), had, number, tell, kept)
        tell(event="end")


def put_back(namespace: dict[str, Any], names: dict[str, Any]) -> None:
    """Let every name mean again what it meant when an answer was given: a later cell may use it for something else.

    What later cells change inside an object stays changed. Where an answer fails on hidden cases only, it is therefore run
    once more with nothing behind it (`attempt.take_again`).
    """
    for name in [name for name in namespace if name not in names]:
        del namespace[name]
    namespace.update(names)


def play(job: dict[str, Any], tell: Teller, kept: Kept) -> list[Waiting]:
    """Run the steps of a program that are not to be skipped; the answers that wait for hidden cases.

    Those are sent when everything that learners see has been sent, so that nothing of them can be printed there.
    """
    waiting = []
    shell = _shell()
    for number, (kind, first, second) in enumerate(job["steps"]):
        if number in job["skip"]:
            continue
        if kind == "cell":
            tell(event="begin", step=number)
            begin = clocks()
            error = run_cell(shell, second)
            tell(event="cell", step=number, error=error, output=kept.take(), **used(begin))
            continue
        tell(event="begin", step=number)
        if second not in shell.user_ns:
            tell(event="missing", step=number)
        elif first not in job["cases"]:
            tell.with_value(shell.user_ns[second], event="value", step=number)
        else:
            cases, function = decode(job["cases"][first]), shell.user_ns[second]
            if take(function, cases, 0, number, tell, kept) and first in job["hidden"]:
                waiting.append((number, first, function, dict(shell.user_ns), len(cases)))
    return waiting


def take(function: Any, cases: list[Any], first: int, number: int, tell: Teller, kept: Kept) -> bool:
    """Call the learner's function on each case and send what it gives; whether further cases are worth sending."""
    from course_lib.checks.exercise import Case, ModelHandle
    from course_lib.checks.runner import call

    if not callable(function):
        tell(event="no function", step=number, type=type(function).__name__)
        return False
    in_order: set[str] = set()  # models of earlier calls, which were put in order behind them
    for place, arguments in enumerate(cases, start=first):
        tell(event="begin", step=number, case=place)
        models = {item.name for item in arguments if isinstance(item, ModelHandle)}
        begin = clocks()
        try:
            outcome = call(function, Case("", tuple(arguments)), look_before=not models <= in_order)
            in_order |= models
        except BaseException as error:  # KeyboardInterrupt and the like, raised by the answer
            tell(event="case", step=number, case=place, error=_error(error, ""), output=kept.take())
            continue
        if isinstance(outcome.error, NotImplementedError) and str(outcome.error).startswith("Exercise "):
            tell(event="unwritten", step=number)  # the stub would say the same on every case
            return False
        tell.with_value(
            outcome.value, event="case", step=number, case=place, side_effect=outcome.side_effect,
            error=None if outcome.error is None else _error(outcome.error, outcome.line),
            stderr=outcome.stderr[:500], output=kept.take(), **used(begin),
        )  # fmt: skip
    return True


def clocks() -> tuple[float, float]:
    """Wall time and this process's CPU time."""
    return time.perf_counter(), time.process_time()


def used(begin: tuple[float, float]) -> dict[str, float]:
    """What went by since, as the fields of an event."""
    seconds, cpu = clocks()
    return {"seconds": seconds - begin[0], "cpu": cpu - begin[1]}


def run_cell(shell: Any, source: str) -> str:
    """Run a cell as Jupyter would; the exception in one line, or ""."""
    try:
        result = shell.run_cell(source, store_history=False, silent=False)
    except BaseException as error:
        return f"{type(error).__name__}: {error}"[:500]
    raised = result.error_before_exec or result.error_in_exec
    return "" if raised is None else f"{type(raised).__name__}: {raised}"[:500]


def _error(error: BaseException, line: str) -> dict[str, str]:
    try:
        text = str(error)
    except BaseException:
        text = ""
    return {"type": type(error).__name__, "text": text[:500], "line": line[:200]}


def _shell() -> Any:
    """IPython's shell, without history, so that cells run as they do in Jupyter: magics, display, top-level await."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    settings = Config()
    settings.HistoryManager.enabled = False
    settings.InteractiveShell.colors = "nocolor"
    shell = InteractiveShell.instance(config=settings)
    shell.user_ns["__name__"] = "__main__"
    return shell


if __name__ == "__main__":
    main(int(sys.argv[1]))
