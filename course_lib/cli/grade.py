"""`course grade`: from a folder of submissions to marks, feedback and a report on the class."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

HELP = "grade a class: submissions in, marks in nbgrader's gradebook, feedback and a report out"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add("chapter", help="number or folder name")
    add("--class", dest="group", metavar="NAME", help="the class that `course release --class NAME` made")
    add("--submitted", type=Path, metavar="DIR", help="a folder or a platform's zip; default: nbgrader's submitted/")
    add("--pattern", default="", metavar="TEXT", help='how loose files are named, such as "{learner}_{chapter}.ipynb"')
    add("--learner", action="append", default=[], metavar="NAME", help="only this learner; may be given several times")
    add("--again", action="store_true", help="grade again what was graded before")
    add("--workers", type=int, metavar="N", help="submissions at a time; default: the number of cores")
    add("--scheduler", metavar="tcp://…", help="hand the work to a dask cluster")
    add("--seed-file", type=Path, metavar="FILE", help="the class's seed; remembered for this folder")
    add("--no-sandbox", action="store_true", help="run learners' code as yourself, with your files and your network")
    add("--export", action="append", default=[], metavar="KIND:FILE", help="nbgrader:FILE, moodle:FILE or canvas:FILE")
    add("--json", action="store_true", help="print the report as JSON")


def run(args: argparse.Namespace) -> int:
    """Grade, and return 1 when somebody's marks could not be written."""
    from course_lib.grading.export import parse_export, write_export
    from course_lib.grading.whole_class import Wishes, grade_class, open_desk

    for text in args.export:
        parse_export(text)  # before the work, so that a slip costs nothing
    desk, settings = open_desk(args.chapter, root=class_root(args.group), sandboxed=not args.no_sandbox)
    if args.seed_file is not None:
        desk.use_seed_of(args.seed_file)
    wishes = Wishes(args.submitted, args.pattern, tuple(args.learner), args.again, args.workers, args.scheduler)
    done = grade_class(desk, settings, wishes, ProgressLine())
    marks = list(done.rows.values())
    files = [*done.files, *(write_export(text, marks, desk.chapter.folder) for text in args.export)]
    print(done.report.json() if args.json else summary(done))
    for line in done.problems:
        print(line, file=sys.stderr)
    for file in files:
        print(f"→ {_short(file)}", file=sys.stderr)
    return 1 if done.problems else 0


def class_root(group: str | None) -> Path | None:
    """The folder of a class; None for the course itself."""
    if group is None:
        return None
    from course_lib.grading.classes import class_folder

    return class_folder(group)


def summary(done: Any) -> str:
    """What an instructor reads first: the class in a line, the exercises, the mistakes, the unreadable ones."""
    from course_lib.grading.class_report import narrow
    from course_lib.render import text_table

    wanted = ("Exercises", "Mistakes", "Stopped", "Submissions that")
    tables = [text_table(narrow(rows), title=title) for title, rows in done.report.parts() if title.startswith(wanted)]
    waiting = sum(row.manual for row in done.rows.values())
    lines = [f"{done.report.title}: {done.report.headline()}"]
    lines.append(f"Marks written: {len(done.written)}; there already: {len(done.kept)}.")
    if waiting:
        lines.append(f"{waiting} submissions wait for marks by hand: open formgrader, Manual Grading.")
    return "\n\n".join(["\n".join(lines), *tables])


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


FEW = 3  # the first ones wait for what is computed once, so no time is told from them


class ProgressLine:
    """How far it is, on stderr: one line that is written over, or in a file one line every few seconds."""

    def __init__(self) -> None:
        self.terminal = sys.stderr.isatty()
        self.last = 0.0
        self.begun: dict[str, tuple[float, int]] = {}

    def __call__(self, what: str, done: int, total: int, left: float | None) -> None:
        """Show the state."""
        now = time.monotonic()
        begin, first = self.begun.setdefault(what, (now, done))
        if left is None and done >= first + FEW:
            left = (now - begin) / (done - first) * (total - done)
        if done < total and now - self.last < (0.1 if self.terminal else 10.0):
            return
        self.last = now
        rest = f", {_time(left)} left" if left and done < total else ""
        start, end = ("\r", "\033[K" + ("\n" if done == total else "")) if self.terminal else ("", "\n")
        print(f"{start}{what}: {done} of {total}{rest}", end=end, file=sys.stderr, flush=True)


def _time(seconds: float) -> str:
    """A time that is left, for people.

    Example:
        >>> _time(42.3), _time(600), _time(9000)
        ('42 s', '10 min', '2.5 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
