"""Run a program that takes minutes, and keep the person in front of it informed.

pip says a lot and nothing for long stretches; either way a learner cannot tell work from a standstill. So its output
goes to a log file, and one line stays on the screen with what is being done and for how long. On a terminal that line
is rewritten every second; into a file or a CI log a new one is written every ten seconds, when it says something new.

The log is a help and no condition: it lies on the disk that the program fills, and when that disk is full the sentence
about it matters more than the record. So a log that cannot be written is given up without a word.

Ctrl-C reaches the program too on a terminal, but not when the signal came from elsewhere: `run_logged` ends the program
itself before it lets the interruption through, so that nothing goes on working on a folder that the next run repairs.
A polite end (SIGTERM, from `kill` or a machine that shuts down) is turned into the same interruption.
"""

from __future__ import annotations

import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import IO

TICK_SECONDS = 1.0
LINE_EVERY_SECONDS = 10.0


def say(line: str) -> None:
    """A line of set-up, on standard error: standard output belongs to the command."""
    print(line, file=sys.stderr, flush=True)


class Progress:
    """One line on the screen that says what is being done and for how long."""

    def __init__(self, stream: IO[str] | None = None) -> None:
        self.stream = stream or sys.stderr
        self.started = time.monotonic()
        self.shown = ""
        self.shown_at = self.started
        self.width = 0

    def show(self, text: str) -> None:
        """Bring the line up to date with `text`."""
        now = time.monotonic()
        if self.stream.isatty():
            room = shutil.get_terminal_size().columns - 1
            line = f"      {clock(now - self.started)}  {text}"[:room]
            self.stream.write("\r" + line.ljust(self.width))
            self.width = len(line)
        elif text != self.shown and now - self.shown_at >= LINE_EVERY_SECONDS:
            self.stream.write(f"      {clock(now - self.started)}  {text}\n")
            self.shown, self.shown_at = text, now
        self.stream.flush()

    def close(self) -> None:
        """Leave the line behind: what is printed next starts on a new one."""
        if self.width:
            self.stream.write("\r" + " " * self.width + "\r")
            self.stream.flush()

    @property
    def elapsed(self) -> str:
        """Minutes and seconds since the start."""
        return clock(time.monotonic() - self.started)


class Record:
    """The log file, as far as it can be written: on a full disk or in a locked folder nothing is kept of the rest."""

    def __init__(self, log: Path) -> None:
        self.file: IO[str] | None = None
        with suppress(OSError):
            self.file = log.open("a", encoding="utf-8")

    def write(self, line: str) -> None:
        """Add a line; the first one that cannot be written ends the record."""
        try:
            if self.file:
                self.file.write(line)
                self.file.flush()
        except OSError:
            self.close()

    def close(self) -> None:
        """End the record."""
        if self.file:
            with suppress(OSError):
                self.file.close()
        self.file = None


def clock(seconds: float) -> str:
    """Seconds as minutes and seconds.

    Example:
        >>> clock(83.9)
        '1:23'
    """
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def run_logged(
    command: Sequence[str],
    log: Path,
    describe: Callable[[str], str],
    progress: Progress,
    folder: Path | None = None,
) -> tuple[int, str]:
    """Run `command`; each line of its output goes to `log` and through `describe`, which says what to show.

    Args:
        command: the program and its arguments.
        log: file that the output is added to.
        describe: from a line of output (empty each second that brought none) to the text of the progress line.
        progress: where to show it.
        folder: working directory of the program.

    Returns:
        The exit code and the whole output, standard error included.
    """
    process = subprocess.Popen(
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=None if folder is None else str(folder),
        encoding="utf-8",
        errors="replace",
    )
    try:
        output = follow(process, log, describe, progress)
    except BaseException:
        stop(process)
        raise
    finally:
        progress.close()
    return process.wait(), output


def follow(process: subprocess.Popen[str], log: Path, describe: Callable[[str], str], progress: Progress) -> str:
    """Read the output of `process` to its end, showing progress at every line and at least every second."""
    lines: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=pass_lines, args=(process.stdout, lines), daemon=True).start()
    seen: list[str] = []
    with closing(Record(log)) as record:
        while True:
            try:
                line = lines.get(timeout=TICK_SECONDS)
            except queue.Empty:
                progress.show(describe(""))
                continue
            if line is None:
                return "".join(seen)
            seen.append(line)
            record.write(line)
            progress.show(describe(line))


@contextmanager
def ended_like_interrupted() -> Iterator[None]:
    """Inside, SIGTERM raises KeyboardInterrupt, so that what ends programs on Ctrl-C ends them then too."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may say what a signal does
        return
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def interrupt(number: int, frame: object) -> None:
    """What a signal does: the same as Ctrl-C."""
    raise KeyboardInterrupt


def pass_lines(source: IO[str], lines: queue.Queue[str | None]) -> None:
    """Put every line of `source` into `lines`, then None."""
    for line in source:
        lines.put(line)
    lines.put(None)


def stop(process: subprocess.Popen[str]) -> None:
    """End a program: politely, and after ten seconds without asking."""
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
