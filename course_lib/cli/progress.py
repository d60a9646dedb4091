"""Progress of long commands on stderr, where it does not disturb what is printed for programs."""

from __future__ import annotations

import sys


def report(what: str, done: int, total: int) -> None:
    """A line that is written over, or, where stderr is a file, one line at the end of each part."""
    from course_lib.cli.assets import show_progress

    if sys.stderr.isatty() or done == total:
        show_progress(f"{what}\033[K" if sys.stderr.isatty() else what, done, total)


class StepsLeft:
    """Steps of one training run, with the time left, in a line that is written over.

    Args:
        name: of the run.
    """

    def __init__(self, name: str) -> None:
        import time

        self.name, self.clock = name, time.monotonic
        self.begun: tuple[int, float] | None = None

    def __call__(self, done: int, total: int) -> None:
        """Show the state after a step."""
        now = self.clock()
        begun, since = self.begun or (done, now)  # what an earlier run did, and the first step, do not count
        self.begun = (begun, since)
        left = f", {(now - since) / (done - begun) * (total - done) / 60:.1f} min left" if done > begun else ""
        print(f"\r{self.name}: step {done} of {total}{left}    ", end="", flush=True)
