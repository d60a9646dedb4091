"""How fast is a class graded, here and by plain nbgrader, on the same files and the same cores?

nbgrader starts a kernel for each notebook and runs all of it, one after the other, so a sample of the class says what the
whole would take. Here the whole class is graded, and every mark is compared with what the generator knows: a fast
grader that is wrong is not fast.

*Overhead* is what a submission costs beyond its own cells and cases, which the warm process times itself; in seconds, and
in CPU seconds, which other work on the same machine does not lengthen. *Memory* is the
proportional set size: a page that n processes share counts as 1/n for each.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any

from course_lib.authoring.chapters import course_root
from course_lib.benchmarks.generated_class import Handed
from course_lib.errors import CourseError
from course_lib.grading.assignment import Assignment
from course_lib.grading.intake import read_submission
from course_lib.grading.results import SubmissionResult
from course_lib.grading.service import Progress, grade
from course_lib.grading.store import ResultStore
from course_lib.progress.events import OFF, VARIABLE

PLAIN = """
c = get_config()
c.CourseDirectory.course_id = "bench"
c.CourseDirectory.root = {root!r}
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "chapters"
c.CourseDirectory.db_url = "sqlite:///" + {root!r} + "/gradebook.db"
c.Execute.timeout = 900
"""


@dataclass(frozen=True)
class ClassRun:
    """One run over a class.

    Attributes:
        name: of the way.
        submissions: how many.
        seconds: wall time of all, start included.
        start: seconds until the first result.
        results: in the order in which they came; empty for nbgrader.
        memory: bytes: largest proportional set size of a submission's process, and the sum over all; 0 if not measured.
    """

    name: str
    submissions: int
    seconds: float
    start: float = 0.0
    results: tuple[SubmissionResult, ...] = ()
    memory: tuple[int, int] = (0, 0)

    @property
    def per_minute(self) -> float:
        """Submissions in a minute."""
        return 60 * self.submissions / self.seconds

    @property
    def per_minute_later(self) -> float:
        """The same from the first result on: what is started once, for any size of a class, is left out."""
        later = self.seconds - self.start
        return 60 * (self.submissions - 1) / later if self.start and later > 0 else 0.0

    @property
    def overhead(self) -> float:
        """Median seconds that a readable submission cost beyond its own cells and cases."""
        spent = [result.seconds - result.inside for result in self.results if result.readable and result.seconds]
        return median(spent) if spent else 0.0

    @property
    def overhead_cpu(self) -> float:
        """The same in CPU seconds, of the sandbox's processes and of what compares; 0 where nothing counted them."""
        spent = [result.cpu - result.inside_cpu for result in self.results if result.readable and result.cpu]
        return median(spent) if spent else 0.0

    @property
    def own(self) -> float:
        """Mean seconds of a readable submission's own cells and cases."""
        inside = [result.inside for result in self.results if result.readable]
        return mean(inside) if inside else 0.0


def write_class(folder: Path, handed: Sequence[Handed], chapter: Any) -> Path:
    """The class in nbgrader's layout, below `folder/submitted`."""
    for one in handed:
        place = folder / "submitted" / one.learner / chapter.folder
        place.mkdir(parents=True, exist_ok=True)
        (place / chapter.release.name).write_bytes(one.content)
    return folder / "submitted"


def run_here(
    assignment: Assignment, handed: Sequence[Handed], *, workers: int | None = None, scheduler: str | None = None,
    name: str = "here", progress: Progress | None = None,
) -> ClassRun:  # fmt: skip
    """Grade the class with an empty store."""
    with tempfile.TemporaryDirectory() as folder:
        files = write_class(Path(folder), handed, assignment.chapter)
        submissions = [
            read_submission(
                one.learner, files / one.learner / assignment.chapter.folder / assignment.chapter.release.name
            )
            for one in handed
        ]
        watch = _Memory()
        begin, start = time.monotonic(), 0.0
        results = []
        for result in grade(
            assignment, submissions, store=ResultStore(Path(folder) / "results"), workers=workers, scheduler=scheduler,
            progress=progress,
        ):  # fmt: skip
            start = start or (time.monotonic() - begin if result.readable else 0.0)
            results.append(result)
        seconds = time.monotonic() - begin
        return ClassRun(name, len(handed), seconds, start, tuple(results), watch.stop())


def wrong_marks(handed: Sequence[Handed], results: Sequence[SubmissionResult]) -> list[str]:
    """Every mark and every recognised mistake that is not what the generator knows, one sentence each."""
    by_learner = {result.learner: result for result in results}
    said = []
    for one in handed:
        result = by_learner.get(one.learner)
        if result is None:
            said.append(f"{one.learner} ({one.kind}) has no result.")
        elif one.points is None:
            said += [] if not result.readable else [f"{one.learner} should be unreadable."]
        elif result.points != one.points:
            said.append(f"{one.learner} ({one.kind} {' '.join(one.mistake)}) has {result.points}, not {one.points}.")
        elif one.mistake[0]:
            item = result.of(one.mistake[0])
            name = item.mistake if item else ""
            said += [] if name == one.mistake[1] else [f"{one.learner}: {one.mistake} was taken for {name!r}."]
    return said + [f"{len(results)} results for {len(handed)} submissions."] * (len(results) != len(handed))


def run_nbgrader(assignment: Assignment, solution: Any, handed: Sequence[Handed]) -> ClassRun:
    """Plain nbgrader on a sample: stock preprocessors, one `nbgrader autograde` for all of it.

    Raises:
        CourseError: nbgrader stops.
    """
    import nbformat

    chapter = assignment.chapter
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        source = root / "solutions" / chapter.folder
        source.mkdir(parents=True)
        nbformat.write(solution, source / chapter.solution.name)
        shutil.copy(course_root() / "nbgrader_config.py", root)
        _nbgrader(root, "generate_assignment", chapter.folder)
        (root / "nbgrader_config.py").write_text(PLAIN.format(root=str(root)))
        write_class(root, handed, chapter)
        begin = time.monotonic()
        _nbgrader(root, "autograde", chapter.folder)
        return ClassRun("plain nbgrader", len(handed), time.monotonic() - begin)


def _nbgrader(root: Path, *arguments: str) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(course_root()), "JUPYTER_DATA_DIR": str(root / "data")}
    environment[VARIABLE] = OFF  # it runs the answers as a learner would, and they are nobody's progress
    run = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments], cwd=root, env=environment, capture_output=True, text=True
    )
    if run.returncode != 0:
        said = run.stderr.strip().splitlines()
        raise CourseError(f"nbgrader {arguments[0]} stops: {said[-1] if said else run.returncode}", "See its log.")


class _Memory:
    """Watches the processes below this one; keeps the largest and the sum of their proportional set sizes."""

    def __init__(self) -> None:
        self.largest = self.total = 0
        self.going = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def stop(self) -> tuple[int, int]:
        """Stop watching; the largest of one process, and of all together."""
        self.going.set()
        self.thread.join()
        return self.largest, self.total

    def _watch(self) -> None:
        import psutil

        me = psutil.Process()
        while not self.going.wait(2.0):
            sizes = [_proportional(child.pid) for child in me.children(recursive=True)]
            self.largest, self.total = max([self.largest, *sizes]), max(self.total, sum(sizes))


def _proportional(pid: int) -> int:
    with suppress(OSError, StopIteration, ValueError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024
    return 0
