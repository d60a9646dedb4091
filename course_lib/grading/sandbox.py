"""The sandbox from outside: bubblewrap around one warm process, and one job for each submission.

    with Sandbox(assignment_files) as sandbox:
        for event in sandbox.run(job, limits): ...

bubblewrap (the sandbox of Flatpak) builds the wall: no network, no file but the interpreter, the sealed library and the
models, all read-only, no user, no capabilities, nothing that outlives it. Inside, every submission gets namespaces and
scratch folders of its own (`warm`, `cage`), so that one cannot see or disturb another. Where bubblewrap is missing, grading is
refused, because learner code would then run as you; `--no-sandbox` is for code that you trust.

Sources: bubblewrap, https://github.com/containers/bubblewrap; namespaces(7), capabilities(7), cgroups(7).
"""

from __future__ import annotations

import contextlib
import itertools
import json
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from course_lib.errors import CourseError
from course_lib.grading import wire
from course_lib.grading.bubblewrap import Place, command, environment, outside_place, prefixes, remedy_for
from course_lib.grading.limits import SCRATCH, Group, Limits
from course_lib.grading.plain import NotPlain, decode, encode

START_SECONDS = 300.0
MOST_MESSAGE = 40 * 2**20


class SandboxDied(Exception):
    """The warm process has ended; a new one can be started, and the job run again."""


End = Literal["done", "timeout", "died", "flood", "nonsense"]


@dataclass(frozen=True)
class Ended:
    """How a job ended, the last thing that `run` yields.

    Attributes:
        how: "done"; "timeout" at a step's or the job's limit; "died" without having finished; "flood" or "nonsense", when
            what it sent was too much, or no message.
        code: the exit code of process 1, 128 + n for signal n.
        peak: bytes, the largest of its processes.
        cpu: seconds, of process 1 and what it waited for.
    """

    how: End
    code: int = 0
    peak: int = 0
    cpu: float = 0.0


class Sandbox:
    """One warm process in a sandbox; any number of threads may run jobs in it at the same time.

    Args:
        place: what is inside.
        confined: False runs without any isolation, for code that is trusted.

    Raises:
        CourseError: there is no bubblewrap, or it may not make namespaces, or the warm process does not start.
        SandboxDied: it was killed while it started.
    """

    def __init__(self, place: Place, *, confined: bool = True) -> None:
        self.place, self.confined = place if confined else outside_place(place), confined
        self._numbers = itertools.count(1)
        self._waiting: dict[int, queue.SimpleQueue[dict[str, Any] | None]] = {}
        self._lock, self._ready, self.dead = threading.Lock(), threading.Event(), False
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process that writes to it
        self._control, inside = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._command = command(place, inside.fileno(), confined)
        self._process: subprocess.Popen[bytes] | None = None
        # bubblewrap ends when the *thread* that started it ends, so that thread stays and listens
        self._thread = threading.Thread(target=self._live, args=(inside,), daemon=True)
        self._thread.start()
        if not self._ready.wait(START_SECONDS) or self.dead:
            killed = self._was_killed()
            said = self._said()
            self.close()
            if killed:
                raise SandboxDied
            raise CourseError(f"The sandbox does not start. {said}".strip(), remedy_for(said))

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """The process that was started: bubblewrap, or the warm process where there is no sandbox."""
        assert self._process is not None
        return self._process.pid

    def close(self) -> None:
        """End the warm process and everything in the sandbox."""
        self.dead = True
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        if self._process is not None and self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def _live(self, inside: socket.socket) -> None:
        """Start the process, then hand its reports on, until it ends."""
        try:
            self._process = subprocess.Popen(
                self._command, pass_fds=(inside.fileno(),), stdin=subprocess.DEVNULL, stdout=self._stderr, stderr=self._stderr,
                env=environment(self.place, self.confined), cwd="/",
            )  # fmt: skip
            inside.close()
            setup: dict[str, Any] = {"modules": self.place.modules, "models": self.place.models}
            setup |= {"wanted": self.place.wanted, "confine": self.confined}
            setup["kept"] = [path for path in prefixes() if path.startswith(tuple(f"{folder}/" for folder in SCRATCH))]
            self._control.send(json.dumps(setup).encode())
            while message := self._control.recv(2**16):
                report = json.loads(message)
                if "ready" in report:
                    self._ready.set()
                elif report.get("ended") in self._waiting:
                    self._waiting[report["ended"]].put(report)
        except (OSError, ValueError):
            pass
        if not self.dead and self._process is not None:  # it ends by itself: this thread must not end before it
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
        self.dead = True
        for reports in list(self._waiting.values()):
            reports.put(None)
        self._ready.set()

    def _was_killed(self) -> bool:
        """Whether the process, which has ended or is about to, was killed by somebody."""
        if self._process is None:
            return False
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(5) in (-signal.SIGKILL, 128 + signal.SIGKILL)
        return False

    def _said(self) -> str:
        """The last lines that the process wrote before it gave up."""
        self._stderr.seek(0)
        return " ".join(self._stderr.read().decode(errors="replace").strip().splitlines()[-2:])[-400:]

    def run(self, job: dict[str, Any], limits: Limits) -> Iterator[dict[str, Any] | Ended]:
        """Run one job; yields what comes back, message by message, and an `Ended` at the end.

        Args:
            job: "steps", "skip", "cases" and "hidden", see `player.play`; cases are encoded, those of each exercise by itself.
                The hidden ones are sent when everything else has been done and sent back. What comes after that is
                marked "late": it may tell of hidden cases.
            limits: what it may use.

        Raises:
            SandboxDied: the warm process has ended, and the job with it.
        """
        number = next(self._numbers)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        reports = self._waiting[number] = queue.SimpleQueue()
        group = Group(str(number), limits)
        over = False
        try:
            with theirs:
                self._tell({"fork": number}, theirs.fileno())
            group.add(_greeting(ours))
            ours.sendall(b"!")
            hidden = job.get("hidden", {})
            wire.send(ours, encode({**job, "hidden": list(hidden), "limits": limits.plain()}))
            how: End = "died"
            frames = encode(hidden)
            for item in _events(ours, limits, frames):
                if isinstance(item, str):
                    how = item
                else:
                    yield item
            over = True
            yield self._end(number, reports, how)
        except OSError as error:
            raise SandboxDied from error
        finally:
            ours.close()
            if not over:
                with contextlib.suppress(SandboxDied, OSError):
                    self._end(number, reports, "died")
            del self._waiting[number]
            group.remove()

    def _end(self, number: int, reports: queue.SimpleQueue[dict[str, Any] | None], how: End) -> Ended:
        """End a job's processes, if they have not ended, and say how it went."""
        try:
            report = reports.get(timeout=2 if how in ("done", "died") else 0)
        except queue.Empty:
            self._tell({"kill": number})
            try:
                report = reports.get(timeout=30)
            except queue.Empty:
                self.close()
                raise SandboxDied from None
        if report is None:
            raise SandboxDied
        return Ended(how, report["code"], report["peak"], report["cpu"])

    def _tell(self, message: dict[str, Any], *descriptors: int) -> None:
        if self.dead:
            raise SandboxDied
        with self._lock:
            try:
                socket.send_fds(self._control, [json.dumps(message).encode()], list(descriptors))
            except OSError as error:
                raise SandboxDied from error


def _greeting(sock: socket.socket) -> int:
    """Wait for the first byte of a new child; the kernel says which process sent it."""
    sock.settimeout(30)
    message, ancillary, _, _ = sock.recvmsg(1, socket.CMSG_SPACE(12))
    if not message:
        raise SandboxDied
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
            return int.from_bytes(data[:4], sys.byteorder)
    return 0


def _events(sock: socket.socket, limits: Limits, hidden: bytes) -> Iterator[dict[str, Any] | End]:
    """The messages of a job that are what they should be; then, in one word, how it ended."""
    shown = False
    reader = wire.Reader(sock, MOST_MESSAGE, limits.answers)
    end = time.monotonic() + limits.total_seconds
    step_end = time.monotonic() + limits.step_seconds
    while True:
        try:
            event = decode(reader.read(min(step_end, end) - time.monotonic()))
        except wire.Late:
            yield "timeout"
            return
        except wire.TooMuch:
            yield "flood"
            return
        except wire.Closed:
            yield "died"
            return
        except (NotPlain, MemoryError):
            yield "nonsense"
            return
        if not isinstance(event, dict) or not isinstance(event.get("event"), str):
            yield "nonsense"
            return
        if event["event"] == "end":
            yield "done"
            return
        if event["event"] == "all shown" and not shown:
            shown = True
            sock.settimeout(60)
            with contextlib.suppress(OSError):
                wire.send(sock, hidden)
        if event["event"] == "begin":
            step_end = time.monotonic() + limits.step_seconds
        yield {**event, "late": shown}
