"""Process 1 of a submission: it reads one job, runs the steps, and sends what happened.

This is on the learner's side of the boundary, like all of `warm`: what it sends may be forged by the code that it runs.
"""

from __future__ import annotations

import io
import os
import signal
import socket
import time
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

from course_lib.grading import wire
from course_lib.grading.cage import LIBC, PARENT_DEATH, confine
from course_lib.grading.plain import NotPlain, decode, encode, other

Waiting = tuple[int, str, Any, dict[str, Any], int]
"""An answer that waits for hidden cases: step, exercise, the function, the names as they were then, cases it had."""


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


def serve(sock: socket.socket, confined: bool, folders: list[str]) -> None:
    """Read one job, run it, send what happened.

    Args:
        sock: to the grader.
        confined: False leaves out what only a submission with namespaces of its own can have.
        folders: see `cage.confine`.
    """
    job = decode(wire.Reader(sock, 2**27, 2**27).read(60))
    if confined:
        confine(job["limits"], folders)
    LIBC.prctl(PARENT_DEATH, signal.SIGKILL, 0, 0, 0)  # nobody could end it any more when its keeper has gone
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
                put_back(shell().user_ns, names)
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
    ipython = shell()
    for number, (kind, first, second) in enumerate(job["steps"]):
        if number in job["skip"]:
            continue
        if kind == "cell":
            tell(event="begin", step=number)
            begin = clocks()
            error = run_cell(ipython, second)
            tell(event="cell", step=number, error=error, output=kept.take(), **used(begin))
            continue
        tell(event="begin", step=number)
        if second not in ipython.user_ns:
            tell(event="missing", step=number)
        elif first not in job["cases"]:
            tell.with_value(ipython.user_ns[second], event="value", step=number)
        else:
            cases, function = decode(job["cases"][first]), ipython.user_ns[second]
            if take(function, cases, 0, number, tell, kept) and first in job["hidden"]:
                waiting.append((number, first, function, dict(ipython.user_ns), len(cases)))
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


def run_cell(ipython: Any, source: str) -> str:
    """Run a cell as Jupyter would; the exception in one line, or ""."""
    try:
        result = ipython.run_cell(source, store_history=False, silent=False)
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


def shell() -> Any:
    """IPython's shell, without history, so that cells run as they do in Jupyter: magics, display, top-level await."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    settings = Config()
    settings.HistoryManager.enabled = False
    settings.InteractiveShell.colors = "nocolor"
    found = InteractiveShell.instance(config=settings)
    found.user_ns["__name__"] = "__main__"
    return found
